/**
 * `Op`: what every call that may wait returns. It starts when it is called; `yield*` it in a fiber, `await` it elsewhere.
 * An operation is its own iterator and its own iterator result, so that one small object is all that a call costs, and
 * a call that need not wait makes no promise.
 */
import { CancelledError } from "./errors.js";
import { runtime } from "./internal/runtime.js";

/** A started operation. Awaiting or `yield*`ing it twice gives the same outcome twice. */
export interface Op<T> extends PromiseLike<T> {
  [Symbol.iterator](): Iterator<Op<unknown>, T, unknown>;
}

/** Options of every operation that may wait. */
export interface WaitOptions {
  /** Aborts the wait: a parked operation is withdrawn and fails with `signal.reason`; an aborted signal lets it take no effect. */
  readonly signal?: AbortSignal | undefined;
}

/** Who wants to know that an operation has ended. */
export interface Waiter {
  wake(op: Operation<unknown>): void;
  /** A passive waiter only cleans up; it does not keep a parked operation in its queue. */
  readonly passive?: boolean;
}

const NOBODY: Waiter = { wake() {} };

export class Operation<T> implements Op<T> {
  // `done` and `value` are also the iterator result: pending, an operation yields itself to the fiber that runs it.
  done = false;
  value: unknown = this;
  failed = false;
  // Plain fields, not #private ones: an operation is made for every call, and those cost four times as much to make.
  protected waiters: Waiter | Waiter[] | null = null;

  [Symbol.iterator](): Iterator<Op<unknown>, T, unknown> {
    return this as unknown as Iterator<Op<unknown>, T, unknown>;
  }

  next(): IteratorResult<Op<unknown>, T> {
    if (this.failed) throw this.value;
    return this as unknown as IteratorResult<Op<unknown>, T>;
  }

  // biome-ignore lint/suspicious/noThenProperty: an operation is awaitable by contract
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.done && !this.failed) {
      // A fiber must learn that somebody asks for its outcome, so that its watch is called here too.
      this.watch(NOBODY);
      return Promise.resolve(this.value as T).then(onValue, onError);
    }
    return new Promise<T>((resolve, reject) => {
      this.watch({ wake: (op) => (op.failed ? reject(op.value) : resolve(op.value as T)) });
    }).then(onValue, onError);
  }

  settle(value: T): void {
    if (this.done) return;
    this.done = true;
    this.value = value;
    this.#wake();
  }

  fail(error: unknown): void {
    if (this.done) return;
    this.done = true;
    this.failed = true;
    this.value = error;
    this.#wake();
  }

  /** Wakes the waiter when the operation has ended; at once if it has. */
  watch(waiter: Waiter): void {
    if (this.done) waiter.wake(this);
    else if (this.waiters === null) this.waiters = waiter;
    else if (Array.isArray(this.waiters)) this.waiters.push(waiter);
    else this.waiters = [this.waiters, waiter];
  }

  unwatch(waiter: Waiter): void {
    if (this.waiters === waiter) this.waiters = null;
    else if (Array.isArray(this.waiters)) this.waiters = this.waiters.filter((other) => other !== waiter);
  }

  /** True while somebody other than a cleaner waits. */
  get wanted(): boolean {
    if (this.waiters === null) return false;
    return Array.isArray(this.waiters) ? this.waiters.some((waiter) => !waiter.passive) : !this.waiters.passive;
  }

  /**
   * The waiter gives up for a reason. True: it is free to go on. False: the operation is ending what it began (a scope
   * cancels its fibers), and will wake the waiter when it has.
   */
  release(waiter: Waiter, reason: Error): boolean {
    this.unwatch(waiter);
    if (!this.done && !this.wanted && this.withdraw()) this.fail(reason);
    return true;
  }

  /** The signal of the operation's options has aborted. */
  abort(reason: unknown): void {
    this.withdraw();
    this.fail(reason);
  }

  /** True for a failure that a cancelled waiter must not lose: it came of the cancel itself. */
  get supersedes(): boolean {
    return false;
  }

  /** True for an outcome that was faster than the withdrawal that a cancelled waiter asked for: the waiter has to get it. */
  get outran(): boolean {
    return false;
  }

  /** True once the outcome stands, even if it is still to be told: a cancel comes too late to undo it. */
  get committed(): boolean {
    return this.done;
  }

  /** Takes a parked operation out of its queue. False where there is nothing to take out: others may wait for it too. */
  withdraw(): boolean {
    return false;
  }

  #wake(): void {
    const waiters = this.waiters;
    this.waiters = null;
    if (waiters === null) return;
    if (Array.isArray(waiters)) for (const waiter of waiters) waiter.wake(this);
    else waiters.wake(this);
  }
}

