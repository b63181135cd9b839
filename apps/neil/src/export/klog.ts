/**
 * klog: a record for each day, an entry for each interval that starts in it, of the clock on the wall to the minute. The
 * handle is the first word of the entry. klog knows the day after and no other: what is longer is cut at its midnights.
 */
import { isHandle, levelsOf } from "../import/names.js";
import { daysOf } from "../report/days.js";
import type { Entry } from "../report/entry.js";
import { clockText } from "../report/wall.js";
import { handleOf, type Occasion, wallTime } from "./write.js";

const MINUTE = 60_000;

export function* klog(entries: readonly Entry[], occasion: Occasion): Generator<string> {
  let day = "";
  for (const entry of entries) {
    for (const [from, to] of pieces(entry, occasion)) {
      const { date, ms } = wallTime(from, occasion);
      if (date !== day) yield `${day === "" ? "" : "\n"}${date}\n`;
      day = date;
      yield `    ${clock(ms)} - ${endText(date, to, occasion)} ${summary(entry)}`.trimEnd().concat("\n");
    }
  }
}

function pieces({ start, end }: Entry, { zone }: Occasion): (readonly [from: number, to: number | null])[] {
  const [from, to] = [whole(start), end === null ? null : whole(end)];
  if (to === null) return [[from, to]];
  const dayOf = daysOf(zone);
  if (to < dayOf(dayOf(from).end).end) return [[from, to]];
  const cut: [number, number][] = [];
  for (let at = from; at < to; at = dayOf(at).end) cut.push([at, Math.min(to, dayOf(at).end)]);
  return cut;
}

function endText(date: string, to: number | null, occasion: Occasion): string {
  if (to === null) return "?";
  const shown = wallTime(to, occasion);
  return shown.date === date ? clock(shown.ms) : `${clock(shown.ms)}>`;
}

function clock(ms: number): string {
  return clockText(ms, false).replace(/^0/, "");
}

function whole(at: number): number {
  return Math.floor(at / MINUTE) * MINUTE;
}

// A tag that stands in the note already is not said twice.
function summary(entry: Entry): string {
  const { note } = entry;
  const named = levelsOf("klog", entry).length > 0 || isHandle(note.split(" ", 1)[0] ?? "");
  const there = new Set([...note.matchAll(/#([\p{L}\p{N}_-]+)/gu)].map(([, tag]) => tag));
  const tags = entry.tags.map((tag) => tag.replace(/[^\p{L}\p{N}_-]/gu, "_")).filter((tag) => !there.has(tag));
  return [named ? handleOf(entry) : "", note, ...tags.map((tag) => `#${tag}`)].filter(Boolean).join(" ");
}
