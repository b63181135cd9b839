/**
 * Operations whose outcome another thread decides. To withdraw one is to ask there: the answer is the withdrawal, and
 * the operation then fails with what withdrew it, or the outcome, which was faster and stands.
 */
import { CLOSED, type Closed } from "../answers.js";
import { CancelledError } from "../errors.js";
import { Operation, type Waiter } from "../operation.js";

export class AskedOp<T> extends Operation<T> {
  readonly #withdraw: () => void;
  #asked = false;
  #reason: unknown = undefined;

  constructor(withdraw: () => void) {
    super();
    this.#withdraw = withdraw;
  }

  override get outran(): boolean {
    return this.done && !this.failed;
  }

  override release(waiter: Waiter, reason: Error): boolean {
    this.unwatch(waiter);
    if (this.done || this.wanted) return true;
    this.watch(waiter);
    this.abort(reason);
    return false;
  }

  override abort(reason: unknown): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#reason = reason;
    this.#withdraw();
  }

  override withdraw(): boolean {
    this.abort(new CancelledError("the operation was withdrawn"));
    return false;
  }

  withdrawn(): void {
    super.fail(this.#reason);
  }

  ended(): void {
    this.settle(undefined as T);
  }
}

export class AskedTake<T> extends AskedOp<T | Closed> {
  override ended(): void {
    this.settle(CLOSED);
  }
}

export class Finish extends Operation<void> {
  ended(): void {
    this.settle(undefined);
  }
}
