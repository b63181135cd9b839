/**
 * A thread channel in the thread where it lives: a channel whose values are copies, and whose slots and values other
 * threads can be given on trust. Without other threads it costs the copy more than a plain channel.
 * Long, for what is lent, kept and put back changes the meaning of one queue and one count, and is read together.
 * Invariants: `capacity` is what is left after the slots that are kept for other threads; while a value is lent, nobody
 * else is handed one, so that it can go back to its place; while slots are kept or a value is lent, the channel
 * cannot be drained, for something may still come (`coming`).
 */
import { CLOSED, type Closed, EMPTY, type Empty } from "../answers.js";
import type { Buffer } from "../buffer.js";
import { Chan } from "../channel.js";
import type { ChannelOptions, ChannelStatistics } from "../channel-face.js";
import { Linked, type LinkNode } from "../internal/linked.js";
import type { Op, Operation } from "../operation.js";
import { failed, refusal, settled } from "../outcome.js";
import { type Giver, NOTHING, type Taker } from "../parked.js";
import { cloneableSignal, copy, type Handle, type Traveller, travels } from "./copy.js";
import { newId, remember } from "./ends.js";
import { packError } from "./error.js";
import { type Home, Link } from "./link.js";
import * as protocol from "./protocol.js";
import { revive } from "./remote.js";
import { GIVE_OPTIONS, type GiveOptions, type ThreadChannel, type TransferOptions } from "./thread-channel.js";

// More in one message would only be slower: 256 values of 64 KiB are 16 MiB.
const MOST_CREDIT = 256;

