/**
 * What of an error leaves the server. An error with a code was made to be seen: its code and the first line of its
 * message travel. Any other, and what Node's own functions throw (it names files and addresses), becomes INTERNAL with
 * the number of the call, under which the server's `error` signal holds the whole of it. No stack leaves a server that is
 * not in development.
 */
import { HempleError, isHempleError } from "./errors.js";
import { DEEPEST_CAUSE, type Failure } from "./frame.js";

const CODE = /^[A-Za-z][A-Za-z0-9_./-]{0,63}$/;
const LONGEST_MESSAGE = 300;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a message must not steer the terminal that shows it
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/**
 * The failure that the caller gets for what a handler threw. Causes with a code of their own go along. In development the
 * whole of it does: stacks, and what has no code.
 */
export function failureOf(error: unknown, name: string, callId: string, development = false): Failure {
  const failure = spoken(error, development, 0);
  if (failure !== undefined) return { ...failure, callId };
  const message = `${name} failed inside the server, which knows it as call ${callId}`;
  return { code: "INTERNAL", message, callId, ...(development && { cause: uncoded(error, 0) }) };
}

/** The error of a failure that came over the line. */
export function remoteError({ code, message, callId, issues, retryable = false, cause, stack }: Failure): HempleError {
  const options = { remote: true, callId, issues, retryable };
  const error = new HempleError(
    code,
    message,
    cause === undefined ? options : { ...options, cause: remoteError(cause) },
  );
  if (stack !== undefined) error.stack = stack;
  return error;
}

function spoken(error: unknown, development: boolean, depth: number): Failure | undefined {
  const code = spokenCode(error);
  if (code === undefined) return undefined;
  const { message, cause, retryable, stack } = error as Partial<HempleError>;
  const deeper = depth < DEEPEST_CAUSE ? spoken(cause, development, depth + 1) : undefined;
  const unspoken = development && deeper === undefined && cause !== undefined && depth < DEEPEST_CAUSE;
  return {
    code,
    message: safe(message),
    ...(isHempleError(error) && error.issues !== undefined && { issues: error.issues }),
    ...(retryable === true && { retryable }),
    ...(deeper !== undefined && { cause: deeper }),
    ...(unspoken && { cause: uncoded(cause, depth + 1) }),
    ...(development && typeof stack === "string" && { stack }),
  };
}

// In development: an error, or whatever was thrown, as it is.
function uncoded(error: unknown, depth: number): Failure {
  if (!(error instanceof Error)) return { code: typeof error, message: safe(String(error)) };
  const deeper = error.cause !== undefined && depth < DEEPEST_CAUSE ? uncoded(error.cause, depth + 1) : undefined;
  const failure = { code: error.name, message: safe(error.message), stack: error.stack };
  return deeper === undefined ? failure : { ...failure, cause: deeper };
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
