/**
 * An end of a thread channel in a thread where it does not live. It buffers nothing: takes ask the home, and so do gives,
 * but for those that slots are kept for (credit), which are accepted at once and on their way at the end of the turn.
 * Long, for it is a channel's whole face once more, and each call is told here together with what it hears in answer.
 * Invariant: whatever waits here stands in `asked` under the id by which the home knows it, and nothing else keeps this
 * end, its port or the process alive.
 */

import { abortable } from "../abort.js";
import { CLOSED, type Closed, EMPTY, type Empty } from "../answers.js";
import { answer } from "../awaited.js";
import { brand, type ChannelStatistics } from "../channel-face.js";
import { shownAs } from "../inspect.js";
import { Linked } from "../internal/linked.js";
import { iterate } from "../iterate.js";
import type { Op, Operation, WaitOptions } from "../operation.js";
import { accepted, failed, refusal, settled } from "../outcome.js";
import { GiveOp, type Giver, type Joint, NOTHING, type Taker, tell, type Watcher } from "../parked.js";
import type { SelectOp } from "../select-op.js";
import { Ahead, type Polled } from "./ahead.js";
import { Arms, numberOf } from "./arms.js";
import { AskedOp, AskedTake, Finish } from "./asked.js";
import { cloneableSignal, copy, type Handle, isMoved, type Traveller, travels } from "./copy.js";
import { here, remember } from "./ends.js";
import { type PackedError, packError, ThreadError, unpackError } from "./error.js";
import * as protocol from "./protocol.js";
import { type Receiver, refuse, Wire } from "./protocol.js";
import { type Asked, Register } from "./register.js";
import { GIVE_OPTIONS, type GiveOptions, type ThreadChannel, type TransferOptions } from "./thread-channel.js";

// An end that somebody waits at, or that holds a loan, must not be collected; its port alone does not keep it.
const waited = new Set<RemoteEnd<unknown>>();

/** The end that a handle stands for: the one that is known here, or a new one. */
export function revive(handle: Handle): object {
  const known = here(handle.id);
  if (known === undefined) return new RemoteEnd(handle);
  refuse(handle.port);
  return known;
}

export class RemoteEnd<T> implements ThreadChannel<T>, Joint<T>, Receiver, Traveller, Polled {
  readonly name: string | undefined;
  readonly takers: Linked<Taker> = new Arms(this, protocol.LEND);
  readonly givers: Linked<Giver> = new Arms(this, protocol.SLOT);
  reason: unknown = undefined;
  // A clone must not take an end for a record (see `travels`).
  readonly staysHere: () => void = () => {};

  readonly #handle: Handle;
  readonly #wire: Wire;
  readonly #ahead: Ahead;
  readonly #asked: Register = new Register();
  readonly #watchers: Linked<Watcher> = new Linked<Watcher>(this);
  // Gives that are accepted at once.
  #credits: number;
  #wanting = false;
  #state: "open" | "closing" | "drained" | "aborted" = "open";
  // Does this end keep its thread alive?
  #holding = false;
  // Is the home asked to tell when the channel is drained?
  #awaitsEnd = false;
  #given = 0;
  #taken = 0;
  #dropped = 0;

