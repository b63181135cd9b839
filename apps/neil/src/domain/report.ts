/**
 * Sums of worked time. A running interval counts up to now.
 */
import { handleOf } from "./handle.js";
import type { Interval, Office } from "./office.js";

export type Grouping = "client" | "project" | "task";
export const GROUPINGS: readonly Grouping[] = ["client", "project", "task"];

export interface Total {
  /** "acme", "acme/site" or "acme/site/header". */
  readonly handle: string;
  readonly intervals: number;
  readonly ms: number;
}

export interface Report {
  readonly by: Grouping;
  /** The longest first. */
  readonly totals: readonly Total[];
  readonly ms: number;
}

export function worked({ start, end }: Interval, now: number): number {
  return Math.max(0, (end ?? now) - start);
}

export function report(office: Office, by: Grouping, now: number): Report {
  const totals = new Map<string, { handle: string; intervals: number; ms: number }>();
  let ms = 0;
  for (const interval of office.intervals) {
    const { client, project, task } = handleOf(office, interval.task);
    const handle = { client, project: `${client}/${project}`, task: `${client}/${project}/${task}` }[by];
    const total = totals.get(handle) ?? { handle, intervals: 0, ms: 0 };
    total.intervals += 1;
    total.ms += worked(interval, now);
    ms += worked(interval, now);
    totals.set(handle, total);
  }
  const sorted = [...totals.values()].sort((a, b) => b.ms - a.ms || a.handle.localeCompare(b.handle));
  return { by, totals: sorted, ms };
}

/** "1:02:03", hours as many as there are. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
