/**
 * Harvest's detailed time report as CSV: a row says on which day how many hours were worked, not when. The hours of a day
 * are placed one after the other from where the day's work begins.
 */
import { type CsvRow, csvDate, csvHours, type DateOrder, dateOrder, rowsOf } from "./csv.js";
import { type Draft, instant, type Reading, reading, type Setting, Wrong } from "./read.js";

const NEEDED = ["Date", "Client", "Project", "Task", "Notes", "Hours"];

export function* harvest(text: string, setting: Setting): Generator<Reading> {
  const rows = rowsOf(text, "Harvest", NEEDED);
  const order = dateOrder(rows.map((row) => row.get("Date")));
  const ends = new Map<string, number>();
  for (const row of rows) yield reading(row.where, () => draftOf(row, order, ends, setting));
}

function draftOf(row: CsvRow, order: DateOrder | undefined, ends: Map<string, number>, setting: Setting): Draft {
  row.check();
  const date = csvDate(row.get("Date"), order);
  const start = ends.get(date) ?? instant(setting, date, setting.dayBegins);
  const end = start + csvHours(row.get("Hours"));
  if (end > start && setting.wall.shows(end - 1).date !== date)
    throw new Wrong(`the hours of ${date} do not fit into the day: let it begin earlier, --day-begins 0:00`);
  ends.set(date, end);
  return {
    handle: setting.naming.handle(row.get("Client"), row.get("Project"), row.get("Task")),
    start,
    end,
    note: row.get("Notes"),
    tags: [],
    billable: row.get("Billable?").toLowerCase() !== "no",
  };
}
