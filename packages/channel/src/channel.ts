/**
 * Channels: values pass from givers to takers in order, each to one taker, with backpressure by default.
 * Invariants: takers wait only while nothing is buffered and nobody gives (but for a select that gives and takes on the
 * same channel); givers wait only while the buffer is full; both queues are first in, first out, and nobody barges.
 */
import { abortable } from "./abort.js";
import { CLOSED, type Closed, EMPTY, type Empty } from "./answers.js";
import { answer } from "./awaited.js";
import { type Buffer, bufferOf } from "./buffer.js";
import { ChannelError, checkOptions, describe, misuse } from "./errors.js";
import { Linked } from "./internal/linked.js";
import { Ring } from "./internal/ring.js";
import { type Op, Operation, type WaitOptions } from "./operation.js";
import { accepted, failed, refusal, settled } from "./outcome.js";
import { GiveOp, type Giver, NOTHING, type Place, TakeOp, type Taker } from "./parked.js";
import { unhandled } from "./unhandled.js";

export interface ChannelOptions<T> {
  /** Names the channel in errors and reports. */
  readonly name?: string | undefined;
  /** Gets each value that was accepted or offered and will never be taken: dropped by the buffer's rule or by an abort. */
  readonly onUndelivered?: ((value: T) => void) | undefined;
  /** Gives and takes, counted apart, that may wait at once; one more fails with TOO_MANY_PARKED. No limit by default. */
  readonly maxParked?: number | undefined;
}

/** A snapshot of a channel's numbers. `size` is what is buffered; parked gives count apart. */
export interface ChannelStatistics {
  readonly capacity: number;
  readonly size: number;
  readonly peak: number;
  readonly parkedGives: number;
  readonly parkedTakes: number;
  readonly given: number;
  readonly taken: number;
  readonly dropped: number;
}

export interface Channel<T> extends AsyncIterable<T> {
  readonly name: string | undefined;
  /** True from the first close, finish or abort: nothing more can be given. */
  readonly closed: boolean;
  /** What `close`, `finish` or `abort` gave as the reason. */
  readonly reason: unknown;
  /** Gives a value: true once a taker or the buffer has it, false when the channel is closed, then or while waiting. */
  give(value: T, options?: WaitOptions): Op<boolean>;
  /** Takes the next value, or waits for it. CLOSED once the channel is closed and empty; fails with the error of an abort. */
  take(options?: WaitOptions): Op<T | Closed>;
  /** Gives without waiting: "ok", "full" when a give would wait, "closed". */
  tryGive(value: T): "ok" | "full" | "closed";
  /** Takes without waiting: EMPTY when a take would wait, CLOSED once closed and empty; throws the error of an abort. */
  tryTake(): T | Empty | Closed;
  /** Refuses parked and later gives with false; what is buffered can still be taken. Closing twice is nothing. */
  close(reason?: unknown): this;
  /** Refuses later gives, lets parked and buffered values drain, then closes. Settles when empty; fails when aborted. */
  finish(reason?: unknown): Op<void>;
  /** Drops what is parked and buffered (each to `onUndelivered`), refuses gives with false and fails takes with the error. */
  abort(error: unknown): this;
  statistics(): ChannelStatistics;
}

/** Makes a channel: a rendezvous without an argument, else with a capacity or one of `sliding`, `dropping`, `unbounded`. */
export function channel<T>(buffer: number | Buffer = 0, options: ChannelOptions<T> = {}): Channel<T> {
  checkOptions("channel()", options, ["name", "onUndelivered", "maxParked"]);
  const { maxParked } = options;
  if (maxParked !== undefined && (!Number.isInteger(maxParked) || maxParked < 1)) {
    throw misuse("range", "BAD_LIMIT", `maxParked must be an integer >= 1, got ${describe(maxParked)}`);
  }
  return new Chan<T>(bufferOf(buffer), options);
}

const brand = Symbol.for("@good-place/channel/channel");