export class HomeChan<T> extends Chan<T> implements ThreadChannel<T>, Home, Traveller {
  override readonly takers: Linked<Taker> = new Queue<Taker>(this, () => this.#wanted());
  override readonly givers: Linked<Giver> = new Queue<Giver>(this, () => this.#recall());
  readonly #id = newId();
  readonly #nominal: number;
  readonly #links = new Set<Link>();
  #lent = false;
  // The link whose thread was lent a value that it may want to take later, and whether it is to give that back.
  #ahead: Link | null = null;
  #returning = false;
  // A value is out, and not yet where it belongs: the channel is not drained.
  #between = false;
  #eager = false;
  #granting = false;

  constructor(buffer: Buffer, options: ChannelOptions<T>) {
    super(buffer, options);
    this.#nominal = buffer.capacity;
    travels(this);
  }

  override give(value: T, options?: GiveOptions): Op<boolean> {
    // Before the copy, which would move what is in the transfer list.
    const refused = refusal(options, GIVE_OPTIONS);
    if (refused !== null) return refused;
    if (this.closed) return settled(false);
    try {
      const signal = options?.signal;
      return super.give(copy(value, options?.transfer) as T, signal === undefined ? undefined : { signal });
    } catch (error) {
      return failed(error);
    }
  }

  override tryGive(value: T, options?: TransferOptions): "ok" | "full" | "closed" {
    if (this.closed) return "closed";
    if (!this.full) return this.offer(copy(value, options?.transfer) as T);
    this.#recall();
    return "full";
  }

  override outgoing(value: unknown): unknown {
    return copy(value);
  }

  override get full(): boolean {
    return (
      this.state === "open" &&
      (this.#lent || this.takers.size === 0 || this.#queued) &&
      this.rule === "fixed" &&
      this.size >= this.capacity
    );
  }

  override get room(): boolean {
    return this.#lent || this.#queued ? this.rule !== "fixed" || this.size < this.capacity : super.room;
  }

  override peek(): true | Empty | Closed {
    return this.#lent || this.#queued ? EMPTY : super.peek();
  }

  spare(group: unknown): boolean {
    let takers = this.takers.size;
    for (const taker of this.takers.each()) {
      if (group !== undefined && taker.group === group) takers--;
    }
    return this.size < this.capacity || (takers > this.coming && !this.#queued);
  }

  override tryTake(): T | Empty | Closed {
    if (this.#lent) {
      this.#wanted();
      return EMPTY;
    }
    if (!this.#between && this.#queued) return EMPTY;
    const value = super.tryTake();
    if (this.#eager) this.#grantLater();
    return value;
  }

  takeApart(group: unknown): T | Empty | Closed {
    if (group === undefined) return this.tryTake();
    if (this.size > 0) return this.#borrow();
    const own: Giver[] = [];
    for (const giver of this.givers.each()) if (giver.group === group) own.push(giver);
    for (const giver of own) this.givers.remove(giver);
    // Two selects that each have a slot for the other's take clause would both give, and nobody take.
    const tentative = this.coming > 0 && this.givers.first?.pending === NOTHING;
    const value = tentative || (!this.#between && this.#queued) ? EMPTY : this.#borrow();
    for (const giver of own) this.givers.push(giver);
    return value;
  }

  ahead(link: Link): T | Empty | Closed {
    if (this.#lent && this.#ahead !== link) this.#wanted();
    if (this.#lent) return EMPTY;
    // A value that nobody has accepted yet could not be given back to its giver.
    if (this.size === 0) return this.state === "closed" ? CLOSED : EMPTY;
    this.#ahead = link;
    this.capacity--;
    return this.#borrow();
  }

  // What a clone refuses must not keep a fiber's end from being told: it is described.
  override force(signal: T): boolean {
    return super.force(cloneableSignal(signal) as T);
  }

  override close(reason?: unknown): this {
    if (this.state === "closed" || this.state === "aborted") return this;
    this.#tellClosing(reason);
    if (this.coming === 0) return super.close(reason);
    // Something may still come: as in a finish, but that parked gives are refused.
    this.drain(reason);
    while (this.givers.size > 0) (this.givers.shift() as Giver).closed();
    return this;
  }

  protected override drain(reason: unknown): Operation<void> {
    this.#tellClosing(reason);
    return super.drain(reason);
  }

  override abort(error: unknown): this {
    const before = this.state;
    super.abort(error);
    if (before === "aborted" || (this.state as string) !== "aborted") return this;
    this.#settled();
    for (const link of this.#links) link.wire.say(protocol.ABORTED, 0, packError(error));
    return this;
  }

  override statistics(): ChannelStatistics {
    return { ...super.statistics(), capacity: this.#nominal };
  }

  handle(): Handle {
    const { port1, port2 } = new MessageChannel();
    this.attach(port1);
    remember(this.#id, this);
    return {
      id: this.#id,
      port: port2,
      name: this.name,
      rule: this.rule,
      capacity: this.#nominal,
      closed: this.closed,
    };
  }

  attach(port: MessagePort): void {
    const link = new Link(this as unknown as Home, port, revive);
    this.#links.add(link);
    if (this.state === "aborted") link.wire.say(protocol.ABORTED, 0, packError(this.reason));
    else if (this.closed) link.wire.say(protocol.CLOSING, 0, packError(this.reason));
  }

  reserve(link: Link, slots: number): void {
    link.granted += slots;
    this.capacity -= slots;
    this.coming += slots;
  }

  unused(link: Link, slots: number): void {
    if (link.recalled && this.rule !== "fixed") this.coming--;
    link.recalled = false;
    // It gives less than it could: nothing is kept for it until it asks again.
    if (slots > 0) link.eager = false;
    this.reserve(link, -slots);
    this.#goOn();
  }

  put(link: Link, value: unknown): void {
    if (this.rule === "fixed") this.reserve(link, -1);
    if (this.state === "aborted") this.drop(value as T);
    else if (this.admit(value as T) === "full") this.push(value as T);
    this.#goOn();
  }

  lend(): void {
    this.#lent = true;
    this.coming++;
    if (this.state !== "closed") return;
    // Not drained after all, until it is known what becomes of the value.
    this.state = "finishing";
    this.drain(this.reason);
  }

  kept(): void {
    this.#settled();
    this.#goOn();
  }

  returned(value: unknown): void {
    this.#settled();
    this.#putBack([value]);
  }

  gone(link: Link, undelivered: readonly unknown[]): void {
    this.#links.delete(link);
    if (link.recalled && this.rule !== "fixed") this.coming--;
    this.reserve(link, -link.granted);
    this.#eager = [...this.#links].some(({ eager }) => eager);
    this.#putBack(undelivered);
  }

  // Each thread that gives may hold its share of the slots, as far as they are free and nobody waits for one.
  grant(): void {
    if (this.state !== "open" || this.givers.size > 0 || this.rule !== "fixed") return;
    let eager = 0;
    for (const link of this.#links) if (link.eager) eager++;
    this.#eager = eager > 0;
    if (eager === 0) return;
    const share = Math.max(1, Math.min(MOST_CREDIT, Math.floor(this.#nominal / eager)));
    for (const link of this.#links) {
      const slots = link.eager ? Math.min(share - link.granted, this.capacity - this.size) : 0;
      // Half a share at least, or a thread would be told of every single slot.
      if (slots <= 0 || slots * 2 < share) continue;
      this.reserve(link, slots);
      link.wire.say(protocol.CREDIT, slots);
    }
  }

  protected override get promised(): boolean {
    return this.coming > 0;
  }

  override offer(value: T): "ok" | "full" | "closed" {
    return this.state === "open" && this.#queued ? "full" : super.offer(value);
  }

  // Do givers wait whom somebody who waits could take from? Their turn comes after that of a slot that is still to be
  // used, and after theirs that of whoever comes now.
  get #queued(): boolean {
    if (this.givers.size === 0 || this.takers.size === 0) return false;
    for (const giver of this.givers.each()) {
      for (const taker of this.takers.each()) {
        if (giver.group === undefined || giver.group !== taker.group) return true;
      }
    }
    return false;
  }

  protected override direct(value: T): boolean {
    return !this.#lent && super.direct(value);
  }

  protected override settleFinish(): void {
    if (!this.#between) super.settleFinish();
  }

  // Takes what is about to be lent.
  #borrow(): T | Empty | Closed {
    const before = this.#between;
    this.#between = true;
    try {
      return this.tryTake();
    } finally {
      this.#between = before;
    }
  }

  // It is known what becomes of what was lent.
  #settled(): void {
    if (!this.#lent) return;
    this.#lent = false;
    this.coming--;
    if (this.#ahead !== null) this.capacity++;
    this.#ahead = null;
    this.#returning = false;
  }

  // Somebody waits for a value: one that was sent ahead has to come back.
  #wanted(): void {
    if (this.#ahead === null || this.#returning) return;
    this.#returning = true;
    this.#ahead.wire.say(protocol.RETURN, 0);
  }

  #grantLater(): void {
    if (this.#granting) return;
    this.#granting = true;
    queueMicrotask(() => {
      this.#granting = false;
      this.grant();
    });
  }

  // Somebody waits for a slot, or for the end: what other threads keep without need has to come back.
  #recall(): void {
    for (const link of this.#links) {
      if (link.recalled || (link.granted === 0 && this.rule === "fixed")) continue;
      link.recalled = true;
      if (this.rule !== "fixed") this.coming++;
      link.wire.say(protocol.RECALL, 0);
    }
  }

  #tellClosing(reason: unknown): void {
    if (this.state !== "open") return;
    for (const link of this.#links) link.wire.say(protocol.CLOSING, 0, packError(reason));
    this.#recall();
  }

  #putBack(values: readonly unknown[]): void {
    const gone = this.state === "aborted" || (this.state === "closed" && this.size === 0);
    for (const value of [...values].reverse()) {
      if (value === NOTHING) continue;
      if (gone) this.drop(value as T);
      else this.restore(value as T);
    }
    this.#goOn();
  }

  // What was held back may meet now.
  #goOn(): void {
    this.refill();
    this.#between = true;
    let taker = this.takers.first;
    while (taker !== null && !this.#lent && this.state !== "aborted") {
      const value = this.takeApart(taker.group);
      if (value === CLOSED || (value === EMPTY && this.coming > 0)) break;
      if (value === EMPTY) {
        // Its own give clauses are all there is for it; the next may take from these.
        taker = this.takers.next(taker);
        continue;
      }
      // What was taken may have committed a give clause, and so withdrawn the take clause of the same select.
      const waits = taker.list === this.takers;
      this.takers.remove(taker);
      if (!waits || !taker.receive(value)) this.restore(value);
      taker = this.takers.first;
    }
    this.#between = false;
    this.settleFinish();
  }
}

// A queue that says when somebody begins to wait.
class Queue<N extends LinkNode<N>> extends Linked<N> {
  readonly #parked: () => void;

  constructor(owner: object, parked: () => void) {
    super(owner);
    this.#parked = parked;
  }

  override push(waiting: N): void {
    super.push(waiting);
    this.#parked();
  }
}
