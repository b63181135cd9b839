/**
 * Neil's own JSON: an array with an interval a line, times in ISO 8601, UTC. `neil import json` reads it back whole.
 */
import type { Entry } from "../report/entry.js";

export function* json(entries: readonly Entry[]): Generator<string> {
  yield "[\n";
  for (const [index, entry] of entries.entries()) {
    yield `${JSON.stringify(intervalJson(entry))}${index === entries.length - 1 ? "" : ","}\n`;
  }
  yield "]\n";
}

function intervalJson({ id, client, project, task, start, end, zone, note, tags, billable }: Entry): object {
  const times = { start: new Date(start).toISOString(), end: end === null ? null : new Date(end).toISOString() };
  return { id, client, project, task, ...times, zone, note, tags, billable };
}
