/**
 * The answers about invoices, and the acts that need a look at the office first: what a draft comes to is counted here, and
 * frozen by the act.
 */
import { nearest } from "@good-place/channel/misuse";
import type { Handlers } from "@good-place/hemple";
import type { Act, Shawn } from "@good-place/shawn";
import type * as z from "zod/mini";
import type { asks } from "../asks.js";
import { now } from "../clock.js";
import { issueInvoice, setTerms } from "../domain/acts/invoices.js";
import { type Invoice, invoiceText, later, nextNumber, seriesOf, sumsOf, termsId, termsOf } from "../domain/invoice.js";
import type { Office } from "../domain/office.js";
import { Refused } from "../domain/refused.js";
import { scopeId } from "../domain/scopes.js";
import { type Drawn, drawn, type LeftOut } from "../invoice/bill.js";
import type { Head, InvoicesContract, Sheet } from "../invoices-contract.js";
import { dateAt } from "../time/calendar.js";
import { zoneHere } from "../time/zone.js";
import { named } from "./resolve.js";

const PAGE = 500;

export function invoiceMethods(office: Shawn<Office>): Handlers<InvoicesContract> {
  const durable = (): Office => office.durable.envelope;
  return {
    invoices: ({ from, day }) =>
      [...durable().invoices].slice(from, from + PAGE).map((row) => headOf(sheetOf(durable(), row, day))),
    invoice: ({ number, day }) => sheetOf(durable(), invoiceNamed(durable(), number), day),
    terms({ scope }) {
      const ids = chain(durable(), scope);
      const fields = durable().terms.get(termsId(ids.at(-1) ?? ""))?.fields ?? {};
      return copy({ set: fields, holds: termsOf(durable(), ids) });
    },
  };
}

/** The invoice that is meant, as it is now. Throws NOT_FOUND, with the nearest. */
export function seenInvoice(office: Office, number: string): { readonly invoice: string; readonly rev: number } {
  const { id, rev } = invoiceNamed(office, number);
  return { invoice: id, rev };
}

function invoiceNamed(office: Office, number: string): Invoice {
  const numbers: string[] = [];
  for (const invoice of office.invoices) {
    if (invoice.number === number) return invoice;
    numbers.push(invoice.number);
  }
  const near = nearest(number, numbers);
  throw new Refused("NOT_FOUND", `there is no invoice ${number}${near ? `; did you mean ${near}?` : ""}`);
}

export function clientId(office: Office, handle: string): string {
  const { kind, row } = named(office, handle);
  if (kind === "clients") return row.id;
  throw new Refused("NOT_FOUND", `an invoice is a client's; ${handle} is one of the ${kind}`);
}

interface Draft extends Pick<Invoice, "client" | "period"> {
  readonly command: string;
}

/** The draft, if there is anything to bill. */
export function drafted(office: Office, draft: Draft): Draft {
  const { lines, left, unpriced } = drawn(office, draft, now());
  if (lines.length > 0 || unpriced.length > 0) return draft;
  const { abbrev } = office.clients.at(draft.client);
  const but = left.length === 0 ? "" : `: ${leftText(left)}`;
  throw new Refused("NOT_FOUND", `there is no work for ${abbrev} to bill, ${draft.period.text}${but}`);
}

/** The act that issues a draft as it is now. Throws INCOMPLETE where work has no price. */
export function issued(
  office: Office,
  seen: { readonly invoice: string; readonly rev: number },
  command: string,
  day: string,
): Act {
  const draft = office.invoices.at(seen.invoice);
  if (draft.state !== "draft") throw new Refused("ALREADY", `${invoiceText(draft)} is ${draft.state} already`);
  refuseDay(office, day);
  const { unpriced, left, ...bill } = drawn(office, draft, now());
  if (unpriced.length > 0) {
    throw new Refused("INCOMPLETE", `${leftText(unpriced)}: set a rate, or make it unbillable`);
  }
  if (bill.lines.length === 0)
    throw new Refused(
      "INCOMPLETE",
      `${draft.number} has nothing to bill: ${leftText(left) || "there is no work left"}`,
    );
  return issueInvoice({ command, ...seen, day, ...bill });
}

/**
 * Refuses a day of issue or cancel by which numbers and days would not go up together, or one that no place on earth has
 * reached: after it, nothing could be issued until then. Throws BAD_DAY.
 */
