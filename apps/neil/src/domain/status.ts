/**
 * What runs, and what ran last: the answer to a bare `neil`.
 */
import { entryOf, type NamedInterval } from "./entries.js";
import type { Away, Office } from "./office.js";
import { backwards } from "./timeline.js";

/** Longer than this, work is warned about; nothing is cut without a yes. */
export const MAX_RUN_MS: number = 10 * 3_600_000;

export interface Work extends NamedInterval {
  /** How long it took, or has taken so far. */
  readonly ms: number;
}

export interface Status {
  readonly running: Work | null;
  /** The interval that ended last. */
  readonly last: Work | null;
  /** Stretches in which nobody was there, about which somebody has to decide. */
  readonly away: readonly Away[];
  /** What runs does so for very long: it may have been forgotten. */
  readonly long: boolean;
}

export function status(office: Office, now: number): Status {
  const running = office.running === null ? null : work(office, office.running, now);
  let last: Work | null = null;
  for (const { id, end } of backwards(office)) {
    if (end === null) continue;
    last = work(office, id, now);
    break;
  }
  const away = [...office.away].filter(({ decided }) => decided === null);
  return { running, last, away, long: running !== null && running.ms > MAX_RUN_MS };
}

export function work(office: Office, id: string, now: number): Work {
  const interval = office.intervals.at(id);
  return { ...entryOf(office, interval), ms: Math.max(0, (interval.end ?? now) - interval.start) };
}
