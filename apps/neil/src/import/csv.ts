/**
 * What the readers of CSV share: rows by the names of their columns, with the lines that they stand in, and dates as the
 * programs write them.
 */
import { CsvError, parse } from "csv-parse/sync";
import { NotOfFormat, Wrong } from "./read.js";

export interface CsvRow {
  /** The line in which it begins. */
  readonly where: string;
  /** Throws Wrong where it has more or less columns than the header: its values would stand in the wrong ones. */
  check(): void;
  /** The value in a column; "" where it is empty, or where there is no such column. */
  get(column: string): string;
}

/** The rows. Throws NotOfFormat where it is no CSV, or lacks one of the columns. Columns are found however they are capitalised. */
export function rowsOf(text: string, program: string, needed: readonly string[]): CsvRow[] {
  const [header, ...rows] = parsed(text);
  const columns = new Map((header?.record ?? []).map((name, index) => [name.trim().toLowerCase(), index]));
  const missing = needed.filter((name) => !columns.has(name.toLowerCase()));
  if (missing.length > 0) {
    throw new NotOfFormat(
      `it is no CSV of ${program}: it has no column ${missing.map((name) => `"${name}"`).join(", ")}`,
    );
  }
  const width = widthOf(header?.record ?? []);
  return rows.map(({ record, line }) => ({
    where: `line ${line}`,
    check() {
      if (record.length >= width && widthOf(record) <= (header?.record.length ?? 0)) return;
      throw new Wrong(`it has ${record.length} columns, the header has ${width}`);
    },
    get: (column) => (record[columns.get(column.toLowerCase()) ?? -1] ?? "").trim(),
  }));
}

// Empty columns at the end say nothing.
function widthOf(record: readonly string[]): number {
  return record.findLastIndex((cell) => cell.trim() !== "") + 1;
}

interface Row {
  readonly record: string[];
  readonly line: number;
}

function parsed(text: string): Row[] {
  try {
    const options = { delimiter: delimiterOf(text), info: true, relax_column_count: true, skip_empty_lines: true };
    const rows = parse(text, options) as unknown as {
      readonly record: string[];
      readonly info: { readonly lines: number };
    }[];
    // It counts the lines up to where a record ends.
    const more = (record: readonly string[]): number =>
      record.reduce((all, cell) => all + (cell.includes("\n") ? cell.split("\n").length - 1 : 0), 0);
    return rows.map(({ record, info }) => ({ record, line: info.lines - more(record) }));
  } catch (cause) {
    if (cause instanceof CsvError) throw new NotOfFormat(`it is no CSV: ${cause.message}`, { cause });
    throw cause;
  }
}

// What the header has most of: where the comma stands in numbers, columns are parted by semicolons.
function delimiterOf(text: string): string {
  const [header = ""] = text.split("\n", 1);
  const count = (sign: string): number => header.split(sign).length;
  return [",", ";", "\t"].reduce((most, sign) => (count(sign) > count(most) ? sign : most));
}

export type DateOrder = "dmy" | "mdy";

/** In which order a column writes days and months; undefined where none of its dates tells. */
export function dateOrder(dates: readonly string[]): DateOrder | undefined {
  for (const date of dates) {
    const [, first = 0, second = 0] = /^(\d{1,2})\D(\d{1,2})\D\d{4}$/.exec(date.trim()) ?? [];
    if (Number(first) > 12) return "dmy";
    if (Number(second) > 12) return "mdy";
  }
  return undefined;
}

/** A date as "2024-04-02". Throws Wrong where it is none, or where day and month cannot be told apart. */
export function csvDate(text: string, order: DateOrder | undefined): string {
  const [, year, month = "", day = ""] = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text) ?? [];
  if (year !== undefined) return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const [, first = "", second = "", of] = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/.exec(text) ?? [];
  if (of === undefined) throw new Wrong(`"${text}" is no date`);
  // A date with dots is German, and begins with the day.
  const known = text.includes(".") ? "dmy" : order;
  if (known === undefined && first !== second) {
    throw new Wrong(`"${text}" may begin with the day or with the month: export with dates like 2024-04-02`);
  }
  const [d, m] = known === "mdy" ? [second, first] : [first, second];
  return `${of}-${m.padStart(2, "0")}-${d.padStart(2, "0")}`;
}

/** "1.5", "1,5", "1:30" or "01:30:00" hours in milliseconds. Throws Wrong. */
export function csvHours(text: string): number {
  const [, h, m = "0", s = "0"] = /^(\d+):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  if (h !== undefined) return ((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1000;
  if (!/^(?:\d+(?:[.,]\d*)?|[.,]\d+)$/.test(text)) throw new Wrong(`"${text}" is no number of hours`);
  return Math.round(Number(text.replace(",", ".")) * 3_600_000);
}

export function csvTags(text: string): string[] {
  return text
    .split(",")
    .map((tag) => tag.trim())
    .filter(Boolean);
}
