/**
 * Playing what the body of a cocoon returns, as a part of its fiber: operations and promises are waited for, generators
 * gone through, and the acts that they yield are confirmed before they go on. A refusal is thrown where the act was
 * yielded; what is no act is refused like one.
 */
import { type Op, until } from "@good-place/channel";
import { describe, misuse } from "@good-place/channel/misuse";
import { isAsyncGenerator, isGenerator, isThenable } from "@good-place/channel/shapes";
import { isAct } from "../../act.js";
import type { Context } from "../context.js";

/** Confirms what a cocoon has yielded. Throws the refusal. */
export type Yielded = (value: unknown) => void;

/** Plays it to its product. */
export function* play<E>(result: unknown, yielded: Yielded, cx: Context<E>): Generator<unknown, unknown, never> {
  if (typeof result !== "object" || result === null) return result;
  if (isAsyncGenerator(result)) return yield* pump(result, yielded);
  if (isGenerator<unknown>(result)) {
    cx.stepped();
    return yield* intercepted(result as Generator<unknown, unknown, unknown>, yielded);
  }
  if (!isThenable<unknown>(result)) return result;
  // An operation is waited for as it is, so that a cancel withdraws it.
  if (isOp(result)) return yield* result;
  return yield* until(result);
}

/** Refuses what a cocoon must not yield. */
export function checkYielded(value: unknown, key: string, act: string): void {
  if (isAct(value)) return;
  throw misuse(
    "type",
    "NOT_AN_ACT",
    `cocoon ${key} of act ${act} yielded ${describe(value)}; it yields acts, and waits by await, or in a generator by yield*`,
  );
}

// Passes a generator through, but for the acts that it yields: these are confirmed before it goes on, at its next
// turn; so a generator that only yields acts starves nobody, and can be cancelled.
function intercepted(
  body: Generator<unknown, unknown, unknown>,
  yielded: Yielded,
): { [Symbol.iterator](): Iterator<unknown, unknown, unknown> } {
  let refused: { readonly error: unknown } | null = null;
  const pass = (step: IteratorResult<unknown, unknown>): IteratorResult<unknown, unknown> => {
    if (step.done || isOp(step.value)) return step;
    try {
      yielded(step.value);
    } catch (error) {
      refused = { error };
    }
    return { done: false, value: until(Promise.resolve()) };
  };
  const iterator: Iterator<unknown, unknown, unknown> = {
    next: (value) => {
      const refusal = refused;
      refused = null;
      return pass(refusal === null ? body.next(value) : body.throw(refusal.error));
    },
    return: (value) => pass(body.return(value)),
    throw: (error) => pass(body.throw(error)),
  };
  return { [Symbol.iterator]: () => iterator };
}

function* pump(body: AsyncGenerator<unknown>, yielded: Yielded): Generator<unknown, unknown, never> {
  let running = true;
  let next = body.next();
  try {
    for (;;) {
      const step = yield* until(next);
      if (step.done) {
        running = false;
        return step.value;
      }
      try {
        yielded(step.value);
        next = body.next();
      } catch (error) {
        next = body.throw(error);
      }
    }
  } finally {
    // Cancelled: the body's own finally blocks run before the cocoon has ended.
    if (running) yield* until(body.return(undefined));
  }
}

function isOp(value: unknown): value is Op<unknown> {
  return isThenable(value) && Symbol.iterator in value;
}
