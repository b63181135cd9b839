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

/** A TypeError or RangeError that carries a code. */
export type Misuse = (TypeError | RangeError) & { readonly code: string };

/** Makes the error for a wrong call: wrong kind is a TypeError, wrong size a RangeError. */
export function misuse(kind: "type" | "range", code: string, message: string): Misuse {
  const error = kind === "type" ? new TypeError(message) : new RangeError(message);
  return Object.assign(error, { code });
}

/** Names a value in an error without showing its content. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (value instanceof Error) return value.message || value.name;
  switch (typeof value) {
    case "string":
      return value.length <= 60 ? value : `${value.slice(0, 57)}...`;
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

/** Refuses options that do not exist, with the nearest that does. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    throw misuse(
      "type",
      "UNKNOWN_OPTION",
      `${where}: there is no option "${key}"${near ? `; did you mean "${near}"?` : `; there are ${known.join(", ")}`}`,
    );
  }
}

/** The known word within two edits of a misspelt one, if there is one. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
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
