/**
 * The home's side of one end in another thread: who of that end waits here, and what is on its way to it.
 * Long by its two waiters and by what it asks of the home, which only make sense beside it.
 * Invariant: a value that is on its way is also kept here until the other end says that it has it, so that nothing is
 * lost when that thread dies first; only what was moved cannot be kept.
 */
import { CLOSED, type Closed, EMPTY, type Empty } from "../answers.js";
import { operationOf } from "../awaited.js";
import type { Linked } from "../internal/linked.js";
import { type Giver, NOTHING, type Selectable, type Taker } from "../parked.js";
import { type Handle, isMoved } from "./copy.js";
import { type PackedError, packError, unpackError } from "./error.js";
import * as protocol from "./protocol.js";
import { type Receiver, Wire } from "./protocol.js";

/** What a link needs of the channel that lives here. */
export interface Home extends Selectable {
  readonly closed: boolean;
  /** Is there a slot, or a taker that is not of this select, that is promised to nobody? */
  spare(group: unknown): boolean;
  /** Takes without waiting, but not from a give clause of this select. */
  takeApart(group: unknown): unknown | Empty | Closed;
  /** Takes a buffered value that the other thread may want to take later, and that keeps its slot meanwhile. */
  ahead(link: Link): unknown | Empty | Closed;
  force(value: unknown): boolean;
  close(reason?: unknown): unknown;
  finish(reason?: unknown): unknown;
  abort(error: unknown): unknown;
  attach(port: MessagePort): void;
  /** Keeps slots for gives that the other thread may accept by itself. */
  reserve(link: Link, slots: number): void;
  /** Slots are given back: all that the link does not use, where it was asked for them. */
  unused(link: Link, slots: number): void;
  put(link: Link, value: unknown): void;
  /** A value is at a take clause in the other thread: nobody else may take before it is known what becomes of it. */
  lend(): void;
  kept(): void;
  returned(value: unknown): void;
  /** Slots may have become free: those who give again and again are granted some. */
  grant(): void;
  gone(link: Link, undelivered: readonly unknown[]): void;
}

let lastId = 0;

export class Link implements Receiver {
  readonly #id = ++lastId;
  granted = 0;
  /** It gives again and again, so that slots are worth keeping for it. */
  eager = false;
  recalled = false;
  readonly wire: Wire;
  readonly #home: Home;
  readonly #parked = new Map<number, RemoteTaker | RemoteGiver>();
  readonly #onTheWay = new Map<number, unknown>();
  #loan: { readonly value: unknown } | null = null;

  constructor(home: Home, port: MessagePort, revive: (handle: Handle) => object) {
    this.#home = home;
    this.wire = new Wire(port, () => this, revive);
  }

  hear(kind: number, id: number, value: unknown): void {
    const home = this.#home;
    switch (kind) {
      case protocol.TAKE:
      case protocol.LEND:
        return this.#take(id, this.#group(value));
      case protocol.GIVE:
        return this.#give(id, value);
      case protocol.SLOT:
        return this.#slot(id, this.#group(value));
      case protocol.WITHDRAW:
        return this.#withdraw(id);
      case protocol.PUT:
        return home.put(this, value);
      case protocol.UNUSED:
        return home.unused(this, id);
      case protocol.GOT:
        this.#onTheWay.delete(id);
        return;
      case protocol.KEEP:
        this.#loan = null;
        return home.kept();
      case protocol.BACK: {
        const lent = this.#loan?.value;
        this.#loan = null;
        return home.returned(isMoved(value) ? value : lent);
      }
      case protocol.WANT:
        this.eager = true;
        return;
      case protocol.CLOSE:
        home.close(unpackError(value as PackedError));
        return;
      case protocol.FINISH:
        return this.#finish(id, unpackError(value as PackedError));
      case protocol.ABORT:
        home.abort(unpackError(value as PackedError));
        return;
      case protocol.ATTACH:
        return home.attach((value as { port: MessagePort }).port);
      case protocol.FORCE:
        home.force(value);
        return;
      case protocol.PEEK: {
        const ahead = home.ahead(this);
        if (ahead === CLOSED) this.ended(id);
        else if (ahead === EMPTY) this.wire.say(protocol.EMPTIED, id);
        else this.lend(id, ahead);
      }
    }
  }

  heard(): void {
    this.#home.grant();
  }

  /** A taken value goes to a firm take of the other thread. */
  deliver(id: number, value: unknown): void {
    this.#parked.delete(id);
    if (!isMoved(value)) this.#onTheWay.set(id, value);
    this.wire.say(protocol.VALUE, id, value);
  }

  /** A taken value is lent to a take clause of the other thread. */
  lend(id: number, value: unknown): void {
    this.#parked.delete(id);
    this.#loan = { value: isMoved(value) ? NOTHING : value };
    this.#home.lend();
    this.wire.say(protocol.OFFER, id, value);
  }

