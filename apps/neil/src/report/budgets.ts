/**
 * Budgets: how much of a task, a project, a client or everything may be worked, in hours or in money, in all or in each
 * month; and how much of it is used.
 */
import type { Entry } from "./entry.js";
import type { Amount } from "./money.js";
import { type Query, report } from "./totals.js";

export const BUDGET_SPANS = ["all", "week", "month", "quarter", "year"] as const;
export type BudgetSpan = (typeof BUDGET_SPANS)[number];

export interface Budget {
  /** "acme/site/header", "acme/site", "acme", or "" for everything. */
  readonly scope: string;
  readonly per: BudgetSpan;
  /** Milliseconds of work, or minor units of a currency. */
  readonly limit: { readonly ms: number } | Amount;
}

export interface Used extends Budget {
  readonly usedMs: number;
  /** In the unit of the limit. */
  readonly used: number;
}

/** What is used of a budget by these intervals; the query's period is the budget's present one. */
export function used(entries: Iterable<Entry>, budget: Budget, query: Omit<Query, "by">): Used {
  const { ms, money } = report(within(entries, budget.scope), { ...query, by: ["client"] });
  return { ...budget, usedMs: ms, used: "ms" in budget.limit ? ms : (money[budget.limit.currency] ?? 0) };
}

function* within(entries: Iterable<Entry>, scope: string): Generator<Entry> {
  for (const entry of entries) {
    const handle = `${entry.client}/${entry.project}/${entry.task}/`;
    if (scope === "" || handle.startsWith(`${scope}/`)) yield entry;
  }
}
