/**
 * How commands change the office: rows are put and dropped here and nowhere else. A command runs once, whatever comes
 * again; what it changed is kept as its step, which takes it back; and before it counts, every rule is judged:
 * ids are what they were, names are unique, what belongs to something has it, intervals end after they begin, none overlaps
 * another, one at most runs, and what stands on an invoice stays as it is.
 */
import { type Meta, peek } from "@good-place/shawn";
import { handleOf, handleText, nameKey } from "./handle.js";
import { isLive } from "./invoice.js";
import { invoiceOf, refuseInterval, refuseLocked } from "./locks.js";
import {
  type Changed,
  type Interval,
  type Office,
  peeked,
  type Row,
  type RowTypes,
  type Step,
  type TableName,
} from "./office.js";
import { Refused } from "./refused.js";
import { backwards, enter, leave, starting } from "./timeline.js";

/** How many commands at least can be taken back, and are known when they come again. */
export const STEPS_KEPT = 1000;

export interface Command {
  readonly act: string;
  /** Made by whoever asks. An act without one is known by its own id. */
  readonly command?: string | undefined;
  readonly about: string;
}

/** Runs a command's changes, unless it has run already. Throws what the rules refuse; the update is dropped whole then. */
export function change(office: Office, meta: Meta, { act, command, about }: Command, body: (it: Change) => void): void {
  const id = command ?? meta.id;
  if (office.steps.has(id)) return;
  const it = new Change(office, meta);
  body(it);
  it.judge();
  if (it.changes.length === 0) return;
  // What was undone cannot be done again once something else was done. That it was asked for stays known.
  for (const undone of office.undone) office.steps.set({ ...office.steps.at(undone), changes: [] });
  office.undone = [];
  keep(office, { id, act, at: meta.at, by: meta.by ?? null, about, retracedBy: null, changes: it.changes });
}

// Many of the oldest are forgotten at once: to find them takes a walk over all.
function keep(office: Office, step: Step): void {
  office.steps.add(step);
  if (office.steps.size < STEPS_KEPT * 2) return;
  let left = STEPS_KEPT;
  const oldest: string[] = [];
  for (const { id } of peek(office.steps)) if (left-- > 0) oldest.push(id);
  for (const id of oldest) office.steps.delete(id);
}

/** A row but for its `rev`, as text that can be compared. */
export function content(row: Row | null | undefined): string {
  return JSON.stringify(row ?? null, (key, value) => (key === "rev" ? undefined : value));
}

export class Change {
  readonly office: Office;
  /** The office as it stands, to be looked at: whoever reads many rows reads them here. */
  readonly view: Office;
  readonly meta: Meta;
  readonly changes: Changed[] = [];

  constructor(office: Office, meta: Meta) {
    this.office = office;
    this.view = peeked(office);
    this.meta = meta;
  }

  /** A row as it is, or NOT_FOUND. */
  row<Name extends TableName>(table: Name, id: string): RowTypes[Name] {
    const row = this.view[table].get(id);
    if (row === undefined) throw new Refused("NOT_FOUND", `there is no such row any more: ${id}`);
    return plain(row) as RowTypes[Name];
  }

  put<Name extends TableName>(table: Name, row: RowTypes[Name]): void {
    this.#write(table, row.id, { ...row, rev: this.meta.seq });
  }

  /** Puts a row as it was when it was written. */
  restore<Name extends TableName>(table: Name, row: RowTypes[Name]): void {
    this.#write(table, row.id, row);
  }

  drop(table: TableName, id: string): void {
    this.#write(table, id, null);
  }

