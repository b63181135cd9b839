/**
 * `Table`: keyed rows that are immutable to their readers and cheap to change; `Rows` is how.
 */
import { checkOptions } from "@good-place/channel/misuse";
import { Rows } from "./internal/rows/rows.js";

/** A table's key: what stands in the key field of its rows. */
export type Key = string | number;

export interface Table<Row extends object> extends Iterable<Row> {
  readonly size: number;
  /** The field that the rows are kept by. */
  readonly key: string;
  get(id: Key): Row | undefined;
  /** The row; throws NO_ROW where there is none. */
  at(id: Key): Row;
  has(id: Key): boolean;
  /** Adds a row at the end. Throws ROW_EXISTS when its key is taken. Only within an update. */
  add(row: Row): void;
  /** Adds the row, or puts it in the place of the one with its key. Only within an update. */
  set(row: Row): void;
  /** Takes the row out; false where there was none. Only within an update. */
  delete(id: Key): boolean;
  /** The rows, in the order in which they were added. */
  toJSON(): Row[];
}

export interface TableOptions<Row extends object> {
  /** The field that the rows are kept by; "id" by default. */
  readonly key?: (keyof Row & string) | undefined;
  /** What the table begins with. */
  readonly rows?: Iterable<Row> | undefined;
}

/** Makes a table, empty or of the rows given. */
export function table<Row extends object>(options: TableOptions<Row> = {}): Table<Row> {
  checkOptions("table()", options, ["key", "rows"]);
  const empty = Rows.empty<Row>(options.key ?? "id");
  return options.rows === undefined ? empty : empty.changed(new Map(), [...options.rows]);
}
