/** Refusals that a program can read: `application/problem+json` of RFC 9457. */
import { STATUS_CODES } from "node:http";
import type { AnswerParts } from "./response.js";

/** One thing that is wrong with a request. */
export interface ProblemIssue {
  /** The part of the request: `params`, `query`, `body` or `form`. */
  readonly in: string;
  /** Where in that part, from the outside in. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** An answer with a status from 400 up, as a problem document; `more` adds members of your own. */
export function problem(status: number, detail: string, more: Readonly<Record<string, unknown>> = {}): AnswerParts {
  const body = JSON.stringify({ title: STATUS_CODES[status] ?? "Error", status, detail, ...more });
  return { status, headers: { "content-type": "application/problem+json" }, body };
}
