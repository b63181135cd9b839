/**
 * The clock on the wall of a zone, for the formats that write it down without a zone: from an instant to what the clock
 * shows, and back. Days of 24 hours are arithmetic; only those on which the clock is changed ask Temporal.
 */
import { Temporal } from "temporal-polyfill";
import { daysOf } from "./days.js";

const DAY = 86_400_000;

export interface WallTime {
  /** "2026-10-25" */
  readonly date: string;
  /** What the clock shows, in milliseconds after 0:00. */
  readonly ms: number;
}

export interface Wall {
  /** What the clock shows. */
  shows(at: number): WallTime;
  /** When it shows that: the earlier one where it does so twice, undefined where it never does. `ms` may be a day's length. */
  instant(date: string, ms: number): number | undefined;
}

export function wallOf(zone: string): Wall {
  const dayOf = daysOf(zone);
  const begins = new Map<string, { readonly start: number; readonly plain: boolean }>();

  function beginOf(date: string): { readonly start: number; readonly plain: boolean } {
    const known = begins.get(date);
    if (known !== undefined) return known;
    const { start, end, date: same } = dayOf(Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds);
    const begin = { start, plain: end - start === DAY && same === date };
    begins.set(date, begin);
    return begin;
  }

  return {
    shows(at) {
      const { date, start, end } = dayOf(at);
      if (end - start === DAY) return { date, ms: at - start };
      const there = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
      const ms = Math.round(there.toPlainTime().since(new Temporal.PlainTime()).total("milliseconds"));
      return { date: there.toPlainDate().toString(), ms };
    },
    instant(date, ms) {
      const { start, plain } = beginOf(date);
      if (plain) return start + ms;
      const wanted = Temporal.PlainDate.from(date).toPlainDateTime().add({ milliseconds: ms });
      const found = wanted.toZonedDateTime(zone, { disambiguation: "earlier" });
      return found.toPlainDateTime().equals(wanted) ? found.epochMilliseconds : undefined;
    },
  };
}

/** "09:05" or, with seconds, "09:05:07". */
export function clockText(ms: number, seconds: boolean): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  return `${two(h)}:${two(m)}${seconds ? `:${two(s)}` : ""}`;
}
