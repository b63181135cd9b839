/**
 * klog: records of a day, each a date, a summary and indented entries, which are ranges of the clock on the wall or mere
 * durations. A duration is placed behind what its day has so far; a negative one, a break, shortens the entry before it and
 * is told in its note, so that sums stay. The first word of an entry may be a handle; #tags are tags, and those within the note
 * stay in it too.
 */

import { isHandle } from "./names.js";
import { clockTime, type Draft, instant, linesOf, type Reading, reading, type Setting, Wrong } from "./read.js";

const DAY = 86_400_000;
const DATE = /^(\d{4})[-/](\d\d)[-/](\d\d)(?:\s+\(.*\))?\s*$/;
const CLOCK = String.raw`<?\d{1,2}:\d\d(?:am|pm)?>?`;
const RANGE = new RegExp(String.raw`^(${CLOCK})\s*-\s*(${CLOCK}|\?+)(?:\s+|$)`);
const DURATION = /^([+-]?)(?:(\d+)h)?(?:(\d+)m)?(?:\s+|$)/;
const TAG = /#([\p{L}\p{N}_-]+)/gu;
const LAST_TAGS = /(?:(?:^|\s+)#[\p{L}\p{N}_-]+)+$/u;

interface Entry {
  readonly where: string;
  /** Milliseconds after 0:00 of the record's day; a duration has no start of its own. */
  readonly from: number | undefined;
  /** Null while it runs. */
  readonly to: number | null;
  /** How long the breaks are that shorten it. */
  breaks: number;
  note: string;
}

interface DayRecord {
  readonly date: string;
  readonly entries: Entry[];
  readonly tags: Set<string>;
}

export function* klog(text: string, setting: Setting): Generator<Reading> {
  // Where the next duration of a day goes.
  const ends = new Map<string, number>();
  let record: DayRecord | undefined;
  for (const { where, line } of [...linesOf(text), { where: "", line: "" }]) {
    if (line.trim() === "") {
      if (record !== undefined) yield* drafts(record, ends, setting);
      record = undefined;
      continue;
    }
    const wrong = record === undefined ? undefined : added(record, where, line);
    if (wrong !== undefined) yield { where, wrong };
    if (record !== undefined) continue;
    const [, year, month, day] = DATE.exec(line) ?? [];
    if (year === undefined) yield { where, wrong: "expected the date of a record, like 2024-04-02" };
    // What belongs to a date that cannot be read is not taken either, and named line by line.
    record = { date: `${year}-${month}-${day}`, entries: [], tags: new Set() };
  }
}

// Takes a line of a record; gives what is wrong with it.
function added(record: DayRecord, where: string, line: string): string | undefined {
  const before = record.entries.at(-1);
  if (!/^\s/.test(line)) {
    for (const [, tag = ""] of line.matchAll(TAG)) record.tags.add(tag);
    return undefined;
  }
  const text = line.trim();
  // A summary goes on, indented twice.
  if (before !== undefined && /^(?:\t\t| {4,8}(?: {2,}|\t))/.test(line) && !RANGE.test(text)) {
    before.note = `${before.note} ${text}`.trim();
    return undefined;
  }
  try {
    const entry = entryOf(where, text);
    const length = entry.to ?? 0;
    if (entry.from !== undefined || length >= 0) record.entries.push(entry);
    else shorten(before, length, text);
    return undefined;
  } catch (error) {
    if (error instanceof Wrong) return error.message;
    throw error;
  }
}

function shorten(entry: Entry | undefined, length: number, text: string): void {
  if (entry === undefined || entry.to === null || entry.to - entry.breaks + length < (entry.from ?? 0)) {
    throw new Wrong("a break needs an entry before it that is at least as long");
  }
  entry.breaks -= length;
  entry.note = entry.note === "" ? text : `${entry.note}; ${text}`;
}

function entryOf(where: string, text: string): Entry {
  const [range, from = "", to = ""] = RANGE.exec(text) ?? [];
  if (range !== undefined) {
    const end = to.startsWith("?") ? null : dayTime(to);
    return { where, from: dayTime(from), to: end, breaks: 0, note: text.slice(range.length) };
  }
  const [duration = "", sign, hours, minutes] = DURATION.exec(text) ?? [];
  if (hours === undefined && minutes === undefined) throw new Wrong("expected a time like 8:00 - 9:30, or 1h30m");
  const ms = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return { where, from: undefined, to: sign === "-" ? -ms : ms, breaks: 0, note: text.slice(duration.length) };
}

// Of the day before, of this one, or of the next.
function dayTime(text: string): number {
  const ms = clockTime(text.replace(/[<>]/g, ""));
  return ms + (text.startsWith("<") ? -DAY : text.endsWith(">") ? DAY : 0);
}

function* drafts({ date, entries, tags }: DayRecord, ends: Map<string, number>, setting: Setting): Generator<Reading> {
  const at = (ms: number): number => {
    const days = Math.floor(ms / DAY);
    return instant(setting, days === 0 ? date : shifted(date, days), ms - days * DAY);
  };
  const readings = new Map<Entry, Reading>();
  let end = ends.get(date) ?? 0;
  const place = (entry: Entry, times: () => Pick<Draft, "start" | "end">): void => {
    const read = reading(entry.where, () => ({ ...times(), ...named(entry.note, tags, setting) }));
    if ("draft" in read) end = Math.max(end, read.draft.end ?? 0);
    readings.set(entry, read);
  };
  for (const entry of entries) {
    const { from, to, breaks } = entry;
    if (from === undefined) continue;
    place(entry, () => {
      if (to !== null && to < from) throw new Wrong("it ends before it starts");
      return { start: at(from), end: to === null ? null : at(to) - breaks };
    });
  }
  // A mere duration lasts as long as it says, whatever the clock does meanwhile.
  for (const entry of entries) {
    if (entry.from !== undefined) continue;
    place(entry, () => {
      const start = Math.max(end, at(setting.dayBegins));
      return { start, end: start + (entry.to ?? 0) - entry.breaks };
    });
  }
  ends.set(date, end);
  for (const entry of entries) yield readings.get(entry) as Reading;
}

function named(note: string, tags: Iterable<string>, { naming }: Setting): Pick<Draft, "handle" | "note" | "tags"> {
  const [first = ""] = note.split(" ", 1);
  const handle = isHandle(first) ? first : "";
  return {
    handle: naming.handle(...(handle === "" ? [] : first.split("/"))),
    note: note.slice(handle.length).trim().replace(LAST_TAGS, ""),
    tags: [...tags, ...[...note.matchAll(TAG)].map(([, tag = ""]) => tag)],
  };
}

function shifted(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00Z`) + days * DAY).toISOString().slice(0, 10);
}
