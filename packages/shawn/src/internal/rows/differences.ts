/**
 * What is different between two versions of a table. It costs what the versions do not share; a table that was laid out
 * anew, or that does not descend from the other, is compared row by row.
 */
import type { Key } from "../../table.js";
import type { Rows } from "./rows.js";

/** A row before and after; undefined where there was or is none. */
export interface RowChange<Row> {
  readonly was: Row | undefined;
  readonly is: Row | undefined;
}

export interface Differences<Row> {
  /** The rows that were added or removed or are another object, by key, in no certain order. */
  readonly rows: ReadonlyMap<Key, RowChange<Row>>;
  /** True when a row of both stands in another slot: only then the order of such rows may be another. */
  readonly displaced: boolean;
}

/** Compares two tables of one key field. */
export function differences<Row extends object>(before: Rows<Row>, after: Rows<Row>): Differences<Row> {
  const rows = new Map<Key, { was: Row | undefined; is: Row | undefined }>();
  let displaced = false;
  const note = (row: Row, end: "was" | "is"): void => {
    const id = after.keyOf(row);
    const known = rows.get(id);
    if (known === undefined) {
      rows.set(id, end === "was" ? { was: row, is: undefined } : { was: undefined, is: row });
      return;
    }
    displaced = true;
    known[end] = row;
  };
  after.unlike(before, (was, is) => {
    if (was !== undefined && is !== undefined) {
      const id = after.keyOf(is);
      if (before.keyOf(was) === id) return void rows.set(id, { was, is });
    }
    if (was !== undefined) note(was, "was");
    if (is !== undefined) note(is, "is");
  });
  if (displaced) for (const [id, { was, is }] of rows) if (was === is) rows.delete(id);
  return { rows, displaced };
}
