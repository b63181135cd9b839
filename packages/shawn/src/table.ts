/**
 * `Table`: keyed rows that are immutable to their readers and cheap to change.
 * Rows stand in chunks of 32 that versions share; the index from key to slot is shared too, and only appended to by the
 * newest version. So a change copies one chunk, not the table. A slot found in the index counts only if this version's
 * row there has the key; a version that cannot rely on that gets an index of its own.
 */
import { checkOptions, describe } from "@good-place/channel/misuse";
import { ShawnError } from "./errors.js";

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
  const empty = new Rows<Row>(options.key ?? "id", [], 0, 0, { slots: new Map(), length: 0 });
  return options.rows === undefined ? empty : empty.changed(new Map(), [...options.rows]);
}

const CHUNK = 32;

// `length` is how far the newest version that shares the index has come.
interface Index {
  slots: Map<Key, number>;
  length: number;
}

/** What a change of a row is to a version: another row, or none. */
export const GONE: unique symbol = Symbol("gone");

export class Rows<Row extends object> implements Table<Row> {
  readonly key: string;
  readonly size: number;
  readonly #chunks: readonly (readonly (Row | undefined)[])[];
  readonly #length: number;
  readonly #index: Index;

  constructor(
    key: string,
    chunks: readonly (readonly (Row | undefined)[])[],
    length: number,
    size: number,
    index: Index,
  ) {
    this.key = key;
    this.#chunks = chunks;
    this.#length = length;
    this.size = size;
    this.#index = index;
    Object.freeze(this);
  }

  get(id: Key): Row | undefined {
    const slot = this.#slot(id);
    return slot < 0 ? undefined : this.#row(slot);
  }

  at(id: Key): Row {
    return this.get(id) ?? noRow(id);
  }

  has(id: Key): boolean {
    return this.#slot(id) >= 0;
  }

  add(): void {
    refuseWrite("add");
  }

  set(): void {
    refuseWrite("set");
  }

  delete(): boolean {
    return refuseWrite("delete");
  }

  *[Symbol.iterator](): Generator<Row, void, unknown> {
    for (const chunk of this.#chunks) for (const row of chunk) if (row !== undefined) yield row;
  }

  toJSON(): Row[] {
    return [...this];
  }

  /** The next version: changed rows by key (or GONE), then the added ones. Gives itself when nothing is different. */
  changed(changes: ReadonlyMap<Key, Row | typeof GONE>, added: readonly Row[]): Rows<Row> {
    if (changes.size === 0 && added.length === 0) return this;
    const chunks = [...this.#chunks] as (Row | undefined)[][];
    const owned = new Set<number>();
    const write = (slot: number, row: Row | undefined): void => {
      const at = Math.floor(slot / CHUNK);
      if (!owned.has(at)) {
        chunks[at] = chunks[at] === undefined ? [] : [...chunks[at]];
        owned.add(at);
      }
      (chunks[at] as (Row | undefined)[])[slot % CHUNK] = row;
    };
    let size = this.size;
    for (const [id, row] of changes) {
      if (row === GONE) size--;
      write(this.#slot(id), row === GONE ? undefined : row);
    }
    // Sparse tables are laid out anew, so that deleting for ever does not grow for ever.
    if (size + added.length < (this.#length + added.length) / 2 - CHUNK) {
      const rows = chunks.flat().filter((row) => row !== undefined);
      return new Rows<Row>(this.key, [], 0, 0, { slots: new Map(), length: 0 }).changed(new Map(), [...rows, ...added]);
    }
    if (added.length === 0) return new Rows(this.key, chunks, this.#length, size, this.#index);
    let length = this.#length;
    const index = this.#extensible(added) ? this.#index : this.#copied();
    for (const row of added) {
      const id = this.keyOf(row);
      const before = index.slots.get(id);
      if (before !== undefined && before >= this.#length && before < length) rowExists(id);
      index.slots.set(id, length);
      write(length++, row);
      size++;
    }
    index.length = length;
    return new Rows(this.key, chunks, length, size, index);
  }

  keyOf(row: Row): Key {
    const id = (row as Record<string, unknown> | null)?.[this.key];
    if (typeof id === "string" || typeof id === "number") return id;
    throw new ShawnError(
      "BAD_ROW",
      `a row of this table needs a string or number in "${this.key}", got ${describe(id)}`,
    );
  }

  // The shared index may be appended to only by its newest version, and only with keys that no version has used yet.
  #extensible(added: readonly Row[]): boolean {
    return this.#index.length === this.#length && added.every((row) => !this.#index.slots.has(this.keyOf(row)));
  }

  #copied(): Index {
    const slots = new Map<Key, number>();
    for (let slot = 0; slot < this.#length; slot++) {
      const row = this.#row(slot);
      if (row !== undefined) slots.set(this.keyOf(row), slot);
    }
    return { slots, length: this.#length };
  }

  #slot(id: Key): number {
    const slot = this.#index.slots.get(id);
    if (slot === undefined || slot >= this.#length) return -1;
    const row = this.#row(slot);
    return row !== undefined && this.keyOf(row) === id ? slot : -1;
  }

  #row(slot: number): Row | undefined {
    return this.#chunks[Math.floor(slot / CHUNK)]?.[slot % CHUNK];
  }
}

export function noRow(id: Key): never {
  throw new ShawnError("NO_ROW", `the table has no row ${describe(id)}; ask has() first, or use get()`);
}

export function rowExists(id: Key): never {
  throw new ShawnError(
    "ROW_EXISTS",
    `the table has a row ${describe(id)} already; use set() to put another in its place`,
  );
}

function refuseWrite(what: string): never {
  throw new ShawnError(
    "OUTSIDE_UPDATE",
    `table.${what}() outside of an update: a table is changed only by an act's update`,
  );
}
