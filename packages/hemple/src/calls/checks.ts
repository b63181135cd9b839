/**
 * What goes into a handler and comes out of it, checked: by its schemas, by its length, and by whether it can travel.
 */
import type { SchemaResult } from "@good-place/channel/shapes";
import { HempleError } from "../errors.js";
import type { Failure } from "../frame.js";
import { type AnySchema, issueText, travelling } from "../schema.js";

/** What stands for no input and no output. */
export const NOTHING: SchemaResult<unknown> = { value: undefined };

/** The answer to what is longer than its method takes. */
export function tooLarge(name: string, what: string, bytes: number, maxBytes: number, callId: string): Failure {
  return { code: "TOO_LARGE", message: `${name} takes ${maxBytes} bytes, ${what} has ${bytes}`, callId };
}

/** What the schema makes of the value; without a schema nothing may be sent. */
export function validate(
  schema: AnySchema | undefined,
  value: unknown,
): SchemaResult<unknown> | PromiseLike<SchemaResult<unknown>> {
  if (schema !== undefined) return schema["~standard"].validate(value);
  return value === undefined ? NOTHING : { issues: [{ message: "nothing may be sent" }] };
}

/** The value that fits. The caller of one that does not learns that it was not its fault, and no more; the `error` signal holds the reason. */
export function fitting(name: string, checked: SchemaResult<unknown>): unknown {
  if (checked.issues === undefined) return checked.value;
  throw unfit(name, new Error(issueText(travelling(checked.issues)[0])));
}

const TOO_MUCH: readonly unknown[] = ["TOO_LARGE", "TOO_DEEP"];

/**
 * Sends an answer, or an item of it; what cannot travel is no fault of the caller either. Throws ANSWER_TOO_LARGE for what is
 * more than the line takes, INVALID_OUTPUT for what is no plain data.
 */
export function travelled<T>(name: string, send: () => T): T {
  try {
    return send();
  } catch (cause) {
    const { code, message } = cause as HempleError;
    if (TOO_MUCH.includes(code))
      throw new HempleError("ANSWER_TOO_LARGE", `${name} ran, but its answer did not fit the line: ${message}`);
    // A cause without a code stays here: it names what the handler has in its hands.
    throw unfit(name, new Error("the answer cannot be sent", { cause }));
  }
}

function unfit(name: string, cause: unknown): HempleError {
  return new HempleError("INVALID_OUTPUT", `${name} gave an answer that does not fit`, { cause });
}
