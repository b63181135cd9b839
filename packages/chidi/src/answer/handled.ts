/**
 * Waiting for what a handler has returned: a value, a promise, a fiber, or a generator, which becomes a fiber.
 */

import { type Fiber, type FiberOptions, go, type Op, type Signal, until } from "@good-place/channel";
import { isGenerator, isThenable } from "@good-place/channel/shapes";

/** What a handler may return instead of a `T`. */
export type Handled<T> = T | PromiseLike<T> | Generator<unknown, T, never>;

export interface HandledOptions {
  /**
   * Gives what ends the wait for a promise: it then fails with the signal's reason, and the promise is left alone. A fiber
   * is for whoever got it by `onFiber` to cancel. Asked for only where something has to be waited for.
   */
  readonly signal?: (() => AbortSignal) | undefined;
  /** Told of the fiber that is waited for, so that it can be cancelled. */
  readonly onFiber?: ((fiber: Fiber<unknown>) => void) | undefined;
  /** Told when a promise rejects, or a fiber fails, that is no longer waited for. */
  readonly onLate?: ((error: unknown) => void) | undefined;
}

const HANDLER: FiberOptions = { name: "handler" };

// The fibers of others whose failure is told by whoever waits, or has waited, for them.
const waitedFor = new WeakSet<object>();

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/**
 * Waits for a handler's outcome; fails as the handler does. A generator runs as a fiber of its own, under the
 * supervisor of the fiber that waits; its failure is told to whoever waits, and not by a signal as well. A fiber that was
 * returned gives its signal all the same, which a chidi server drops while somebody waits who tells of it. Whoever cancels
 * the wait cancels the fiber that is waited for.
 */
export function* handled<T>(result: Handled<T>, options: HandledOptions = {}): Generator<unknown, T, never> {
  if (typeof result !== "object" || result === null) return result;
  if (isGenerator<T>(result)) {
    const fiber = go(() => outcomeOf(result), HANDLER);
    options.onFiber?.(fiber);
    const outcome = yield* joined(fiber, options);
    if (outcome.ok) return outcome.value;
    throw outcome.error;
  }
  if (isFiber(result)) {
    options.onFiber?.(result);
    waitedFor.add(result);
    return (yield* joined(result, options)) as T;
  }
  if (!isThenable<T>(result)) return result;
  if (Symbol.iterator in result) {
    // An operation: one that has ended already costs nothing.
    const step = (result as Op<T>)[Symbol.iterator]().next();
    if (step.done) return step.value;
  }
  const { onLate } = options;
  const signal = options.signal?.();
  if (signal?.aborted) {
    result.then(undefined, onLate);
    throw signal.reason;
  }
  try {
    return yield* until(result, { signal });
  } catch (error) {
    if (signal?.aborted && error === signal.reason && onLate !== undefined) result.then(undefined, onLate);
    throw error;
  }
}

// No generator function that is made for each request: such a one costs a hidden class, which lives, with all that it
// closes over, until the next full collection.
function* outcomeOf<T>(result: Generator<unknown, T, never>): Generator<unknown, Outcome<T>, never> {
  try {
    return { ok: true, value: yield* result };
  } catch (error) {
    return { ok: false, error };
  }
}

/** Is the signal the failure of a fiber whose waiter hears of it too, and tells of it unless it catches it? */
export function toldByWaiter(signal: Signal): boolean {
  return signal.tag === "error" && waitedFor.has(signal.fiber as object);
}

// From outside the one that waits and the one that is waited for are one.
function* joined<T>(fiber: Fiber<T>, { onLate }: HandledOptions): Generator<unknown, T, never> {
  try {
    return yield* fiber;
  } finally {
    if (fiber.status === "running") {
      if (onLate === undefined) waitedFor.delete(fiber);
      else fiber.then(undefined, (error) => fiber.status === "error" && onLate(error));
      fiber.cancel("nobody waits for the handler any more");
    }
  }
}

/** True for a fiber: something awaitable that can be cancelled. */
export function isFiber(value: unknown): value is Fiber<unknown> {
  return isThenable(value) && typeof (value as { cancel?: unknown }).cancel === "function" && Symbol.iterator in value;
}
