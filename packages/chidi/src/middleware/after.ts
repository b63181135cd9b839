/**
 * What a middleware does with an answer, in whatever form the handler gives it and at no cost where nothing is waited for.
 */

import type { Fiber } from "@good-place/channel";
import { isGenerator, isThenable } from "@good-place/channel/shapes";
import { type Handled, handled, isFiber } from "../answer/handled.js";
import { type Answer, type AnswerBody, type AnswerParts, ready } from "../answer/response.js";

/** An answer taken apart: its header names in lower case, its body checked. */
export interface OpenAnswer extends AnswerParts {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: AnswerBody;
}

/** The answer that `change` makes of the handler's, once it is there. */
export function after(result: Handled<Answer>, change: (answer: Answer) => Answer): Handled<Answer> {
  if (typeof result !== "object" || result === null) return change(result);
  if (isGenerator<Answer>(result)) return afterSteps(result, change);
  if (isFiber(result)) return afterFiber(result as Fiber<Answer>, change);
  return isThenable<Answer>(result) ? result.then(change) : change(result as Answer);
}

/** Takes an answer apart. Throws BAD_RESPONSE. */
export function opened(answer: Answer): OpenAnswer {
  const { status, headers, body, close } = ready(answer);
  if (close) headers.connection = "close";
  const rest = typeof answer === "string" || answer instanceof Response ? {} : answer;
  return { ...rest, status, headers, body };
}

/** Adds a request header to those that the answer depends on. */
export function varyOn(headers: Record<string, string | string[]>, name: string): void {
  const named = String(headers.vary ?? "")
    .split(",")
    .map((one) => one.trim().toLowerCase());
  if (!named.includes("*") && !named.includes(name)) headers.vary = [...named.filter(Boolean), name].join(", ");
}

function* afterSteps(
  steps: Generator<unknown, Answer, never>,
  change: (answer: Answer) => Answer,
): Generator<unknown, Answer, never> {
  return change(yield* steps);
}

function* afterFiber(fiber: Fiber<Answer>, change: (answer: Answer) => Answer): Generator<unknown, Answer, never> {
  return change(yield* handled(fiber));
}
