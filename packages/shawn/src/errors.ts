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

/** What is wrong with a refused payload: what came, what would be kept of it, or what was kept. */
export type PayloadCode = "INVALID_PAYLOAD" | "NOT_REPLAYABLE" | "INVALID_RECORD";

/** A payload that a schema of its act refuses. Nothing was changed. */
export class PayloadError extends ShawnError {
  override readonly name = "PayloadError";
  readonly act: string;
  readonly issues: readonly PayloadIssue[];
  /** The number of the record, of INVALID_RECORD. */
  readonly seq: number | undefined;

  constructor(act: string, issues: readonly PayloadIssue[], code: PayloadCode = "INVALID_PAYLOAD", seq?: number) {
    super(code, SAYS[code](act, issues.map(told).join("; "), seq));
    this.act = act;
    this.issues = issues;
    this.seq = seq;
  }
}

const SAYS: Record<PayloadCode, (act: string, issues: string, seq?: number) => string> = {
  INVALID_PAYLOAD: (act, issues) => `act ${act}: payload refused: ${issues}`,
  NOT_REPLAYABLE: (act, issues) =>
    `act ${act}: its schema passed the payload, but a replay would refuse what is kept of it: ${issues}; name the schema of what is kept: act("${act}", schema, { kept })`,
  INVALID_RECORD: (act, issues, seq) =>
    `record ${seq}, of act ${act}, has a payload that is refused: ${issues}; use the program that wrote it, or read it with another version of the act and an upcast`,
};

function told({ path, message }: PayloadIssue): string {
  return path === "" ? message : `${path}: ${message}`;
}
