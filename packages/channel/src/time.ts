/**
 * Waiting for time to pass, in milliseconds of the runtime's clock.
 */
import { abortable } from "./abort.js";
import { describe, misuse } from "./errors.js";
import { runtime, type Timer } from "./internal/runtime.js";
import { type Op, Operation, type WaitOptions } from "./operation.js";
import { refusal } from "./outcome.js";

// The longest delay that the host's timers take; longer ones would fire at once.
const LONGEST_MS = 2 ** 31 - 1;

/** Waits `ms` milliseconds. Cancelled or aborted, its timer is gone. */
export function sleep(ms: number, options?: WaitOptions): Op<void> {
  checkMs("sleep()", ms);
  return refusal(options) ?? abortable(new SleepOp(ms), options);
}

/** Milliseconds of the clock that sleeps, timeouts and deadlines go by: the host's monotonic one, in a simulation the virtual one. */
export function now(): number {
  return runtime.now();
}

/** Refuses what is no time, or longer than a host's timer can wait. */
export function checkMs(where: string, ms: number): void {
  if (typeof ms !== "number" || Number.isNaN(ms) || ms < 0 || ms > LONGEST_MS) {
    throw misuse("range", "BAD_TIME", `${where} takes milliseconds from 0 to ${LONGEST_MS}, got ${describe(ms)}`);
  }
}

class SleepOp extends Operation<void> {
  readonly #timer: Timer;
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
    this.#timer = runtime.setTimer(ms, () => this.settle(undefined));
  }

  override get label(): string {
    return `a sleep of ${this.#ms} ms`;
  }

  override withdraw(): boolean {
    runtime.clearTimer(this.#timer);
    return true;
  }
}
