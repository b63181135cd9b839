/**
 * Moments as people write them: `9:15 9.15 0915 9pm 24:00 noon midnight now`, `-15m` and `15m ago`, `yesterday 17:00`,
 * `mon 9:00`, `2026-10-06 9:15`, ISO 8601. And stretches between two: `9:00-11:30`, `9:00 +1h30`, `from 9:00 to 11:30`.
 * A clock time that its zone had twice that day is the earlier one, with a notice; one that it left out is refused.
 */
import { Temporal } from "temporal-polyfill";
import { NeilError } from "../errors.js";
import { dateAt, type Here } from "./calendar.js";
import { readDuration } from "./duration.js";

export interface Moment {
  /** Epoch milliseconds. */
  readonly at: number;
  /** What the reader should know of how it was understood. */
  readonly notice?: string | undefined;
}

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const WEEKDAY = "mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs?|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?";
const DAY = `today|yesterday|${WEEKDAY}|\\d{4}-\\d{2}-\\d{2}`;

/** Reads a moment. Throws BAD_MOMENT. */
export function parseMoment(text: string, here: Here): Moment {
  const words = text.trim().toLowerCase();
  const moment = relative(words, here) ?? instant(text.trim()) ?? dayAndClock(words, here);
  if (moment !== undefined && moment.at >= 0) return moment;
  throw new NeilError("BAD_MOMENT", `"${text}" is ${moment === undefined ? "no time" : "before 1970"}`, {
    advice: "write it like 9:15, 9pm, -15m, yesterday 17:00, mon 9:00 or 2026-10-06 9:15",
  });
}

function relative(words: string, { now }: Here): Moment | undefined {
  if (words === "now") return { at: now };
  const [, before, ago] = /^-(\S+)$|^(\S+) ago$/.exec(words) ?? [];
  const ms = before === undefined && ago === undefined ? undefined : readDuration((before ?? ago) as string);
  return ms === undefined ? undefined : { at: now - ms };
}

// What names its offset from UTC needs no zone.
function instant(text: string): Moment | undefined {
  if (!/^\d{4}-\d{2}-\d{2}[tT ]\d{2}:\d{2}.*(?:[zZ]|[+-]\d{2}:?\d{2})$/.test(text)) return undefined;
  try {
    return { at: Temporal.Instant.from(text.toUpperCase()).epochMilliseconds };
  } catch {
    return undefined;
  }
}

function dayAndClock(words: string, here: Here): Moment | undefined {
  const wanted = wallTime(words, here);
  return wanted && local(wanted, here);
}

// What the clock on the wall shows. 24:00 is where the next day begins.
function wallTime(words: string, here: Here): Temporal.PlainDateTime | undefined {
  const [, day, rest = ""] = new RegExp(`^(?:(${DAY})(?:[ t]+|$))?(.*)$`).exec(words) ?? [];
  const over = /^24[:.]?00$/.test(rest);
  const clock = over ? new Temporal.PlainTime() : clockTime(rest);
  const date = day === undefined ? dateAt(here.now, { zone: here.zone }) : dateOf(day, here);
  return clock && date?.add({ days: over ? 1 : 0 }).toPlainDateTime(clock);
}

function dateOf(word: string, here: Here): Temporal.PlainDate | undefined {
  const today = dateAt(here.now, { zone: here.zone });
  if (word === "today") return today;
  if (word === "yesterday") return today.subtract({ days: 1 });
  const weekday = WEEKDAYS.indexOf(word.slice(0, 3)) + 1;
  if (weekday > 0) return today.subtract({ days: (today.dayOfWeek - weekday + 7) % 7 });
  try {
    return Temporal.PlainDate.from(word, { overflow: "reject" });
  } catch {
    return undefined;
  }
}

function clockTime(text: string): Temporal.PlainTime | undefined {
  if (text === "noon") return new Temporal.PlainTime(12);
  if (text === "midnight") return new Temporal.PlainTime(0);
  const [, h, m = "0", s = "0", half] =
    /^(\d{1,2})(?:[:.](\d{2})(?:[:.](\d{2}))?)?\s*(am|pm)?$/.exec(text) ?? /^(\d{2})(\d{2})()()$/.exec(text) ?? [];
  // A bare number could be an hour, a duration or a slip.
  if (h === undefined || (/^\d{1,2}$/.test(text) && !half)) return undefined;
  const [hour, minute, second] = [Number(h), Number(m), Number(s)];
  if (half && (hour < 1 || hour > 12)) return undefined;
  const hours = half ? (hour % 12) + (half === "pm" ? 12 : 0) : hour;
  return hours < 24 && minute < 60 && second < 60 ? new Temporal.PlainTime(hours, minute, second) : undefined;
}

function both(wanted: Temporal.PlainDateTime, zone: string): [Temporal.ZonedDateTime, Temporal.ZonedDateTime] {
  const at = (disambiguation: "earlier" | "later"): Temporal.ZonedDateTime =>
    wanted.toZonedDateTime(zone, { disambiguation });
  return [at("earlier"), at("later")];
}