export function refuseDay(office: Office, day: string, least = ""): void {
  const today = new Date(now() + 14 * 3_600_000).toISOString().slice(0, 10);
  if (day > today) throw new Refused("BAD_DAY", `${day} is still to come`);
  if (day < least) throw new Refused("BAD_DAY", `it was issued on ${least}, and cannot be canceled before`);
  const { series } = nextNumber(office, day).place;
  for (const { place, number, issuedOn } of office.invoices) {
    if (place?.series !== series || issuedOn <= day) continue;
    throw new Refused(
      "BAD_DAY",
      `${number} was issued on ${issuedOn}: the next number cannot have an earlier day, ${day}`,
    );
  }
}

type Terms = z.output<(typeof asks)["terms/set"]>;

export function termsSet(office: Office, { command, scope, day, fields: { first, ...fields } }: Terms): Act {
  const { pattern } = { ...termsOf(office, [""]), ...(fields.pattern && { pattern: fields.pattern }) };
  const begins =
    first === undefined ? {} : { first: first === null ? null : { series: seriesOf(pattern, day), n: first } };
  return setTerms({ command, scope: scopeId(office, scope), fields: { ...fields, ...begins } });
}

// "acme/site/header: it has no rate (2 intervals)"
function leftText(left: readonly LeftOut[]): string {
  const some = left.slice(0, 5).map(({ handle, why, intervals }) => {
    return `${handle}: ${why} (${intervals} ${intervals === 1 ? "interval" : "intervals"})`;
  });
  return [...some, ...(left.length > 5 ? [`and ${left.length - 5} more`] : [])].join("; ");
}

function sheetOf(office: Office, invoice: Invoice, day: string): Sheet {
  const { kind, state, number, period, issuedOn, due, paidOn, counterpart, client } = invoice;
  const head = {
    kind,
    state,
    number,
    client: office.clients.at(client).abbrev,
    period: period.text,
    since: period.from === 0 ? "" : dateAt(period.from, { ...period, zone: zoneHere(period.zone) }).toString(),
    paidOn,
    counterpart,
  };
  const { bill } = invoice;
  if (bill !== null) {
    const { sums, lines, intervals, ...frozen } = bill;
    const more = { ...sums, until: lastDay(lines), intervals: intervals.length, left: [] };
    const shown = { ...head, next: "", issuedOn, due, ...frozen, ...more };
    return copy({ ...shown, lines: lines.map(shownLine) });
  }
  const { lines, left, intervals, currency, round } = drawn(office, invoice, now());
  const terms = termsOf(office, ["", client]);
  const nowhere = { street: "", city: "", zip: "", regId: "", vatId: "", legal: "" };
  const row = office.clients.at(client);
  return copy({
    ...head,
    ...{ next: nextNumber(office, day).number, issuedOn: day, due: later(day, terms.dueDays), currency, round },
    ...{
      sender: { name: "", ...nowhere, ...terms.sender },
      bank: terms.bank,
      reverse: terms.reverse,
      note: terms.note,
    },
    recipient: { ...row.invoice, name: row.name || row.abbrev },
    ...sumsOf(lines),
    until: lastDay(lines),
    ...{ lines: lines.map(shownLine), intervals: intervals.length, left: [...left] },
  });
}

function lastDay(lines: readonly Drawn["lines"][number][]): string {
  return (
    lines
      .map(({ lastDay }) => lastDay)
      .sort()
      .at(-1) ?? ""
  );
}

function shownLine({ text, ms, billedMs, rate, vat, minor }: Drawn["lines"][number]): Sheet["lines"][number] {
  return { text, ms, billedMs, rate: rate.minor, vat, minor };
}

function headOf(sheet: Sheet): Head {
  const { kind, state, number, next, client, period, issuedOn, due, paidOn, counterpart, currency, total } = sheet;
  return { kind, state, number, next, client, period, issuedOn, due, paidOn, counterpart, currency, total };
}

// The ids above what a handle names, and its own.
function chain(office: Office, scope: string): string[] {
  if (scope === "") return [""];
  const parts = scope.split("/");
  return ["", ...parts.map((_, level) => scopeId(office, parts.slice(0, level + 1).join("/")))];
}

// Rows are frozen, and an answer belongs to whoever asked.
function copy<T extends object>(
  value: T,
): { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] } {
  return structuredClone(value) as never;
}