  constructor(handle: Handle) {
    this.#handle = handle;
    this.name = handle.name;
    this.#credits = handle.rule === "fixed" ? 0 : Number.POSITIVE_INFINITY;
    if (handle.closed) this.#state = "closing";
    const self = new WeakRef(this);
    this.#wire = new Wire(handle.port, () => self.deref(), revive);
    this.#ahead = new Ahead(this, this.#wire);
    remember(handle.id, this, this.#wire);
    travels(this);
  }

  get label(): string {
    return `channel ${this.name ?? "without a name"}`;
  }

  get closed(): boolean {
    return this.#state !== "open";
  }

  get full(): boolean {
    return this.#state === "open" && !this.#free;
  }

  give(value: T, options?: GiveOptions): Op<boolean> {
    const refused = refusal(options, GIVE_OPTIONS);
    if (refused !== null) return refused;
    if (this.closed) return settled(false);
    let outgoing: unknown;
    try {
      outgoing = copy(value, options?.transfer);
    } catch (error) {
      return failed(error);
    }
    if (this.offer(outgoing) === "ok") return accepted();
    if (this.givers.size > 0) {
      // Behind a give clause, whose value comes only once its slot is granted: a value sent now would overtake it.
      const op = new GiveOp(outgoing);
      this.givers.push(op);
      return answer(abortable(op as Operation<boolean>, options));
    }
    return answer(this.#ask((id) => new AskedOp<boolean>(() => this.#withdraw(id)), protocol.GIVE, outgoing, options));
  }

  take(options?: WaitOptions): Op<T | Closed> {
    const refused = refusal(options);
    if (refused !== null) return refused;
    if (this.#state === "aborted") return failed(this.reason);
    if (this.#state === "drained") return settled(CLOSED);
    if (this.#ahead.holds) return settled(this.tryTake() as T);
    return answer(this.#ask((id) => new AskedTake<T>(() => this.#withdraw(id)), protocol.TAKE, undefined, options));
  }

  tryGive(value: T, options?: TransferOptions): "ok" | "full" | "closed" {
    if (this.closed) return "closed";
    if (this.#free) return this.offer(copy(value, options?.transfer));
    if (!this.#wanting) this.#wire.say(protocol.WANT, 0);
    this.#wanting = true;
    return "full";
  }

  tryTake(): T | Empty | Closed {
    if (this.#state === "aborted") throw this.reason;
    if (this.#state === "drained") return CLOSED;
    const value = this.#ahead.take();
    if (value === NOTHING) {
      this.#ahead.ask();
      return EMPTY;
    }
    this.#taken++;
    return value as T;
  }

  get far(): boolean {
    return true;
  }

  get room(): boolean {
    return this.#state === "open" && this.#free;
  }

  peek(): true | Empty | Closed {
    if (this.#state === "aborted") throw this.reason;
    if (this.#ahead.holds) return true;
    return this.#state === "drained" ? CLOSED : EMPTY;
  }

  watch(watcher: Watcher): void {
    this.#watchers.push(watcher);
    if (this.#state !== "closing" || this.#awaitsEnd) return;
    // That it is drained is what is still to come. Nobody here waits for the answer as such, which comes as that of a poll.
    this.#awaitsEnd = true;
    this.#wire.say(protocol.FINISH, 0, packError(this.reason));
  }

  // Its `onUndelivered` lives with the channel: here it can only be counted.
  drop(): void {
    this.#dropped++;
  }

  get taking(): boolean {
    return this.#asked.taking > 0 || this.takers.size > 0;
  }

  outgoing(value: unknown): unknown {
    return copy(value);
  }

  offer(outgoing: unknown): "ok" | "full" | "closed" {
    if (this.closed) return "closed";
    if (!this.#free) return "full";
    this.#put(outgoing);
    return "ok";
  }

  force(signal: unknown): boolean {
    if (this.closed) return false;
    this.#wire.say(protocol.FORCE, 0, cloneableSignal(signal));
    return true;
  }

  close(reason?: unknown): this {
    this.#wire.say(protocol.CLOSE, 0, packError(reason));
    this.#closing(reason);
    return this;
  }

  finish(reason?: unknown): Op<void> {
    const refused = refusal(undefined);
    if (refused !== null) return refused;
    if (this.#state === "aborted") return failed(this.reason);
    this.#closing(reason);
    return this.#ask(() => new Finish(), protocol.FINISH, packError(reason), undefined);
  }

  abort(error: unknown): this {
    this.#wire.say(protocol.ABORT, 0, packError(error));
    this.#closing(error);
    return this;
  }

  leave(giver: Giver): void {
    this.givers.remove(giver);
  }

  // The home counts who waits, and refuses.
  crowded(): null {
    return null;
  }

  statistics(): ChannelStatistics {
    return {
      capacity: this.#handle.capacity,
      size: 0,
      peak: 0,
      parkedGives: this.#asked.giving + this.givers.size,
      parkedTakes: this.#asked.taking + this.takers.size,
      given: this.#given,
      taken: this.#taken,
      dropped: this.#dropped,
    };
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return iterate(this);
  }

  handle(): Handle {
    const { port1, port2 } = new MessageChannel();
    if (this.#wire.open) this.#wire.attach(port1);
    else refuse(port1);
    return { ...this.#handle, port: port2, closed: this.closed };
  }

  hear(kind: number, id: number, value: unknown): void {
    switch (kind) {
      case protocol.VALUE:
        this.#wire.say(protocol.GOT, id);
        this.#taken++;
        this.#answered<AskedTake<T>>(id)?.settle(value as T);
        break;
      case protocol.OFFER:
        if (id === 0) this.#ahead.lent(value);
        else this.#offered(id, value);
        break;
      case protocol.EMPTIED:
        this.#ahead.nothing();
        break;
      case protocol.RETURN:
        this.#ahead.giveBack();
        break;
      case protocol.GAVE:
        if (value === true) this.#given++;
        this.#answered<AskedOp<boolean>>(id)?.settle(value as boolean);
        break;
      case protocol.WITHDRAWN: {
        const op = this.#answered(id);
        if (op instanceof AskedOp) op.withdrawn();
        break;
      }
      case protocol.CREDIT:
        this.#credits += id;
        this.#wanting = false;
        break;
      case protocol.SLOTTED:
        this.#slotted(id);
        break;
      case protocol.RECALL:
        this.#recalled();
        break;
      case protocol.ENDED:
        this.#ended(id);
        break;
      case protocol.FAILED:
        this.#failed(id, unpackError(value as PackedError));
        break;
      case protocol.CLOSING:
        // Several ends may have closed the channel: the reason that came home first is that of all.
        this.reason = unpackError(value as PackedError);
        this.#closing(this.reason);
        break;
      case protocol.ABORTED:
        this.#ahead.giveBack();
        this.#state = "aborted";
        this.reason = unpackError(value as PackedError);
        tell(this.#watchers);
    }
  }

  gone(): void {
    if (this.#state === "drained" || this.#state === "aborted") return;
    const name = this.name ?? "without a name";
    this.#state = "aborted";
    this.reason = new ThreadError(
      "CHANNEL_GONE",
      `the thread in which channel ${name} lives has ended, and it with it`,
    );
    for (const id of this.#asked.ids) this.#failed(id, this.reason);
    tell(this.#watchers);
  }

  /** A clause of a select begins to wait here. */
  armed(arm: Taker | Giver, kind: number): void {
    if (kind === protocol.LEND) this.#ahead.giveBack();
    const id = this.#asked.newId();
    this.#asked.add(id, arm);
    this.#wire.say(kind, id, numberOf(arm.group));
    this.#hold();
  }

  /** A clause waits no longer. Unless the home has answered, it has to be told. */
  disarmed(arm: Taker | Giver): void {
    const id = this.#asked.idOf(arm);
    if (id === undefined) return;
    this.#answered(id);
    this.#wire.say(protocol.WITHDRAW, id);
  }

  held(): void {
    this.#hold();
  }

  // Nothing overtakes what waits, on credit neither.
  get #free(): boolean {
    return this.#credits > 0 && this.#asked.giving === 0 && this.givers.size === 0;
  }

  #put(outgoing: unknown): void {
    this.#credits--;
    this.#given++;
    this.#wire.say(protocol.PUT, 0, outgoing);
  }

  #ask<O extends AskedOp<never> | AskedOp<boolean> | AskedTake<T> | Finish>(
    make: (id: number) => O,
    kind: number,
    value: unknown,
    options: WaitOptions | undefined,
  ): O {
    const id = this.#asked.newId();
    const op = make(id);
    this.#asked.add(id, op as unknown as AskedOp<unknown>);
    if (this.#wire.open) this.#wire.say(kind, id, value);
    else this.#failed(id, this.reason);
    this.#hold();
    return abortable(op as unknown as Operation<unknown>, options) as unknown as O;
  }

  #withdraw(id: number): void {
    if (this.#asked.has(id)) this.#wire.say(protocol.WITHDRAW, id);
  }

  // What waited under the id, which is answered now.
  #answered<A extends Asked>(id: number): A | undefined {
    const waiting = this.#asked.remove(id);
    this.#hold();
    return waiting as A | undefined;
  }

  #ended(id: number): void {
    // A poll has found the end.
    if (id === 0) this.#drained();
    const waiting = this.#answered(id);
    if (waiting === undefined) return;
    // What is closed for a give clause may still have values.
    if (waiting instanceof AskedTake || "receive" in waiting) this.#drained();
    if (waiting instanceof AskedOp || waiting instanceof Finish) return waiting.ended();
    waiting.list?.remove(waiting as never);
    waiting.closed();
  }

  #offered(id: number, value: unknown): void {
    const arm = this.#answered<Taker>(id);
    if (arm === undefined) return this.#wire.say(protocol.BACK, id, isMoved(value) ? value : undefined);
    this.takers.remove(arm);
    if (!arm.receive(value)) {
      this.#wire.say(protocol.BACK, id, isMoved(value) ? value : undefined);
      // It is to be at hand when whoever declined has a place for it.
      return this.#ahead.ask();
    }
    this.#taken++;
    this.#wire.say(protocol.KEEP, id);
  }

  #slotted(id: number): void {
    const arm = this.#answered<Giver>(id);
    if (arm !== undefined) this.givers.remove(arm);
    if (arm === undefined) return this.#wire.say(protocol.UNUSED, 1);
    const outgoing = arm.hand();
    // Who has nothing to give yet keeps the slot; the home calls it back where others wait for one.
    this.#credits++;
    if (outgoing !== NOTHING) this.#put(outgoing);
  }

  #recalled(): void {
    if (this.#handle.rule !== "fixed") return this.#wire.say(protocol.UNUSED, 0);
    this.#wire.say(protocol.UNUSED, this.#credits);
    this.#credits = 0;
    this.#wanting = false;
  }

  #failed(id: number, error: unknown): void {
    const waiting = this.#answered(id);
    if (waiting === undefined) return;
    if (waiting instanceof AskedTake || waiting instanceof Finish) return waiting.fail(error);
    // A give fails where too many wait; that the channel is gone refuses it.
    const refused = this.#state === "aborted";
    if (waiting instanceof AskedOp) return refused ? waiting.settle(false) : waiting.fail(error);
    waiting.list?.remove(waiting as never);
    if ("receive" in waiting) waiting.abort(error);
    else if (refused) waiting.closed();
    else if (waiting instanceof GiveOp) waiting.fail(error);
    else (waiting.group as Pick<SelectOp, "failAll">).failAll(error);
  }

  #closing(reason: unknown): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.reason = reason;
    tell(this.#watchers);
  }

  #drained(): void {
    if (this.#state === "drained") return;
    this.#state = "drained";
    tell(this.#watchers);
  }

  #hold(): void {
    const waits = !this.#asked.empty;
    if (waits || this.#ahead.holds) waited.add(this as RemoteEnd<unknown>);
    else waited.delete(this as RemoteEnd<unknown>);
    if (waits === this.#holding) return;
    this.#holding = waits;
    this.#wire.hold(waits);
  }
}

Object.defineProperty(RemoteEnd.prototype, brand, { value: true });
shownAs(RemoteEnd, (end) => {
  const { parkedGives, parkedTakes } = end.statistics();
  const state = end.closed ? "closed" : "open";
  return `Channel ${end.name ?? "without a name"} of another thread (${state}, ${parkedGives} gives and ${parkedTakes} takes wait here)`;
});
