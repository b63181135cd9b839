/**
 * What invoices promise, looked over: every one holds its work and nobody else's, numbers of a series have no gap and go up
 * with their days, and sums are those of the lines.
 */
import { type Bill, type Invoice, invoiceText, isLive, sumsOf, turned } from "../domain/invoice.js";
import type { Office } from "../domain/office.js";

export function invoiceFaults(office: Office): string[] {
  const issued = [...office.invoices].filter(({ state }) => state !== "draft");
  return [...locks(office, issued), ...numbers(issued), ...issued.flatMap((invoice) => said(office, invoice))];
}

function locks(office: Office, issued: readonly Invoice[]): string[] {
  const found: string[] = [];
  const held = new Map<string, Invoice>();
  for (const invoice of issued.filter(isLive)) {
    for (const id of invoice.bill?.intervals ?? []) {
      const tell = (what: string): void => void found.push(`${invoiceText(invoice)}: its interval ${id} ${what}`);
      const other = held.get(id);
      if (other !== undefined) tell(`is on ${invoiceText(other)} too`);
      held.set(id, invoice);
      if (!office.intervals.has(id)) tell("is gone");
      else if (office.locks.get(id)?.invoice !== invoice.id) tell("is not locked");
    }
  }
  for (const { id } of office.locks) if (!held.has(id)) found.push(`interval ${id} is locked by no invoice`);
  return found;
}

function numbers(issued: readonly Invoice[]): string[] {
  const found: string[] = [];
  const taken = new Set<string>();
  const series = new Map<string, Invoice[]>();
  for (const invoice of issued) {
    const { number, place } = invoice;
    if (taken.has(number)) found.push(`the number ${number} is there twice`);
    taken.add(number);
    if (place === null) found.push(`${invoiceText(invoice)} has no place in a series`);
    else series.set(place.series, [...(series.get(place.series) ?? []), invoice]);
  }
  for (const all of series.values()) {
    all.sort((a, b) => nOf(a) - nOf(b));
    for (const [at, invoice] of all.entries()) {
      const before = all[at - 1];
      if (before === undefined) continue;
      if (nOf(invoice) !== nOf(before) + 1) found.push(`the next number to ${before.number} is ${invoice.number}`);
      if (invoice.issuedOn < before.issuedOn) {
        found.push(`${invoice.number} was issued on ${invoice.issuedOn}, before ${before.number}`);
      }
    }
  }
  return found;
}

function nOf({ place }: Invoice): number {
  return place?.n ?? 0;
}

function said(office: Office, invoice: Invoice): string[] {
  const { bill, kind, state, counterpart } = invoice;
  const tell = (what: string): string => `${invoiceText(invoice)} ${what}`;
  if (bill === null) return [tell("says nothing")];
  const found: string[] = [];
  const told = kind === "credit" ? turned(bill) : bill;
  if (text(told.sums) !== text(sumsOf(told.lines))) found.push(tell("has other sums than its lines"));
  if (kind === "invoice" && state !== "canceled") return found;
  const other = [...office.invoices].find(({ number }) => number === counterpart);
  const fits = other?.bill && other.kind !== kind && other.counterpart === invoice.number;
  if (!fits || text(turned(bill).sums) !== text(other.bill.sums)) found.push(tell("and its counterpart do not fit"));
  return found;
}

function text({ net, vat, total }: Bill["sums"]): string {
  // Nothing, turned round, is nothing.
  return JSON.stringify([net, ...vat.map(({ rate, net, minor }) => [rate, net, minor]), total]);
}
