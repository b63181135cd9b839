/**
 * The sliding window of a supervisor's restarts: at most so many in so long, as in OTP. One more is a tree that does not
 * mend itself, and is for whoever is above.
 * Only the last `restarts` times matter, so that is all it keeps.
 */
import { Ring } from "../internal/ring.js";

export class IntensityWindow {
  readonly #restarts: number;
  readonly #withinMs: number;
  readonly #times = new Ring<number>();

  constructor(restarts: number, withinMs: number) {
    this.#restarts = restarts;
    this.#withinMs = withinMs;
  }

  /** Counts a restart. False when it is one too many. */
  allows(now: number): boolean {
    if (this.#restarts === Number.POSITIVE_INFINITY) return true;
    if (this.#restarts === 0) return false;
    const oldest = this.#times.size < this.#restarts ? undefined : this.#times.shift();
    this.#times.push(now);
    return oldest === undefined || now - oldest > this.#withinMs;
  }
}
