/**
 * Invoices: what one says, its sums, and the number that it takes. A draft says only of whom and of when it is; what it comes
 * to is frozen when it is issued, and from then on nothing but its state changes.
 * Money is in minor units; `total` is the sum of the lines and of the VAT, always.
 */
import type { InvoiceInfo, Office, Row } from "./office.js";

/** Whoever sends or gets an invoice. */
export interface Party extends InvoiceInfo {
  readonly name: string;
}

/** The work on one task at one rate. */
export interface Line {
  /** The id of the task, and its name below the client as it was. */
  readonly task: string;
  readonly text: string;
  /** Worked, and worked as rounded. */
  readonly ms: number;
  readonly billedMs: number;
  /** Whose rate it is, from which day on, and how much an hour. */
  readonly rate: { readonly scope: string; readonly from: string; readonly minor: number };
  /** The day on which the last of its intervals began. */
  readonly lastDay: string;
  /** Hundredths of a percent. */
  readonly vat: number;
  readonly minor: number;
}

/** What is frozen when an invoice is issued. */
export interface Bill {
  /** The ids of the intervals. */
  readonly intervals: readonly string[];
  readonly lines: readonly Line[];
  readonly currency: string;
  readonly round: string;
  readonly sender: Party;
  /** The account that is to be paid to. */
  readonly bank: string;
  readonly recipient: Party;
  /** Why there is no VAT; empty where there is. */
  readonly reverse: string;
  readonly note: string;
  readonly sums: Sums;
}

export interface Sums {
  readonly net: number;
  readonly vat: readonly { readonly rate: number; readonly net: number; readonly minor: number }[];
  readonly total: number;
}

export interface Invoice extends Row {
  readonly kind: "invoice" | "credit";
  readonly state: "draft" | "issued" | "paid" | "canceled";
  readonly client: string;
  /** The intervals that begin in [from, to), whole, by the days of the zone. */
  readonly period: {
    readonly from: number;
    readonly to: number;
    readonly zone: string;
    readonly dayStart: number;
    readonly text: string;
  };
  /** "draft-1" until it is issued. */
  readonly number: string;
  /** Where the number stands: in each series they go up by one. */
  readonly place: { readonly series: string; readonly n: number } | null;
  /** Days, like "2026-11-02". */
  readonly issuedOn: string;
  readonly due: string;
  readonly paidOn: string;
  /** Of an invoice the number of what canceled it, of a credit note that of the invoice. */
  readonly counterpart: string;
  readonly bill: Bill | null;
}

/** What is agreed with everybody, with a client, or, of the VAT, for a project or a task. What is not there is that of everybody. */
export interface TermsRow extends Row {
  /** The id of a client, a project or a task; "" for everybody. */
  readonly scope: string;
  readonly fields: Partial<Terms>;
}

export interface Terms {
  readonly sender: Partial<Party>;
  readonly bank: string;
  readonly pattern: string;
  /** The first number of a series that has none yet. */
  readonly first: { readonly series: string; readonly n: number };
  readonly vat: number;
  readonly dueDays: number;
  readonly round: string;
  /** "" is that of the first line. */
  readonly currency: string;
  readonly reverse: string;
  readonly note: string;
}

export const USUAL_TERMS: Terms = {
  sender: {},
  bank: "",
  pattern: "{YYYY}-{NNN}",
  first: { series: "", n: 1 },
  vat: 0,
  dueDays: 14,
  // What is printed, in minutes, times the rate is what is asked for.
  round: "1m:nearest/total",
  currency: "",
  reverse: "",
  note: "",
};

/** What holds for a scope, `above` it first: ["", client, project, task]. */
export function termsOf(office: Office, above: readonly string[]): Terms {
  const set = above.map((scope) => office.terms.get(termsId(scope))?.fields ?? {});
  return Object.assign({}, USUAL_TERMS, ...set) as Terms;
}

export function termsId(scope: string): string {
  return `${scope}@terms`;
}

const LETTERS = String.raw`(?:[\p{L}\p{N}._/-]|\{YYYY\}|\{YY\})*`;
/** Letters, digits and . _ / - around one {NNN}, with the year if wanted. */
export const PATTERN: RegExp = new RegExp(`^(?!draft)(?=.{1,40}$)${LETTERS}\\{N{1,9}\\}${LETTERS}$`, "iu");

/** The series in which a day's invoices are numbered: with the year in its pattern each year has its own. */
export function seriesOf(pattern: string, day: string): string {
  return pattern
    .replace(/\{N+\}/i, (letters) => letters.toUpperCase())
    .replace(/\{YYYY\}/gi, day.slice(0, 4))
    .replace(/\{YY\}/gi, day.slice(2, 4));
}

/** The last number of a series; 0 where there is none. */
export function lastOf(office: Office, series: string): number {
  let last = 0;
  for (const { place } of office.invoices) if (place?.series === series) last = Math.max(last, place.n);
  return last;
}

/** The next number of that day. */
export function nextNumber(
  office: Office,
  day: string,
): { readonly number: string; readonly place: { readonly series: string; readonly n: number } } {
  const { pattern, first } = termsOf(office, [""]);
  const series = seriesOf(pattern, day);
  const last = lastOf(office, series);
  const n = last > 0 ? last + 1 : first.series === series ? first.n : 1;
  const number = series.replace(/\{N+\}/, (letters) => String(n).padStart(letters.length - 2, "0"));
  return { number, place: { series, n } };
}

/** VAT is counted on the sum of the lines of each rate, half up. */
export function sumsOf(lines: readonly Pick<Line, "vat" | "minor">[]): Sums {
  const byRate = new Map<number, number>();
  for (const { vat, minor } of lines) byRate.set(vat, (byRate.get(vat) ?? 0) + minor);
  const vat = [...byRate]
    .filter(([rate]) => rate > 0)
    .sort(([a], [b]) => b - a)
    .map(([rate, net]) => ({ rate, net, minor: Number((BigInt(net) * BigInt(rate) * 2n + 10_000n) / 20_000n) }));
  const net = lines.reduce((sum, { minor }) => sum + minor, 0);
  return { net, vat, total: vat.reduce((sum, { minor }) => sum + minor, net) };
}

/** The same with every amount turned round: what a credit note says. */
export function turned(bill: Bill): Bill {
  const { net, vat, total } = bill.sums;
  return {
    ...bill,
    intervals: [],
    lines: bill.lines.map((line) => ({ ...line, minor: -line.minor })),
    sums: {
      net: -net,
      vat: vat.map(({ rate, net, minor }) => ({ rate, net: -net, minor: -minor })),
      total: -total,
    },
  };
}

/** A day so many days later. */
export function later(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Does it hold the intervals that stand on it? */
export function isLive({ kind, state }: Pick<Invoice, "kind" | "state">): boolean {
  return kind === "invoice" && (state === "issued" || state === "paid");
}

export function invoiceText({ kind, number }: Pick<Invoice, "kind" | "number">): string {
  return `${kind === "credit" ? "credit note" : "invoice"} ${number}`;
}
