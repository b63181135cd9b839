/**
 * Looks over the whole office for what the rules should have kept out, and for what a person should look at.
 */
import { intervalText } from "../domain/change.js";
import type { Interval, Office } from "../domain/office.js";
import { MAX_RUN_MS } from "../domain/status.js";
import { starting } from "../domain/timeline.js";
import { invoiceFaults } from "./invoice-faults.js";

// What a person reads, and a message can hold.
const TOLD = 500;

/** One line for each; of very many the first, and how many more there are. */
export function faults(office: Office, now: number): string[] {
  const found = allFaults(office, now);
  const more = found.splice(TOLD).length;
  return more > 0 ? [...found, `and ${more} more`] : found;
}

function allFaults(office: Office, now: number): string[] {
  const found: string[] = [];
  let before: Interval | undefined;
  let count = 0;
  for (const interval of starting(office, 0, Number.POSITIVE_INFINITY)) {
    count += 1;
    const tell = (what: string): void => void found.push(`${intervalText(office, interval)} ${what}`);
    const end = interval.end ?? Math.max(now, interval.start);
    if (end - interval.start > MAX_RUN_MS) tell("takes longer than 10 hours");
    if (interval.start > now + MAX_RUN_MS || (interval.end ?? 0) > now + MAX_RUN_MS) tell("is in the future");
    if (
      before !== undefined &&
      (before.end ?? Number.POSITIVE_INFINITY) > interval.start &&
      interval.end !== interval.start
    ) {
      tell(`overlaps ${intervalText(office, before)}`);
    }
    if (interval.end !== interval.start) before = interval;
  }
  if (count !== office.intervals.size)
    found.push(`${office.intervals.size - count} intervals are missing in the timeline`);
  for (const { decided, from, to } of office.away) {
    if (decided === null)
      found.push(`nobody has said what to do with ${Math.round((to - from) / 60_000)} minutes away`);
  }
  return [...found, ...invoiceFaults(office)];
}