/** True for a channel of this package, whichever copy of it made the channel. */
export function isChannel(value: unknown): value is Channel<unknown> {
  return typeof value === "object" && value !== null && brand in value;
}

export class Chan<T> implements Channel<T>, Place {
  readonly name: string | undefined;
  readonly takers: Linked<Taker> = new Linked(this);
  readonly givers: Linked<Giver> = new Linked(this);
  reason: unknown = undefined;

  readonly #capacity: number;
  readonly #rule: Buffer["rule"];
  readonly #onUndelivered: ((value: T) => void) | undefined;
  readonly #maxParked: number | undefined;
  // Made at the first value that is buffered: a rendezvous never has one.
  #buffer: Ring<T> | null = null;
  #state: "open" | "finishing" | "closed" | "aborted" = "open";
  #finishing: Operation<void> | null = null;
  #handing = 0;
  #peak = 0;
  #given = 0;
  #taken = 0;
  #dropped = 0;

  constructor({ rule, capacity }: Buffer, options: ChannelOptions<T>) {
    this.#rule = rule;
    this.#capacity = capacity;
    this.name = options.name;
    this.#onUndelivered = options.onUndelivered;
    this.#maxParked = options.maxParked;
  }

  /** The channel in words, for reports. */
  get label(): string {
    return `channel ${this.name ?? "without a name"}`;
  }

  get closed(): boolean {
    return this.#state !== "open";
  }

  get size(): number {
    return this.#buffer === null ? 0 : this.#buffer.size;
  }

  give(value: T, options?: WaitOptions): Op<boolean> {
    const refused = refusal(options);
    if (refused !== null) return refused;
    const tried = this.tryGive(value);
    if (tried !== "full") return tried === "ok" ? accepted() : settled(false);
    const crowded = this.crowded("gives");
    if (crowded !== null) return failed(crowded);
    const op = new GiveOp(value);
    this.givers.push(op);
    return answer(abortable(op, options));
  }

