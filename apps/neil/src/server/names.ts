/**
 * The clients, projects and tasks as lists want them: what was worked on each, and on what belongs to it.
 */
import type { Name } from "../contract.js";
import { handleOf, handleText, projectHandle } from "../domain/handle.js";
import type { Office } from "../domain/office.js";

interface Sum {
  intervals: number;
  ms: number;
  lastAt: number | null;
}

/** Walks over all intervals once. */
export function names(office: Office, now: number): Name[] {
  const sums = new Map<string, Sum>();
  for (const { task, start, end } of office.intervals)
    add(sums, task, 1, Math.max(0, (end ?? now) - start), end ?? now);
  for (const { id, project } of office.tasks) addAll(sums, project, sums.get(id));
  for (const { id, client } of office.projects) addAll(sums, client, sums.get(id));
  const sum = (id: string): Sum => sums.get(id) ?? { intervals: 0, ms: 0, lastAt: null };
  return [
    ...[...office.clients].map(({ id, abbrev, name, note, invoice, state }) => {
      return {
        kind: "clients" as const,
        id,
        handle: abbrev,
        title: name,
        note,
        invoice: { ...invoice },
        state,
        ...sum(id),
      };
    }),
    ...[...office.projects].map((row) => {
      const { id, note, state } = row;
      return {
        kind: "projects" as const,
        id,
        handle: projectHandle(office, row),
        ...{ title: "", invoice: null, note, state },
        ...sum(id),
      };
    }),
    ...[...office.tasks].map(({ id, note, state }) => {
      const handle = handleText(handleOf(office, id));
      return { kind: "tasks" as const, id, handle, title: "", invoice: null, note, state, ...sum(id) };
    }),
  ];
}

function addAll(sums: Map<string, Sum>, id: string, sum: Sum | undefined): void {
  if (sum !== undefined) add(sums, id, sum.intervals, sum.ms, sum.lastAt ?? 0);
}

function add(sums: Map<string, Sum>, id: string, intervals: number, ms: number, at: number): void {
  const sum = sums.get(id) ?? { intervals: 0, ms: 0, lastAt: null };
  sums.set(id, sum);
  sum.intervals += intervals;
  sum.ms += ms;
  sum.lastAt = Math.max(sum.lastAt ?? 0, at);
}
