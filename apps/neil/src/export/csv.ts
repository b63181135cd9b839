/**
 * CSV (RFC 4180) for spreadsheets: a header and a row for each interval, times in ISO 8601 with the offset of the zone.
 * A text that a spreadsheet would take for a formula gets an apostrophe before it.
 */
import type { Entry } from "../report/entry.js";
import { isoAt, type Occasion } from "./write.js";

const COLUMNS = ["id", "client", "project", "task", "start", "end", "seconds", "note", "tags", "billable"];

export function* csv(entries: readonly Entry[], { wall, now }: Occasion): Generator<string> {
  yield row(COLUMNS);
  for (const { id, client, project, task, start, end, note, tags, billable } of entries) {
    const seconds = Math.floor(((end ?? now) - start) / 1000);
    const times = [isoAt(start, wall), end === null ? "" : isoAt(end, wall), String(seconds)];
    yield row([id, client, project, task, ...times, note, tags.join(","), billable ? "yes" : "no"]);
  }
}

function row(cells: readonly string[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
