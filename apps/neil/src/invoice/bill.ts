/**
 * What a draft comes to, now: its lines, and what is left out and why. It is counted like a report of the same intervals, so
 * that the invoice and `neil report --money --round` say the same; nothing is written.
 */
import { entries, type NamedInterval } from "../domain/entries.js";
import { find } from "../domain/handle.js";
import { type Invoice, type Line, termsOf } from "../domain/invoice.js";
import type { Office } from "../domain/office.js";
import { ratesOf, scopeId } from "../domain/scopes.js";
import { daysOf } from "../report/days.js";
import { costOf } from "../report/money.js";
import { type Rate, rateBook } from "../report/rates.js";
import { parseRounding } from "../report/rounding.js";
import { billed } from "../report/totals.js";
import { zoneHere } from "../time/zone.js";

/** Work of the period that will not be on the invoice. */
export interface LeftOut {
  readonly handle: string;
  readonly why: string;
  readonly intervals: number;
  readonly ms: number;
}

export interface Drawn {
  readonly intervals: { readonly id: string; readonly rev: number }[];
  readonly lines: Line[];
  readonly currency: string;
  readonly round: string;
  readonly left: readonly LeftOut[];
  /** Those of `left` that should have a price and have none: the invoice cannot be issued. */
  readonly unpriced: readonly LeftOut[];
}

/** Counts what a draft comes to; what runs is timed up to `now`. */
export function drawn(office: Office, { client, period }: Pick<Invoice, "client" | "period">, now: number): Drawn {
  const { from, to, dayStart } = period;
  const zone = zoneHere(period.zone);
  const { abbrev } = office.clients.at(client);
  const terms = termsOf(office, ["", client]);
  const found = [...entries(office, from, to)].filter((entry) => entry.client === abbrev && entry.start >= from);
  const left = new Left(now);
  const wanted = found.filter((entry) => {
    const why = reason(entry);
    if (why !== undefined) left.add(entry, why);
    return why === undefined;
  });
  const dayOf = daysOf(zone, dayStart);
  const rateOf = rateBook(ratesOf(office));
  const priced = wanted.map((entry) => ({ entry, rate: rateOf(entry, dayOf(entry.start).date) }));
  const currency = terms.currency || (priced.find(({ rate }) => rate !== undefined)?.rate?.currency ?? "");
  const unpriced = new Left(now);
  const groups = new Map<string, { rate: Rate; entries: NamedInterval[] }>();
  for (const { entry, rate } of priced) {
    if (rate?.currency === currency) {
      const key = `${taskText(entry)} ${rate.scope} ${rate.from}`;
      const group = groups.get(key) ?? { rate, entries: [] };
      groups.set(key, group);
      group.entries.push(entry);
    } else unpriced.add(entry, rate ? `its rate is in ${rate.currency}` : "it has no rate");
  }
  const whole = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, now, zone, dayStart };
  const lines = [...groups.values()].map(({ rate, entries }): Line => {
    const [first, last] = [entries[0] as NamedInterval, entries.at(-1) as NamedInterval];
    const { project, task } = find(office, first);
    const ids = ["", client, project?.id ?? "", task?.id ?? ""];
    // What is rounded as one never has two rates: what is printed, times the rate, is what is asked for.
    const pieces = billed(entries, { ...whole, rates: [], round: parseRounding(terms.round) });
    const billedMs = pieces.reduce((sum, piece) => sum + piece.billedMs, 0);
    return {
      ...{ task: ids[3] as string, text: taskText(first), billedMs, minor: costOf(billedMs, rate.minor) },
      ms: pieces.reduce((sum, { ms }) => sum + ms, 0),
      rate: { scope: scopeId(office, rate.scope), from: rate.from, minor: rate.minor },
      lastDay: dayOf(last.start).date,
      vat: terms.reverse === "" ? termsOf(office, ids).vat : 0,
    };
  });
  lines.sort((a, b) => (a.text === b.text ? (a.lastDay < b.lastDay ? -1 : 1) : a.text < b.text ? -1 : 1));
  const intervals = [...groups.values()].flatMap(({ entries }) => entries.map(({ id, rev }) => ({ id, rev })));
  return {
    intervals,
    lines,
    currency,
    round: terms.round,
    left: [...left.all, ...unpriced.all],
    unpriced: unpriced.all,
  };
}

function reason({ end, billable, invoice }: NamedInterval): string | undefined {
  if (invoice !== undefined) return `it is on ${invoice}`;
  if (!billable) return "it is not billable";
  return end === null ? "it is still running" : undefined;
}

function taskText({ project, task }: Pick<NamedInterval, "project" | "task">): string {
  return `${project}/${task}`;
}

class Left {
  readonly #now: number;
  readonly #all = new Map<string, { handle: string; why: string; intervals: number; ms: number }>();

  constructor(now: number) {
    this.#now = now;
  }

  add({ handle, start, end }: NamedInterval, why: string): void {
    const one = this.#all.get(`${handle} ${why}`) ?? { handle, why, intervals: 0, ms: 0 };
    this.#all.set(`${handle} ${why}`, one);
    one.intervals += 1;
    one.ms += Math.max(0, (end ?? this.#now) - start);
  }

  get all(): LeftOut[] {
    return [...this.#all.values()];
  }
}
