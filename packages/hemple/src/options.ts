/**
 * Options objects are closed: a key that does not exist is refused, with the nearest that does. So a misspelt limit is
 * an error at the start and not a limit that is silently absent.
 */
import { misuse } from "./errors.js";

/** Refuses anything but an object whose own keys are all known. */
export function checkOptions(where: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw misuse(
      "type",
      "BAD_OPTION",
      `${where} needs an object with ${known.join(", ")}, got ${options === null ? "null" : typeof options}`,
    );
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key))
      throw misuse("type", "UNKNOWN_OPTION", `${where}: there is no option ${quote(key)}${suggestion(key, known)}`);
  }
}

/** The value of a numeric option, or its default. */
export function checkCount(where: string, name: string, value: unknown, fallback: number, least = 1): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  throw misuse(
    "range",
    "BAD_OPTION",
    `${where}: ${name} must be an integer from ${least}, got ${typeof value === "number" ? value : typeof value}`,
  );
}

/** `; did you mean "x"?`, or what there is. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `; did you mean ${quote(near)}?`;
  return known.length > 0 && known.length <= 20 ? `; there are ${known.join(", ")}` : "";
}

/** A name in quotes, cut to what fits into an error's text. */
export function quote(word: string): string {
  return JSON.stringify(word.length <= 60 ? word : `${word.slice(0, 57)}...`);
}

// The known word within two edits, fewer for a short word.
function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.min(3, Math.ceil(word.length / 2));
  if (word.length > 60) return undefined;
  for (const candidate of known) {
    const distance = edits(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

// Levenshtein's distance, one row at a time.
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] as number) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (next[j] as number) + 1, (row[j + 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
