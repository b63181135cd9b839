/**
 * The answers about sums and money. They are made of what is durable; rates and budgets are named by handles outside, and
 * kept by ids, so that a client that is renamed keeps its own.
 */
import type { Op } from "@good-place/channel";
import type { Call, Handlers } from "@good-place/hemple";
import type { Act, Shawn } from "@good-place/shawn";
import type { BooksContract } from "../books-contract.js";
import { now } from "../clock.js";
import { setBudget, setRate } from "../domain/acts/money.js";
import { entries } from "../domain/entries.js";
import type { Office } from "../domain/office.js";
import { Refused } from "../domain/refused.js";
import { ratesOf, scopeHandle, scopeId } from "../domain/scopes.js";
import { type Used, used } from "../report/budgets.js";
import type { Entry } from "../report/entry.js";
import { entryFilter, type Fits, isUnbilled } from "../report/filter.js";
import { parseRounding } from "../report/rounding.js";
import { report } from "../report/totals.js";
import { parsePeriod } from "../time/period.js";
import { tried } from "./fulfil.js";

// What an answer can hold; nobody reads more.
const REPORT_MOST = 15_000;

export function bookMethods(
  office: Shawn<Office>,
  emerge: (call: Call, acts: readonly Act[]) => Op<void>,
): Handlers<BooksContract> {
  const durable = (): Office => office.durable.envelope;

  function* done(call: Call, acts: readonly Act[], dryRun = false): Generator<unknown, void, unknown> {
    if (dryRun) tried(office, acts);
    else yield* emerge(call, acts);
  }

  return {
    report({ filter, round, unbilled = false, ...query }) {
      const fits = fitting(filter, unbilled);
      const rounding = round === undefined ? undefined : parseRounding(round);
      const rates = ratesOf(durable());
      const found = filtered(entries(durable(), query.from, query.to), fits);
      const { by, totals, ...sum } = report(found, { ...query, now: now(), rates, round: rounding });
      if (totals.length > REPORT_MOST) {
        throw new Refused("TOO_MANY_ROWS", `the report would have ${totals.length} rows, more than ${REPORT_MOST}`);
      }
      return { by: [...by], totals: totals.map((total) => ({ ...total, keys: [...total.keys] })), ...sum };
    },

    rates: () => ratesOf(durable()),

    *"rate/set"({ scope, from, amount, command, dryRun }, call) {
      const id = scopeId(office.envelope, scope);
      const before = office.envelope.rates.get(`${id}@${from}`);
      yield* done(call, [setRate({ command, scope: id, from, amount })], dryRun);
      const replaced = before === undefined ? null : { currency: before.currency, minor: before.minor };
      return { rate: amount && { scope, from, ...amount }, replaced };
    },

    budgets({ zone, dayStart, weekStart }) {
      const at = now();
      const rates = ratesOf(durable());
      const found: Used[] = [];
      for (const { scope: id, per, limit } of durable().budgets) {
        const scope = scopeHandle(durable(), id);
        if (scope === undefined) continue;
        const { from, to } = parsePeriod(per, { now: at, zone, dayStart, weekStart });
        const query = { from, to, now: at, zone, dayStart, rates };
        found.push(used(entries(durable(), from, to), { scope, per, limit }, query));
      }
      return found.sort((a, b) => (a.scope < b.scope ? -1 : 1));
    },

    *"budget/set"({ scope, per, limit, command, dryRun }, call) {
      yield* done(call, [setBudget({ command, scope: scopeId(office.envelope, scope), per, limit })], dryRun);
      return {};
    },
  };
}

function fitting(filter: readonly string[], unbilled: boolean): Fits<Entry> {
  const fits = entryFilter(filter);
  return unbilled ? (entry) => isUnbilled(entry) && fits(entry) : fits;
}

function* filtered(all: Iterable<Entry>, fits: Fits<Entry>): Generator<Entry> {
  for (const entry of all) if (fits(entry)) yield entry;
}