  /** The turn of a give clause has come: a slot is kept for it. */
  slotted(id: number): void {
    this.#parked.delete(id);
    this.#home.reserve(this, 1);
    this.wire.say(protocol.SLOTTED, id);
    // Used at once or not at all.
    if (this.#home.closed || this.#home.givers.size > 0) this.wire.say(protocol.RECALL, 0);
  }

  gave(id: number, accepted: boolean): void {
    this.#parked.delete(id);
    this.wire.say(protocol.GAVE, id, accepted);
  }

  ended(id: number): void {
    this.#parked.delete(id);
    this.wire.say(protocol.ENDED, id);
  }

  failed(id: number, error: unknown): void {
    this.#parked.delete(id);
    this.wire.say(protocol.FAILED, id, packError(error));
  }

  gone(): void {
    for (const waiting of this.#parked.values()) this.#leave(waiting);
    this.#parked.clear();
    const undelivered = [...this.#onTheWay.values()];
    this.#onTheWay.clear();
    const loan = this.#loan;
    this.#loan = null;
    if (loan !== null) this.#home.returned(loan.value);
    this.#home.gone(this, undelivered);
  }

  // What a select's number becomes beside those of other threads.
  #group(number: unknown): string | undefined {
    return number === undefined ? undefined : `${this.#id}:${number}`;
  }

  #take(id: number, group: string | undefined): void {
    let value: unknown;
    try {
      value = this.#home.takeApart(group);
    } catch (error) {
      return this.failed(id, error);
    }
    if (value === CLOSED) return this.ended(id);
    const taker = new RemoteTaker(this, id, group);
    if (value !== EMPTY) return void taker.receive(value);
    const crowded = this.#home.crowded("takes");
    if (crowded !== null) return this.failed(id, crowded);
    this.#parked.set(id, taker);
    this.#home.takers.push(taker);
  }

  #give(id: number, value: unknown): void {
    const answer = this.#home.offer(value);
    this.eager = true;
    if (answer !== "full") return this.gave(id, answer === "ok");
    const crowded = this.#home.crowded("gives");
    if (crowded !== null) return this.failed(id, crowded);
    this.#park(id, new RemoteGiver(this, id, value));
  }

  #slot(id: number, group: string | undefined): void {
    if (this.#home.closed) return this.ended(id);
    if (this.#home.spare(group)) return this.slotted(id);
    const crowded = this.#home.crowded("gives");
    if (crowded !== null) return this.failed(id, crowded);
    this.#park(id, new RemoteGiver(this, id, NOTHING, group));
  }

  #park(id: number, giver: RemoteGiver): void {
    this.#parked.set(id, giver);
    this.#home.givers.push(giver);
  }

  // Where it no longer waits its outcome is on its way, and is the answer.
  #withdraw(id: number): void {
    const waiting = this.#parked.get(id);
    if (waiting === undefined) return;
    this.#parked.delete(id);
    this.#leave(waiting);
    this.wire.say(protocol.WITHDRAWN, id);
  }

  #leave(waiting: RemoteTaker | RemoteGiver): void {
    if (waiting instanceof RemoteGiver) this.#home.leave(waiting);
    else waiting.list?.remove(waiting);
  }

  #finish(id: number, reason: unknown): void {
    const wake = (op: { failed: boolean; value: unknown }): void =>
      op.failed ? this.failed(id, op.value) : this.ended(id);
    operationOf(this.#home.finish(reason))?.watch({ wake });
  }
}

class RemoteTaker implements Taker {
  before: Taker | null = null;
  after: Taker | null = null;
  list: Linked<Taker> | null = null;
  readonly #link: Link;
  readonly #id: number;
  // A firm take belongs to no select.
  readonly group: string | undefined;

  constructor(link: Link, id: number, group: string | undefined) {
    this.#link = link;
    this.#id = id;
    this.group = group;
  }

  get willing(): boolean {
    return true;
  }

  receive(value: unknown): boolean {
    if (this.group === undefined) this.#link.deliver(this.#id, value);
    else this.#link.lend(this.#id, value);
    return true;
  }

  decline(): void {}

  closed(): void {
    this.#link.ended(this.#id);
  }

  abort(error: unknown): void {
    this.#link.failed(this.#id, error);
  }
}

// A firm give with its value, or a give clause, which has none yet: what it waits for is a slot.
class RemoteGiver implements Giver {
  before: Giver | null = null;
  after: Giver | null = null;
  list: Linked<Giver> | null = null;
  readonly pending: unknown;
  readonly group: string | undefined;
  readonly #link: Link;
  readonly #id: number;

  constructor(link: Link, id: number, value: unknown, group?: string) {
    this.#link = link;
    this.#id = id;
    this.pending = value;
    this.group = group;
  }

  hand(): unknown {
    if (this.pending === NOTHING) this.#link.slotted(this.#id);
    else this.#link.gave(this.#id, true);
    return this.pending;
  }

  closed(): void {
    if (this.pending === NOTHING) this.#link.ended(this.#id);
    else this.#link.gave(this.#id, false);
  }
}
