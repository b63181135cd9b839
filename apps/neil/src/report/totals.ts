/**
 * The report: worked time of a period, summed up.
 * Intervals are cut at the borders of the period and of its days into pieces. What is rounded (a time) or priced (a line of
 * a bill: one task at one rate) is made once for many pieces and then handed out to them, so that however pieces are
 * grouped, the sums are the same to the millisecond and the cent.
 */
import { apportion } from "./apportion.js";
import { type Day, daysOf } from "./days.js";
import type { Entry } from "./entry.js";
import { costOf, type Money } from "./money.js";
import { type Rate, rateBook } from "./rates.js";
import { type Rounding, rounded } from "./rounding.js";

export const GROUPINGS = ["client", "project", "task", "tag", "day", "week", "month", "quarter", "year"] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Query {
  /** Epoch milliseconds, [from, to); whatever lies outside does not count. */
  readonly from: number;
  readonly to: number;
  /** A running interval counts up to here. */
  readonly now: number;
  /** The IANA zone whose days count. */
  readonly zone: string;
  /** The minute after midnight at which a day begins, 0 by default. */
  readonly dayStart?: number | undefined;
  /** The day on which a week begins, 1 (Monday) by default. */
  readonly weekStart?: number | undefined;
  /** One or more: the first is the outermost. */
  readonly by: readonly Grouping[];
  readonly round?: Rounding | undefined;
  readonly rates?: readonly Rate[];
}

export interface Sum {
  readonly intervals: number;
  /** Worked. */
  readonly ms: number;
  /** Worked, as rounded. */
  readonly billedMs: number;
  /** What the billed time costs, where it is billable and has a rate. */
  readonly money: Money;
}

export interface Total extends Sum {
  /** One for each grouping: "acme", "acme/site", "acme/site/header", a tag or "" for none, "2026-10-25", "2026-W43" ... */
  readonly keys: readonly string[];
}

export interface Report extends Sum {
  readonly by: readonly Grouping[];
  /** Time in its order, anything else the longest first. An interval counts under each of its tags, in the sum once. */
  readonly totals: readonly Total[];
}

/** What of an interval lies in a day; its parts of what was rounded and priced as one. */
export interface Piece {
  readonly entry: Entry;
  readonly day: Day;
  readonly ms: number;
  billedMs: number;
  rate: Rate | undefined;
  minor: number;
}

/** Sums up. Throws a RangeError for a zone that nobody knows. */
export function report(entries: Iterable<Entry>, query: Query): Report {
  const pieces = billed(entries, query);
  const whole = new Counter([]);
  const rows = new Map<string, Counter>();
  for (const piece of pieces) {
    whole.add(piece);
    for (const keys of keysOf(piece, query.by)) {
      const name = keys.join("\n");
      const row = rows.get(name) ?? new Counter(keys);
      rows.set(name, row);
      row.add(piece);
    }
  }
  const { intervals, ms, billedMs, money } = whole.total();
  const totals = sorted(
    [...rows.values()].map((row) => row.total()),
    query.by,
  );
  return { by: query.by, totals, intervals, ms, billedMs, money };
}

/** The pieces that a report is the sum of, by their intervals and days. */
export function billed(entries: Iterable<Entry>, query: Omit<Query, "by">): readonly Piece[] {
  const pieces = cut(entries, query);
  bill(pieces, query.round);
  price(pieces, query);
  return pieces;
}

function cut(entries: Iterable<Entry>, { from, to, now, zone, dayStart, weekStart }: Omit<Query, "by">): Piece[] {
  const dayOf = daysOf(zone, dayStart, weekStart);
  const pieces: Piece[] = [];
  for (const entry of entries) {
    const end = Math.min(entry.end ?? now, to);
    let at = Math.max(entry.start, from);
    while (at < end) {
      const day = dayOf(at);
      const ms = Math.min(end, day.end) - at;
      pieces.push({ entry, day, ms, billedMs: ms, rate: undefined, minor: 0 });
      at += ms;
    }
  }
  return pieces;
}

function bill(pieces: readonly Piece[], round: Rounding | undefined): void {
  if (round === undefined) return;
  const cell = {
    interval: ({ entry }: Piece) => entry.id,
    day: ({ entry, day }: Piece) => `${taskOf(entry)} ${day.date}`,
    total: ({ entry }: Piece) => taskOf(entry),
  }[round.scope];
  for (const together of grouped(pieces, cell)) {
    const weights = together.map(({ ms }) => ms);
    const billed = apportion(rounded(sumOf(weights), round), weights);
    together.forEach((piece, index) => {
      piece.billedMs = billed[index] ?? 0;
    });
  }
}

