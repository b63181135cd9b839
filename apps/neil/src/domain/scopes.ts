/**
 * Whom a rate, a budget or terms are for: a handle outside, an id inside, and "" for everybody.
 */
import type { Rate } from "../report/rates.js";
import { find, handleOf, handleParts, handleText, projectHandle } from "./handle.js";
import type { Office } from "./office.js";
import { Refused } from "./refused.js";

/** The rates, by the handles of whom they are for. */
export function ratesOf(office: Office): Rate[] {
  const found: Rate[] = [];
  for (const { scope: id, from, minor, currency } of office.rates) {
    const scope = scopeHandle(office, id);
    // What it was for is gone.
    if (scope !== undefined) found.push({ scope, from, minor, currency });
  }
  return found.sort((a, b) => (a.scope === b.scope ? (a.from < b.from ? -1 : 1) : a.scope < b.scope ? -1 : 1));
}

/** The id of what a handle names; "" is everybody, and has no id. Throws NOT_FOUND. */
export function scopeId(office: Office, handle: string): string {
  if (handle === "") return "";
  const [client = "", project, task] = handleParts(handle);
  const found = find(office, { client, ...(project && { project }), ...(task && { task }) });
  const row = task !== undefined ? found.task : project !== undefined ? found.project : found.client;
  if (row === undefined) throw new Refused("NOT_FOUND", `there is no client, project or task ${handle}`);
  return row.id;
}

/** The handle of an id; undefined where it is gone. */
export function scopeHandle(office: Office, id: string): string | undefined {
  if (id === "") return "";
  const [client, project] = [office.clients.get(id), office.projects.get(id)];
  if (client !== undefined) return client.abbrev;
  if (project !== undefined) return projectHandle(office, project);
  return office.tasks.has(id) ? handleText(handleOf(office, id)) : undefined;
}
