/**
 * What Neil keeps: clients have projects, projects have tasks, tasks have intervals of work. Times are epoch
 * milliseconds, intervals are half-open [start, end), and at most one of them runs.
 * Rows are never changed in place: `change.ts` puts and drops them, and keeps what is derived from them (`buckets`,
 * `names`, `locks`, `held`, `running`) in step.
 */
import { peek, type Table, table } from "@good-place/shawn";
import type { Invoice, TermsRow } from "./invoice.js";

/** What every row has. */
export interface Row {
  readonly id: string;
  /** The sequence number of the act that wrote the row last: who changes it says which one was seen. */
  readonly rev: number;
}

/** What stands on an invoice about a client. Every part may be empty. */
export interface InvoiceInfo {
  readonly street: string;
  readonly city: string;
  readonly zip: string;
  readonly regId: string;
  readonly vatId: string;
  readonly legal: string;
  /** Two letters, like "CZ"; what is older has none. */
  readonly country?: string;
}

export interface Client extends Row {
  /** The first part of a handle. */
  readonly abbrev: string;
  /** The name for people; empty where the abbreviation is all there is. */
  readonly name: string;
  readonly note: string;
  readonly invoice: InvoiceInfo;
  readonly state: "active" | "archived";
  readonly createdAt: number;
}

export interface Project extends Row {
  readonly client: string;
  readonly name: string;
  readonly note: string;
  readonly state: "active" | "completed" | "archived";
  readonly createdAt: number;
}

export interface Task extends Row {
  readonly project: string;
  readonly name: string;
  readonly note: string;
  readonly state: "active" | "completed" | "canceled";
  readonly createdAt: number;
}

export interface Interval extends Row {
  readonly task: string;
  readonly start: number;
  /** Null while it runs. */
  readonly end: number | null;
  /** The IANA time zone in which it was entered. */
  readonly zone: string;
  readonly note: string;
  readonly tags: readonly string[];
  readonly billable: boolean;
  /** How it came here. */
  readonly source: "timer" | "typed" | "import";
}

/** A stretch in which nobody was there while work ran: the machine slept, or the server was not up. */
export interface Away extends Row {
  readonly interval: string;
  readonly from: number;
  readonly to: number;
  /** Null while nobody has said what to do with it. */
  readonly decided: "keep" | "cut" | "go-on" | "move" | null;
}

/** What an hour costs, from a day on. */
export interface RateRow extends Row {
  /** The id of a client, a project or a task; "" for everybody. */
  readonly scope: string;
  /** Like "2026-01-01"; "" has always been. */
  readonly from: string;
  /** Minor units of the currency. */
  readonly minor: number;
  readonly currency: string;
}

/** How much may be worked. */
export interface BudgetRow extends Row {
  /** The id of a client, a project or a task; "" for everything. */
  readonly scope: string;
  readonly per: "all" | "week" | "month" | "quarter" | "year";
  readonly limit: { readonly ms: number } | { readonly minor: number; readonly currency: string };
}

/** The tables of rows, by the names under which changes speak of them. */
export interface RowTypes {
  readonly clients: Client;
  readonly projects: Project;
  readonly tasks: Task;
  readonly intervals: Interval;
  readonly away: Away;
  readonly rates: RateRow;
  readonly budgets: BudgetRow;
  readonly terms: TermsRow;
  readonly invoices: Invoice;
}
export type TableName = keyof RowTypes;
export const TABLES: readonly TableName[] = [
  ...(["clients", "projects", "tasks", "intervals", "away"] as const),
  ...(["rates", "budgets", "terms", "invoices"] as const),
];

/** A row that was put, dropped or replaced. */
export interface Changed {
  readonly table: TableName;
  readonly id: string;
  readonly before: Row | null;
  readonly after: Row | null;
}

/** One command that was confirmed, and what takes it back. */
export interface Step {
  /** The command's id, made by whoever asked: the same command is never run twice. */
  readonly id: string;
  readonly act: string;
  readonly at: number;
  /** The device that asked; null where none is known. */
  readonly by: string | null;
  /** What it was about, for people: mostly a handle. */
  readonly about: string;
  /** The command that took it back or did it again last. */
  readonly retracedBy: string | null;
  readonly changes: readonly Changed[];
}

export type Tables = { [Name in TableName]: Table<RowTypes[Name]> };

export interface Office extends Tables {
  /** The interval that runs. */
  running: string | null;
  /** Intervals by their start; see timeline.ts. */
  buckets: Table<{ readonly id: number; readonly entries: string[] }>;
  /** Row ids by their name below what they belong to; see handle.ts. */
  names: Table<{ readonly id: string; readonly of: string }>;
  /** The intervals that stand on an invoice, by their ids; see locks.ts. */
  locks: Table<{ readonly id: string; readonly invoice: string }>;
  /** How many rows belong to a client, a project or a task; and of a task how long its intervals took that have ended. */
  held: Table<{ readonly id: string; readonly count: number; readonly ms: number }>;
  /** The latest commands, oldest first. */
  steps: Table<Step>;
  /** The steps that were taken back, the first of them first: the last is the next to be done again. */
  undone: string[];
}

/** An office in which nothing has happened yet. */
export function emptyOffice(): Office {
  return {
    clients: table(),
    projects: table(),
    tasks: table(),
    intervals: table(),
    away: table(),
    rates: table(),
    budgets: table(),
    terms: table(),
    invoices: table(),
    running: null,
    buckets: table(),
    names: table(),
    locks: table(),
    held: table(),
    steps: table(),
    undone: [],
  };
}

/** The office as it stands at any moment of an update, to be read: a look at a row makes no draft of it. */
export function peeked(office: Office): Office {
  const view = {} as Office;
  for (const key of Object.keys(office) as (keyof Office)[]) {
    const value = office[key];
    const looked = peek(value);
    Object.defineProperty(view, key, looked === value ? { get: () => office[key] } : { value: looked });
  }
  return view;
}

/** How an office travels as JSON: its tables as arrays of rows, without what can be derived, and without its steps. */
export type OfficeSnapshot = { readonly [Name in TableName]: readonly RowTypes[Name][] };

export function snapshotOf(office: Office): OfficeSnapshot {
  const { clients, projects, tasks, intervals, away, rates, budgets, terms, invoices } = office;
  return {
    clients: [...clients],
    projects: [...projects],
    tasks: [...tasks],
    intervals: [...intervals],
    away: [...away],
    rates: [...rates],
    budgets: [...budgets],
    terms: [...terms],
    invoices: [...invoices],
  };
}
