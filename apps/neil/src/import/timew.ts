/**
 * Timewarrior: the lines of its data files, `inc START - END # TAGS # "ANNOTATION"` with times in UTC, or the JSON of
 * `timew export`. It knows tags only. The task is named by the tag that the user has mapped, else by one that is a handle,
 * else by the first one; the others stay tags.
 */
import * as z from "zod/mini";
import { utcText } from "../export/write.js";
import { arrayOf, checked } from "./json.js";
import { isHandle, type Naming } from "./names.js";
import { type Draft, linesOf, type Reading, reading, type Setting, Wrong } from "./read.js";

const Item = z.object({
  start: z.string(),
  end: z.optional(z.string()),
  tags: z.optional(z.array(z.string())),
  annotation: z.optional(z.string()),
});

export function* timew(text: string, { naming }: Setting): Generator<Reading> {
  if (/^\s*\[/.test(text)) {
    let number = 0;
    for (const item of arrayOf(text, "Timewarrior")) {
      number += 1;
      yield reading(`interval ${number}`, () => {
        const { start, end, tags = [], annotation = "" } = checked(Item, item);
        return draftOf(naming, start, end, tags, annotation);
      });
    }
    return;
  }
  for (const { where, line } of linesOf(text)) {
    if (line.trim() === "") continue;
    yield reading(where, () => {
      const [, start = "", end, rest = ""] = /^inc (\S+)(?: - (\S+))?(?:\s+#(.*))?$/.exec(line) ?? [];
      if (start === "") throw new Wrong("expected: inc START - END # TAGS");
      const [tags = [], annotation = []] = words(rest);
      return draftOf(naming, start, end, tags, annotation.join(" "));
    });
  }
}

function draftOf(naming: Naming, start: string, end: string | undefined, tags: readonly string[], note: string): Draft {
  const named = tags.find((tag) => naming.maps(tag)) ?? tags.find(isHandle) ?? tags[0];
  const levels = named === undefined ? [] : naming.maps(named) ? [named] : named.split("/");
  return {
    handle: naming.handle(...(levels.length > 3 ? [levels.join("-")] : levels)),
    start: utc(start),
    end: end === undefined ? null : utc(end),
    note,
    tags: tags.filter((tag) => tag !== named),
  };
}

function utc(text: string): number {
  const [, year, month, day, h, m, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${h}:${m}:${s}Z`);
  // Date.parse makes the 2nd of March of the 30th of February.
  if (Number.isNaN(at) || utcText(at) !== text) throw new Wrong(`"${text}" is no time like 20241024T093000Z`);
  return at;
}

// The words between the marks #; in quotes they may hold anything, a quote or a backslash behind a backslash.
function words(text: string): string[][] {
  const groups: string[][] = [[]];
  for (const [word, quoted] of text.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)) {
    if (word === "#") groups.push([]);
    else groups.at(-1)?.push(quoted === undefined ? word : quoted.replace(/\\(.)/g, "$1"));
  }
  return groups;
}
