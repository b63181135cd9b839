/**
 * A store's journal in one LMDB database. Records are chained in the order in which they are accepted and written
 * together with the head that counts them, so what is on disk is always a prefix of what was accepted.
 * Nothing is written before all that is there has been read once and found sound. After damage or a failed write
 * nothing more is accepted: a record that was lost must not turn into a gap.
 */
import { misuse } from "@good-place/channel/misuse";

import type { Journal, JournalRecord } from "@good-place/shawn";
import type { Bytes } from "./environment.js";
import { MansionError, reason } from "./errors.js";
import { decodeRecord, encodeHead, encodeRecord, type Head, hashOf, keyOf } from "./record.js";
import { type Place, readFrom, readHead, type Sound, scan } from "./scan.js";
import type { Change, Writer } from "./writer.js";

/** A journal as the mansion holds it. Users see a `Journal`. */
export class LmdbJournal implements Journal {
  readonly #db: Bytes;
  readonly #writer: Writer;
  readonly #place: Place;
  // What has been accepted. What is on disk is behind it by what is being written.
  #tail: Head;
  #failure: MansionError | undefined;
  #checked: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;
  readonly #listeners = new Set<() => void>();

  /** `lineage` is the root of the chain, should the journal be a new one. */
  constructor(db: Bytes, writer: Writer, place: Place, lineage: Buffer) {
    this.#db = db;
    this.#writer = writer;
    this.#place = place;
    this.#tail = { count: 0, lineage, hash: lineage };
    try {
      this.#tail = readHead(db, place) ?? this.#tail;
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /**
   * Keeps the records, all or none, in order, and resolves when they are as durable as the mansion is. The records are
   * read before this returns. Rejects with JOURNAL_SEQUENCE unless `seq` goes on where the journal ends and with
   * JOURNAL_RECORD for what is not plain data, which changes nothing; with JOURNAL_FAILED or JOURNAL_CORRUPT when the
   * journal accepts nothing more; with MANSION_CLOSED after close.
   */
  async append(records: readonly JournalRecord[]): Promise<void> {
    this.#assertUsable();
    const puts = this.#accept(records);
    if (puts.length === 0) return;
    const written = this.#write(puts);
    this.#last = written.catch(() => undefined);
    await written;
    for (const listener of this.#listeners) listener();
  }

  /**
   * Gives the records with `seq >= from` that were durable when it started. Every record from the first on is checked,
   * whatever `from` is: the chain starts there. Damage throws JOURNAL_CORRUPT after what is sound before it.
   */
  async *replay(from: number): AsyncGenerator<JournalRecord, void, undefined> {
    if (!Number.isSafeInteger(from) || from < 0) {
      throw misuse("type", "JOURNAL_FROM", `replay() starts at a sequence number from 1 on, got ${from}`);
    }
    this.#assertUsable();
    for await (const { seq, value } of this.#scan(() => this.#assertOpen())) {
      if (seq >= from) yield decodeRecord(value, seq);
    }
  }

  /** Its name in the mansion. */
  get name(): string {
    return this.#place.journal;
  }

  /**
   * Some of the records from `from` on that are durable, in order; none where it ends. The first call checks the whole
   * journal, each later one its records and that they follow the one before them.
   */
  async read(from: number): Promise<JournalRecord[]> {
    this.#assertUsable();
    this.#checked ??= this.#check();
    await this.#checked;
    this.#assertUsable();
    try {
      return [...readFrom(this.#db, from, this.#place)].map(({ seq, value }) => decodeRecord(value, seq));
    } catch (thrown) {
      throw this.#fail(thrown);
    }
  }

  /** Calls the listener after each append that is durable, until the function that it gives is called. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Refuses what comes from now on and waits for what was accepted. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  // Chains the records behind the tail. Throws before anything has changed.
  #accept(records: readonly JournalRecord[]): Change[] {
    const puts: Change[] = [];
    const { lineage } = this.#tail;
    let { count, hash } = this.#tail;
    for (const record of records) {
      if (record.seq !== count + 1) throw this.#wrongSequence(record.seq, count + 1);
      const value = encodeRecord(record, hash);
      puts.push({ db: this.#db, key: keyOf(record.seq), value });
      count = record.seq;
      hash = hashOf(value);
    }
    if (puts.length === 0) return puts;
    this.#tail = { count, lineage, hash };
    puts.push({ db: this.#db, key: keyOf(0), value: encodeHead(this.#tail) });
    return puts;
  }

  // Every write waits for the same promise, also once it has settled: so writes keep the order of their appends.
  async #write(puts: readonly Change[]): Promise<void> {
    this.#checked ??= this.#check();
    try {
      await this.#checked;
      await this.#writer.write(puts);
    } catch (thrown) {
      throw this.#fail(thrown);
    }
  }

  async #check(): Promise<void> {
    const sound = this.#scan(() => undefined);
    while (!(await sound.next()).done);
  }

  // All records from the first on. Coming to the end makes a check by `append` unnecessary.
  async *#scan(onBatch: () => void): AsyncGenerator<Sound, void, undefined> {
    try {
      const head = readHead(this.#db, this.#place);
      if (head !== undefined) yield* scan(this.#db, head, this.#place, onBatch);
      this.#checked ??= Promise.resolve();
    } catch (thrown) {
      throw this.#fail(thrown);
    }
  }

  // Gives what was thrown back as an error of this package, and keeps the first that means the end.
  #fail(thrown: unknown): MansionError {
    if (thrown instanceof MansionError) {
      if (thrown.code !== "MANSION_CLOSED") this.#failure ??= thrown;
      return thrown;
    }
    const { journal, path } = this.#place;
    const text = `journal "${journal}" in ${path} could not be used (${reason(thrown)}) and accepts nothing more`;
    const advice = "mend the cause, then open the mansion again: what had been resolved is there";
    const failure = new MansionError("JOURNAL_FAILED", `${text}: ${advice}`, { ...this.#place, cause: thrown });
    this.#failure ??= failure;
    return failure;
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    const text = `journal "${this.#place.journal}" is closed: open the mansion ${this.#place.path} again`;
    throw new MansionError("MANSION_CLOSED", text, this.#place);
  }

  #assertUsable(): void {
    this.#assertOpen();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #wrongSequence(seq: number, next: number): MansionError {
    const text = `journal "${this.#place.journal}" goes on with record ${next}, got ${seq}`;
    return new MansionError("JOURNAL_SEQUENCE", `${text}: append each record once, in order`, { ...this.#place, seq });
  }
}
