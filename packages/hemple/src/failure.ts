/**
 * What of an error leaves the server. An error with a code was made to be seen: its code and the first line of its
 * message travel. Any other, and what Node's own functions throw (it names files and addresses), becomes INTERNAL with
 * the number of the call, under which the server's `error` signal holds the whole of it.
 */
import { HempleError, isHempleError } from "./errors.js";
import type { Failure } from "./frame.js";

const CODE = /^[A-Za-z][A-Za-z0-9_./-]{0,63}$/;
const LONGEST_MESSAGE = 300;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a message must not steer the terminal that shows it
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** The failure that the caller gets for what a handler threw. */
export function failureOf(error: unknown, name: string, callId: string): Failure {
  const code = spokenCode(error);
  if (code === undefined)
    return { code: "INTERNAL", message: `${name} failed inside the server, which knows it as call ${callId}`, callId };
  const message = safe((error as { message?: unknown }).message);
  const issues = isHempleError(error) ? error.issues : undefined;
  return issues === undefined ? { code, message, callId } : { code, message, callId, issues };
}

/** The error of a failure that came over the line. */
export function remoteError({ code, message, callId, issues }: Failure): HempleError {
  return new HempleError(code, message, { remote: true, callId, issues });
}

/** The code of an error that was made to be seen by callers. */
export function spokenCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, syscall, errno } = error as { code?: unknown; syscall?: unknown; errno?: unknown };
  if (typeof code !== "string" || !CODE.test(code)) return undefined;
  return syscall !== undefined || errno !== undefined || code.startsWith("ERR_") ? undefined : code;
}

function safe(message: unknown): string {
  if (typeof message !== "string") return "";
  const [line = ""] = message.split("\n", 1);
  return line.slice(0, LONGEST_MESSAGE).replace(CONTROLS, " ").trim();
}
