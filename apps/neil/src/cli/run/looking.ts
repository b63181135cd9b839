/** The commands that look at intervals: last, gaps, fill, log. */
import { PAGE } from "../../contract.js";
import type { Work } from "../../domain/status.js";
import { EXIT, NeilError } from "../../errors.js";
import { entryFilter } from "../../report/filter.js";
import { dateAt, dayBegins, days } from "../../time/calendar.js";
import { durationText, parseDuration } from "../../time/duration.js";
import { parsePeriod } from "../../time/period.js";
import { noteAndTags } from "../../words.js";
import { call } from "../call.js";
import type { Parsed } from "../command.js";
import { allEntries } from "../entries.js";
import { intervalFilter, periodAndFilter } from "../filter.js";
import { usage } from "../parse.js";
import { columns, dateText, iso, oneLine, print, spanTexts, timeText, workJson } from "../print.js";
import { asked, begin } from "./asking.js";

const GAP_MS = 60_000;

export function countOf({ command, options }: Parsed, fallback: number, most: number): number {
  const { n } = options;
  if (n === undefined) return fallback;
  if (/^\d{1,6}$/.test(n) && Number(n) >= 1 && Number(n) <= most) return Number(n);
  throw usage(command, `-n takes a number from 1 to ${most}, got "${n}"`);
}

export async function showLast(parsed: Parsed): Promise<number> {
  const found = await latest(parsed, countOf(parsed, 10, PAGE));
  const width = Math.max(0, ...found.map(({ place }) => place.length));
  const spans = spanTexts(found, parsed.here);
  const lines = found.map(({ place }, at) => `${place.padStart(width)}  ${spans[at]}`);
  const data = { intervals: found.map(({ place, ...work }) => ({ place, ...workJson(work) })) };
  // The newest stands next to the prompt.
  print(
    parsed.json,
    data,
    lines.reverse().join("\n") || (parsed.words.length === 0 ? "nothing was worked on yet" : "no interval fits"),
  );
  return found.length === 0 ? EXIT.idle : EXIT.ok;
}

// A filter changes nothing about the places: the newest of all is @1.
async function latest({ words, here }: Parsed, count: number): Promise<(Work & { readonly place: string })[]> {
  const { period, filter } = intervalFilter(words, here);
  if (words.length === 0) {
    const found = await call((neil, options) => neil.last({ count }, options));
    return found.map((work, index) => ({ place: `@${index + 1}`, ...work }));
  }
  const fits = entryFilter(filter);
  const newer = await allEntries({ ...period, to: parsePeriod("all", here).to });
  return newer
    .reverse()
    .map((entry, index) => ({
      place: `@${index + 1}`,
      ...entry,
      ms: Math.max(0, (entry.end ?? here.now) - entry.start),
    }))
    .filter((work) => work.start < period.to && fits(work))
    .slice(0, count);
}

interface Gap {
  readonly start: number;
  readonly end: number;
}

/** The gaps between intervals within each day of a period, at least a minute long. */
async function gapsOf({ here }: Parsed, period: string, leastMs: number): Promise<Gap[]> {
  const { from, to } = parsePeriod(period, here);
  const found: Gap[] = [];
  const entries = await allEntries({ from, to });
  for (const [index, next] of entries.entries()) {
    const before = entries[index - 1];
    const end = before?.end ?? null;
    if (before === undefined || end === null || next.start - end < leastMs) continue;
    // A night is no gap.
    if ([...days(end, next.start, here)].length === 1) found.push({ start: end, end: next.start });
  }
  const last = entries[entries.length - 1];
  const today = dayBegins(dateAt(here.now, here), here);
  if (last !== undefined && last.end !== null && last.end > today && to > here.now && here.now - last.end >= leastMs) {
    found.push({ start: last.end, end: here.now });
  }
  return found;
}

