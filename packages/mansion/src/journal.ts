/**
 * A store's journal in one LMDB database. Records are chained in the order in which they are accepted and written
 * together with the head that counts them, so what is on disk is always a prefix of what was accepted.
 * Nothing is written before all that is there has been read once and found sound. After damage or a failed write
 * nothing more is accepted: a record that was lost must not turn into a gap.
 */
import { type Channel, channel, select, sliding, timeout } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";

import type { Journal, JournalRecord, Snapshot } from "@good-place/shawn";
import { assertNumber } from "./body.js";
import { exportLines, importLines } from "./care/ndjson.js";
import type { Bytes } from "./environment.js";
import { MansionError, reason } from "./errors.js";
import type { Durability } from "./options.js";
import { decodeRecord, encodeHead, encodeRecord, type Head, hashOf, keyOf } from "./record.js";
import { readOnly, tooLarge, wrongSequence } from "./refusals.js";
import type { Room } from "./room.js";
import { damaged, type Link, linkAt, linkOf, type Place, readHead, type Sound, scan } from "./scan.js";
import { keepChanges, newest, snapshotsName } from "./snapshots.js";
import type { Change } from "./writer.js";

/** Where a journal has come to. */
export interface Position {
  /** The number of its last record; 0 while there is none. */
  readonly seq: number;
  /** Names this history: drawn when the journal was new. 64 hexadecimal digits, as is the hash. */
  readonly lineage: string;
  /** The SHA-256 of the last record, which stands for all before it too. */
  readonly hash: string;
}

/** How `follow` waits. */
export interface FollowOptions {
  /** Ends it: the follower fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long it waits before it looks again, in milliseconds; 50 by default. */
  readonly pollMs?: number | undefined;
}

/** A journal in a mansion. */
export interface MansionJournal extends Journal {
  readonly name: string;
  readonly durability: Durability;
  readonly where: string;
  /** Where it has come to on disk; undefined before its first record. Throws JOURNAL_CORRUPT, MANSION_CLOSED. */
  readonly position: Position | undefined;
  snapshot(fold: string): Promise<Snapshot | undefined>;
  keep(snapshot: Snapshot): Promise<void>;
  /**
   * Gives the records with `seq >= from`, and then each that is appended, here or in another process, until it is left
   * or its signal aborts. It checks them as `replay` does. Throws JOURNAL_CORRUPT where this is no longer the history
   * that it has read, MANSION_REPLACED where the folder has got another data file, and MANSION_CLOSED.
   */
  follow(from: number, options?: FollowOptions): AsyncGenerator<JournalRecord, void, undefined>;
  /** The journal as it was when `seq` was its last record: a store on it has the envelope of that time. It takes no records. */
  until(seq: number): Journal;
  /** Gives the journal up to record `to` as lines of JSON, without line feeds. Throws what `replay` throws. */
  export(to?: number): AsyncGenerator<string, void, undefined>;
  /**
   * Appends what `export` gave, and resolves to where the journal has come then. A journal that has some of it gets the
   * rest; any other that is not empty is refused with JOURNAL_NOT_EMPTY. A line that cannot be read, or was changed, rejects
   * with JOURNAL_UNREADABLE, which names it: what came before it is there, and another import goes on behind it.
   */
  import(lines: AsyncIterable<string> | Iterable<string>): Promise<Position | undefined>;
}

