/**
 * What runs, and what ran last: the answer to a bare `neil`.
 */
import { handleOf, handleText } from "./handle.js";
import type { Interval, Office } from "./office.js";
import { worked } from "./report.js";

export interface Work {
  readonly interval: string;
  readonly handle: string;
  readonly note: string;
  readonly tags: readonly string[];
  readonly start: number;
  readonly end: number | null;
  readonly ms: number;
}

export interface Status {
  readonly running: Work | null;
  /** The interval that ended last. */
  readonly last: Work | null;
}

export function status(office: Office, now: number): Status {
  let last: Interval | null = null;
  for (const interval of office.intervals) {
    if (interval.end !== null && (last === null || interval.end >= (last.end ?? 0))) last = interval;
  }
  const running = office.running === null ? null : office.intervals.at(office.running);
  return { running: running && work(office, running, now), last: last && work(office, last, now) };
}

export function work(office: Office, interval: Interval, now: number): Work {
  const { id, note, tags, start, end } = interval;
  return {
    interval: id,
    handle: handleText(handleOf(office, interval.task)),
    note,
    tags,
    start,
    end,
    ms: worked(interval, now),
  };
}