/** The gaps of a period, each with the number by which `neil fill` takes it; what is shorter than a minute has none. */
export async function showGaps(parsed: Parsed): Promise<number> {
  const [period = "today"] = parsed.words;
  const least = parsed.options.min === undefined ? GAP_MS : parseDuration(parsed.options.min);
  const all = await gapsOf(parsed, period, Math.min(least, GAP_MS));
  const fillable = all.filter(({ start, end }) => end - start >= GAP_MS);
  const found = all
    .filter(({ start, end }) => end - start >= least)
    .map((gap) => ({ ...gap, place: fillable.indexOf(gap) + 1 }));
  const rows = found.map(({ place, start, end }) => {
    const when = `${timeText(start, parsed.here)}-${timeText(end, parsed.here)}`;
    return [place === 0 ? "-" : `${place}`, when, durationText(end - start)];
  });
  const data = found.map(({ place, start, end }) => ({ place, start: iso(start), end: iso(end), ms: end - start }));
  print(parsed.json, { gaps: data }, rows.length === 0 ? "no gaps" : columns(rows));
  return EXIT.ok;
}

/** `neil fill N HANDLE`: the gap that stands at this place of `neil gaps` becomes work. */
export async function fill(parsed: Parsed): Promise<number> {
  const [place = "", handle = "", ...rest] = parsed.words;
  if (!/^[1-9]\d{0,4}$/.test(place)) throw usage(parsed.command, `a gap is a number of npx neil gaps, got "${place}"`);
  const found = await gapsOf(parsed, parsed.options.period ?? "today", GAP_MS);
  const gap = found[Number(place) - 1];
  if (gap === undefined) {
    throw new NeilError(
      "NOT_FOUND",
      `there is no gap ${place}: there ${found.length === 1 ? "is 1" : `are ${found.length}`}`,
      {
        advice: "look: npx neil gaps",
      },
    );
  }
  const create = parsed.flag("create");
  const fields = { handle, create, ...gap, ...noteAndTags(rest), zone: parsed.here.zone, clash: "refuse" as const };
  return await asked(parsed, "interval/add", { ...begin(parsed), ...fields });
}

/** `neil log`: the intervals of a period by days; with --acts the commands, who gave them, and which were undone. */
export async function showLog(parsed: Parsed): Promise<number> {
  if (parsed.flag("acts")) return await showActs(parsed);
  const { here, json } = parsed;
  const { period, filter } = periodAndFilter(parsed.words, here, "today");
  const entries = (await allEntries(period)).filter(entryFilter(filter));
  const spans = spanTexts(entries, here);
  const byDay = new Map<string, { ms: number; lines: string[] }>();
  for (const [at, entry] of entries.entries()) {
    const end = Math.min(entry.end ?? Math.max(here.now, entry.start), period.to);
    for (const piece of days(Math.max(entry.start, period.from), end, here)) {
      const day = byDay.get(piece.date) ?? { ms: 0, lines: [] };
      byDay.set(piece.date, day);
      day.ms += piece.end - piece.start;
      if (piece.start === Math.max(entry.start, period.from)) day.lines.push(`  ${spans[at]}`);
    }
  }
  const text = [...byDay].map(([date, { ms, lines }]) => `${date}  ${durationText(ms)}\n${lines.join("\n")}`.trimEnd());
  const daysJson = [...byDay].map(([date, { ms }]) => ({ date, ms }));
  print(
    json,
    { days: daysJson, intervals: entries.map(workJson) },
    text.join("\n") || (parsed.words.length < 2 ? "nothing was worked on" : "no interval fits"),
  );
  return entries.length === 0 ? EXIT.idle : EXIT.ok;
}

async function showActs(parsed: Parsed): Promise<number> {
  const count = countOf(parsed, 20, 1000);
  const steps = await call((neil, options) => neil.steps({ count }, options));
  const rows = steps.map(({ act, at, by, about, state }) => {
    const when = `${dateText(at, parsed.here.zone)} ${timeText(at, { ...parsed.here, now: at })}`;
    return [when, act, oneLine(about), by ?? "", state === "undone" ? "undone" : ""];
  });
  const data = { acts: steps.map(({ at, ...step }) => ({ ...step, at: iso(at) })) };
  print(parsed.json, data, columns(rows.reverse()) || "nothing was done yet");
  return EXIT.ok;
}
