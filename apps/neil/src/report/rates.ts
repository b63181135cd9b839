/**
 * What an hour costs. A rate belongs to a task, a project, a client or, with the scope "", to everybody, and is valid from
 * a day on until the next one of its scope: a new price does not change what was worked before.
 */
import type { Entry } from "./entry.js";

export interface Rate {
  /** "acme/site/header", "acme/site", "acme", or "" for everybody. */
  readonly scope: string;
  /** The first day, like "2026-01-01"; "" has always been valid. */
  readonly from: string;
  /** Minor units an hour. */
  readonly minor: number;
  readonly currency: string;
}

/** Gives the rate of an interval that starts on a day: the task's, else the project's, the client's, everybody's. */
export function rateBook(rates: readonly Rate[]): (entry: Entry, date: string) => Rate | undefined {
  const byScope = new Map<string, Rate[]>();
  // The newest first.
  for (const rate of rates.toSorted((a, b) => (a.from < b.from ? 1 : -1))) {
    byScope.set(rate.scope, [...(byScope.get(rate.scope) ?? []), rate]);
  }
  return ({ client, project, task }, date) => {
    if (byScope.size === 0) return undefined;
    for (const scope of [`${client}/${project}/${task}`, `${client}/${project}`, client, ""]) {
      const rate = byScope.get(scope)?.find(({ from }) => from <= date);
      if (rate !== undefined) return rate;
    }
    return undefined;
  };
}
