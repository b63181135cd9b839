/**
 * Follows a journal: one fiber that reads the records behind the position, a batch at a time, and makes the documents of
 * them. The documents and the position are one transaction. Records that change nothing do not make one of their own:
 * read again after a kill, they change nothing again.
 */

import {
  type Channel,
  CLOSED,
  type Closed,
  channel,
  EMPTY,
  type Empty,
  type Fiber,
  fixed,
  go,
  scope,
  until,
} from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { JournalRecord } from "@good-place/shawn";
import { MansionError, reason } from "../errors.js";
import type { MansionJournal } from "../journal.js";
import type { LmdbBuffet } from "./buffet.js";
import type { BuffetFollowOptions, BuffetWrite, Document, Following } from "./face.js";
import { noteChange, type Position } from "./note.js";
import { Transaction } from "./write.js";

// So many records are read ahead and go into one transaction.
const batch = 256;
// So many records without a change are read again at most.
const unwritten = 1000;

type Project<D extends Document> = (record: JournalRecord, tx: BuffetWrite<D>) => void;

/** Checks what `follow` was given, and starts. */
export function startFollowing<D extends Document>(
  buffet: LmdbBuffet<D>,
  journal: MansionJournal,
  project: Project<D>,
  options: BuffetFollowOptions,
): FollowingBuffet<D> {
  checkOptions("follow()", options, ["version", "supervisor"]);
  const { version = 1, supervisor } = options;
  if (typeof journal?.follow !== "function") {
    const text = `follow() takes a journal of a mansion, got ${describe(journal)}: pass what mansion.journal() gives`;
    throw misuse("type", "BUFFET_JOURNAL", text);
  }
  if (typeof project !== "function") {
    throw misuse("type", "BUFFET_WRITE", `follow() takes a function of a record, got ${describe(project)}`);
  }
  if (!Number.isSafeInteger(version)) {
    throw misuse("type", "BAD_OPTION", `follow() option version must be an integer, got ${describe(version)}`);
  }
  return new FollowingBuffet(buffet, { journal, project, version }, supervisor);
}

interface Source<D extends Document> {
  readonly journal: MansionJournal;
  readonly project: Project<D>;
  readonly version: number;
}

interface Waiter {
  readonly seq: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** A buffet that follows, as the buffet sees it. */
export class FollowingBuffet<D extends Document> implements Following {
  readonly fiber: Fiber<void>;
  /** Resolves when it has ended, however that was. */
  readonly ended: Promise<void>;
  readonly #buffet: LmdbBuffet<D>;
  readonly #source: Source<D>;
  #position: Position;
  #waiters: Waiter[] = [];
  #end: { readonly error: unknown } | undefined;

  constructor(buffet: LmdbBuffet<D>, source: Source<D>, supervisor: BuffetFollowOptions["supervisor"]) {
    this.#buffet = buffet;
    this.#source = source;
    this.#position = { journal: source.journal.name, version: source.version, seq: 0, act: "" };
    let tell = (): void => undefined;
    this.ended = new Promise((resolve) => {
      tell = resolve;
    });
    const following = this;
    const own = supervisor === undefined ? {} : { supervisor };
    this.fiber = go(
      function* (): Generator<unknown, void, never> {
        let error: unknown = stopped(buffet);
        try {
          yield* following.#follow();
        } catch (thrown) {
          error = thrown;
          throw thrown;
        } finally {
          following.#over(error);
          tell();
        }
      },
      { name: `buffet ${buffet.name}`, detached: true, ...own },
    );
  }

  get position(): number {
    return this.#position.seq;
  }

  until(seq: number): Promise<void> {
    if (!Number.isSafeInteger(seq) || seq < 0) {
      throw misuse("type", "BUFFET_SEQ", `until() waits for a sequence number from 0 on, got ${describe(seq)}`);
    }
    if (this.#end !== undefined) return Promise.reject(this.#end.error);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ seq, resolve, reject });
      this.#settle();
    });
  }

