/**
 * What every store is measured by. A library makes a subject of each kind that it has something for, in the way its own
 * documentation does; the loop around it is the same for all, and compares what came of it with what had to.
 */
import type { Runner } from "../harness.js";

/** A store and the one act that is measured. */
export interface Subject {
  act(id: string): unknown;
  /** What the acts have changed since the store was made: they count, and one counts for one. */
  read(): number;
  /** Resolves when what the acts have started is done, where that takes longer than the act. */
  settled?(): PromiseLike<unknown>;
}

/** To be called by a subscriber when what it looks at has changed. */
export type Told = () => void;

export interface Row {
  readonly id: string;
  readonly spent: number;
}

/** Where rows are kept by their keys in a plain object. */
export type Dictionary = Readonly<Record<string, Row>>;

export interface Library {
  /** An act that counts, and so many subscribers that look at the count. */
  counter?(subscribers: number, told: Told): Subject;
  /** An act that changes one field of one row, and a subscriber for each of the watched ones. */
  rows?(ids: readonly string[], watched: readonly string[], told: Told): Subject;
  /** An act that changes nothing, and is followed by one that counts. */
  follow?(): Subject;
  /** An act that counts, and a list in memory that keeps every act; what is read is the length of the list. */
  journal?(): Subject;
}

export function dictionary(ids: readonly string[]): Record<string, { id: string; spent: number }> {
  return Object.fromEntries(ids.map((id) => [id, { id, spent: 0 }]));
}

/** The next dictionary of a library that leaves the copying to its user. */
export function spentOn(tasks: Dictionary, id: string): Dictionary {
  const row = rowOf(tasks, id);
  return { ...tasks, [id]: { ...row, spent: row.spent + 1 } };
}

export function rowOf<R>(tasks: Readonly<Record<string, R>>, id: string): R {
  const row = tasks[id];
  if (row === undefined) throw new Error(`there is no row ${id}`);
  return row;
}

export function totalSpent(rows: Iterable<Row>): number {
  let total = 0;
  for (const { spent } of rows) total += spent;
  return total;
}

export interface Setting {
  readonly kind: keyof Library;
  readonly rows?: number;
  readonly subscribers?: number;
}

const WATCHED_EACH = 10;
// Has no factor with the number of rows, so that one row after another comes to its turn, all over the table.
const STRIDE = 7919;

/** What a run has to answer: so many changes, and a call for each that a subscriber had to be told of. */
export function expected({ kind, subscribers = 0 }: Setting): (ops: number) => string {
  return (ops) => {
    const told = kind === "rows" ? Math.ceil(ops / WATCHED_EACH) * Math.sign(subscribers) : ops * subscribers;
    return `${ops} changes, ${told} calls`;
  };
}

/** Repeats the act of a subject; the store is made once, and goes on to be used as one does that lives long. */
export function repeated(library: Library, { kind, rows = 0, subscribers = 0 }: Setting): Runner {
  const ids = Array.from({ length: rows }, (_, index) => `task-${index}`);
  let calls = 0;
  const told = (): void => void calls++;
  const make = (): Subject | undefined => {
    if (kind === "counter") return library.counter?.(subscribers, told);
    if (kind === "rows") return library.rows?.(ids, watched(ids, subscribers), told);
    return library[kind]?.();
  };
  const subject = make();
  if (subject === undefined) throw new Error(`the library has no ${kind}`);
  const turns = targets(ids);
  return async (ops, start) => {
    const before = subject.read();
    calls = 0;
    globalThis.gc?.();
    start();
    for (let i = 0; i < ops; i++) subject.act(turns[i % turns.length] as string);
    if (subject.settled !== undefined) await subject.settled();
    return () => `${subject.read() - before} changes, ${calls} calls`;
  };
}

// Spread over the rows, and the same ones that every tenth act is for: so many hits do tables of all sizes have.
function watched(ids: readonly string[], subscribers: number): string[] {
  return Array.from({ length: subscribers }, (_, k) => ids[(k * ids.length) / subscribers] as string);
}

function targets(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return [""];
  return ids.map((_, i) => {
    const often = ids.length / 100;
    return ids[i % WATCHED_EACH === 0 ? (((i / WATCHED_EACH) * STRIDE) % 100) * often : (i * STRIDE) % ids.length];
  }) as string[];
}
