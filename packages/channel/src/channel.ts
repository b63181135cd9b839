/**
 * Channels: values pass from givers to takers in order, each to one taker, with backpressure by default.
 * Invariants: takers wait only while nothing is buffered and nobody gives (but for a select that gives and takes on the
 * same channel); givers wait only while the buffer is full; both queues are first in, first out, and nobody barges.
 */
import { abortable } from "./abort.js";
import { CLOSED, type Closed, EMPTY, type Empty, is } from "./answers.js";
import { answer } from "./awaited.js";
import { type Buffer, bufferOf } from "./buffer.js";
import {
  brand,
  type Channel,
  type ChannelOptions,
  type ChannelStatistics,
  checkChannelOptions,
  refuseAnswer,
} from "./channel-face.js";
import { ChannelError } from "./errors.js";
import { shownAs } from "./inspect.js";
import { Linked } from "./internal/linked.js";
import { Ring } from "./internal/ring.js";
import { iterate } from "./iterate.js";
import { type Op, Operation, type WaitOptions } from "./operation.js";
import { accepted, failed, refusal, settled } from "./outcome.js";
import { GiveOp, type Giver, type Joint, NOTHING, TakeOp, type Taker, tell, type Watcher } from "./parked.js";
import { dropped, isEmergence } from "./signal.js";
import { unhandled } from "./unhandled.js";

/** Makes a channel: a rendezvous without an argument, else with a capacity or one of `sliding`, `dropping`, `unbounded`. */
export function channel<T>(buffer: number | Buffer = 0, options: ChannelOptions<T> = {}): Channel<T> {
  checkChannelOptions("channel()", options);
  return new Chan<T>(bufferOf(buffer), options);
}

export class Chan<T> implements Joint<T> {
  readonly name: string | undefined;
  readonly takers: Linked<Taker> = new Linked(this);
  readonly givers: Linked<Giver> = new Linked(this);
  reason: unknown = undefined;

  // What a thread channel keeps slots of for other threads, and puts values back into.
  protected capacity: number;
  protected readonly rule: Buffer["rule"];
  // Values on their way in: until they are where they belong a finish must not settle.
  protected coming = 0;
  protected taken = 0;
  protected state: "open" | "finishing" | "closed" | "aborted" = "open";
  // Never absent: a function among its properties is what keeps a channel from being cloned into something that is none.
  readonly onUndelivered: (value: T) => void;
  readonly #maxParked: number | undefined;
  // Made at the first value that is buffered: a rendezvous never has one.
  #buffer: Ring<T> | null = null;
  // What a sliding buffer must not drop: signals that came past its capacity.
  #forced: Set<T> | null = null;
  // Made for the first one that watches: most channels never have one.
  #watchers: Linked<Watcher> | null = null;
  #finishing: Operation<void> | null = null;
  #peak = 0;
  #given = 0;
  #dropped = 0;

  constructor({ rule, capacity }: Buffer, options: ChannelOptions<T>) {
    this.rule = rule;
    this.capacity = capacity;
    this.name = options.name;
    this.onUndelivered = options.onUndelivered ?? ignore;
    this.#maxParked = options.maxParked;
  }

  /** The channel in words, for reports. */
  get label(): string {
    return `channel ${this.name ?? "without a name"}`;
  }

  get far(): boolean {
    return false;
  }

  get closed(): boolean {
    return this.state !== "open";
  }

  get size(): number {
    return this.#buffer === null ? 0 : this.#buffer.size;
  }

  give(value: T, options?: WaitOptions): Op<boolean> {
    const refused = refusal(options);
    if (refused !== null) return refused;
    const tried = this.offer(value);
    if (tried === "ok") return accepted();
    return tried === "full" ? this.parkGive(value, options) : settled(false);
  }

  take(options?: WaitOptions): Op<T | Closed> {
    const refused = refusal(options);
    if (refused !== null) return refused;
    if (this.givers.size === 0 && this.size === 0 && this.state === "open") return this.parkTake(options);
    if (this.state === "aborted") return failed(this.reason);
    const value = this.tryTake();
    return is(value, EMPTY) ? this.parkTake(options) : settled(value);
  }

  tryGive(value: T): "ok" | "full" | "closed" {
    return this.offer(value);
  }

  /** What is put into the channel for a value: itself, and in a thread channel a copy. A select asks before it commits. */
  outgoing(value: unknown): unknown {
    return value;
  }

  /** Gives without waiting what `outgoing` has answered. */
  offer(value: T): "ok" | "full" | "closed" {
    if (typeof value === "symbol") refuseAnswer(value);
    return this.state === "open" ? this.admit(value) : "closed";
  }

