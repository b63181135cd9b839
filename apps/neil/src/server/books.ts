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
import { ratesOf, scopeHandle, scopeId } from "../domain/scopes.js";
import { type Used, used } from "../report/budgets.js";
import type { Entry } from "../report/entry.js";
import { entryFilter, type Fits, isUnbilled } from "../report/filter.js";
import { parseRounding } from "../report/rounding.js";
import { report } from "../report/totals.js";
import { parsePeriod } from "../time/period.js";

export function bookMethods(
  office: Shawn<Office>,
  emerge: (call: Call, acts: readonly Act[]) => Op<void>,
): Handlers<BooksContract> {
  const durable = (): Office => office.durable.envelope;
  return {
    report({ filter, round, unbilled = false, ...query }) {
      const fits = fitting(filter, unbilled);
      const rounding = round === undefined ? undefined : parseRounding(round);
      const rates = ratesOf(durable());
      const found = filtered(entries(durable(), query.from, query.to), fits);
      const { by, totals, ...sum } = report(found, { ...query, now: now(), rates, round: rounding });
      return { by: [...by], totals: totals.map((total) => ({ ...total, keys: [...total.keys] })), ...sum };
    },

    rates: () => ratesOf(durable()),

    *"rate/set"({ scope, from, amount, command }, call) {
      const id = scopeId(office.envelope, scope);
      const before = office.envelope.rates.get(`${id}@${from}`);
      yield* emerge(call, [setRate({ command, scope: id, from, amount })]);
      const replaced = before === undefined ? null : { currency: before.currency, minor: before.minor };
      return { rate: amount && { scope, from, ...amount }, replaced };
    },

    budgets({ zone, dayStart }) {
      const at = now();
      const rates = ratesOf(durable());
      const found: Used[] = [];
      for (const { scope: id, per, limit } of durable().budgets) {
        const scope = scopeHandle(durable(), id);
        if (scope === undefined) continue;
        const { from, to } = parsePeriod(per, { now: at, zone, dayStart });
        const query = { from, to, now: at, zone, dayStart, rates };
        found.push(used(entries(durable(), from, to), { scope, per, limit }, query));
      }
      return found.sort((a, b) => (a.scope < b.scope ? -1 : 1));
    },

    *"budget/set"({ scope, per, limit, command }, call) {
      yield* emerge(call, [setBudget({ command, scope: scopeId(office.envelope, scope), per, limit })]);
      return {};
    },
  };
}

function fitting(filter: readonly string[], unbilled: boolean): Fits {
  const fits = entryFilter(filter);
  return unbilled ? (entry) => isUnbilled(entry) && fits(entry) : fits;
}

function* filtered(all: Iterable<Entry>, fits: Fits): Generator<Entry> {
  for (const entry of all) if (fits(entry)) yield entry;
}
