/**
 * Backoff: how long a supervisor waits before it starts a failed child again. The delay grows with the failures in a row,
 * up to a limit, and is shortened by chance, so that children that failed together do not come back together.
 */
import { checkOptions, describe, misuse } from "../errors.js";
import { checkMs } from "../time.js";

export interface Backoff {
  /** The delay after the first failure, in milliseconds; 100 by default. */
  readonly minMs?: number | undefined;
  /** No delay is longer; 30,000 by default. A child that has run for so long begins again at `minMs`. */
  readonly maxMs?: number | undefined;
  /** What each further failure in a row multiplies the delay by; 2 by default. */
  readonly factor?: number | undefined;
  /** The share of the delay that chance may take off, from 0 to 1; 0.5 by default. */
  readonly jitter?: number | undefined;
}

export type CheckedBackoff = { readonly [K in keyof Backoff]-?: number };

/** Refuses what is no backoff, and fills in the defaults. */
export function checkBackoff(where: string, given: Backoff): CheckedBackoff {
  checkOptions(where, given, ["minMs", "maxMs", "factor", "jitter"]);
  const { minMs = 100, maxMs = Math.max(minMs, 30_000), factor = 2, jitter = 0.5 } = given;
  checkMs(`${where} minMs`, minMs);
  checkMs(`${where} maxMs`, maxMs);
  if (minMs === 0 || maxMs < minMs) {
    throw misuse("range", "BAD_TIME", `${where} takes 0 < minMs <= maxMs, got minMs ${minMs} and maxMs ${maxMs}`);
  }
  if (!(Number.isFinite(factor) && factor >= 1)) {
    throw misuse("range", "BAD_OPTION", `${where} factor must be a number >= 1, got ${describe(factor)}`);
  }
  if (!(typeof jitter === "number" && jitter >= 0 && jitter <= 1)) {
    throw misuse("range", "BAD_OPTION", `${where} jitter must be a number from 0 to 1, got ${describe(jitter)}`);
  }
  return { minMs, maxMs, factor, jitter };
}

/** The delay after so many failures in a row, the first being 1; `chance` is from 0 to 1. */
export function delayOf({ minMs, maxMs, factor, jitter }: CheckedBackoff, failures: number, chance: number): number {
  return Math.min(maxMs, minMs * factor ** (failures - 1)) * (1 - jitter * chance);
}
