/**
 * The draft of a table. Rows that were read are drafted, and count as changed only if they were written.
 */
import { ShawnError } from "../../errors.js";
import type { Key, Table } from "../../table.js";
import { GONE, noRow, type Rows, rowExists } from "../rows/rows.js";
import { freezeChanged } from "./frozen.js";
import { type Draft, type Place, type Session, standsForItself } from "./session.js";

type Row = Record<PropertyKey, unknown>;

// What most updates have none of. Never written: a draft gets its own when it needs one.
const NO_KEYS = new Set<Key>();
const NO_RUNS = new Map<Key, never>();

export class TableDraft implements Draft, Table<Row> {
  readonly proxy: this;
  readonly key: string;
  readonly session: Session;
  private readonly base: Rows<Row>;
  private readonly place: Place;
  private readonly rows: Map<Key, { readonly row: Row; readonly isNew: boolean }>;
  private gone: Set<Key>;
  // New rows that do not stand at the end, by the key of the row of the base that they stand before.
  private placed: Map<Key, Key[]>;
  private finished: unknown;

  constructor(base: Rows<Row>, session: Session, place: Place) {
    this.proxy = this;
    this.key = base.key;
    this.session = session;
    this.base = base;
    this.place = place;
    this.rows = new Map();
    this.gone = NO_KEYS;
    this.placed = NO_RUNS;
    this.finished = undefined;
  }

  get size(): number {
    this.session.check(this.place, "size");
    let size = this.base.size - this.gone.size;
    for (const { isNew } of this.rows.values()) if (isNew) size++;
    return size;
  }

  get(id: Key): Row | undefined {
    this.session.check(this.place, id);
    const known = this.rows.get(id);
    const row = known?.row ?? (this.gone.has(id) ? undefined : this.base.get(id));
    if (row === undefined) return row;
    const draft = this.session.draft(row, this.base, this.place, String(id)) as Row;
    if (draft !== row) this.rows.set(id, { row: draft, isNew: known?.isNew ?? false });
    return draft;
  }

  at(id: Key): Row {
    return this.get(id) ?? noRow(id);
  }

  /** The row as it stands, without making a draft of it. */
  peek(id: Key): Row | undefined {
    this.session.check(this.place, id);
    return this.rows.get(id)?.row ?? (this.gone.has(id) ? undefined : this.base.get(id));
  }

  has(id: Key): boolean {
    this.session.check(this.place, id);
    return this.rows.has(id) || (!this.gone.has(id) && this.base.has(id));
  }

  add(row: Row): void {
    const id = this.base.keyOf(row);
    if (this.has(id)) rowExists(id);
    this.place.touch();
    this.session.remember(row);
    this.rows.set(id, { row, isNew: true });
  }

  set(row: Row): void {
    const id = this.base.keyOf(row);
    if (!this.has(id)) return this.add(row);
    this.place.touch();
    this.session.remember(row);
    this.rows.set(id, { row, isNew: this.rows.get(id)?.isNew ?? false });
  }

  /** Adds a row right before the one of the key `next`. */
  addBefore(next: Key, row: Row): void {
    if (!this.has(next)) noRow(next);
    this.add(row);
    const id = this.base.keyOf(row);
    if (this.rows.get(next)?.isNew !== true) {
      if (this.placed === NO_RUNS) this.placed = new Map();
      const run = this.placed.get(next);
      if (run === undefined) this.placed.set(next, [id]);
      else run.push(id);
      return;
    }
    for (const run of this.placed.values()) {
      const at = run.indexOf(next);
      if (at >= 0) return void run.splice(at, 0, id);
    }
    // The rows at the end stand in the order of the map: those from `next` on go behind the new one.
    const known = [...this.rows];
    const from = known.findIndex(([key]) => key === next);
    for (const [key, entry] of known.slice(from, -1)) {
      this.rows.delete(key);
      this.rows.set(key, entry);
    }
  }

  delete(id: Key): boolean {
    if (!this.has(id)) return false;
    this.place.touch();
    if (this.rows.get(id)?.isNew === true) this.#unplace(id);
    this.rows.delete(id);
    if (!this.base.has(id)) return true;
    if (this.gone === NO_KEYS) this.gone = new Set();
    this.gone.add(id);
    return true;
  }

  *[Symbol.iterator](): Generator<Row, void, unknown> {
    for (const id of this.#ids()) yield this.at(id);
  }

  /** The rows as they stand, without making drafts of them. */
  *peeks(): Generator<Row, void, unknown> {
    for (const id of this.#ids()) yield this.peek(id) as Row;
  }

  // The keys in the order of the rows; what is written meanwhile counts.
  *#ids(): Generator<Key, void, unknown> {
    for (const row of this.base) {
      const id = this.base.keyOf(row);
      for (const placed of [...(this.placed.get(id) ?? [])]) if (this.has(placed)) yield placed;
      if (this.rows.get(id)?.isNew !== true && this.has(id)) yield id;
    }
    const placed = new Set([...this.placed.values()].flat());
    for (const [id, { isNew }] of [...this.rows]) if (isNew && !placed.has(id) && this.has(id)) yield id;
  }

  toJSON(): Row[] {
    return [...this];
  }

  finish(): unknown {
    if (!this.place.changed) return this.session.finished(this.base);
    if (this.finished !== undefined) return this.finished;
    const changes = new Map<Key, Row | typeof GONE>();
    const added = new Map<Key, Row>();
    for (const id of this.gone) changes.set(id, GONE);
    const fresh = this.session.isFresh(this.base);
    for (const [id, { row, isNew }] of this.rows) {
      const after = freezeChanged(this.session.finished(row, fresh)) as Row;
      if (this.base.keyOf(after) !== id) {
        throw new ShawnError(
          "KEY_CHANGED",
          `act ${this.session.act}: row ${this.place.path}.${id} got another "${this.key}"; delete it and add a new one`,
        );
      }
      if (isNew) added.set(id, after);
      else if (after !== this.base.get(id)) changes.set(id, after);
    }
    // What the update itself has made of rows may still hold drafts.
    const base = this.session.finished(this.base) as Rows<Row>;
    this.finished =
      this.placed.size === 0 ? base.changed(changes, [...added.values()]) : this.#withPlaced(base, changes, added);
    return this.finished;
  }

  #withPlaced(base: Rows<Row>, changes: Map<Key, Row | typeof GONE>, added: Map<Key, Row>): Rows<Row> {
    const placed = new Map<Key, Row[]>();
    for (const [next, run] of this.placed) {
      placed.set(
        next,
        run.map((id) => added.get(id) as Row),
      );
      for (const id of run) added.delete(id);
    }
    return base.changed(changes, [...added.values()], placed);
  }

  #unplace(id: Key): void {
    for (const [next, run] of this.placed) {
      const at = run.indexOf(id);
      if (at < 0) continue;
      run.splice(at, 1);
      if (run.length === 0) this.placed.delete(next);
    }
  }
}

standsForItself(TableDraft);