  /** Hands a value over or puts it into the buffer, by the buffer's rule; "full" where it would have to wait. */
  protected admit(value: T): "ok" | "full" {
    if (this.direct(value)) return "ok";
    if (this.size < this.capacity) {
      this.push(value);
      return "ok";
    }
    return this.rule === "fixed" ? "full" : this.overflow(value);
  }

  tryTake(): T | Empty | Closed {
    const buffer = this.#buffer;
    if (buffer === null || buffer.size === 0) return this.takeFromGiver();
    const value = buffer.shift() as T;
    if (this.#forced !== null) this.#forced.delete(value);
    this.taken++;
    if (this.givers.size > 0 || this.#finishing !== null) this.refill();
    return value;
  }

  private takeFromGiver(): T | Empty | Closed {
    while (this.givers.size > 0) {
      const value = this.hand();
      if (is(value, NOTHING)) {
        if (this.promised) break;
        continue;
      }
      this.#given++;
      this.taken++;
      this.settleFinish();
      return value as T;
    }
    this.settleFinish();
    if (this.state === "open" || this.state === "finishing") return EMPTY;
    if (this.state === "aborted") throw this.reason;
    return CLOSED;
  }

  get room(): boolean {
    if (this.state !== "open") return false;
    return this.takers.size > 0 || this.rule !== "fixed" || this.size < this.capacity;
  }

  /** Would a give have to wait? For a select, which must know before it makes a lazy value. */
  get full(): boolean {
    if (this.state !== "open" || this.rule !== "fixed" || this.size < this.capacity) return false;
    for (let taker = this.takers.first; taker !== null; taker = this.takers.first) {
      if (taker.willing) return false;
      this.takers.remove(taker);
      taker.decline();
    }
    return true;
  }

  peek(): true | Empty | Closed {
    if (this.size > 0 || this.givers.size > 0) return true;
    if (this.state === "aborted") throw this.reason;
    return this.state === "closed" ? CLOSED : EMPTY;
  }

  watch(watcher: Watcher): void {
    this.#watchers ??= new Linked(this);
    this.#watchers.push(watcher);
  }

  /** The lane for a fiber's life-cycle signals: never waits, ignores the capacity. False when closed. */
  force(value: T): boolean {
    if (this.state !== "open") return false;
    if (this.direct(value)) return true;
    this.push(value);
    if (this.rule === "sliding") {
      this.#forced ??= new Set();
      this.#forced.add(value);
    }
    return true;
  }

  close(reason?: unknown): this {
    if (this.state === "closed" || this.state === "aborted") return this;
    if (this.state === "open") this.reason = reason;
    this.state = "closed";
    while (this.givers.size > 0) (this.givers.shift() as Giver).closed();
    while (this.takers.size > 0) (this.takers.shift() as Taker).closed();
    this.#finishing?.settle(undefined);
    if (this.#watchers !== null) tell(this.#watchers);
    return this;
  }

  finish(reason?: unknown): Op<void> {
    const refused = refusal(undefined);
    if (refused !== null) return refused;
    return this.state === "aborted" ? failed(this.reason) : this.drain(reason);
  }

  /** Refuses later gives; what it answers settles once all that is parked, buffered and on its way in has been taken. */
  protected drain(reason: unknown): Operation<void> {
    const opened = this.state === "open";
    if (opened) {
      this.state = "finishing";
      this.reason = reason;
    }
    this.#finishing ??= new Operation<void>();
    this.settleFinish();
    if (opened && this.#watchers !== null) tell(this.#watchers);
    return this.#finishing;
  }

  abort(error: unknown): this {
    if (this.state === "aborted" || (this.state === "closed" && this.size === 0)) return this;
    this.state = "aborted";
    this.reason = error;
    const lost = this.drained();
    while (this.givers.size > 0) {
      const giver = this.givers.shift() as Giver;
      if (giver.pending !== NOTHING) lost.push(giver.pending as T);
      giver.closed();
    }
    while (this.takers.size > 0) (this.takers.shift() as Taker).abort(error);
    this.#finishing?.fail(error);
    if (this.#watchers !== null) tell(this.#watchers);
    // Last, for what it calls may use the channel.
    for (const value of lost) this.drop(value);
    return this;
  }

  /** A giver goes without having given: what waits for the channel to drain may have waited for that. */
  leave(giver: Giver): void {
    if (giver.list !== this.givers) return;
    this.givers.remove(giver);
    this.settleFinish();
  }

  statistics(): ChannelStatistics {
    return {
      capacity: this.capacity,
      size: this.size,
      peak: this.#peak,
      parkedGives: this.givers.size,
      parkedTakes: this.takers.size,
      given: this.#given,
      taken: this.taken,
      dropped: this.#dropped,
    };
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return iterate(this);
  }

  private parkGive(value: T, options: WaitOptions | undefined): Op<boolean> {
    const crowded = this.crowded("gives");
    if (crowded !== null) return failed(crowded);
    const op = new GiveOp(value);
    this.givers.push(op);
    return answer(abortable(op, options));
  }

  private parkTake(options: WaitOptions | undefined): Op<T | Closed> {
    const crowded = this.crowded("takes");
    if (crowded !== null) return failed(crowded);
    const op = new TakeOp<T>();
    this.takers.push(op);
    return answer(abortable(op, options));
  }

  // What a full buffer does that is not fixed.
  private overflow(value: T): "ok" {
    if (this.rule === "sliding") {
      const oldest = this.oldest();
      this.push(value);
      if (oldest !== NOTHING) this.drop(oldest as T);
    } else {
      this.#given++;
      this.drop(value);
    }
    return "ok";
  }

  // A giver that handed over nothing will send its value later, from another thread.
  protected get promised(): boolean {
    return false;
  }

  // Hands a value to the longest waiting taker, if there is one.
  protected direct(value: T): boolean {
    for (let taker = this.takers.shift(); taker !== null; taker = this.takers.shift()) {
      if (!taker.receive(value)) continue;
      this.#given++;
      this.taken++;
      return true;
    }
    return false;
  }

  protected push(value: T): void {
    this.#buffer ??= new Ring<T>();
    this.#buffer.push(value);
    this.#given++;
    if (this.#buffer.size > this.#peak) this.#peak = this.#buffer.size;
  }

  // Takes out the oldest value that may be dropped.
  private oldest(): unknown {
    const buffer = this.#buffer as Ring<T>;
    const forced = this.#forced;
    if (forced === null || forced.size === 0) return buffer.shift();
    let oldest: unknown = NOTHING;
    for (let left = buffer.size; left > 0; left--) {
      const value = buffer.shift() as T;
      if (oldest === NOTHING && !forced.has(value)) oldest = value;
      else buffer.push(value);
    }
    return oldest;
  }

  // Commits the longest waiting giver. Until its value is put where it belongs a finish must not settle.
  private hand(): unknown {
    this.coming++;
    const value = (this.givers.shift() as Giver).hand();
    this.coming--;
    return value;
  }

  // The longest waiting giver owns the slot that a take has freed.
  protected refill(): void {
    while (this.givers.size > 0 && this.size < this.capacity) {
      const value = this.hand();
      if (is(value, NOTHING)) continue;
      this.push(value as T);
      // The making of the value has aborted the channel.
      if (this.state === "aborted") for (const lost of this.drained()) this.drop(lost);
    }
    this.settleFinish();
  }

  protected settleFinish(): void {
    if (this.#finishing === null) return;
    if (this.coming > 0 || this.size > 0 || this.givers.size > 0) return;
    this.close(this.reason);
    this.#finishing.settle(undefined);
  }

  // Empties the buffer.
  private drained(): T[] {
    const buffer = this.#buffer;
    const values: T[] = [];
    while (buffer !== null && buffer.size > 0) values.push(buffer.shift() as T);
    this.#forced = null;
    return values;
  }

  drop(value: T): void {
    this.#dropped++;
    // Whoever emerges waits for an answer.
    if (isEmergence(value)) value.settle?.(dropped());
    try {
      this.onUndelivered(value);
    } catch (error) {
      unhandled(error, `onUndelivered of ${this.label}`);
    }
  }

  /** Puts a value that was taken, and has come to nobody, back where it was: it is the next one to be taken. */
  protected restore(value: T): void {
    this.#buffer ??= new Ring<T>();
    this.#buffer.unshift(value);
    this.taken--;
  }

  /** The failure of one more that would wait here; null where there is room. */
  crowded(what: "gives" | "takes"): ChannelError | null {
    return this.#maxParked === undefined ? null : this.crowdedBy(what, this.#maxParked);
  }

  private crowdedBy(what: "gives" | "takes", maxParked: number): ChannelError | null {
    if ((what === "gives" ? this.givers : this.takers).size < maxParked) return null;
    return new ChannelError(
      "TOO_MANY_PARKED",
      `${this.label}: ${maxParked} ${what} wait already, which is its maxParked`,
    );
  }
}

function ignore(): void {}

Object.defineProperty(Chan.prototype, brand, { value: true });
shownAs(Chan, (channel) => {
  const { size, capacity, parkedGives, parkedTakes } = channel.statistics();
  const state = channel.closed ? "closed" : "open";
  return `Channel ${channel.name ?? "without a name"} (${state}, ${size} of ${capacity} buffered, ${parkedGives} gives and ${parkedTakes} takes wait)`;
});
