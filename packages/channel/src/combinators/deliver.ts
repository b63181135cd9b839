/**
 * A give by somebody who has taken the value from elsewhere and cannot give it back: what is not accepted, for the channel
 * is closed or the give is cancelled, goes to the channel's `onUndelivered`.
 */
import type { Op } from "../operation.js";
import { accepted, failed, refusal, settled } from "../outcome.js";
import { GiveOp, type Joint, NOTHING } from "../parked.js";

/** Gives what `outgoing` of the channel has answered: true once a taker or the buffer has it, false when the channel is closed; it is reported then. */
export function deliver<T>(to: Joint<T>, value: T): Op<boolean> {
  // A cancelled fiber may not wait any more, but what it has in hand goes where there is room.
  const tried = to.offer(value);
  if (tried === "ok") return accepted();
  const refused = refusal(undefined) ?? (tried === "full" ? crowd(to.crowded("gives")) : settled(false));
  if (refused !== null) {
    to.drop(value);
    return refused;
  }
  const op = new Delivery(to as Joint<unknown>, value);
  to.givers.push(op);
  return op;
}

function crowd(crowded: Error | null): Op<never> | null {
  return crowded === null ? null : failed(crowded);
}

class Delivery extends GiveOp {
  readonly #to: Joint<unknown>;
  readonly #value: unknown;

  constructor(to: Joint<unknown>, value: unknown) {
    // Nothing is pending for the channel to report when it is aborted: the delivery does, however it fails.
    super(NOTHING);
    this.#to = to;
    this.#value = value;
  }

  override hand(): unknown {
    super.hand();
    return this.#value;
  }

  override closed(): void {
    super.closed();
    this.#to.drop(this.#value);
  }

  override withdraw(): boolean {
    if (this.done) return false;
    const left = super.withdraw();
    this.#to.drop(this.#value);
    return left;
  }
}
