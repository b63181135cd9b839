/**
 * A store's journal in IndexedDB. It keeps what the one on disk keeps: records are chained in the order in which they are
 * accepted and written together with the head that counts them; appends that wait for the same transaction share the
 * next one; nothing is written before all that is there was found sound; after damage or a failed write nothing more is
 * accepted.
 */

import type { Journal, JournalRecord, Level, Snapshot } from "@good-place/shawn";
import { assertNumber, decodeRecordBody, encodeRecordBody } from "../body.js";
import { type Damage, MansionError, reason } from "../errors.js";
import { hashOf, type MansionDatabase, newLineage, type StoredHead, type StoredRecord, sumOf } from "./database.js";

const batch = 256;

/** What a journal needs of its mansion. */
export interface Page {
  readonly name: string;
  readonly db: MansionDatabase;
  readonly durability: IDBTransactionDurability;
  /** Throws MANSION_CLOSED once it is closed. */
  assertOpen(): void;
}

interface Entry {
  readonly seq: number;
  readonly stored: StoredRecord;
}

interface Waiting {
  readonly entries: readonly Entry[];
  readonly head: StoredHead;
  resolve(): void;
  reject(error: unknown): void;
}

/** A journal as the mansion of a page holds it. Users see a `Journal`. */
export class IdbJournal implements Required<Journal> {
  readonly durability: Level;
  readonly where: string;
  readonly #page: Page;
  readonly #name: string;
  // What has been accepted, and what is stored of it; undefined until the database was asked.
  #tail: StoredHead | undefined;
  #stored: StoredHead | undefined;
  #failure: MansionError | undefined;
  #begun: Promise<void> | undefined;
  #waiting: Waiting[] = [];
  #isRunning = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(page: Page, name: string) {
    this.#page = page;
    this.#name = name;
    this.durability = page.durability === "strict" ? "disk" : "memory";
    this.where = `journal "${name}" of mansion ${page.name}`;
  }

  append(records: readonly JournalRecord[]): Promise<void> {
    // The records are read before this returns; where they belong is known once the database was asked.
    const appended = this.#guarded(async () => {
      const bodies = records.map((record) => ({ seq: record.seq, body: encodeRecordBody(record) }));
      await this.#begin();
      if (this.#failure !== undefined) throw this.#failure;
      if (bodies.length === 0) return;
      const entries: Entry[] = [];
      let { count, hash } = this.#tail as StoredHead;
      for (const { seq, body } of bodies) {
        if (seq !== count + 1) throw this.#wrongSequence(seq, count + 1);
        hash = hashOf(hash, seq, body);
        entries.push({ seq, stored: { ...body, hash } });
        count = seq;
      }
      this.#tail = { ...(this.#tail as StoredHead), count, hash };
      await this.#write(entries, this.#tail);
    });
    this.#last = Promise.allSettled([this.#last, appended]);
    return appended;
  }

  async *replay(from: number): AsyncGenerator<JournalRecord, void, undefined> {
    assertNumber("replay() starts", from);
    this.#assertUsable();
    try {
      yield* this.#scan(Math.max(1, from), () => this.#page.assertOpen());
    } catch (thrown) {
      throw this.#fail(thrown);
    }
  }

  snapshot(fold: string): Promise<Snapshot | undefined> {
    return this.#guarded(async () => {
      const tx = this.#page.db.transaction(["records", "snapshots"]);
      const found = await tx.objectStore("snapshots").get([this.#name, fold]);
      if (found === undefined) return undefined;
      const { seq, state, record, sum } = found;
      const snapshot = { seq, fold, state };
      const stored = await tx.objectStore("records").get([this.#name, seq]);
      // It can be made again, so one that does not fit is as good as none.
      return stored?.hash === record && sumOf(snapshot, record) === sum ? snapshot : undefined;
    });
  }

  keep(snapshot: Snapshot): Promise<void> {
    const { seq, fold, state } = snapshot;
    return this.#guarded(async () => {
      const tx = this.#page.db.transaction(["records", "snapshots"], "readwrite");
      const stored = await tx.objectStore("records").get([this.#name, seq]);
      if (stored !== undefined) {
        const kept = { seq, fold, state, record: stored.hash, sum: sumOf(snapshot, stored.hash) };
        await tx.objectStore("snapshots").put(kept, [this.#name, fold]);
      }
      await tx.done;
    });
  }

  /** Waits for what was accepted. */
  async close(): Promise<void> {
    await this.#last;
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    this.#assertUsable();
    try {
      return await work();
    } catch (thrown) {
      throw this.#fail(thrown);
    }
  }

  // Reads all that is there, once.
  #begin(): Promise<void> {
    this.#begun ??= (async () => {
      for await (const _ of this.#scan(1, () => undefined));
      const lineage = newLineage();
      this.#stored = await this.#head();
      this.#tail ??= this.#stored ?? { count: 0, lineage, hash: lineage };
    })();
    return this.#begun;
  }

  #head(): Promise<StoredHead | undefined> {
    return this.#page.db.get("heads", this.#name);
  }

  async *#scan(from: number, onBatch: () => void): AsyncGenerator<JournalRecord, void, undefined> {
    const { db } = this.#page;
    const head = await this.#head();
    const end = head?.count ?? 0;
    const extra = await db.getKey("records", IDBKeyRange.bound([this.#name, end], [this.#name, []], true));
    if (extra !== undefined) throw this.#damaged(extra[1], "extra", `the head counts only ${end} records`);
    if (head === undefined || from > end + 1) return;
    const before = from === 1 ? head.lineage : (await db.get("records", [this.#name, from - 1]))?.hash;
    if (before === undefined) throw this.#damaged(from - 1, "missing", "it is gone");
    let hash = before;
    for (let seq = from; seq <= end; ) {
      onBatch();
      const last = Math.min(end, seq + batch - 1);
      const range = IDBKeyRange.bound([this.#name, seq], [this.#name, last]);
      const tx = db.transaction("records");
      const [keys, values] = await Promise.all([tx.store.getAllKeys(range), tx.store.getAll(range)]);
      for (const [index, stored] of values.entries()) {
        if (keys[index]?.[1] !== seq) break;
        hash = hashOf(hash, seq, stored);
        if (stored.hash !== hash)
          throw this.#damaged(seq, "chain", "it is not what was written, or not behind its own");
        const record = decodeRecordBody(stored, seq);
        if (record === undefined) throw this.#damaged(seq, "schema", "its text is not that of a record");
        yield record;
        seq++;
      }
      if (seq <= last) throw this.#damaged(seq, "missing", `the head counts ${end} records`);
    }
    if (hash !== head.hash) throw this.#damaged(end, "head", "it is not the one that the head names");
  }

  #write(entries: readonly Entry[], head: StoredHead): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, head, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#commit(group);
        for (const each of group) each.resolve();
      } catch (thrown) {
        const failure = this.#fail(thrown);
        for (const each of group) each.reject(failure);
      }
    }
    this.#isRunning = false;
  }

  // The head is read in the same transaction: a page that writes without the lock is noticed before anything is lost.
  async #commit(group: readonly Waiting[]): Promise<void> {
    const { db, durability } = this.#page;
    const tx = db.transaction(["records", "heads"], "readwrite", { durability });
    const records = tx.objectStore("records");
    const heads = tx.objectStore("heads");
    const head = group.at(-1)?.head as StoredHead;
    const done = tx.done;
    done.catch(() => undefined);
    const found = await heads.get(this.#name);
    if (found?.hash !== this.#stored?.hash) {
      tx.abort();
      throw new Error("another page has written to it");
    }
    for (const { entries } of group) {
      for (const { seq, stored } of entries) void records.add(stored, [this.#name, seq]).catch(() => undefined);
    }
    void heads.put(head, this.#name).catch(() => undefined);
    await done;
    this.#stored = head;
  }

  // Gives what was thrown back as an error of this package, and keeps the first that means the end.
  #fail(thrown: unknown): Error {
    if (thrown instanceof TypeError && "code" in thrown) return thrown;
    if (thrown instanceof MansionError) {
      if (!["MANSION_CLOSED", "JOURNAL_SEQUENCE"].includes(thrown.code)) this.#failure ??= thrown;
      return thrown;
    }
    const text = `${this.where} could not be used (${reason(thrown)})`;
    const advice = "mend the cause, then open the mansion again: what had been resolved is there";
    const details = { path: this.#page.name, journal: this.#name, cause: thrown };
    this.#failure ??= new MansionError("JOURNAL_FAILED", `${text} and accepts nothing more: ${advice}`, details);
    return this.#failure;
  }

  #assertUsable(): void {
    this.#page.assertOpen();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #wrongSequence(seq: number, next: number): MansionError {
    const text = `${this.where} goes on with record ${next}, got ${seq}`;
    const details = { path: this.#page.name, journal: this.#name, seq };
    return new MansionError("JOURNAL_SEQUENCE", `${text}: append each record once, in order`, details);
  }

  #damaged(seq: number, damage: Damage, what: string): MansionError {
    const text = `${this.where} is damaged at record ${seq} (${damage}): ${what}`;
    const details = { path: this.#page.name, journal: this.#name, seq, damage };
    return new MansionError("JOURNAL_CORRUPT", `${text}. Nothing was changed: delete it, and fetch it anew`, details);
  }
}
