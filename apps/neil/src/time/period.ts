/**
 * Periods: `today yesterday week lastweek month lastmonth quarter lastquarter year lastyear all`, `mon` to `sun` (the
 * latest one), `2026`, `2026-10`, `2026-W41`, `2026-10-06`, `q3`, `2026-Q3`, and from one to another, `A..B`, `A..`, `..B`.
 */
import { nearest } from "@good-place/channel/misuse";
import { Temporal } from "temporal-polyfill";
import { NeilError } from "../errors.js";
import { dateAt, dayBegins, type Here, weekBegins } from "./calendar.js";

/** [from, to) in epoch milliseconds, and the text that it was read from. */
export interface Period {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The first day, and the first one that is no longer part of it. */
type Dates = readonly [from: Temporal.PlainDate, to: Temporal.PlainDate];

const EVERMORE: number = Date.UTC(9999, 11, 31);
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** Every named period, by what it makes of today. */
const NAMED: Readonly<Record<string, (today: Temporal.PlainDate, weekStart?: number) => Dates>> = {
  today: (today) => spanOf(today, { days: 1 }),
  yesterday: (today) => spanOf(today.subtract({ days: 1 }), { days: 1 }),
  week: (today, weekStart) => spanOf(weekBegins(today, weekStart), { weeks: 1 }),
  lastweek: (today, weekStart) => spanOf(weekBegins(today, weekStart).subtract({ weeks: 1 }), { weeks: 1 }),
  month: (today) => spanOf(today.with({ day: 1 }), { months: 1 }),
  lastmonth: (today) => spanOf(today.with({ day: 1 }).subtract({ months: 1 }), { months: 1 }),
  quarter: (today) => quarterOf(today.year, Math.ceil(today.month / 3)),
  lastquarter: (today) => {
    const before = today.subtract({ months: 3 });
    return quarterOf(before.year, Math.ceil(before.month / 3));
  },
  year: (today) => spanOf(today.with({ month: 1, day: 1 }), { years: 1 }),
  lastyear: (today) => spanOf(today.with({ month: 1, day: 1 }).subtract({ years: 1 }), { years: 1 }),
};

/** The names that a completion can offer. */
export const PERIOD_NAMES: readonly string[] = [...Object.keys(NAMED), "all", ...WEEKDAYS];

/** Reads a period. Throws BAD_PERIOD, with the nearest name. */
export function parsePeriod(text: string, here: Here): Period {
  const wanted = text.trim().toLowerCase();
  const [left, right, more] = wanted.split("..");
  if (more !== undefined || wanted === "" || wanted === "..") throw bad(text);
  if (wanted === "all") return { from: 0, to: EVERMORE, text };
  const first = left === "" ? undefined : dates(left as string, text, here);
  const last = right === undefined ? first : right === "" ? undefined : dates(right, text, here);
  const from = first === undefined ? 0 : dayBegins(first[0], here);
  const to = last === undefined ? EVERMORE : dayBegins(last[1], here);
  if (to > from) return { from, to, text };
  throw new NeilError("BAD_PERIOD", `the period "${text}" ends before it begins`, {
    advice: `write ${right}..${left}`,
  });
}

function dates(word: string, text: string, here: Here): Dates {
  const today = dateAt(here.now, here);
  const named = Object.hasOwn(NAMED, word) ? NAMED[word] : undefined;
  if (named !== undefined) return named(today, here.weekStart);
  const weekday = WEEKDAYS.indexOf(word.slice(0, 3)) + 1;
  if (weekday > 0 && /^[a-z]{3}$/.test(word)) {
    return spanOf(today.subtract({ days: (today.dayOfWeek - weekday + 7) % 7 }), { days: 1 });
  }
  try {
    return spelled(word, today) ?? unreadable(text);
  } catch (error) {
    // Temporal refuses days and months that do not exist.
    if (error instanceof RangeError) throw bad(text, error);
    throw error;
  }
}

function spelled(word: string, today: Temporal.PlainDate): Dates | undefined {
  const strict = { overflow: "reject" } as const;
  const [, quarterYear, quarter] = /^(?:(\d{4})-?)?q([1-4])$/.exec(word) ?? [];
  if (quarter !== undefined) return quarterOf(Number(quarterYear ?? today.year), Number(quarter));
  const [, weekYear, week] = /^(\d{4})-?w(\d{1,2})$/.exec(word) ?? [];
  if (week !== undefined) return weekOf(Number(weekYear), Number(week));
  const [, year, month, day] = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(word) ?? [];
  if (year === undefined) return undefined;
  const date = Temporal.PlainDate.from(
    { year: Number(year), month: Number(month ?? 1), day: Number(day ?? 1) },
    strict,
  );
  return spanOf(date, month === undefined ? { years: 1 } : day === undefined ? { months: 1 } : { days: 1 });
}

// The week that holds the year's first Thursday is its first.
function weekOf(year: number, week: number): Dates | undefined {
  const first = weekBegins(Temporal.PlainDate.from({ year, month: 1, day: 4 }));
  const begin = first.add({ weeks: week - 1 });
  if (week < 1 || begin.add({ days: 3 }).year !== year) return undefined;
  return spanOf(begin, { weeks: 1 });
}

function quarterOf(year: number, quarter: number): Dates {
  return spanOf(Temporal.PlainDate.from({ year, month: quarter * 3 - 2, day: 1 }), { months: 3 });
}

function spanOf(from: Temporal.PlainDate, length: Temporal.DurationLike): Dates {
  return [from, from.add(length)];
}

function unreadable(text: string): never {
  throw bad(text);
}

function bad(text: string, cause?: unknown): NeilError {
  const near = nearest(text.toLowerCase(), PERIOD_NAMES);
  const advice = near
    ? `did you mean ${near}?`
    : "write it like today, week, lastmonth, 2026-10, 2026-W41, q3 or 2026-10-01..2026-10-15";
  return new NeilError("BAD_PERIOD", `"${text}" is no period`, { cause, advice });
}