  async stop(): Promise<void> {
    this.fiber.cancel("stopped");
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  *#follow(): Generator<unknown, void, never> {
    const { journal } = this.#source;
    yield* until(this.#begin());
    const inbox = channel<JournalRecord>(fixed(batch));
    const read = async ({ signal }: Fiber<unknown>): Promise<void> => {
      const from = Math.max(1, this.position);
      for await (const record of journal.follow(from, { signal })) await inbox.give(record, { signal });
    };
    const following = this;
    yield* scope(function* (): Generator<unknown, void, never> {
      void go(read, { name: `records of ${journal.name}` });
      for (;;) yield* following.#next(inbox);
    });
  }

  // One record and those that have come behind it. The first may be the one that the documents stand for.
  *#next(inbox: Channel<JournalRecord>): Generator<unknown, void, never> {
    const records: JournalRecord[] = [];
    let record: JournalRecord | Closed | Empty = yield* inbox.take();
    for (; record !== CLOSED && record !== EMPTY; record = inbox.tryTake()) {
      if (record.seq === this.position) this.#assertKnown(record);
      else records.push(record);
      if (records.length === batch) break;
    }
    if (records.length > 0) yield* until(this.#apply(records));
  }

  // Where it was, if the documents are of this journal and this projection.
  async #begin(): Promise<void> {
    const buffet = this.#buffet;
    const { journal, version } = this.#source;
    await buffet.ready();
    const { position } = buffet.note;
    if (position === undefined) {
      if (buffet.tables.size() === 0) return;
      throw this.#lost("it has documents that were not made from a journal");
    }
    if (position.journal !== journal.name) throw this.#lost(`it has followed the journal "${position.journal}"`);
    if (position.version !== version) return buffet.empty();
    const end = journal.position?.seq ?? 0;
    if (end < position.seq) throw this.#lost(`it stands for record ${position.seq}, and the last one there is ${end}`);
    this.#position = position;
  }

  #assertKnown({ seq, meta }: JournalRecord): void {
    const { act } = this.#position;
    if (meta.id !== act) throw this.#lost(`it stands for record ${seq}, act ${act}, which there is act ${meta.id}`);
  }

  // The records before one that fails are kept: they are made once more, without it.
  async #apply(records: readonly JournalRecord[]): Promise<void> {
    let failed: { readonly at: number; readonly error: MansionError } | undefined;
    try {
      await this.#write(records, (at, thrown) => {
        failed = { at, error: this.#failure(records[at] as JournalRecord, thrown) };
        return failed.error;
      });
    } catch (thrown) {
      if (failed === undefined || thrown !== failed.error) throw thrown;
      if (failed.at > 0) await this.#apply(records.slice(0, failed.at));
      throw failed.error;
    }
  }

  async #write(records: readonly JournalRecord[], failed: (at: number, thrown: unknown) => Error): Promise<void> {
    const buffet = this.#buffet;
    const last = records.at(-1) as JournalRecord;
    const position = { ...this.#position, seq: last.seq, act: last.meta.id };
    await buffet.commit((read) => {
      const tx = new Transaction(buffet.tables, read);
      for (const [at, record] of records.entries()) {
        try {
          this.#source.project(record, tx);
        } catch (thrown) {
          throw failed(at, thrown);
        }
      }
      tx.stop();
      const changes = tx.changes();
      if (changes.length === 0 && position.seq - (buffet.note.position?.seq ?? 0) < unwritten) return [];
      buffet.note = { ...buffet.note, position };
      changes.push(noteChange(buffet.tables, buffet.note));
      return changes;
    });
    this.#position = position;
    this.#settle();
  }

  #settle(): void {
    const { seq } = this.#position;
    for (const waiter of this.#waiters) if (waiter.seq <= seq) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => waiter.seq > seq);
  }

  #over(error: unknown): void {
    this.#end = { error };
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters = [];
  }

  #failure({ seq, name }: JournalRecord, cause: unknown): MansionError {
    const { place } = this.#buffet.tables;
    const text = `buffet "${place.buffet}" cannot follow over record ${seq}, ${name} (${reason(cause)})`;
    const advice = "it stands for the record before: mend the projection and follow again";
    return new MansionError("BUFFET_PROJECTION", `${text}: ${advice}`, { ...place, seq, cause });
  }

  #lost(what: string): MansionError {
    const { place } = this.#buffet.tables;
    const text = `buffet "${place.buffet}" in ${place.path} cannot follow "${this.#source.journal.name}": ${what}`;
    const advice = "follow what it followed, or call clear() to have its documents made anew";
    return new MansionError("BUFFET_POSITION", `${text}: ${advice}`, place);
  }
}

function stopped<D extends Document>(buffet: LmdbBuffet<D>): MansionError {
  const text = `buffet "${buffet.name}" does not follow any more: it was stopped, or its mansion closed`;
  return new MansionError("BUFFET_STOPPED", text, buffet.tables.place);
}
