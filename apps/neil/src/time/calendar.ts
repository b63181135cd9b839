/**
 * The calendar: what clock and day it is somewhere, by Temporal. Instants are epoch milliseconds; a day begins at
 * `dayStart` in its zone and is 23, 24 or 25 hours long there.
 */
import { Temporal } from "temporal-polyfill";

/** Where and when words about time are read. */
export interface Here {
  /** Epoch milliseconds. */
  readonly now: number;
  /** IANA name. */
  readonly zone: string;
  /** Minutes after midnight at which a day begins; 0 by default. For those who work at night. */
  readonly dayStart?: number | undefined;
  /** The first day of a week: 1 is Monday, the default, 7 Sunday. */
  readonly weekStart?: number | undefined;
}

export function zoned(at: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
}

/**
 * The day that it is at this moment, from where it begins up to where the next one does. A clock that goes back over
 * midnight, as once in Newfoundland, begins no day twice.
 */
export function dateAt(at: number, where: Omit<Here, "now" | "weekStart">): Temporal.PlainDate {
  const there = zoned(at, where.zone);
  const date = there.toPlainDate();
  if (where.dayStart && at < dayBegins(date, where)) return date.subtract({ days: 1 });
  if (there.hour < 23) return date;
  const next = date.add({ days: 1 });
  return at < dayBegins(next, where) ? date : next;
}

/** The first day of the week that a day is in. */
export function weekBegins(date: Temporal.PlainDate, weekStart = 1): Temporal.PlainDate {
  return date.subtract({ days: (date.dayOfWeek - weekStart + 7) % 7 });
}

/** When the day begins there. A midnight that a change of the clocks leaves out is the first moment after it. */
export function dayBegins(date: Temporal.PlainDate, { zone, dayStart = 0 }: Omit<Here, "now" | "weekStart">): number {
  if (dayStart === 0) return date.toZonedDateTime(zone).epochMilliseconds;
  const clock = Temporal.PlainTime.from({ hour: Math.floor(dayStart / 60), minute: dayStart % 60 });
  return date.toPlainDateTime(clock).toZonedDateTime(zone).epochMilliseconds;
}

/** A stretch [start, end) cut where days begin: each piece with the day that it lies in. */
export function* days(
  start: number,
  end: number,
  where: Omit<Here, "now" | "weekStart">,
): Generator<{ readonly date: string; readonly start: number; readonly end: number }, void> {
  let [from, date] = [start, dateAt(start, where)];
  while (from < end) {
    const next = date.add({ days: 1 });
    const to = Math.min(end, dayBegins(next, where));
    // Where a day is skipped whole (Apia, 2011-12-30) it has no piece.
    if (to > from) yield { date: date.toString(), start: from, end: to };
    [from, date] = [Math.max(from, to), next];
  }
}