function local(wanted: Temporal.PlainDateTime, { zone }: Here): Moment {
  const [earlier, later] = both(wanted, zone);
  const at = earlier.epochMilliseconds;
  if (at === later.epochMilliseconds) return { at };
  const told = wanted.toString({ smallestUnit: "minute" }).replace("T", " ");
  if (earlier.toPlainDateTime().equals(wanted)) {
    const other = later.toString({ smallestUnit: "minute", timeZoneName: "never" });
    return { at, notice: `${told} came twice in ${zone}; the earlier one is taken, write ${other} for the later one` };
  }
  throw new NeilError("BAD_MOMENT", `${told} did not exist in ${zone}: the clocks were put forward over it`, {
    advice: `write ${later.toPlainTime().toString({ smallestUnit: "minute" })} or later, or ${earlier
      .toPlainTime()
      .toString({ smallestUnit: "minute" })} or earlier`,
  });
}

/**
 * Reads a moment of an interval that is there, `end` being now where it runs: a time that names no day is of the day on
 * which it lies within the interval, else, where it is to come after `from`, of the first on which it does, else of the
 * day on which the interval begins. Throws BAD_MOMENT.
 */
export function momentWithin(text: string, { start, end }: Span, here: Here, from?: number): Moment {
  const words = text.trim().toLowerCase();
  if (new RegExp(`^(?:${DAY})`).test(words) || wallTime(words, here) === undefined) return parseMoment(text, here);
  const on = (day: number): Moment => parseMoment(`${dateAt(day, { zone: here.zone })} ${words}`, here);
  const found = [on(start), on(end)] as const;
  const within = found.find(({ at }) => at >= start && at <= end);
  const after = from === undefined ? undefined : found.find(({ at }) => at > from);
  return within ?? after ?? found[0];
}

interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly notices: readonly string[];
  /** How many of the words it took. */
  readonly used: number;
}

/** Reads the stretch that a list of words begins with. Throws BAD_MOMENT. */
export function takeStretch(words: readonly string[], here: Here): Stretch {
  const lower = words.map((word) => word.toLowerCase());
  const to = lower.indexOf("to");
  if (lower[0] === "from" && to > 1) {
    const start = parseMoment(words.slice(1, to).join(" "), here);
    for (const length of [2, 1]) {
      const rest = words.slice(to + 1, to + 1 + length);
      if (rest.length === length && readable(rest.join(" "), here)) {
        return stretch(start, endOf(rest.join(" "), start.at, here), to + 1 + length);
      }
    }
  }
  const used = lower[0] !== undefined && new RegExp(`^(?:${DAY})$`).test(lower[0]) ? 1 : 0;
  const day = used === 0 ? "" : `${words[0]} `;
  const [word = "", next = ""] = words.slice(used);
  const [, from, until] = /^(\S+?)-(\S+)$/.exec(isoPair(word) ?? word) ?? [];
  if (isoPair(word) !== undefined || (from !== undefined && until !== undefined)) {
    const [left, right] = word.includes("/")
      ? (word.split("/") as [string, string])
      : [from as string, until as string];
    const start = parseMoment(`${day}${left}`, here);
    return stretch(start, endOf(right, start.at, here, day), used + 1);
  }
  const length = next.startsWith("+") ? readDuration(next.slice(1).toLowerCase()) : undefined;
  if (word !== "" && length !== undefined) {
    const start = parseMoment(`${day}${word}`, here);
    return stretch(start, { at: start.at + length }, used + 2);
  }
  throw new NeilError("BAD_MOMENT", `"${words.slice(0, 3).join(" ")}" is no stretch of time`, {
    advice: "write it like 9:00-11:30, 9:00 +1h30, yesterday 22:00-1:00 or from 9:00 to 11:30",
  });
}

// "2026-10-06T09:00/2026-10-06T10:00": the dashes are the dates'.
function isoPair(word: string): string | undefined {
  return /^[^/]+\/[^/]+$/.test(word) ? word : undefined;
}

function readable(text: string, here: Here): boolean {
  try {
    parseMoment(text, here);
    return true;
  } catch (error) {
    return /did not exist/.test((error as Error).message);
  }
}

// An end without a day is the next such time: 22:00-1:30 goes over midnight.
function endOf(text: string, start: number, here: Here, day = ""): Moment {
  const named = new RegExp(`^(?:${DAY})`).test(text.toLowerCase()) || text.startsWith("-") || / ago$|^now$/.test(text);
  const words = `${day || `${dateAt(start, { zone: here.zone })} `}${text}`.toLowerCase();
  const wanted = named ? undefined : wallTime(words, here);
  if (wanted === undefined) return parseMoment(text, here);
  const [, later] = both(wanted, here.zone);
  if (later.epochMilliseconds <= start) return local(wanted.add({ days: 1 }), here);
  const end = local(wanted, here);
  return end.at > start ? end : { at: later.epochMilliseconds };
}

function stretch(start: Moment, end: Moment, used: number): Stretch {
  const notices = [start.notice, end.notice].filter((notice) => notice !== undefined);
  if (end.at > start.at) return { start: start.at, end: end.at, notices, used };
  throw new NeilError("BAD_MOMENT", "the stretch of time ends before it begins", {
    advice: "write the earlier time first, like 9:00-11:30",
  });
}
