/**
 * Bartib's file: `START - END | PROJECT | DESCRIPTION` a line, times of the clock on the wall to the minute. A bar or a
 * backslash in a text stands behind a backslash. Without an end it still runs.
 */
import { clockTime, instant, linesOf, type Reading, reading, type Setting, Wrong } from "./read.js";

const TIME = String.raw`(\d{4}-\d\d-\d\d) (\d\d:\d\d)`;
const LINE = new RegExp(String.raw`^${TIME}(?: - ${TIME})?\s*\|((?:[^\\|]|\\.)*)(?:\|(.*))?$`);

export function* bartib(text: string, setting: Setting): Generator<Reading> {
  for (const { where, line } of linesOf(text)) {
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    yield reading(where, () => {
      const [match, date = "", time = "", endDate, endTime = "", project = "", note = ""] = LINE.exec(line) ?? [];
      if (match === undefined) throw new Wrong("expected: DATE TIME - DATE TIME | PROJECT | DESCRIPTION");
      return {
        handle: setting.naming.handle(plain(project)),
        start: instant(setting, date, clockTime(time)),
        end: endDate === undefined ? null : instant(setting, endDate, clockTime(endTime)),
        note: plain(note),
        tags: [],
      };
    });
  }
}

function plain(text: string): string {
  return text.replace(/\\(.)/g, "$1").trim();
}
