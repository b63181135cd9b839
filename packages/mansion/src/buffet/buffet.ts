/**
 * A buffet in two LMDB databases. Every write is a function that the mansion's writer calls when its turn comes: it reads
 * the documents that it replaces, so their entries in the indexes go in the same transaction.
 * What is to be done to the indexes stands in the note and is begun when the buffet is opened; queries of an index that is
 * not complete are refused until it is.
 */

import { describe, misuse } from "@good-place/channel/misuse";
import { isThenable } from "@good-place/channel/shapes";
import type { JournalRecord } from "@good-place/shawn";
import { MansionError, reason } from "../errors.js";
import type { MansionJournal } from "../journal.js";
import type { Room } from "../room.js";
import type { Changes } from "../writer.js";
import { checkId, documentKey } from "./document.js";
import type {
  Buffet,
  BuffetFollowOptions,
  BuffetWrite,
  Document,
  Following,
  Incoming,
  Page,
  PageQuery,
  Query,
  Where,
} from "./face.js";
import { type FollowingBuffet, startFollowing } from "./follow.js";
import { type Mending, mend } from "./mend.js";
import { isToMend, type Note, noteChange, noteFor, readNote } from "./note.js";
import { checkQuery, checkWhere, type Plan, writeCursor } from "./query.js";
import { count, search } from "./search.js";
import type { Tables } from "./tables.js";
import { Transaction } from "./write.js";

/** A buffet as the mansion holds it. Users see a `Buffet`. */
export class LmdbBuffet<D extends Document> implements Buffet<D, string>, Mending<D> {
  readonly name: string;
  readonly index: readonly string[];
  readonly room: Room;
  readonly tables: Tables<D>;
  note: Note;
  // Indexes that are complete, and committed as such.
  #usable: ReadonlySet<string>;
  #mending: Promise<void> = Promise.resolve();
  #clearing: Promise<void> | undefined;
  #following: FollowingBuffet<D> | undefined;
  #isStopping = false;

  constructor(room: Room, tables: Tables<D>) {
    this.name = tables.place.buffet;
    this.index = tables.fields;
    this.room = room;
    this.tables = tables;
    const left = readNote(tables);
    this.note = noteFor(tables.fields, left);
    this.#usable = new Set(this.note.complete);
    if (room.readOnly || (left !== undefined && !isToMend(this.note))) return;
    const mended = this.#mend({});
    if (this.note.clearing) void this.#wait(mended);
  }

  get(id: string): D | undefined {
    this.#look();
    const key = documentKey(checkId(id));
    const bytes = this.tables.documents.getBinary(key);
    return bytes && this.tables.decode(key, bytes);
  }

  find(query: Query<string> = {}): D[] {
    const plan = this.#plan(query, false);
    return search(this.tables, plan)
      .slice(0, plan.limit)
      .map(({ document }) => document);
  }

  page(query: PageQuery<string> = {}): Page<D> {
    const plan = this.#plan(query, true);
    const found = search(this.tables, plan);
    const shown = found.slice(0, plan.limit);
    const last = found.length > shown.length ? shown.at(-1) : undefined;
    return { documents: shown.map(({ document }) => document), next: last && writeCursor(plan, last.place) };
  }

  count(where?: Where<string>): number {
    this.#look();
    const branches = checkWhere(where, this.index);
    this.#assertUsable(branches.flatMap((branch) => [...branch.keys()]));
    return count(this.tables, branches);
  }

  async put(document: Incoming<D>): Promise<D> {
    this.assertGoing();
    const prepared = this.tables.prepare(document);
    return this.#change((tx) => tx.keep(prepared));
  }

  async delete(id: string): Promise<boolean> {
    checkId(id);
    return this.#change((tx) => tx.delete(id));
  }

