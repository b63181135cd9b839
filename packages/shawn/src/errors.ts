/**
 * Every failure of the store, each with a literal `code`. Misuse is a TypeError with a code; what an act or its
 * surroundings do wrong at run time is a `ShawnError`.
 */

/** Base of the failures of this package. */
export class ShawnError extends Error {
  override readonly name: string = "ShawnError";
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** One thing that is wrong with a payload, and where. */
export interface PayloadIssue {
  /** The way to the value, "id" or "lines.0.rate"; "" for the payload itself. */
  readonly path: string;
  readonly message: string;
}

/** A payload that its act's schema refuses. Nothing was changed. */
export class PayloadError extends ShawnError {
  override readonly name = "PayloadError";
  readonly act: string;
  readonly issues: readonly PayloadIssue[];

  constructor(act: string, issues: readonly PayloadIssue[]) {
    super("INVALID_PAYLOAD", `act ${act}: payload refused: ${issues.map(told).join("; ")}`);
    this.act = act;
    this.issues = issues;
  }
}

function told({ path, message }: PayloadIssue): string {
  return path === "" ? message : `${path}: ${message}`;
}
