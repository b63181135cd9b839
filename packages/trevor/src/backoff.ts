/**
 * How long to wait before the next attempt: twice as long each time, up to a maximum, and never the same for everybody,
 * so that the clients of a server that comes back do not all come at once.
 */
import { describe, misuse } from "@good-place/channel/misuse";

export interface Retry {
  /** The first wait at most; 250 ms. */
  readonly minMs?: number | undefined;
  /** Any wait at most; 30 s. */
  readonly maxMs?: number | undefined;
}

/** Fills in the defaults. Throws BAD_OPTION. */
export function retryOf({ minMs = 250, maxMs = 30_000 }: Retry): Required<{ minMs: number; maxMs: number }> {
  if (!(minMs >= 0 && maxMs >= minMs && maxMs < 2 ** 31)) {
    throw misuse(
      "range",
      "BAD_OPTION",
      `retry needs 0 <= minMs <= maxMs, got ${describe(minMs)} and ${describe(maxMs)}`,
    );
  }
  return { minMs, maxMs };
}

/** The wait before the attempt after `failures` failed ones: half of it fixed, half at random. */
export function backoffMs(failures: number, retry: { minMs: number; maxMs: number }, random: number): number {
  const most = Math.min(retry.maxMs, retry.minMs * 2 ** Math.min(failures, 30));
  return most / 2 + (most / 2) * random;
}