  take(options?: WaitOptions): Op<T | Closed> {
    const refused = refusal(options);
    if (refused !== null) return refused;
    if (this.#state === "aborted") return failed(this.reason);
    if (this.givers.size > 0 || this.size > 0 || this.#state !== "open") {
      const value = this.tryTake();
      if (value !== EMPTY) return settled(value);
    }
    const crowded = this.crowded("takes");
    if (crowded !== null) return failed(crowded);
    const op = new TakeOp<T>();
    this.takers.push(op);
    return answer(abortable(op, options));
  }

  tryGive(value: T): "ok" | "full" | "closed" {
    if (this.#state !== "open") return "closed";
    if (this.direct(value)) return "ok";
    if (this.size < this.#capacity) {
      this.push(value);
      return "ok";
    }
    if (this.#rule === "sliding") {
      const oldest = (this.#buffer as Ring<T>).shift() as T;
      this.push(value);
      this.drop(oldest);
      return "ok";
    }
    if (this.#rule === "dropping") {
      this.#given++;
      this.drop(value);
      return "ok";
    }
    return "full";
  }

  tryTake(): T | Empty | Closed {
    const buffer = this.#buffer;
    if (buffer !== null && buffer.size > 0) {
      const value = buffer.shift() as T;
      this.#taken++;
      this.refill();
      return value;
    }
    while (this.givers.size > 0) {
      const value = this.hand();
      if (value === NOTHING) continue;
      this.#given++;
      this.#taken++;
      this.settleFinish();
      return value as T;
    }
    this.settleFinish();
    if (this.#state === "open" || this.#state === "finishing") return EMPTY;
    if (this.#state === "aborted") throw this.reason;
    return CLOSED;
  }

  /** Would a give have to wait? For a select, which must know before it makes a lazy value. */
  get full(): boolean {
    return this.#state === "open" && this.takers.size === 0 && this.#rule === "fixed" && this.size >= this.#capacity;
  }

  /** The lane for a fiber's life-cycle signals: never waits, ignores the capacity. False when closed. */
  force(value: T): boolean {
    if (this.#state !== "open") return false;
    if (!this.direct(value)) this.push(value);
    return true;
  }

  close(reason?: unknown): this {
    if (this.#state === "closed" || this.#state === "aborted") return this;
    if (this.#state === "open") this.reason = reason;
    this.#state = "closed";
    while (this.givers.size > 0) (this.givers.shift() as Giver).closed();
    while (this.takers.size > 0) (this.takers.shift() as Taker).closed();
    this.#finishing?.settle(undefined);
    return this;
  }

  finish(reason?: unknown): Op<void> {
    if (this.#state === "aborted") return failed(this.reason);
    if (this.#state === "open") {
      this.#state = "finishing";
      this.reason = reason;
    }
    this.#finishing ??= new Operation<void>();
    this.settleFinish();
    return this.#finishing;
  }

  abort(error: unknown): this {
    if (this.#state === "aborted" || (this.#state === "closed" && this.size === 0)) return this;
    this.#state = "aborted";
    this.reason = error;
    const lost: T[] = [];
    const buffer = this.#buffer;
    while (buffer !== null && buffer.size > 0) lost.push(buffer.shift() as T);
    while (this.givers.size > 0) {
      const giver = this.givers.shift() as Giver;
      if (giver.pending !== NOTHING) lost.push(giver.pending as T);
      giver.closed();
    }
    while (this.takers.size > 0) (this.takers.shift() as Taker).abort(error);
    this.#finishing?.fail(error);
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
      capacity: this.#capacity,
      size: this.size,
      peak: this.#peak,
      parkedGives: this.givers.size,
      parkedTakes: this.takers.size,
      given: this.#given,
      taken: this.#taken,
      dropped: this.#dropped,
    };
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: async (): Promise<IteratorResult<T>> => {
        const value = await this.take();
        return value === CLOSED ? { done: true, value: undefined } : { done: false, value };
      },
    };
  }

  // Hands a value to the longest waiting taker, if there is one.
  private direct(value: T): boolean {
    const taker = this.takers.shift();
    if (taker === null) return false;
    this.#given++;
    this.#taken++;
    taker.receive(value);
    return true;
  }

  private push(value: T): void {
    this.#buffer ??= new Ring<T>();
    this.#buffer.push(value);
    this.#given++;
    if (this.#buffer.size > this.#peak) this.#peak = this.#buffer.size;
  }

  // Commits the longest waiting giver. Until its value is put where it belongs a finish must not settle.
  private hand(): unknown {
    this.#handing++;
    try {
      return (this.givers.shift() as Giver).hand();
    } finally {
      this.#handing--;
    }
  }

  // The longest waiting giver owns the slot that a take has freed.
  private refill(): void {
    while (this.givers.size > 0 && this.size < this.#capacity) {
      const value = this.hand();
      if (value !== NOTHING) this.push(value as T);
    }
    this.settleFinish();
  }

  private settleFinish(): void {
    if (this.#finishing === null) return;
    if (this.#handing > 0 || this.size > 0 || this.givers.size > 0) return;
    this.close(this.reason);
    this.#finishing.settle(undefined);
  }

  private drop(value: T): void {
    this.#dropped++;
    if (this.#onUndelivered === undefined) return;
    try {
      this.#onUndelivered(value);
    } catch (error) {
      unhandled(error, `onUndelivered of ${this.label}`);
    }
  }

  /** The failure of one more that would wait here; null where there is room. */
  crowded(what: "gives" | "takes"): ChannelError | null {
    const maxParked = this.#maxParked;
    if (maxParked === undefined || (what === "gives" ? this.givers : this.takers).size < maxParked) return null;
    return new ChannelError(
      "TOO_MANY_PARKED",
      `${this.label}: ${this.#maxParked} ${what} wait already, which is its maxParked`,
    );
  }
}

Object.defineProperty(Chan.prototype, brand, { value: true });
