/**
 * What `admit` takes, and what a store tells of its living cocoons: to tools, and where somebody waited for them in vain.
 */
import type { WaitOptions } from "@good-place/channel";
import type { ConfirmedAct } from "./act.js";
import { ShawnError } from "./errors.js";

export interface AdmitOptions extends WaitOptions {
  /** How long to wait, in milliseconds; for ever by default. */
  readonly timeoutMs?: number | undefined;
}

/** A cocoon that lives: it waits for its turn, runs, or is about to be started anew. */
export interface LivingCocoon {
  readonly key: string;
  /** The act that it follows from. */
  readonly act: ConfirmedAct;
  /** When it was started, in milliseconds of the runtime's clock, as `now()` of the channel gives them. */
  readonly since: number;
  /** How often it was started anew. */
  readonly restarts: number;
  /** Where that act was confirmed, `file:line:column`, if `traceStarts` of the channel was on. */
  readonly startedAt: string | undefined;
}

/** An admit whose time is over. The cocoons live on. */
export class AdmitTimeoutError extends ShawnError {
  override readonly name = "AdmitTimeoutError";
  /** Those that it waited for. */
  readonly living: readonly LivingCocoon[];

  constructor(timeoutMs: number, living: readonly LivingCocoon[], nowMs: number) {
    const waited = living.length === 0 ? "the journal is still being replayed" : `${living.length} still live`;
    super(
      "ADMIT_TIMEOUT",
      `admit() waited ${timeoutMs} ms for the cocoons: ${waited}${living.map((each) => told(each, nowMs)).join("")}`,
    );
    this.living = living;
  }
}

function told({ key, act, since, restarts, startedAt }: LivingCocoon, nowMs: number): string {
  const again = restarts === 0 ? "" : `, started anew ${restarts} times`;
  const start = startedAt === undefined ? "" : `, started at ${startedAt}`;
  return `\n  ${key} of act ${act.name} (${act.meta.seq}), for ${Math.round(nowMs - since)} ms${again}${start}`;
}
