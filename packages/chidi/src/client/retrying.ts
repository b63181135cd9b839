/**
 * Whether a request is sent again, and when: as often as allowed, only where nothing can happen twice, not sooner than the
 * server asks, and never more than a share of what is sent.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { ClientError } from "./client-error.js";

export interface RetryOptions {
  /** How often a request is sent at most; 3. */
  readonly attempts?: number | undefined;
  /** The statuses that are worth another attempt; 429 and 503. */
  readonly statuses?: readonly number[] | undefined;
  /** The delay before the second attempt, doubled for each further one; 100 ms. Chance takes off up to a half. */
  readonly minMs?: number | undefined;
  /** No delay is longer; 10 s. */
  readonly maxMs?: number | undefined;
  /** The longest Retry-After that is waited for; 30 s. Where the server asks for more, its answer is the outcome. */
  readonly maxRetryAfterMs?: number | undefined;
  /** How many retries a hundred requests earn, so that a failing server is not sent a multiple of its load; 20. */
  readonly budgetPercent?: number | undefined;
}

export type RetryPolicy = { readonly [K in keyof RetryOptions]-?: NonNullable<RetryOptions[K]> };

/** What came of an attempt that may be worth another. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  readonly idempotent: boolean;
  /** Can the body be sent (again)? */
  readonly available: boolean;
  readonly outcome: { readonly error: unknown } | { readonly status: number; readonly retryAfter: string | undefined };
}

const defaults: RetryPolicy = {
  attempts: 3,
  statuses: [429, 503],
  minMs: 100,
  maxMs: 10_000,
  maxRetryAfterMs: 30_000,
  budgetPercent: 20,
};

// Retries that can be made before the first requests have earned any, and the most that can be saved.
const SAVED = 10;

/** The policy of the options. False is one attempt. */
export function policyOf(given: RetryOptions | false): RetryPolicy {
  if (given === false) return { ...defaults, attempts: 1 };
  checkOptions("client() option retry", given, Object.keys(defaults));
  const policy = { ...defaults, ...given } as RetryPolicy;
  if (!Array.isArray(policy.statuses) || !policy.statuses.every((status) => Number.isInteger(status))) {
    throw misuse("type", "BAD_OPTION", `client() option retry.statuses must be a list of statuses`);
  }
  for (const key of ["attempts", "minMs", "maxMs", "maxRetryAfterMs", "budgetPercent"] as const) {
    const least = key === "attempts" ? 1 : 0;
    if (Number.isFinite(policy[key]) && policy[key] >= least) continue;
    throw misuse(
      "range",
      "BAD_OPTION",
      `client() option retry.${key} must be a number >= ${least}, got ${describe(policy[key])}`,
    );
  }
  return policy;
}

/** How long to wait before the next attempt, or null where there is none. `chance` is from 0 to 1. */
export function delayBefore(policy: RetryPolicy, attempt: Attempt, now: Date, chance: number): number | null {
  const { number, idempotent, available, outcome } = attempt;
  if (number >= policy.attempts || !available) return null;
  const backoff = Math.min(policy.maxMs, policy.minMs * 2 ** (number - 1)) * (1 - chance / 2);
  if ("error" in outcome) return outcome.error instanceof ClientError && outcome.error.retryable ? backoff : null;
  if (!idempotent || !policy.statuses.includes(outcome.status)) return null;
  const asked = askedMs(outcome.retryAfter, now);
  return asked > policy.maxRetryAfterMs ? null : Math.max(backoff, asked);
}

// Seconds, or a date; what is neither asks for nothing.
function askedMs(retryAfter: string | undefined, now: Date): number {
  if (retryAfter === undefined) return 0;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const date = / GMT$/.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN;
  return Number.isNaN(date) ? 0 : Math.max(0, date - now.getTime());
}

/** What the retries of all requests together may cost. */
export class Budget {
  readonly #share: number;
  #saved = SAVED;

  constructor(policy: RetryPolicy) {
    this.#share = policy.budgetPercent / 100;
  }

  earn(): void {
    this.#saved = Math.min(SAVED, this.#saved + this.#share);
  }

  spend(): boolean {
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }
}
