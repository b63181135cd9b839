/**
 * `until`: the operation of a promise.
 */
import { abortable } from "./abort.js";
import { type Op, Operation, type WaitOptions } from "./operation.js";
import { refusal } from "./outcome.js";

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
