/**
 * What a journal keeps and promises. A store appends what it confirmed and replays it at its start; where the records
 * live is the journal's business (a disk: `@good-place/mansion`).
 * Invariant: `seq` counts from 1 without a gap, and a record is never changed once its append has resolved.
 */

/** What is drawn once, at confirm, about an act: so that a replay sees the same clock and the same ids. */
export interface Meta {
  /** Unique id of this confirmed act. */
  readonly id: string;
  /** Position in the store's order, from 1. Until the act is durable it can shrink, by the rollback of an earlier one. */
  readonly seq: number;
  /** When it was confirmed, in epoch milliseconds. */
  readonly at: number;
  /** The `id` of the act that this one follows from, if it follows from one. */
  readonly cause: string | undefined;
  /** Who confirmed it: what `store.as()` or the emergence said, or else that of the act it follows from. */
  readonly by: string | undefined;
  /** The version of the act's payload; absent for 1. */
  readonly version?: number;
  /** The id was given by whoever asked, and no other act may have it: see `once`. */
  readonly once?: true;
}

/** One confirmed act as a journal keeps it. The payload is plain data. */
export interface JournalRecord {
  readonly seq: number;
  readonly name: string;
  readonly payload: unknown;
  readonly meta: Meta;
}

/** What the records up to `seq` have come to. A journal keeps it as it is given. */
export interface Snapshot {
  readonly seq: number;
  /** Tells by which acts it was made. */
  readonly fold: string;
  readonly state: string;
}

/** How far an act has come: it counts in the store's memory, or it is on the device and outlives the power. */
export type Level = "memory" | "disk";

/** Where a store keeps what it confirmed. */
export interface Journal {
  /** How durable a resolved `append` is. A journal that does not say so cannot be asked for `disk`. */
  readonly durability?: Level;
  /** Names the journal in what a store says of it. */
  readonly where?: string;
  /**
   * Keeps the records, all or none, in order. Resolves when they are as durable as the journal promises; rejects when
   * they are not, and then accepts nothing more.
   */
  append(records: readonly JournalRecord[]): Promise<void>;
  /** Gives the records with `seq >= from` in order. Throws a coded error at the first record that is damaged. */
  replay(from: number): AsyncIterable<JournalRecord>;
  /** Gives the newest sound snapshot of this fold whose record is still in the journal. Where it is left out there are none. */
  snapshot?(fold: string): Promise<Snapshot | undefined>;
  /** Keeps a snapshot of durable records. It may drop older ones; it must never be needed. */
  keep?(snapshot: Snapshot): Promise<void>;
}
