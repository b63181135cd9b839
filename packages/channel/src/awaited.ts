/**
 * What an operation is for code outside of fibers: a native promise that knows its operation. Awaiting one costs half of
 * what awaiting any other thenable does, and a subclass of Promise half as much again to make (bench/channel); code
 * that runs in no fiber's step cannot but await.
 */
import { runtime } from "./internal/runtime.js";
import { done, isOperation, type Op, type Operation, type Waiter } from "./operation.js";
import { isThenable } from "./shapes.js";

const HELD = Symbol("what the promise is of");

type Awaited<T, H> = Promise<T> & { [HELD]: H; [Symbol.iterator]: () => Iterator<Op<unknown>, T, unknown> };

let resolveLast: (value: unknown) => void;
let rejectLast: (error: unknown) => void;
// One executor for all of them: a function of its own would be an object more for each.
const capture = (resolve: (value: never) => void, reject: (error: unknown) => void): void => {
  resolveLast = resolve as (value: unknown) => void;
  rejectLast = reject;
};
const ignore = (): void => {};

class Settler implements Waiter {
  // A promise cannot say whether somebody awaits it: the fiber or deadline that is handed one decides alone.
  readonly passive = true;
  private readonly promise: Promise<unknown>;
  private readonly resolve = resolveLast;
  private readonly reject = rejectLast;

  constructor(promise: Promise<unknown>) {
    this.promise = promise;
  }

  wake(op: Operation<unknown>): void {
    if (runtime.simulated) runtime.outside(() => this.#settle(op));
    else this.#settle(op);
  }

  #settle(op: Operation<unknown>): void {
    if (!op.failed) return this.resolve(op.value);
    // Like any operation, it fails for those who ask and for nobody else.
    this.promise.then(undefined, ignore);
    this.reject(op.value);
  }
}

function operation<T>(this: Awaited<T, Operation<T>>): Iterator<Op<unknown>, T, unknown> {
  return this[HELD][Symbol.iterator]();
}

function settled<T>(this: Awaited<T, T>): Iterator<Op<unknown>, T, unknown> {
  return done(this[HELD])[Symbol.iterator]();
}

/** The operation as a promise. */
export function awaited<T>(op: Operation<T>): Op<T> {
  const promise = new Promise<T>(capture) as Awaited<T, Operation<T>>;
  const settler = new Settler(promise);
  promise[HELD] = op;
  promise[Symbol.iterator] = operation;
  op.watch(settler);
  return promise;
}

/** An operation that has its value, as a promise. */
export function awaitedValue<T>(value: T): Op<T> {
  // Such a value would take the promise's place.
  if (isThenable(value)) return awaited(done(value));
  const promise = Promise.resolve(value) as Awaited<T, T>;
  promise[HELD] = value;
  promise[Symbol.iterator] = settled;
  return promise;
}

/** The operation as its caller can use it best. */
export function answer<T>(op: Operation<T>): Op<T> {
  return runtime.current === null ? awaited(op) : op;
}

/** The operation behind what a call gave, if there is one. */
export function operationOf(value: unknown): Operation<unknown> | null {
  if (isOperation(value)) return value;
  return value instanceof Promise && HELD in value
    ? ((value as Awaited<unknown, unknown>)[Symbol.iterator]() as never)
    : null;
}
