/**
 * Every failure that this package makes, each with a literal `code`. Test the code, never the text.
 * Misuse is a TypeError with a code (`@good-place/channel/misuse`); what happens at run time is a `MansionError` with the details of its code.
 * The brand is a registered symbol, so two copies of the package recognise each other's errors.
 */

/** The codes of `MansionError`. docs/errors.md says what each means and what to do. */
export type MansionErrorCode =
  | "MANSION_LOCKED"
  | "MANSION_PATH"
  | "MANSION_CORRUPT"
  | "MANSION_FORMAT"
  | "MANSION_CLOSED"
  | "MANSION_FULL"
  | "MANSION_READ_ONLY"
  | "MANSION_REPLACED"
  | "MANSION_EXISTS"
  | "MANSION_UNAVAILABLE"
  | "JOURNAL_CORRUPT"
  | "JOURNAL_SEQUENCE"
  | "JOURNAL_TOO_LARGE"
  | "JOURNAL_NOT_EMPTY"
  | "JOURNAL_UNREADABLE"
  | "JOURNAL_FAILED"
  | "BUFFET_DOCUMENT"
  | "BUFFET_TOO_LARGE"
  | "BUFFET_CORRUPT"
  | "BUFFET_INDEXING"
  | "BUFFET_FAILED"
  | "BUFFET_MISSING"
  | "BUFFET_POSITION"
  | "BUFFET_PROJECTION"
  | "BUFFET_STOPPED";

/** What is wrong with a damaged journal. */
export type Damage = "format" | "crc" | "sequence" | "chain" | "missing" | "extra" | "head" | "schema";

/** Who holds a mansion open. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When it was opened, in epoch milliseconds. */
  readonly since: number;
}

/** What an error says beside its text; which of these are there depends on the code. */
export interface MansionErrorDetails {
  readonly path?: string;
  readonly journal?: string;
  /** The record that is damaged or refused. 0 stands for the journal's head entry. */
  readonly seq?: number;
  readonly damage?: Damage;
  readonly holder?: Holder;
  readonly buffet?: string;
  /** The document that is damaged or refused. */
  readonly id?: string;
  /** What a schema has against a document. */
  readonly issues?: readonly Issue[];
}

/** One thing that a schema has against a document, and where; an empty path is the whole of it. */
export interface Issue {
  readonly message: string;
  readonly path: string;
}

const brand = Symbol.for("@good-place/mansion/error");

/** What this package fails with at run time. */
export class MansionError extends Error {
  override readonly name = "MansionError";
  readonly code: MansionErrorCode;
  readonly path: string | undefined;
  readonly journal: string | undefined;
  readonly seq: number | undefined;
  readonly damage: Damage | undefined;
  readonly holder: Holder | undefined;
  readonly buffet: string | undefined;
  readonly id: string | undefined;
  readonly issues: readonly Issue[] | undefined;

  constructor(code: MansionErrorCode, message: string, details: MansionErrorDetails & ErrorOptions = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.path = details.path;
    this.journal = details.journal;
    this.seq = details.seq;
    this.damage = details.damage;
    this.holder = details.holder;
    this.buffet = details.buffet;
    this.id = details.id;
    this.issues = details.issues;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }

  static {
    Object.defineProperty(MansionError.prototype, brand, { value: true });
  }
}

/** The error for a folder that this process may not look into, or that is none. */
export function unreadable(path: string, cause: unknown): MansionError {
  const text = `mansion ${path} cannot be read (${reason(cause)}): name a folder that this process may read`;
  return new MansionError("MANSION_PATH", text, { path, cause });
}

/** The text of whatever was thrown, for the end of a message. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
