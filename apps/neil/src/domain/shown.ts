/**
 * What a page shows of an office, and how it follows: every client, project and task, how long each project took, what
 * runs and what was done of late, and the absences that somebody has to decide about. So a page costs what it shows, and
 * not what was worked in eleven years. Nothing is judged on a page: it is told which rows are other ones.
 * Cost: to be shown anew takes a walk over the names and the late intervals, not over all.
 */
import { acts, payload, type Table, table } from "@good-place/shawn";
import { Change } from "./change.js";
import { projectHandle } from "./handle.js";
import { emptyOffice, type Interval, type Office, type Row, type RowTypes } from "./office.js";
import { overlapping } from "./timeline.js";

/** How far back a page has intervals: it shows a day, and the day may be another where it is. */
export const LATE_MS: number = 3 * 86_400_000;

/** How long a project took, but for what runs. */
export interface Worked extends Row {
  readonly handle: string;
  readonly ms: number;
}

/** The office of a page: the rows that are shown, and what is derived from them. */
export interface PageOffice extends Office {
  worked: Table<Worked>;
}

export function emptyPage(): PageOffice {
  return { ...emptyOffice(), worked: table() };
}

interface ShownTypes extends Pick<RowTypes, "clients" | "projects" | "tasks" | "intervals" | "away"> {
  readonly worked: Worked;
}
const SHOWN = ["clients", "projects", "tasks", "intervals", "away", "worked"] as const;
type ShownName = (typeof SHOWN)[number];

/** The rows that a page shows, by table and id. */
export type Shown = { readonly [Name in ShownName]: ReadonlyMap<string, ShownTypes[Name]> };

/** What makes one page of another. */
export interface News {
  readonly put: { readonly [Name in ShownName]?: readonly ShownTypes[Name][] };
  /** The ids of the rows that are shown no more. */
  readonly drop: { readonly [Name in ShownName]?: readonly string[] };
}

export const NOTHING_SHOWN: Shown = {
  clients: new Map(),
  projects: new Map(),
  tasks: new Map(),
  intervals: new Map(),
  away: new Map(),
  worked: new Map(),
};

/** What a page shows of the office at this moment. */
export function shownOf(office: Office, now: number): Shown {
  const away = [...office.away].filter(({ decided }) => decided === null);
  const ofAway = away.map(({ interval }) => office.intervals.get(interval)).filter((row) => row !== undefined);
  const late = overlapping(office, now - LATE_MS, Number.POSITIVE_INFINITY);
  return {
    clients: byId(office.clients),
    projects: byId(office.projects),
    tasks: byId(office.tasks),
    intervals: byId<Interval>([...ofAway, ...late]),
    away: byId(away),
    worked: byId(workedOf(office)),
  };
}

function workedOf(office: Office): Iterable<Worked> {
  const sums = new Map<string, number>();
  for (const { id, project } of office.tasks) {
    const held = office.held.get(id);
    if (held !== undefined) sums.set(project, (sums.get(project) ?? 0) + held.ms);
  }
  return [...sums].map(([id, ms]) => ({ id, rev: 0, handle: projectHandle(office, office.projects.at(id)), ms }));
}

function byId<R extends Row>(rows: Iterable<R>): Map<string, R> {
  const found = new Map<string, R>();
  for (const row of rows) found.set(row.id, row);
  return found;
}

/** What a page that shows the one has to be told to show the other; undefined where they are the same. */
export function newsOf(before: Shown, after: Shown): News | undefined {
  const put: Record<string, unknown> = {};
  const drop: Record<string, unknown> = {};
  for (const name of SHOWN) {
    const others = [...after[name].values()].filter((row) => isOther(before[name].get(row.id), row));
    const gone = [...before[name].keys()].filter((id) => !after[name].has(id));
    if (others.length > 0) put[name] = others;
    if (gone.length > 0) drop[name] = gone;
  }
  return Object.keys(put).length + Object.keys(drop).length === 0 ? undefined : { put, drop };
}

function isOther(before: Row | undefined, after: Row): boolean {
  return before !== after && (before === undefined || JSON.stringify(before) !== JSON.stringify(after));
}

/** The act by which a page follows. */
export const told = acts<PageOffice>()("page/told", payload<News>()).does({
  update(office, { put, drop }, meta) {
    const { worked, ...tables } = put;
    const it = new Change(office, meta);
    const names = SHOWN.filter((name) => name !== "worked");
    // What is another goes before anything comes: a name may pass from one to another, and so may what runs.
    for (const name of names) {
      for (const id of [...(drop[name] ?? []), ...(tables[name] ?? []).map(({ id }) => id)]) it.drop(name, id);
    }
    for (const name of names) for (const row of tables[name] ?? []) it.restore(name, row as never);
    for (const id of drop.worked ?? []) office.worked.delete(id);
    for (const row of worked ?? []) office.worked.set(row);
  },
});
