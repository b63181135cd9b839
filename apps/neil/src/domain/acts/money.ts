/**
 * The acts of money: what an hour costs, and how much may be worked. Reports make sums of them; the intervals know nothing of it.
 */
import * as z from "zod/mini";
import { change } from "../change.js";
import type { Office } from "../office.js";
import { Refused } from "../refused.js";
import { nameOf } from "./names.js";
import { act, id, time } from "./parts.js";

const scope = z.string().check(z.maxLength(200));
const currency = z.string().check(z.regex(/^[A-Z]{3}$/));

const amount = (most: number) => z.strictObject({ currency, minor: z.int().check(z.gte(0), z.lte(most)) });

/** What an hour costs: so much at most that no sum of a lifetime comes near what a number can count. */
export const AmountSchema = amount(1e10);
export const LimitSchema = z.union([z.strictObject({ ms: time }), amount(1e15)]);
export const SpanSchema = z.enum(["all", "week", "month", "quarter", "year"]);
/** The first day, or "" for ever. */
export const DaySchema = z.string().check(z.refine(isDay, "expected a day like 2026-01-01"));

export const SetRate = z.strictObject({
  command: id,
  /** The id of a client, a project or a task; "" for everybody. */
  scope,
  from: DaySchema,
  /** Null takes it away. */
  amount: z.nullable(AmountSchema),
});

export const SetBudget = z.strictObject({ command: id, scope, per: SpanSchema, limit: z.nullable(LimitSchema) });

export const setRate = act("rate/set", SetRate).does({
  update(office, { command, scope, from, amount }, meta) {
    judgeScope(office, scope);
    change(office, meta, { act: "rate/set", command, about: named(office, scope) }, (it) => {
      const id = `${scope}@${from}`;
      if (amount !== null) it.put("rates", { id, rev: 0, scope, from, ...amount });
      else if (office.rates.has(id)) it.drop("rates", id);
      else throw new Refused("NOT_FOUND", "there is no such rate");
    });
  },
});

export const setBudget = act("budget/set", SetBudget).does({
  update(office, { command, scope, per, limit }, meta) {
    judgeScope(office, scope);
    change(office, meta, { act: "budget/set", command, about: named(office, scope) }, (it) => {
      const id = `${scope}@budget`;
      if (limit !== null) it.put("budgets", { id, rev: 0, scope, per, limit });
      else if (office.budgets.has(id)) it.drop("budgets", id);
      else throw new Refused("NOT_FOUND", "there is no such budget");
    });
  },
});

function judgeScope(office: Office, scope: string): void {
  const there = scope === "" || office.clients.has(scope) || office.projects.has(scope) || office.tasks.has(scope);
  if (!there) throw new Refused("NOT_FOUND", "what it is for is not there any more");
}

// For whoever reads what was done and undone.
function named(office: Office, scope: string): string {
  if (scope === "") return "for everybody";
  return (["clients", "projects", "tasks"] as const).map((kind) => nameOf(office, kind, scope)).join("");
}

function isDay(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  if (year === undefined) return text === "";
  // The 31st of February is a day of March.
  const date = new Date(`${year}-${month}-${day}T00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day);
}
