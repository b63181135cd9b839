/**
 * Timewarrior's data lines, to the second, in UTC: the handle is a tag beside the others, the note an annotation.
 */
import { levelsOf } from "../import/names.js";
import type { Entry } from "../report/entry.js";
import { handleOf, utcText as utc } from "./write.js";

export function* timew(entries: readonly Entry[]): Generator<string> {
  for (const entry of entries) {
    const { start, end, note } = entry;
    const tags = tagsOf(entry)
      .map((tag) => quoted(tag))
      .join(" ");
    const words = tags === "" && note === "" ? [] : ["#", tags, ...(note === "" ? [] : ["#", quoted(note, true)])];
    yield `${["inc", utc(start), ...(end === null ? [] : ["-", utc(end)]), ...words].filter(Boolean).join(" ")}\n`;
  }
}

// Of tags only, a reader takes the first for the name: where that would be another one, the whole handle says it.
function tagsOf(entry: Entry): string[] {
  const tags = entry.tags.toSorted();
  const [name = "", ...more] = levelsOf("timew", entry);
  const first = tags[0] ?? "";
  const plain = more.length === 0 && (name === "" ? tags.length === 0 : first === "" || name < first);
  return [...new Set([...(plain ? (name === "" ? [] : [name]) : [handleOf(entry)]), ...tags])];
}

// As Timewarrior does it: a word of letters stands alone.
function quoted(text: string, always = false): string {
  return !always && /^\p{L}+$/u.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}
