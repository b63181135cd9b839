/**
 * What a store offers.
 */
import type { Channel, Op, Signal } from "@good-place/channel";
import type { Act } from "./act.js";
import type { AdmitOptions, LivingCocoon } from "./admit.js";
import type { JournalRecord, Level } from "./journal.js";
import type { Listener } from "./options.js";

export interface Shawn<E> {
  /** The envelope as it is: an immutable snapshot that shares what did not change with the one before. */
  readonly envelope: E;
  /** The sequence number of the last confirmed act. */
  readonly seq: number;
  /** The envelope up to which everything is durable, and its last act: what may be shown to others. Without a journal, all that no optimistic cocoon may still roll back. */
  readonly durable: { readonly envelope: E; readonly seq: number };
  /** The supervisor channel of the store's fiber cocoons, and of whatever reports to it. */
  readonly flow: Channel<Signal>;
  /** The supervisor channel of the store's thread cocoons. */
  readonly threadFlow: Channel<Signal>;
  /**
   * Confirms acts and what follows from them. While a tide runs, or the journal is being replayed, the acts wait their
   * turn. Throws CONFIRM_IN_UPDATE, DISMISSED, JOURNAL_FAILED, and without `onError` what the acts threw.
   */
  confirm(...acts: readonly Act[]): void;
  /**
   * Confirms as `confirm` does, and settles when the acts and what follows from them at once have come as far as the level.
   * "memory": they count; their effects run at once, and the record follows, in its order. A crash or a failing journal
   * may lose them, never with a gap, and what their effects did stays done. "disk": they are on the device. Without a
   * level, effects and `settled()` wait for what the journal promises. Either way effects wait for an optimistic cocoon that
   * may still roll the act back; "disk" waits for it, too, and fails with ROLLED_BACK.
   * Throws what `confirm` throws, BAD_LEVEL, and NOT_DURABLE, with nothing confirmed, where the journal does not say that
   * it keeps "disk"; fails with the refusal that `onError` was told of, or JOURNAL_FAILED. Cancelling the wait leaves the acts.
   */
  confirmAt(level: Level, ...acts: readonly Act[]): Op<void>;
  /** The same store for somebody: what is confirmed here, and all that follows from it, has this `by` in its meta. */
  as(by: string): Pick<Shawn<E>, "confirm" | "confirmAt">;
  /**
   * Waits until no cocoon lives; gives the envelope and the products since the last admit, in the order of their start.
   * Fails with ADMIT_TIMEOUT, which names those that still live, when the time is over; they live on, and the products
   * are the next admit's, as they are when the wait is cancelled.
   */
  admit(options?: AdmitOptions): Op<[envelope: E, ...products: unknown[]]>;
  /** The cocoons that live now, in the order of their start. Made when it is read. */
  readonly living: readonly LivingCocoon[];
  /**
   * Calls the listener once after every drained batch of acts, and with no acts when the envelope has become another
   * without any: the journal was replayed or has failed, an act was rolled back, or somebody travelled. After a rollback,
   * which names the acts that are out, the acts confirmed since `durable` may have other numbers. Returns a function that ends it. Listeners are called in the order in
   * which they subscribed; one that comes meanwhile hears of the next batch, one that was ended of no more.
   */
  subscribe(listener: Listener<E>): () => void;
  /**
   * Calls the listener after a batch that has changed what `select` gives: compared by Object.is, plain objects and
   * arrays by their values. Listeners that read other places cost nothing: `select` is asked again only when something
   * that it has read is another (a field of the envelope, a field, index or key in that, a row of a table), so it has to
   * be a function of the envelope alone. Of an object in which it reads fields it may not ask by `===` whether it is another. Throws what `select` throws; when it throws later, that is a failure of phase
   * "subscriber", and the listener keeps what it knows.
   */
  subscribe<T>(select: (envelope: E) => T, listener: (now: T, was: T) => void): () => void;
  /** What the act would make of the envelope: its update and nothing else. Throws what the payload's schema or the update throws. */
  reduce(envelope: E, act: Act): E;
  /**
   * Takes over acts that were confirmed elsewhere: their updates run, the journal keeps them, the subscribers are told,
   * nothing else. They come before what an optimistic cocoon may still roll back, which runs again behind them. Records that are known already are passed over; throws SEQ_GAP when one is missing, with the envelope
   * as it was before, and REPLAY_IN_TIDE while acts are being confirmed or the journal is being replayed.
   */
  replay(records: readonly JournalRecord[]): void;
  /**
   * Shows another envelope, though no act leads there: for tools that travel in time. The subscribers are told, with no
   * acts; snoops take it as what they have seen last; cocoons live on, and `seq` stays. Throws TRAVEL_IN_TIDE while acts
   * are being confirmed, TRAVEL_JOURNALED on a store with a journal, which would not keep it, and DISMISSED.
   */
  travel(envelope: E): void;
  /** Settles when the journal is replayed and what was confirmed is durable or rolled back; fails with JOURNAL_FAILED. */
  settled(): Op<void>;
  /** Cancels the cocoons, which rolls optimistic acts back, waits for their end and for the journal, and closes the flows. */
  dismiss(reason?: unknown): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
