/**
 * Operations that need not wait: those that have their outcome already, and those that must not begin.
 */
import { awaited, awaitedValue } from "./awaited.js";
import { CancelledError, checkOptions, describe, misuse } from "./errors.js";
import { type Running, runtime } from "./internal/runtime.js";
import { done, type Op, Operation, type WaitOptions } from "./operation.js";
import { isSignal } from "./shapes.js";

const SIGNAL = ["signal"] as const;

// Ends when the loop comes round to it: what an operation without a need to wait becomes when the turn is used up.
class Later<T> extends Operation<T> {
  private readonly outcome: unknown;
  private readonly fails: boolean;

  constructor(outcome: unknown, fails = false) {
    super();
    this.outcome = outcome;
    this.fails = fails;
    runtime.enqueue(this);
  }

  override get committed(): boolean {
    return true;
  }

  override get label(): string {
    return "its turn";
  }

  run(): void {
    if (this.fails) this.fail(this.outcome);
    else this.settle(this.outcome as T);
  }
}

// What an operation becomes that is called by a cancelled fiber: it does nothing, and the fiber ends where it waits.
class Doomed extends Operation<never> {
  constructor(error: Error) {
    super();
    // Awaited outside the fiber's own steps it has to end; yielded, it has to stay pending until the fiber takes it.
    queueMicrotask(() => this.fail(error));
  }
}

/** The operation that already has its value. */
export function settled<T>(value: T): Op<T> {
  if (!runtime.spend()) return new Later(value);
  return runtime.current === null ? awaitedValue(value) : done(value);
}

// A settled operation never changes again, so every give that need not wait can share one.
const ACCEPTED = done(true);
const ACCEPTED_AWAITED = awaited(ACCEPTED);

/** The operation of a give that need not wait. */
export function accepted(): Op<boolean> {
  if (!runtime.spend()) return new Later(true);
  return runtime.current === null ? ACCEPTED_AWAITED : ACCEPTED;
}

/** The operation that has already failed. */
export function failed(error: unknown): Operation<never> {
  if (!runtime.spend()) return new Later<never>(error, true);
  const op = new Operation<never>();
  op.fail(error);
  return op;
}

/**
 * The operation to return instead of trying, when the caller is cancelled or its signal aborted; null to go ahead. Throws
 * BAD_OPTION or UNKNOWN_OPTION for options that are none: an operation must not begin that could not be aborted.
 */
export function refusal(options: WaitOptions | undefined, known: readonly string[] = SIGNAL): Operation<never> | null {
  const { current } = runtime;
  if (options === undefined && (current === null || !current.doomed)) return null;
  return refusalOf(current, options, known);
}

function refusalOf(
  current: Running | null,
  options: WaitOptions | undefined,
  known: readonly string[],
): Operation<never> | null {
  if (current?.doomed) return new Doomed(current.cancelError ?? new CancelledError());
  if (options === undefined) return null;
  checkOptions("an operation", options, known);
  const { signal } = options;
  if (signal === undefined) return null;
  if (!isSignal(signal)) {
    throw misuse("type", "BAD_OPTION", `the option signal must be an AbortSignal, got ${describe(signal)}`);
  }
  return signal.aborted ? failed(signal.reason) : null;
}