  #write(table: TableName, id: string, after: Row | null): void {
    const known = this.view[table].get(id);
    const before = known === undefined ? null : plain(known as Row);
    if (before === null ? after === null : after !== null && content(before) === content(after)) return;
    refuseLocked(this.view, { table, id, before, after });
    if (before !== null) this.#derive(table, before, -1);
    if (after === null) this.office[table].delete(id);
    else (this.office[table] as { set(row: Row): void }).set(after);
    if (after !== null) this.#derive(table, after, 1);
    this.changes.push({ table, id, before, after });
  }

  // What follows from a row comes and goes with it.
  #derive(table: TableName, row: Row, by: 1 | -1): void {
    const { office, view } = this;
    const above = owner(table, row);
    if (above !== null) {
      const before = view.held.get(above) ?? { count: 0, ms: 0 };
      const count = before.count + by;
      if (count === 0) office.held.delete(above);
      else office.held.set({ id: above, count, ms: before.ms + by * endedMs(table, row) });
    }
    const name = named(table, row);
    if (name !== null) {
      const key = nameKey(above ?? "", name);
      if (by > 0 && office.names.has(key))
        throw new Refused("ALREADY", `there is a ${table.slice(0, -1)} ${name} already`);
      if (by > 0) office.names.add({ id: key, of: row.id });
      else office.names.delete(key);
    }
    if (table === "invoices") this.#lock(row as RowTypes["invoices"], by);
    if (table !== "intervals") return;
    const interval = row as Interval;
    if (by > 0) enter(office, interval);
    else leave(office, interval);
    if (interval.end !== null) return;
    if (by < 0) office.running = null;
    else if (office.running !== null) {
      const other = view.intervals.at(office.running);
      throw new Refused("RUNNING", `${handleText(handleOf(view, other.task))} is running already`);
    } else office.running = interval.id;
  }

  #lock(invoice: RowTypes["invoices"], by: 1 | -1): void {
    if (!isLive(invoice)) return;
    const { locks } = this.office;
    for (const id of invoice.bill?.intervals ?? []) {
      if (by < 0) locks.delete(id);
      else {
        refuseInterval(this.view, id);
        locks.add({ id, invoice: invoice.id });
      }
    }
  }

  /** Refuses what the changes have come to, if it breaks a rule. */
  judge(): void {
    for (const { table, id, after } of this.changes) {
      if (this.view[table].get(id) === undefined) {
        if (this.view.held.has(id))
          throw new Refused("IN_USE", `something still belongs to this ${table.slice(0, -1)}`);
        continue;
      }
      if (after === null) continue;
      this.#judgeOwner(table, after);
      if (table === "intervals") this.#judgeTime(this.view.intervals.at(id));
    }
  }

  #judgeOwner(table: TableName, row: Row): void {
    const above = owner(table, row);
    const tables = { projects: "clients", tasks: "projects", intervals: "tasks", invoices: "clients" } as const;
    if (above === null || this.view[tables[table as keyof typeof tables]].has(above)) return;
    throw new Refused("CONFLICT", `what this ${table.slice(0, -1)} belongs to is not there any more`);
  }

  #judgeTime(interval: Interval): void {
    const { start, end } = interval;
    if (end !== null && end < start) {
      throw new Refused(
        "BAD_INTERVAL",
        `it would end at ${clockText(end, interval)}, before its start at ${clockText(start, interval)}`,
      );
    }
    const other = neighbour(this.view, interval);
    if (other === undefined) return;
    const number = invoiceOf(this.view, other.id);
    if (number !== undefined) {
      throw new Refused(
        "LOCKED",
        `it would share time with ${intervalText(this.view, other)}, which is on invoice ${number}`,
      );
    }
    throw new Refused("OVERLAP", `it would share time with ${intervalText(this.view, other)}`);
  }
}

/** An interval that shares time with this one. */
function neighbour(office: Office, { id, start, end }: Interval): Interval | undefined {
  if (end === start) return undefined;
  for (const before of backwards(office, start)) {
    if (before.end === before.start) continue;
    if ((before.end ?? Number.POSITIVE_INFINITY) > start) return before;
    break;
  }
  for (const other of starting(office, start, end ?? Number.POSITIVE_INFINITY)) {
    if (other.id !== id && other.end !== other.start) return other;
  }
  return undefined;
}

function owner(table: TableName, row: Row): string | null {
  if (table === "projects") return (row as RowTypes["projects"]).client;
  if (table === "tasks") return (row as RowTypes["tasks"]).project;
  if (table === "intervals") return (row as RowTypes["intervals"]).task;
  if (table === "invoices") return (row as RowTypes["invoices"]).client;
  return null;
}

function endedMs(table: TableName, row: Row): number {
  if (table !== "intervals") return 0;
  const { start, end } = row as Interval;
  return end === null ? 0 : Math.max(0, end - start);
}

function named(table: TableName, row: Row): string | null {
  if (table === "clients") return (row as RowTypes["clients"]).abbrev;
  if (table === "projects") return (row as RowTypes["projects"]).name;
  if (table === "tasks") return (row as RowTypes["tasks"]).name;
  return null;
}

/** "acme/site/header, 2026-10-06 09:00 to 10:30" */
export function intervalText(office: Office, interval: Interval): string {
  const { task, start, end } = interval;
  const until = end === null ? "now" : clockText(end, interval);
  return `${handleText(handleOf(office, task))}, ${clockText(start, interval)} to ${until}`;
}

/** A time as the clock showed it in the zone where the interval was entered. */
export function clockText(at: number, { zone }: { readonly zone: string }): string {
  const style = { dateStyle: "short", timeStyle: "medium" } as const;
  try {
    return new Intl.DateTimeFormat("sv-SE", { ...style, timeZone: zone }).format(at);
  } catch {
    // A zone that this machine does not know: it came with an act of another one.
    return new Intl.DateTimeFormat("sv-SE", { ...style, timeZone: "UTC" }).format(at);
  }
}

// A draft must not be kept in a step: rows are plain data.
function plain<R extends Row>(row: R): R {
  return JSON.parse(JSON.stringify(row)) as R;
}