  async write<T>(change: (tx: BuffetWrite<D>) => T): Promise<T> {
    if (typeof change !== "function") {
      throw misuse("type", "BUFFET_WRITE", `write() takes a function of a transaction, got ${describe(change)}`);
    }
    return this.#change((tx) => {
      const result = change(tx);
      if (!isThenable(result)) return result;
      Promise.resolve(result).catch(() => {});
      const text = "the function of write() gave a promise, and a transaction does not wait: await before, then write";
      throw misuse("type", "BUFFET_WRITE", text);
    });
  }

  ready(): Promise<void> {
    return this.#mending;
  }

  async reindex(): Promise<void> {
    this.assertGoing();
    this.#usable = new Set();
    return this.#mend({ complete: [], building: this.index, dropping: this.index });
  }

  async clear(): Promise<void> {
    this.#assertUnfollowed("clear()");
    return this.empty();
  }

  follow(
    journal: MansionJournal,
    project: (record: JournalRecord, tx: BuffetWrite<D>) => void,
    options: BuffetFollowOptions = {},
  ): Following {
    this.assertGoing();
    this.#assertUnfollowed("follow()");
    const following = startFollowing(this, journal, project, options);
    this.#following = following;
    const end = (): void => {
      if (this.#following === following) this.#following = undefined;
    };
    void following.ended.then(end);
    return following;
  }

  /** `clear`, for the one who follows. */
  empty(): Promise<void> {
    this.assertGoing();
    return this.#wait(this.#mend({ clearing: true, position: undefined }));
  }

  /** One write, with the failures of this package. What the function itself throws is thrown as it is. */
  async commit(changes: Changes): Promise<void> {
    let own: { readonly thrown: unknown } | undefined;
    try {
      this.room.assertOpen();
      await this.room.write((read) => {
        try {
          return typeof changes === "function" ? changes(read) : changes;
        } catch (thrown) {
          own = { thrown };
          throw thrown;
        }
      });
    } catch (thrown) {
      if (own !== undefined || thrown instanceof MansionError) throw thrown;
      const text = `buffet "${this.name}" in ${this.tables.place.path} could not be written (${reason(thrown)})`;
      const advice = "mend the cause, then open the mansion again: what had been resolved is there";
      throw new MansionError("BUFFET_FAILED", `${text}: ${advice}`, { ...this.tables.place, cause: thrown });
    }
  }

  /** Stops what it does by itself, and waits until that has ended. */
  async close(): Promise<void> {
    this.#isStopping = true;
    await this.#following?.stop();
    await this.#mending.catch(() => undefined);
  }

  assertGoing(): void {
    this.room.assertOpen();
    if (!this.#isStopping) return;
    const text = `mansion ${this.room.path} is closed: open it again, and what was begun goes on`;
    throw new MansionError("MANSION_CLOSED", text, this.tables.place);
  }

  async #change<T>(change: (tx: Transaction<D>) => T): Promise<T> {
    this.#assertUnfollowed("a write");
    // Or a close would wait for writes that keep coming.
    this.assertGoing();
    // A write that has nothing to wait for is on its way when this returns: a close waits for it.
    if (this.#clearing !== undefined) await this.#clearing;
    let result: { readonly of: T } | undefined;
    await this.commit((read) => {
      const tx = new Transaction(this.tables, read);
      try {
        result = { of: change(tx) };
      } finally {
        tx.stop();
      }
      return tx.changes();
    });
    return (result as unknown as { readonly of: T }).of;
  }

  #wait(clearing: Promise<void>): Promise<void> {
    this.#clearing = clearing;
    const end = (): void => {
      if (this.#clearing === clearing) this.#clearing = undefined;
    };
    clearing.then(end, end);
    return clearing;
  }

  // What is to be done is written down at once, and done behind all that is being done.
  #mend(changed: Partial<Note>): Promise<void> {
    const noted = this.commit(() => {
      this.note = { ...this.note, ...changed };
      return [noteChange(this.tables, this.note)];
    });
    const before = this.#mending.catch(() => undefined);
    const mending = before
      .then(() => noted)
      .then(() => mend(this))
      .then(() => {
        this.#usable = new Set(this.note.complete);
      });
    // Who asks hears of it.
    mending.catch(() => undefined);
    this.#mending = mending;
    return mending;
  }

  #plan(query: PageQuery<string>, paged: boolean): Plan {
    this.#look();
    const plan = checkQuery(query, this.index, paged);
    this.#assertUsable([plan.order, ...plan.branches.flatMap((branch) => [...branch.keys()])]);
    return plan;
  }

  // Where another process writes, what is committed is not seen by itself.
  #look(): void {
    this.room.assertOpen();
    if (this.room.readOnly) this.room.refresh();
  }

  // Nor is what has become of the indexes: the other process may build one, or leave one out.
  #assertUsable(fields: readonly string[]): void {
    if (this.room.readOnly) this.#usable = new Set(noteFor(this.index, readNote(this.tables)).complete);
    const field = fields.find((each) => each !== "id" && !this.#usable.has(each));
    if (field === undefined) return;
    const advice = this.room.readOnly
      ? "open it with that index where it is open for writing, and ask again"
      : "await ready(), which says what stops it";
    const text = `the index of ${field} of buffet "${this.name}" is not complete: ${advice}`;
    throw new MansionError("BUFFET_INDEXING", text, this.tables.place);
  }

  #assertUnfollowed(what: string): void {
    if (this.#following === undefined) return;
    const text = `buffet "${this.name}" follows a journal, which alone makes its documents: stop that before ${what}`;
    throw misuse("type", "BUFFET_FOLLOWS", text);
  }
}
