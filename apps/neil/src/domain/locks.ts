/**
 * What stands on an invoice stays as it is, for every command and every undo: its intervals, where they belong, the rates
 * they were counted at, and the invoice itself. `change.ts` asks here before it writes a row. All throw LOCKED.
 */
import { handleOf, handleText } from "./handle.js";
import { type Invoice, invoiceText, isLive } from "./invoice.js";
import type { Changed, Office, RateRow, Row } from "./office.js";
import { Refused } from "./refused.js";

/** The number of the invoice that an interval stands on. */
export function invoiceOf(office: Office, interval: string): string | undefined {
  const lock = office.locks.get(interval);
  return lock === undefined ? undefined : office.invoices.at(lock.invoice).number;
}

/** Refuses a change of a row that an invoice holds. */
export function refuseLocked(office: Office, { table, id, before, after }: Changed): void {
  if (table === "invoices") refuseFrozen(before as Invoice | null, after as Invoice | null);
  if (table === "rates") for (const row of [before, after]) refuseRate(office, row as RateRow | null);
  if (before === null) return;
  if (table === "intervals") refuseInterval(office, id);
  if (table === "tasks" || table === "projects") refuseMove(office, table, before, after);
}

/** Refuses whatever would take the place of an interval, or its time, or its words. */
export function refuseInterval(office: Office, id: string): void {
  const number = invoiceOf(office, id);
  if (number === undefined) return;
  const about = handleText(handleOf(office, office.intervals.at(id).task));
  throw new Refused("LOCKED", `this interval of ${about} is on invoice ${number}`);
}

// A number that was given out is never taken back.
function refuseFrozen(before: Invoice | null, after: Invoice | null): void {
  if (before === null || before.state === "draft") return;
  const text = invoiceText(before);
  const way =
    before.kind === "credit" ? "make a new invoice instead" : `cancel it instead: neil invoice cancel ${before.number}`;
  if (after === null || frozen(before) !== frozen(after)) {
    throw new Refused("LOCKED", `${text} was issued, and keeps its number and what it says: ${way}`);
  }
  if (before.state === "canceled" && after.state !== "canceled") {
    throw new Refused(
      "LOCKED",
      `${text} was canceled by ${before.counterpart}, which stays: make a new invoice instead`,
    );
  }
}

function frozen(invoice: Invoice): string {
  return JSON.stringify({ ...invoice, rev: 0, state: invoice.state === "draft", paidOn: "", counterpart: "" });
}

// A rate may not come between the work that was billed and the rate it was billed at.
function refuseRate(office: Office, row: RateRow | null): void {
  if (row === null) return;
  for (const invoice of live(office)) {
    for (const { task, rate, lastDay } of invoice.bill?.lines ?? []) {
      const chain = chainOf(office, task);
      const [own, theirs] = [chain.indexOf(row.scope), chain.indexOf(rate.scope)];
      const nearer = own >= 0 && (own < theirs || (own === theirs && row.from >= rate.from));
      if (!nearer || row.from > lastDay) continue;
      throw new Refused(
        "LOCKED",
        `work of up to ${lastDay} is on invoice ${invoice.number} at its rate: set the new one from a later day on, --from`,
      );
    }
  }
}

function refuseMove(office: Office, table: "tasks" | "projects", before: Row, after: Row | null): void {
  const above = table === "tasks" ? "project" : "client";
  const [from, to] = [before, after].map((row) => (row as unknown as Record<string, string> | null)?.[above]);
  if (from === to) return;
  for (const invoice of live(office)) {
    for (const { task } of invoice.bill?.lines ?? []) {
      if (!chainOf(office, task).slice(0, 2).includes(before.id)) continue;
      throw new Refused("LOCKED", `work of this ${table.slice(0, -1)} is on invoice ${invoice.number}`);
    }
  }
}

// What a rate may belong to, the nearest first.
function chainOf(office: Office, id: string): string[] {
  const task = office.tasks.get(id);
  const project = task && office.projects.get(task.project);
  return [id, ...(task ? [task.project] : []), ...(project ? [project.client] : []), ""];
}

function* live(office: Office): Generator<Invoice> {
  for (const invoice of office.invoices) if (isLive(invoice)) yield invoice;
}
