/**
 * The ledger stands between the store and its journal: it hands over what was confirmed, in order, and knows how much
 * of it is durable. Invariant: batches become durable in the order in which they were confirmed; after the first that
 * fails nothing more is accepted.
 */
import { ShawnError } from "../errors.js";
import type { Journal, JournalRecord } from "../journal.js";

export class Ledger<E> {
  /** The envelope up to which everything is durable. */
  durable: E;
  durableSeq: number;
  failure: ShawnError | null = null;
  readonly #journal: Journal;
  #last: Promise<void> = Promise.resolve();

  constructor(journal: Journal, envelope: E, seq: number) {
    this.#journal = journal;
    this.durable = envelope;
    this.durableSeq = seq;
  }

  /** Resolves once these records, and all before them, are durable. Rejects with JOURNAL_FAILED. */
  append(records: readonly JournalRecord[], envelope: E): Promise<void> {
    // A journal that throws at once has failed like one that rejects.
    const written = (async (): Promise<void> => this.#journal.append(records))();
    // A later failure is never an unhandled rejection while an earlier one is waited for.
    written.catch(() => {});
    const before = this.#last;
    const turn = (async (): Promise<void> => {
      await before;
      try {
        await written;
      } catch (error) {
        throw this.fail(error);
      }
      this.durable = envelope;
      this.durableSeq = records[records.length - 1]?.seq ?? this.durableSeq;
    })();
    turn.catch(() => {});
    this.#last = turn;
    return turn;
  }

  fail(cause: unknown): ShawnError {
    const why = cause instanceof Error ? cause.message : String(cause);
    this.failure ??= new ShawnError(
      "JOURNAL_FAILED",
      `the journal took no more records after ${this.durableSeq}: ${why}; the envelope is back at what is durable, reopen the store to go on`,
      { cause },
    );
    return this.failure;
  }

  settled(): Promise<void> {
    return this.#last;
  }
}
