/**
 * What the store answers to those whom it refuses.
 */
import { describe, misuse } from "@good-place/channel/misuse";
import { ShawnError } from "../errors.js";

/** Why an emergence of these cannot be tried; null when it can. */
export function refusedEmergence(acts: unknown, by: unknown): Error | null {
  if (!Array.isArray(acts)) {
    return misuse("type", "NOT_AN_ACT", `an emergence carries an array of acts, got ${describe(acts)}`);
  }
  return by === undefined || isName(by) ? null : badBy("an emergence's by", by);
}

export function isName(by: unknown): by is string {
  return typeof by === "string" && by !== "";
}

export function badBy(what: string, by: unknown): Error {
  return misuse(
    "type",
    "BAD_BY",
    `${what} is the name of who confirms, a string that is not empty, got ${describe(by)}`,
  );
}

// An answer without an error would say that all went well.
export function undefinedThrown(): ShawnError {
  return new ShawnError("THREW_NOTHING", "the acts were refused by something that threw undefined or null");
}

export function answersFail(cause: unknown): ShawnError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ShawnError(
    "ANSWERS_FAIL",
    `what onError answered to failures has failed itself, 100 times in a row, at last with: ${why}; let it answer with acts that cannot fail so, or with nothing`,
    { cause },
  );
}

export function dismissedError(): ShawnError {
  return new ShawnError("DISMISSED", "the store was dismissed and confirms nothing more; make a new one");
}

export function optimisticTooLate(act: string): ShawnError {
  return new ShawnError(
    "OPTIMISTIC_TOO_LATE",
    `act ${act}: a promise brought an optimistic cocoon, but the act counts for good by then; return the cocoon from watch itself`,
  );
}
