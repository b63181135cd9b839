/**
 * Starting anew one thing that fails, outside of a tree of children: at most so often in so long, after a delay that
 * grows with the failures in a row.
 */
import { checkOptions } from "../errors.js";
import { runtime } from "../internal/runtime.js";
import { type Backoff, type CheckedBackoff, checkBackoff, delayOf } from "./backoff.js";
import { IntensityWindow } from "./intensity.js";
import { checkIntensity, type Intensity } from "./spec.js";

/** How often, and after which delays. The defaults are those of `supervisor`: once within 5,000 ms, and at once. */
export interface RestartOptions extends Intensity {
  readonly backoff?: Backoff | undefined;
}

export interface CheckedRestart {
  readonly restarts: number;
  readonly withinMs: number;
  readonly backoff: CheckedBackoff | null;
}

/** Refuses what are no such options, and fills in the defaults. */
export function checkRestart(where: string, given: RestartOptions): CheckedRestart {
  checkOptions(where, given, ["restarts", "withinMs", "backoff"]);
  const { backoff } = given;
  return {
    ...checkIntensity(where, given),
    backoff: backoff === undefined ? null : checkBackoff(`${where}.backoff`, backoff),
  };
}

/** Counts the failures of one thing. */
export class Restarts {
  readonly #window: IntensityWindow;
  readonly #backoff: CheckedBackoff | null;
  // Failures in a row.
  #failures = 0;

  constructor({ restarts, withinMs, backoff }: CheckedRestart) {
    this.#window = new IntensityWindow(restarts, withinMs);
    this.#backoff = backoff;
  }

  /** It has failed after so long: in how many milliseconds it is to be started anew; null when that is once too often. */
  next(ranMs: number): number | null {
    if (!this.#window.allows(runtime.now())) return null;
    if (this.#backoff === null) return 0;
    if (ranMs >= this.#backoff.maxMs) this.#failures = 0;
    return delayOf(this.#backoff, ++this.#failures, runtime.random());
  }
}