function price(pieces: readonly Piece[], { rates = [], zone, dayStart }: Omit<Query, "by">): void {
  if (rates.length === 0) return;
  const rateOf = rateBook(rates);
  const dayOf = daysOf(zone, dayStart);
  for (const piece of pieces) {
    if (piece.entry.billable) piece.rate = rateOf(piece.entry, dayOf(piece.entry.start).date);
  }
  for (const line of grouped(pieces, ({ entry, rate }) => `${taskOf(entry)} ${rate?.scope} ${rate?.from}`)) {
    const rate = line[0]?.rate;
    if (rate === undefined) continue;
    const weights = line.map(({ billedMs }) => billedMs);
    const parts = apportion(costOf(sumOf(weights), rate.minor), weights);
    line.forEach((piece, index) => {
      piece.minor = parts[index] ?? 0;
    });
  }
}

function* keysOf({ entry, day }: Piece, by: readonly Grouping[]): Generator<string[]> {
  const tags = by.includes("tag") && entry.tags.length > 0 ? new Set(entry.tags) : [""];
  for (const tag of tags) yield by.map((grouping) => keyOf(grouping, entry, day, tag));
}

function keyOf(grouping: Grouping, { client, project, task }: Entry, { date, week }: Day, tag: string): string {
  switch (grouping) {
    case "client":
      return client;
    case "project":
      return `${client}/${project}`;
    case "task":
      return `${client}/${project}/${task}`;
    case "tag":
      return tag;
    case "day":
      return date;
    case "week":
      return week;
    case "month":
      return date.slice(0, -3);
    case "quarter":
      return `${date.slice(0, -6)}-Q${Math.ceil(Number(date.slice(-5, -3)) / 3)}`;
    case "year":
      return date.slice(0, -6);
  }
}

class Counter {
  readonly #keys: readonly string[];
  readonly #money: Record<string, number> = {};
  // The pieces of an interval come one after the other.
  #last: Entry | undefined;
  #intervals = 0;
  #ms = 0;
  #billedMs = 0;

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  add({ entry, ms, billedMs, rate, minor }: Piece): void {
    if (entry !== this.#last) this.#intervals += 1;
    this.#last = entry;
    this.#ms += ms;
    this.#billedMs += billedMs;
    if (rate !== undefined) this.#money[rate.currency] = (this.#money[rate.currency] ?? 0) + minor;
  }

  total(): Total {
    return {
      keys: this.#keys,
      intervals: this.#intervals,
      ms: this.#ms,
      billedMs: this.#billedMs,
      money: this.#money,
    };
  }
}

const CALENDAR: ReadonlySet<Grouping> = new Set(["day", "week", "month", "quarter", "year"]);

// Each level by itself: of an outer one all rows stand together.
function sorted(totals: readonly Total[], by: readonly Grouping[]): Total[] {
  const weights = by.map((_, level) => {
    const sums = new Map<string, number>();
    for (const { keys, ms } of totals) {
      const prefix = keys.slice(0, level + 1).join("\n");
      sums.set(prefix, (sums.get(prefix) ?? 0) + ms);
    }
    return sums;
  });
  return totals.toSorted((a, b) => {
    for (const [level, grouping] of by.entries()) {
      const [left = "", right = ""] = [a.keys[level], b.keys[level]];
      if (left === right) continue;
      const weight = ({ keys }: Total): number => weights[level]?.get(keys.slice(0, level + 1).join("\n")) ?? 0;
      const longer = CALENDAR.has(grouping) ? 0 : weight(b) - weight(a);
      return longer || (left < right ? -1 : 1);
    }
    return 0;
  });
}

function grouped(pieces: readonly Piece[], keyOf: (piece: Piece) => string): Iterable<Piece[]> {
  const groups = new Map<string, Piece[]>();
  for (const piece of pieces) {
    const key = keyOf(piece);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [piece]);
    else group.push(piece);
  }
  return groups.values();
}

function taskOf({ client, project, task }: Entry): string {
  return `${client}/${project}/${task}`;
}

function sumOf(parts: readonly number[]): number {
  return parts.reduce((sum, part) => sum + part, 0);
}