// Ends when the loop comes round to it: what an operation without a need to wait becomes when the turn is used up.
class Later<T> extends Operation<T> {
  readonly #outcome: unknown;
  readonly #fails: boolean;

  constructor(outcome: unknown, fails = false) {
    super();
    this.#outcome = outcome;
    this.#fails = fails;
    runtime.enqueue(this);
  }

  override get committed(): boolean {
    return true;
  }

  run(): void {
    if (this.#fails) this.fail(this.#outcome);
    else this.settle(this.#outcome as T);
  }
}

// What an operation becomes that is called by a cancelled fiber: it does nothing, and the fiber ends where it waits.
class Doomed extends Operation<never> {
  constructor(error: Error) {
    super();
    // Awaited outside the fiber's own steps it has to end; yielded, it has to stay pending until the fiber takes it.
    queueMicrotask(() => this.fail(error));
  }
}

/** The operation that already has its value. */
export function settled<T>(value: T): Operation<T> {
  if (!runtime.spend()) return new Later(value);
  const op = new Operation<T>();
  op.done = true;
  op.value = value;
  return op;
}

// A settled operation never changes again, so every give that need not wait can share one.
const ACCEPTED = new Operation<boolean>();
ACCEPTED.settle(true);

/** The operation of a give that need not wait. */
export function accepted(): Operation<boolean> {
  return runtime.spend() ? ACCEPTED : new Later(true);
}

/** The operation that has already failed. */
export function failed(error: unknown): Operation<never> {
  if (!runtime.spend()) return new Later<never>(error, true);
  const op = new Operation<never>();
  op.fail(error);
  return op;
}

/** The operation to return instead of trying, when the caller is cancelled or its signal aborted; null to go ahead. */
export function refusal(options: WaitOptions | undefined): Operation<never> | null {
  const { current } = runtime;
  if (current?.doomed) return new Doomed(current.cancelError ?? new CancelledError());
  const signal = options?.signal;
  return signal?.aborted ? failed(signal.reason) : null;
}

/** Ties a parked operation to the signal of its options. */
export function abortable<O extends Operation<unknown>>(op: O, options: WaitOptions | undefined): O {
  const signal = options?.signal;
  if (signal !== undefined && !op.done) new AbortWaiter(op, signal);
  return op;
}

class AbortWaiter implements Waiter {
  readonly passive = true;
  readonly #op: Operation<unknown>;
  readonly #signal: AbortSignal;

  constructor(op: Operation<unknown>, signal: AbortSignal) {
    this.#op = op;
    this.#signal = signal;
    signal.addEventListener("abort", this);
    op.watch(this);
  }

  handleEvent(): void {
    this.#op.abort(this.#signal.reason);
  }

  wake(): void {
    this.#signal.removeEventListener("abort", this);
  }
}

class UntilOp<T> extends Operation<T> {
  override withdraw(): boolean {
    return true;
  }
}

/** Waits for a promise. Cancelling the wait leaves the promise alone. */
export function until<T>(promise: PromiseLike<T>, options?: WaitOptions): Op<T> {
  const refused = refusal(options);
  if (refused !== null) {
    // Whoever made the promise has handed it over: its rejection must not end the process.
    promise.then(undefined, () => {});
    return refused;
  }
  const op = new UntilOp<T>();
  promise.then(
    (value) => op.settle(value),
    (error: unknown) => op.fail(error),
  );
  return abortable(op, options);
}
