/**
 * How many messages a second a peer may send: a bucket of tokens, of which each message takes one.
 * Invariant: the time in which we do not read earns in full, past the size of the bucket too. What a peer sends in it
 * comes all at once afterwards, and a peer that keeps to the rate must not be refused for our slowness.
 */
import { now } from "@good-place/channel";

export class Rate {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #since: number = now();
  #paused = false;

  constructor(perSecond: number, burst: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Reading pauses, or goes on. */
  pause(paused: boolean): void {
    this.#earn();
    this.#paused = paused;
  }

  /** Takes one token. False when there is none. */
  take(): boolean {
    this.#earn();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #earn(): void {
    const time = now();
    const earned = this.#tokens + (time - this.#since) * this.#perMs;
    this.#since = time;
    // Never less than there were: what a pause has earned is spent, not taken away.
    this.#tokens = this.#paused ? earned : Math.min(earned, Math.max(this.#burst, this.#tokens));
  }
}