/** A journal as the mansion holds it. Users see a `MansionJournal`. */
export class LmdbJournal implements MansionJournal {
  readonly name: string;
  readonly durability: Durability;
  readonly where: string;
  readonly #room: Room;
  readonly #place: Place;
  // What has been accepted. What is on disk is behind it by what is being written.
  #tail: Head;
  #db: Bytes | undefined;
  readonly #followers = new Set<Channel<true>>();
  #failure: MansionError | undefined;
  #checked: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** `lineage` is the root of the chain, should the journal be a new one. */
  constructor(room: Room, name: string, lineage: Buffer) {
    this.name = name;
    this.durability = room.durability;
    this.where = `journal "${name}" in ${room.path}`;
    this.#room = room;
    this.#place = { path: room.path, journal: name };
    this.#tail = { count: 0, lineage, hash: lineage };
    try {
      this.#tail = this.#head() ?? this.#tail;
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  get position(): Position | undefined {
    this.#assertOpen();
    const head = this.#head();
    if (head === undefined) return undefined;
    return { seq: head.count, lineage: head.lineage.toString("hex"), hash: head.hash.toString("hex") };
  }

  /**
   * Keeps the records, all or none, in order, and resolves when they are as durable as the mansion is. The records are
   * read before this returns. Rejects with JOURNAL_SEQUENCE unless `seq` goes on where the journal ends, with
   * JOURNAL_RECORD for what is not plain data and JOURNAL_TOO_LARGE, which change nothing; with JOURNAL_FAILED or
   * JOURNAL_CORRUPT when the journal accepts nothing more; with MANSION_CLOSED after close, and MANSION_READ_ONLY.
   */
  async append(records: readonly JournalRecord[]): Promise<void> {
    this.#assertUsable();
    if (this.#room.readOnly) throw readOnly(this.#place, "was opened to be read only");
    const changes = this.#accept(records);
    if (changes.length === 0) return;
    const written = this.#write(changes);
    this.#last = written.catch(() => undefined);
    await written;
  }

  /**
   * Gives the records with `from <= seq <= to` that were durable when it started. They and the one before them are
   * checked, and their chain up to the head; what is older is checked before the first append. Damage throws
   * JOURNAL_CORRUPT after what is sound before it.
   */
  async *replay(from: number, to: number = Number.MAX_SAFE_INTEGER): AsyncGenerator<JournalRecord, void, undefined> {
    assertNumber("replay() starts", from);
    assertNumber("replay() ends", to);
    this.#assertUsable();
    for await (const batch of this.stored(from)) {
      for (const { seq, value } of batch) {
        if (seq > to) return;
        yield this.decode(value, seq);
      }
    }
  }

  async *follow(from: number, options: FollowOptions = {}): AsyncGenerator<JournalRecord, void, undefined> {
    assertNumber("follow() starts", from);
    checkOptions("follow()", options, ["signal", "pollMs"]);
    const { signal, pollMs = 50 } = options;
    if (!(pollMs > 0)) {
      throw misuse("type", "BAD_OPTION", `follow() pollMs must be a number of ms > 0, got ${describe(pollMs)}`);
    }
    const woken = channel<true>(sliding(1), { name: `follow ${this.name}` });
    this.#followers.add(woken);
    try {
      yield* this.#follow(from, pollMs, woken, signal);
    } finally {
      this.#followers.delete(woken);
    }
  }

  // What this process appends wakes it; what others append is found by looking.
  async *#follow(
    from: number,
    pollMs: number,
    woken: Channel<true>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<JournalRecord, void, undefined> {
    let link: Link | undefined;
    for (;;) {
      signal?.throwIfAborted();
      this.#assertUsable();
      this.#room.refresh();
      const head = this.#head();
      if (head !== undefined) {
        if (link !== undefined && link.seq > head.count) throw this.#otherHistory(link.seq);
        if (link !== undefined || from - 1 <= head.count) {
          const db = this.#db as Bytes;
          link ??= linkAt(db, head, this.#place, Math.max(0, from - 1));
          for await (const batch of scan(db, head, this.#place, () => this.#assertOpen(), link)) {
            link = linkOf(batch.at(-1) as Sound);
            for (const { seq, value } of batch) yield this.decode(value, seq);
          }
        }
      }
      await select([woken, timeout(pollMs)], { signal });
    }
  }

  until(seq: number): Journal {
    assertNumber("until() ends", seq);
    const records = (from: number): AsyncGenerator<JournalRecord, void, undefined> => this.replay(from, seq);
    const snapshot = (fold: string): Promise<Snapshot | undefined> => this.snapshot(fold, seq);
    const append = async (): Promise<void> => {
      throw readOnly(this.#place, `is shown as it was at record ${seq}`);
    };
    return { where: this.where, append, replay: records, snapshot };
  }

  async snapshot(fold: string, upTo: number = Number.MAX_SAFE_INTEGER): Promise<Snapshot | undefined> {
    this.#assertUsable();
    const db = this.#room.database(snapshotsName);
    const head = this.#head();
    if (db === undefined || head === undefined) return undefined;
    const recordAt = (seq: number): Buffer | undefined => this.#db?.getBinary(keyOf(seq));
    return newest(db, this.#place, fold, Math.min(upTo, head.count), recordAt);
  }

  /**
   * Keeps a snapshot, unless its record is not on disk. Rejects with what `append` rejects with, and with MANSION_FULL where
   * it would leave little room on the device; records are taken all the same then.
   */
  async keep(snapshot: Snapshot): Promise<void> {
    this.#assertUsable();
    const db = this.#room.database(snapshotsName);
    if (this.#room.readOnly || db === undefined) throw readOnly(this.#place, "was opened to be read only");
    const kept = this.#room.write((read) => {
      const record = this.#db === undefined ? undefined : read(this.#db, keyOf(snapshot.seq));
      if (record === undefined) return [];
      const changes = keepChanges(db, this.name, snapshot, record);
      this.#room.assertRoom(changes);
      return changes;
    });
    const before = this.#last;
    this.#last = kept.catch(() => undefined).then(() => before);
    await kept;
  }

  export(to: number = Number.MAX_SAFE_INTEGER): AsyncGenerator<string, void, undefined> {
    assertNumber("export() ends", to);
    this.#assertUsable();
    return exportLines(this, to);
  }

  async import(lines: AsyncIterable<string> | Iterable<string>): Promise<Position | undefined> {
    this.#assertUsable();
    if (this.#room.readOnly) throw readOnly(this.#place, "was opened to be read only");
    return importLines(this, lines);
  }

  get path(): string {
    return this.#room.path;
  }

  /** The records from this one on, as they are stored, each checked, in batches. */
  stored(from: number): AsyncGenerator<readonly Sound[], void, undefined> {
    return this.#scan(from, () => this.#assertOpen());
  }

  /** Lets an empty journal begin with this lineage; gives the one that it begins with. */
  begin(lineage: Buffer | undefined): Buffer {
    if (lineage !== undefined && this.#tail.count === 0) this.#tail = { count: 0, lineage, hash: lineage };
    return this.#tail.lineage;
  }

  /** Refuses what comes from now on and waits for what was accepted. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const each of this.#followers) each.tryGive(true);
    await this.#last;
  }

  // The database comes to be with the first record: for one who reads only, that may be later.
  #head(): Head | undefined {
    this.#db ??= this.#room.database(`journal:${this.name}`);
    return this.#db === undefined ? undefined : readHead(this.#db, this.#place);
  }

  // Chains the records behind the tail. Throws before anything has changed.
  #accept(records: readonly JournalRecord[]): Change[] {
    const db = this.#db as Bytes;
    const changes: Change[] = [];
    const { lineage } = this.#tail;
    let { count, hash } = this.#tail;
    for (const record of records) {
      if (record.seq !== count + 1) throw wrongSequence(this.#place, record.seq, count + 1);
      const value = encodeRecord(record, hash);
      if (value.length > this.#room.maxRecordBytes)
        throw tooLarge(this.#place, record.seq, value.length, this.#room.maxRecordBytes);
      changes.push({ db, key: keyOf(record.seq), value });
      count = record.seq;
      hash = hashOf(value);
    }
    if (changes.length === 0) return changes;
    this.#tail = { count, lineage, hash };
    changes.push({ db, key: keyOf(0), value: encodeHead(this.#tail) });
    return changes;
  }

  // Every write waits for the same promise, also once it has settled: so writes keep the order of their appends.
  async #write(changes: readonly Change[]): Promise<void> {
    this.#checked ??= this.#check();
    try {
      await this.#checked;
      await this.#room.write(changes);
      for (const each of this.#followers) each.tryGive(true);
    } catch (thrown) {
      throw this.#fail(thrown);
    }
  }

  async #check(): Promise<void> {
    const sound = this.#scan(1, () => undefined);
    while (!(await sound.next()).done);
  }

  // Coming from the first record to the end makes a check by `append` unnecessary.
  async *#scan(from: number, onBatch: () => void): AsyncGenerator<readonly Sound[], void, undefined> {
    try {
      const head = this.#head();
      if (head !== undefined && from <= head.count + 1) {
        const db = this.#db as Bytes;
        const after = linkAt(db, head, this.#place, Math.max(0, from - 1));
        yield* scan(db, head, this.#place, onBatch, after);
      }
      if (from <= 1) this.#checked ??= Promise.resolve();
    } catch (thrown) {
      throw this.#fail(thrown);
    }
  }

  /** The record of a stored value. Throws JOURNAL_CORRUPT where its text is not that of one. */
  decode(value: Buffer, seq: number): JournalRecord {
    const record = decodeRecord(value, seq);
    if (record !== undefined) return record;
    throw this.#fail(damaged(this.#place, seq, "schema", "its text is not that of a record"));
  }

  // Gives what was thrown back as an error of this package, and keeps the first that means the end.
  #fail(thrown: unknown): MansionError {
    if (thrown instanceof MansionError && thrown.code !== "MANSION_FULL") {
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
    this.#room.assertOpen();
    if (!this.#closed) return;
    const text = `journal "${this.#place.journal}" is closed: open the mansion ${this.#place.path} again`;
    throw new MansionError("MANSION_CLOSED", text, this.#place);
  }

  #assertUsable(): void {
    this.#assertOpen();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #otherHistory(seq: number): MansionError {
    const text = "it was followed so far, and the journal ends before it now: it is another one";
    return damaged(this.#place, seq, "chain", text);
  }
}
