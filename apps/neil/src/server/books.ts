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
import { find, handleOf, handleParts, handleText, projectHandle } from "../domain/handle.js";
import type { Office } from "../domain/office.js";
import { Refused } from "../domain/refused.js";
import { type Used, used } from "../report/budgets.js";
import type { Entry } from "../report/entry.js";
import { entryFilter } from "../report/filter.js";
import type { Rate } from "../report/rates.js";
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
    report({ filter, round, ...query }) {
      const fits = entryFilter(filter);
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

function* filtered(all: Iterable<Entry>, fits: (entry: Entry) => boolean): Generator<Entry> {
  for (const entry of all) if (fits(entry)) yield entry;
}

function ratesOf(office: Office): Rate[] {
  const found: Rate[] = [];
  for (const { scope: id, from, minor, currency } of office.rates) {
    const scope = scopeHandle(office, id);
    // What it was for is gone.
    if (scope !== undefined) found.push({ scope, from, minor, currency });
  }
  return found.sort((a, b) => (a.scope === b.scope ? (a.from < b.from ? -1 : 1) : a.scope < b.scope ? -1 : 1));
}

// "" is everybody, and has no id.
function scopeId(office: Office, handle: string): string {
  if (handle === "") return "";
  const [client = "", project, task] = handleParts(handle);
  const found = find(office, { client, ...(project && { project }), ...(task && { task }) });
  const row = task !== undefined ? found.task : project !== undefined ? found.project : found.client;
  if (row === undefined) throw new Refused("NOT_FOUND", `there is no client, project or task ${handle}`);
  return row.id;
}

function scopeHandle(office: Office, id: string): string | undefined {
  if (id === "") return "";
  const [client, project] = [office.clients.get(id), office.projects.get(id)];
  if (client !== undefined) return client.abbrev;
  if (project !== undefined) return projectHandle(office, project);
  return office.tasks.has(id) ? handleText(handleOf(office, id)) : undefined;
}
