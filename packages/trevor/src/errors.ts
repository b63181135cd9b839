/**
 * Every failure that this package makes, each with a literal `code`. Test the code, never the text.
 * A TrevorError's code and text are safe to show: they are what the other side of a socket is told of it. Handlers may
 * throw one to choose what that is; of any other error the other side learns nothing.
 */

const brand = Symbol.for("@good-place/trevor/error");

/** A failure at run time, or one that a handler wants the other side to see. */
export class TrevorError extends Error {
  override readonly name: string = "TrevorError";
  readonly code: string;

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}

Object.defineProperty(TrevorError.prototype, brand, { value: true });

/** What the other side is told of a failure. */
export interface SafeError {
  readonly error: { readonly code: string; readonly message: string; readonly issues?: readonly SafeIssue[] };
}

export interface SafeIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The form of an error that gives nothing away. */
export function safeError(error: unknown): SafeError {
  if (error instanceof TrevorError) return { error: { code: error.code, message: error.message } };
  return { error: { code: "INTERNAL", message: "internal error" } };
}

/** Of a message that the other side may have got or not. */
export function lost(): TrevorError {
  return new TrevorError("LOST", "the session ended before the message was acknowledged: it may have arrived or not");
}

/** Of a message that certainly did not arrive. */
export function closed(): TrevorError {
  return new TrevorError("CLOSED", "the session ended before the message was sent: it has not arrived");
}

export function queueFull(): TrevorError {
  return new TrevorError("QUEUE_FULL", "too many messages are not acknowledged: the message was not sent");
}
