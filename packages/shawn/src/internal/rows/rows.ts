/**
 * The rows of a table. They stand in slots, in the order in which they were added; a row that is deleted leaves its slot
 * empty. Versions share the slots (chunks.ts), and the index from key to slot: it only gets keys that no version has used,
 * at its end by the newest version, in slots that are empty by any. A slot found in the index counts only if this version's row there has the key; a version that cannot rely on that gets
 * an index of its own.
 */
import { describe } from "@good-place/channel/misuse";
import { ShawnError } from "../../errors.js";
import type { Key, Table } from "../../table.js";
import { type Chunks, itemAt, items, unlike, Writing } from "./chunks.js";

const NONE: readonly never[] = [];
const NOWHERE: ReadonlyMap<Key, never> = new Map<Key, never>();

// What is left empty before a table is laid out anew.
const SPARE = 32;

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
  readonly #chunks: Chunks<Row>;
  readonly #length: number;
  readonly #index: Index;

  static empty<Row extends object>(key: string): Rows<Row> {
    return new Rows<Row>(key, [], 0, 0, { slots: new Map(), length: 0 });
  }

  private constructor(key: string, chunks: Chunks<Row>, length: number, size: number, index: Index) {
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

  [Symbol.iterator](): Generator<Row, void, unknown> {
    return items(this.#chunks);
  }

  toJSON(): Row[] {
    return [...this];
  }

  // Test runners copy what says to be an Object before they compare it in print, and the copy has no rows.
  get [Symbol.toStringTag](): string {
    return "Table";
  }

  /**
   * The next version: changed rows by key (or GONE), then the added ones: `placed` right before the row of a key, `added`
   * at the end. Gives itself when nothing is different. A row that is put where one was deleted takes its slot; only
   * where there is none the table is laid out anew.
   */
  changed(
    changes: ReadonlyMap<Key, Row | typeof GONE>,
    added: readonly Row[],
    placed: ReadonlyMap<Key, readonly Row[]> = NOWHERE,
  ): Rows<Row> {
    if (changes.size === 0 && added.length === 0 && placed.size === 0) return this;
    const writing = new Writing<Row>(this.#chunks);
    let size = this.size;
    for (const [id, row] of changes) {
      if (row === GONE) size--;
      writing.write(this.#slot(id), row === GONE ? undefined : row);
    }
    for (const [id, rows] of placed) {
      if (changes.get(id) === GONE || !this.#fill(writing, rows, this.#slot(id))) {
        return this.#anew(changes, added, placed);
      }
      size += rows.length;
    }
    size += added.length;
    // Sparse tables are laid out anew, so that deleting for ever does not grow for ever.
    if (size < (this.#length + added.length) / 2 - SPARE) return this.#anew(changes, added, placed);
    if (added.length === 0 || this.#fill(writing, added, this.#length)) {
      return new Rows(this.key, writing.chunks, this.#length, size, this.#index);
    }
    let length = this.#length;
    const index = this.#extensible(added) ? this.#index : this.#indexOf(writing.chunks);
    for (const row of added) {
      const id = this.keyOf(row);
      const before = index.slots.get(id);
      if (before !== undefined && before >= this.#length && before < length) rowExists(id);
      index.slots.set(id, length);
      writing.write(length++, row);
    }
    index.length = length;
    return new Rows(this.key, writing.chunks, length, size, index);
  }

  /** The key of the row that comes after that of a key; undefined after the last. */
  keyAfter(id: Key): Key | undefined {
    for (let slot = this.#slot(id) + 1; slot < this.#length; slot++) {
      const row = this.#row(slot);
      if (row !== undefined) return this.keyOf(row);
    }
    return undefined;
  }

  /** Visits the slots in which this version has another row than the one before, or the one a row and the other none. */
  unlike(before: Rows<Row>, visit: (was: Row | undefined, is: Row | undefined) => void): void {
    unlike(before.#chunks, this.#chunks, visit);
  }

  keyOf(row: Row): Key {
    const id = (row as Record<string, unknown> | null)?.[this.key];
    if (typeof id === "string" || typeof id === "number") return id;
    throw new ShawnError(
      "BAD_ROW",
      `a row of this table needs a string or number in "${this.key}", got ${describe(id)}`,
    );
  }

  // Puts rows into the empty slots right before `limit`: where they stood once, or others that nobody knows them by. False
  // where they do not fit. A key that the index gets is one that no version has a row of.
  #fill(writing: Writing<Row>, rows: readonly Row[], limit: number): boolean {
    const { slots } = this.#index;
    const found: [Key, number][] = [];
    let free = limit;
    for (const row of [...rows].reverse()) {
      const id = this.keyOf(row);
      const slot = slots.get(id) ?? free - 1;
      if (slot < 0 || slot >= free) return false;
      while (free > slot) if (itemAt(writing.chunks, --free) !== undefined) return false;
      found.push([id, slot]);
    }
    for (const row of rows) {
      const [id, slot] = found.pop() as [Key, number];
      slots.set(id, slot);
      writing.write(slot, row);
    }
    return true;
  }

  #anew(
    changes: ReadonlyMap<Key, Row | typeof GONE>,
    added: readonly Row[],
    placed: ReadonlyMap<Key, readonly Row[]>,
  ): Rows<Row> {
    const rows: Row[] = [];
    for (const row of this) {
      const id = this.keyOf(row);
      for (const each of placed.get(id) ?? NONE) rows.push(each);
      const after = changes.get(id) ?? row;
      if (after !== GONE) rows.push(after);
    }
    return Rows.empty<Row>(this.key).changed(NOWHERE, rows.concat(added));
  }

  // The shared index may be appended to only by its newest version, and only with keys that no version has used yet.
  #extensible(added: readonly Row[]): boolean {
    return this.#index.length === this.#length && added.every((row) => !this.#index.slots.has(this.keyOf(row)));
  }

  #indexOf(chunks: Chunks<Row>): Index {
    const slots = new Map<Key, number>();
    for (let slot = 0; slot < this.#length; slot++) {
      const row = itemAt(chunks, slot);
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
    return itemAt(this.#chunks, slot);
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

// By this name Node asks what its console is to show.
Object.defineProperty(Rows.prototype, Symbol.for("nodejs.util.inspect.custom"), { value: shown });

function shown(
  this: Table<object>,
  _depth: number,
  options: object,
  inspect: (value: unknown, options: object) => string,
): string {
  return `Table(${this.size}) ${inspect([...this], options)}`;
}
