/**
 * What may stand in a line of text that others get to see: no controls, no line breaks of any kind, no halves of
 * characters, and nothing that turns the direction of what follows, by which one thing can look like another.
 */
const UNPLAIN = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const RUNS = new RegExp(`${UNPLAIN.source}+`, "gu");

export function isPlainLine(text: string): boolean {
  return !UNPLAIN.test(text);
}

/** The text as one plain line: each run of what may not stand there is a space. */
export function plainLine(text: string): string {
  return text.replace(RUNS, " ");
}
