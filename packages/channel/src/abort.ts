/**
 * The AbortSignal of an operation's options: it aborts the wait, and no listener stays behind.
 */
import type { Operation, Waiter, WaitOptions } from "./operation.js";

/** Ties a parked operation to the signal of its options. */
export function abortable<O extends Operation<unknown>>(op: O, options: WaitOptions | undefined): O {
  if (options !== undefined && options.signal !== undefined && !op.done) new AbortWaiter(op, options.signal);
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
