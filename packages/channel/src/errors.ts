/**
 * Every failure that this package makes, each with a literal `code`. Test the code, never the text.
 * Misuse is a TypeError or RangeError made by `misuse`; what happens at run time is a `ChannelError`.
 */

/** Base of the run-time failures of this package. */
export class ChannelError extends Error {
  override readonly name: string = "ChannelError";
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a cancelled fiber's waiters, and the operations of a cancelled fiber, fail with. */
export class CancelledError extends ChannelError {
  override readonly name = "CancelledError";
  /** What was given to `cancel(reason)`. */
  readonly reason: unknown;

  constructor(reason?: unknown) {
    super("CANCELLED", reason === undefined ? "cancelled" : `cancelled: ${describe(reason)}`, { cause: reason });
    this.reason = reason;
  }
}

/** What `withDeadline` fails with when its own time is over. */
export class DeadlineError extends ChannelError {
  override readonly name = "DeadlineError";
  readonly ms: number;
  /** The scope whose deadline it was: tells one deadline from another. */
  readonly scope: unknown;

  constructor(ms: number, scope: unknown) {
    super("DEADLINE", `deadline of ${ms} ms expired`);
    this.ms = ms;
    this.scope = scope;
  }
}

/** What a restarting supervisor, and a call of one, fails with; `cause` is the failure behind it. */
export class SupervisorError extends ChannelError {
  override readonly name = "SupervisorError";
  /** The name of the child that it is about, where it is about one. */
  readonly child: string | undefined;

  constructor(code: string, message: string, options: ErrorOptions & { readonly child?: string } = {}) {
    super(code, message, options);
    this.child = options.child;
  }
}

/** A TypeError or RangeError that carries a code. */
export type Misuse = (TypeError | RangeError) & { readonly code: string };

/** Makes the error for a wrong call: wrong kind is a TypeError, wrong size a RangeError. */
export function misuse(kind: "type" | "range", code: string, message: string): Misuse {
  const error = kind === "type" ? new TypeError(message) : new RangeError(message);
  return Object.assign(error, { code });
}

/** Names a value in an error: a string in quotes, and of an object its kind alone. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (value instanceof Error) return value.message || value.name;
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
    case "boolean":
    case "bigint":
    case "undefined":
      return String(value);
    case "function":
      return `function ${value.name || "without a name"}`;
    case "symbol":
      return value.toString();
    default:
      return Array.isArray(value)
        ? `an array of ${value.length}`
        : `an object (${value.constructor?.name ?? "no prototype"})`;
  }
}

/** Refuses what is no object of options (BAD_OPTION), and options that do not exist (UNKNOWN_OPTION), with the nearest that does. */
export function checkOptions(where: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw misuse("type", "BAD_OPTION", `${where} takes an object with ${known.join(", ")}, got ${describe(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw misuse("type", "UNKNOWN_OPTION", `${where}: there is no option ${quote(key)}${suggestion(key, known)}`);
    }
  }
}

/** The end of a refusal of a word: `; did you mean "x"?`, or what there is. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `; did you mean ${quote(near)}?`;
  return known.length > 0 && known.length <= 20 ? `; there are ${known.join(", ")}` : "";
}

/** A word in quotes, cut to what fits into an error's text, and without anything that steers a terminal. */
export function quote(word: string): string {
  return JSON.stringify(word.length <= 60 ? word : `${word.slice(0, 57)}...`);
}

/** The known word within two edits of a misspelt one, if there is one. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  if (word.length > 60) return undefined;
  let least = Math.min(3, Math.ceil(word.length / 2) + 1);
  for (const candidate of known) {
    const distance = edits(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

// Levenshtein's distance, one row at a time.
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
