/**
 * How long to wait before the next attempt: twice as long each time, up to a maximum, and never the same for everybody,
 * so that the clients of a server that comes back do not all come at once.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";

export interface Retry {
  /** The first wait at most; 250 ms. */
  readonly minMs?: number | undefined;
  /** Any wait at most; 30 s. */
  readonly maxMs?: number | undefined;
  /** The wait at least after a close with 1013, try again later; 5 s. */
  readonly busyMs?: number | undefined;
  /** Asked of each close: true ends the client, which stays closed. By default it goes on after any. */
  readonly stop?: ((code: number, reason: string) => boolean) | undefined;
}

/** With the defaults filled in. */
export interface RetryRules {
  readonly minMs: number;
  readonly maxMs: number;
  readonly busyMs: number;
  readonly stop: (code: number, reason: string) => boolean;
}

/** Fills in the defaults. Throws BAD_OPTION. */
export function retryOf(retry: Retry): RetryRules {
  checkOptions("connect() option retry", retry, ["minMs", "maxMs", "busyMs", "stop"]);
  const { minMs = 250, maxMs = 30_000, busyMs = 5000, stop = () => false } = retry;
  if (!(busyMs >= 0 && busyMs < 2 ** 31)) {
    throw misuse("range", "BAD_OPTION", `retry.busyMs is a time in milliseconds, got ${describe(busyMs)}`);
  }
  if (typeof stop !== "function") {
    throw misuse("type", "BAD_OPTION", `retry.stop is a function of a close code and reason, got ${describe(stop)}`);
  }
  if (!(minMs >= 0 && maxMs >= minMs && maxMs < 2 ** 31)) {
    throw misuse(
      "range",
      "BAD_OPTION",
      `retry needs 0 <= minMs <= maxMs, got ${describe(minMs)} and ${describe(maxMs)}`,
    );
  }
  return { minMs, maxMs, busyMs, stop };
}

/** The wait before the attempt after `failures` failed ones: half of it fixed, half at random. */
export function backoffMs(failures: number, retry: { minMs: number; maxMs: number }, random: number): number {
  const most = Math.min(retry.maxMs, retry.minMs * 2 ** Math.min(failures, 30));
  return most / 2 + (most / 2) * random;
}
