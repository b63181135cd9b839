/**
 * How much useless work a client may make: a bucket of tokens that fills up again with time. Streams that are cancelled,
 * pings and settings cost a client next to nothing and a server something each.
 */
const BURST = 200;
const PER_SECOND = 20;

export class Calm {
  #tokens = BURST;
  #at = performance.now();

  /** False when the client has made more of it than it may. */
  spend(): boolean {
    const now = performance.now();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#at) * PER_SECOND) / 1000) - 1;
    this.#at = now;
    return this.#tokens >= 0;
  }
}
