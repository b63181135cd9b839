/**
 * The detailed reports of Toggl Track and of Clockify as CSV: a row for each interval, with the days and times of the
 * clock on the wall. They differ in the names of some columns only.
 */

import type { Wall } from "../report/wall.js";
import { type CsvRow, csvDate, csvHours, csvTags, type DateOrder, dateOrder, rowsOf } from "./csv.js";
import { clockTime, type Draft, instant, type Reading, reading, type Setting } from "./read.js";

export const toggl = (text: string, setting: Setting): Generator<Reading> => detailed(text, "Toggl", setting);
export const clockify = (text: string, setting: Setting): Generator<Reading> => detailed(text, "Clockify", setting);

const NEEDED = ["Project", "Description", "Start date", "Start time"];

function* detailed(text: string, program: string, setting: Setting): Generator<Reading> {
  const rows = rowsOf(text, program, NEEDED);
  const order = dateOrder(rows.map((row) => row.get("Start date")));
  for (const row of rows) yield reading(row.where, () => draftOf(row, order, setting));
}

function draftOf(row: CsvRow, order: DateOrder | undefined, setting: Setting): Draft {
  row.check();
  const at = (date: string, time: string): number => instant(setting, csvDate(date, order), clockTime(time));
  // The newer reports of Toggl say stop.
  const [endDate, endTime] = [row.get("End date") || row.get("Stop date"), row.get("End time") || row.get("Stop time")];
  const start = at(row.get("Start date"), row.get("Start time"));
  const times = { start, end: endTime === "" ? null : at(endDate, endTime) };
  return {
    handle: setting.naming.handle(row.get("Client"), row.get("Project"), row.get("Task")),
    ...meant(times, row.get("Duration") || row.get("Duration (h)"), setting.wall),
    note: row.get("Description"),
    tags: csvTags(row.get("Tags")),
    billable: row.get("Billable").toLowerCase() !== "no",
  };
}

// On the night in which the clock goes back, only the length tells which of two instants it was.
function meant({ start, end }: Pick<Draft, "start" | "end">, length: string, wall: Wall): Pick<Draft, "start" | "end"> {
  if (end === null || !/^\d+:\d\d:\d\d$/.test(length)) return { start, end };
  const ms = csvHours(length);
  const same = (a: number, b: number): boolean => JSON.stringify(wall.shows(a)) === JSON.stringify(wall.shows(b));
  if (end - start === ms) return { start, end };
  if (same(start + ms, end)) return { start, end: start + ms };
  return same(end - ms, start) ? { start: end - ms, end } : { start, end };
}
