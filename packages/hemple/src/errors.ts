/**
 * Every failure this package makes, each with a literal `code`; test the code, never the text.
 * What happens at run time is a HempleError (of the Noise core: a NoiseError); a wrong call is a TypeError or
 * RangeError with a `code`, made by `misuse`. No text holds a key, a payload or a path of this machine.
 */

/** One thing that a schema has against a value, and where. */
export interface Issue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What a HempleError may say beyond its code and text. */
export interface HempleErrorOptions extends ErrorOptions {
  /** True when the other side made the error. */
  readonly remote?: boolean | undefined;
  /** Names the call in the signals of the server. */
  readonly callId?: string | undefined;
  /** What the schema has against the input. */
  readonly issues?: readonly Issue[] | undefined;
  /** Whether the same call may be sent again, whatever it does: it did not run. By default what the code says. */
  readonly retryable?: boolean | undefined;
}

// Codes of what did not run, and may be tried again.
const RETRYABLE: readonly string[] = ["OVERLOADED", "DRAINING", "UNREACHABLE"];

const BRAND = Symbol.for("good-place.hemple.error");

/** A failure at run time. A handler may throw one to choose the code and the message that its caller sees. */
export class HempleError extends Error {
  override readonly name: string = "HempleError";
  readonly code: string;
  readonly remote: boolean;
  readonly callId: string | undefined;
  readonly issues: readonly Issue[] | undefined;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: HempleErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remote = options.remote ?? false;
    this.callId = options.callId;
    this.issues = options.issues;
    this.retryable = options.retryable ?? RETRYABLE.includes(code);
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** A failure of the Noise core. */
export class NoiseError extends HempleError {
  override readonly name = "NoiseError";
}

/** True for the errors of this package, also for those of a second copy of it. */
export function isHempleError(error: unknown): error is HempleError {
  return error instanceof Error && BRAND in error;
}
