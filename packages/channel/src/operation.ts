/**
 * `Op`: what every call that may wait returns. It starts when it is called; `yield*` it in a fiber, `await` it elsewhere.
 * An operation is its own iterator and its own iterator result, so that one small object is all that a call costs, and
 * a call that need not wait makes no promise.
 */
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

// Several who wait for one operation. Leaving is O(1), for they may be many: all workers wait for one stop.
class Waiters implements Waiter {
  readonly all: Set<Waiter>;

  constructor(...all: Waiter[]) {
    this.all = new Set(all);
  }

  get passive(): boolean {
    for (const waiter of this.all) if (waiter.passive !== true) return false;
    return true;
  }

  wake(op: Operation<unknown>): void {
    for (const waiter of this.all) waiter.wake(op);
  }
}

// Two copies of the package in one program know each other's operations by it; the number is that of their protocol.
const brand = Symbol.for("@good-place/channel/operation/1");

export class Operation<T> implements Op<T> {
  // `done` and `value` are also the iterator result: pending, an operation yields itself to the fiber that runs it.
  done = false;
  value: unknown = this;
  failed = false;
  // What is made for every call has plain fields and no # methods: these cost half of the time of a hand-over.
  protected waiter: Waiter | null = null;

  [Symbol.iterator](): Iterator<Op<unknown>, T, unknown> {
    return this as unknown as Iterator<Op<unknown>, T, unknown>;
  }

  next(): IteratorResult<Op<unknown>, T> {
    if (this.failed) throw this.value;
    return this as unknown as IteratorResult<Op<unknown>, T>;
  }

  /** How a fiber passes a failure on to the body, which may have yielded the operation with or without a star. */
  throw(error: unknown): never {
    throw error;
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
      const tell = (op: Operation<unknown>): void => (op.failed ? reject(op.value) : resolve(op.value as T));
      this.watch({ wake: (op) => (runtime.simulated ? runtime.outside(() => tell(op)) : tell(op)) });
    }).then(onValue, onError);
  }

  settle(value: T): void {
    if (this.done) return;
    this.done = true;
    this.value = value;
    this.tell();
  }

  fail(error: unknown): void {
    if (this.done) return;
    this.done = true;
    this.failed = true;
    this.value = error;
    this.tell();
  }

  /** Wakes the waiter when the operation has ended; at once if it has. */
  watch(waiter: Waiter): void {
    if (this.done) waiter.wake(this);
    else if (this.waiter === null) this.waiter = waiter;
    else if (this.waiter instanceof Waiters) this.waiter.all.add(waiter);
    else this.waiter = new Waiters(this.waiter, waiter);
  }

  unwatch(waiter: Waiter): void {
    if (this.waiter === waiter) this.waiter = null;
    else if (this.waiter instanceof Waiters) this.waiter.all.delete(waiter);
  }

  /** True while somebody other than a cleaner waits. */
  get wanted(): boolean {
    return this.waiter !== null && !this.waiter.passive;
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

  /** What a fiber that is parked here waits for, in words. */
  get label(): string {
    return "an operation";
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

  private tell(): void {
    const { waiter } = this;
    if (waiter === null) return;
    this.waiter = null;
    waiter.wake(this);
  }
}

/**
 * One wait for an operation that others can hold in their hands: whoever walks through it (a deep comparison in a test) while
 * it is pending comes to an end.
 */
export class Wait<T> implements Iterator<Op<unknown>, T, unknown> {
  readonly #op: Operation<T>;
  #asked = false;

  constructor(op: Operation<T>) {
    this.#op = op;
  }

  next(): IteratorResult<Op<unknown>, T> {
    if (this.#op.done) return this.#op.next();
    if (this.#asked) return { done: true, value: undefined as T };
    this.#asked = true;
    return { done: false, value: this.#op };
  }

  throw(error: unknown): never {
    throw error;
  }
}

/** The operation that has this value. */
export function done<T>(value: T): Operation<T> {
  const op = new Operation<T>();
  op.done = true;
  op.value = value;
  return op;
}

Object.defineProperty(Operation.prototype, brand, { value: true });

/** True for an operation of this package, whichever copy of it made the operation. */
export function isOperation(value: unknown): value is Operation<unknown> {
  return typeof value === "object" && value !== null && (value as { [brand]?: true })[brand] === true;
}
