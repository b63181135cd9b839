/**
 * The days of a time zone: which one an instant belongs to, and where it begins and ends. A day is as long as it is there,
 * 23 and 25 hours included, and may begin later than at midnight, for those who work at night.
 * An answer costs a comparison while it stays within the day of the last one; a day not asked before costs some Temporal.
 */
import type { Temporal } from "temporal-polyfill";
import { dateAt, dayBegins, weekBegins } from "../time/calendar.js";

export interface Day {
  /** "2026-10-25" */
  readonly date: string;
  /** "2026-W43"; where weeks do not begin on Monday "2026-10-25..2026-10-31". */
  readonly week: string;
  /** Epoch milliseconds; the day is [start, end). */
  readonly start: number;
  readonly end: number;
}

/**
 * Gives the day of an instant. `dayStart` is the minute after midnight at which a day begins, `weekStart` the day on which a
 * week does (1 is Monday). Throws a RangeError for a
 * zone that nobody knows.
 */
export function daysOf(zone: string, dayStart = 0, weekStart = 1): (at: number) => Day {
  const where = { zone, dayStart };
  const known = new Map<string, Day>();
  let last = dayAt(0);

  function dayAt(at: number): Day {
    const date = dateAt(at, where);
    const text = date.toString();
    const day = known.get(text) ?? {
      date: text,
      week: weekOf(date, weekStart),
      start: dayBegins(date, where),
      end: dayBegins(date.add({ days: 1 }), where),
    };
    known.set(text, day);
    return day;
  }

  return (at) => {
    if (at < last.start || at >= last.end) last = dayAt(at);
    return last;
  };
}

// ISO 8601 where weeks begin on Monday, and the first one holds the year's first Thursday. Others have no number of their own:
// they are named by their days, which can be typed as a period.
function weekOf(date: Temporal.PlainDate, weekStart: number): string {
  if (weekStart === 1) return `${date.yearOfWeek}-W${String(date.weekOfYear).padStart(2, "0")}`;
  const first = weekBegins(date, weekStart);
  return `${first}..${first.add({ days: 6 })}`;
}
