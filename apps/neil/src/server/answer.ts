/**
 * What was done, told from the step that a command has left: so a command that comes again gets the answer of the first
 * time.
 */
import type { Done } from "../asks.js";
import { nameOf } from "../domain/acts/names.js";
import { entryOf } from "../domain/entries.js";
import type { Changed, Interval, Office, Step } from "../domain/office.js";

/** The steps that a command has made, or has taken back or done again. */
export function stepsOf(office: Office, command: string): readonly Step[] {
  const own = office.steps.get(command);
  if (own !== undefined) return [own];
  return [...office.steps].filter(({ retracedBy }) => retracedBy === command);
}

// Of each list, what a message can hold and a person reads.
const TOLD = 200;

/** Gives what a command has done; `before` is the office in which it began, for what is gone now. */
export function answer(before: Office, office: Office, command: string, now: number): Done {
  const steps = stepsOf(office, command);
  const [first] = steps;
  const done: Done = {
    act: first?.act ?? "",
    about: first?.about ?? "",
    created: [],
    names: [],
    intervals: [],
    removed: [],
    more: 0,
  };
  const seen = new Set<string>();
  for (const { table, id, row, was } of steps.flatMap((step) => directed(office, step)).reverse()) {
    if (seen.has(`${table} ${id}`)) continue;
    seen.add(`${table} ${id}`);
    if (table === "intervals") {
      const interval = office.intervals.get(id);
      if (interval !== undefined) done.intervals.push(worked(office, interval, now));
      else if (before.intervals.has(id)) done.removed.push(worked(before, before.intervals.at(id), now));
    } else if (table === "clients" || table === "projects" || table === "tasks") {
      const here = office[table].has(id);
      const handle = nameOf(here ? office : before, table, id);
      if (was === null && here) done.created.push(handle);
      else done.names.push({ kind: table, handle, state: row === null ? "gone" : (row as { state: string }).state });
    }
  }
  for (const list of [done.created, done.names, done.intervals, done.removed]) {
    list.reverse();
    done.more += list.splice(TOLD).length;
  }
  return done;
}

interface Directed {
  readonly table: Changed["table"];
  readonly id: string;
  readonly row: object | null;
  readonly was: object | null;
}

function directed(office: Office, { id, changes }: Step): Directed[] {
  const back = office.undone.includes(id);
  return changes.map(({ table, id, before, after }) =>
    back ? { table, id, row: before, was: after } : { table, id, row: after, was: before },
  );
}

function worked(office: Office, interval: Interval, now: number): Done["intervals"][number] {
  const entry = entryOf(office, interval);
  return { ...entry, tags: [...entry.tags], ms: Math.max(0, (entry.end ?? now) - entry.start) };
}
