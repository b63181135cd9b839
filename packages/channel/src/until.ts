/**
 * `until`: the operation of a promise.
 */
import { abortable } from "./abort.js";
import { describe, misuse } from "./errors.js";
import { type Op, Operation, type WaitOptions } from "./operation.js";
import { refusal } from "./outcome.js";
import { isThenable } from "./shapes.js";

class UntilOp<T> extends Operation<T> {
  override get label(): string {
    return "a promise";
  }

  override withdraw(): boolean {
    return true;
  }
}

/** Waits for a promise. Cancelling the wait leaves the promise alone. */
export function until<T>(promise: PromiseLike<T>, options?: WaitOptions): Op<T> {
  if (!isThenable(promise)) {
    throw misuse("type", "NOT_A_PROMISE", `until() takes a promise, got ${describe(promise)}`);
  }
  const refused = refusal(options);
  if (refused !== null) {
    // Whoever made the promise has handed it over: its rejection must not end the process.
    promise.then(undefined, () => {});
    return refused;
  }
  const op = new UntilOp<T>();
  follow(promise, op);
  return abortable(op, options);
}

// A promise cannot be told that nobody waits any more, so selects in a loop must not each wait for it anew.
const shared = new WeakMap<PromiseLike<unknown>, Operation<unknown>>();

/** The operation that all selects with this promise wait for. Its failure has been heard of, whatever wins. */
export function promised(promise: PromiseLike<unknown>): Operation<unknown> {
  let op = shared.get(promise);
  if (op === undefined) {
    op = new UntilOp();
    shared.set(promise, op);
    // One of another make might call back at once, and so settle before the other clauses are armed.
    follow(Promise.resolve(promise), op);
  }
  return op;
}

function follow<T>(promise: PromiseLike<T>, op: Operation<T>): void {
  promise.then(
    (value) => op.settle(value),
    (error: unknown) => op.fail(error),
  );
}
