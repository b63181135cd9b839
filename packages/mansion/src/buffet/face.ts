/**
 * A buffet as its users see it: documents under ids, found by the fields that are indexed.
 */

import type { Fiber, Supervisor } from "@good-place/channel";
import type { StandardSchema } from "@good-place/channel/shapes";
import type { JournalRecord } from "@good-place/shawn";
import type { MansionJournal } from "../journal.js";
import type { Scalar } from "./order.js";

/** What is kept: a plain object with an id of 1 to 128 characters, none of them a control character. */
export interface Document {
  readonly id: string;
}

/** What `mansion.buffet` takes. */
export interface BuffetOptions<D extends Document, I extends string, In = D> {
  /** Checks each document before it is kept, and says what is kept. One that answers with a promise is refused. */
  readonly schema?: StandardSchema<In, D> | undefined;
  /** The fields that documents are found and ordered by: strings, numbers, booleans, null, or not there. None by default. */
  readonly index?: readonly I[] | undefined;
}

/**
 * What a field is to be: this very value; one of some; between bounds, where only values of the bounds' own kind count;
 * a string that starts so; there, or not there.
 */
export type Condition =
  | Scalar
  | { readonly in: readonly Scalar[] }
  | { readonly gt?: Scalar; readonly gte?: Scalar; readonly lt?: Scalar; readonly lte?: Scalar }
  | { readonly startsWith: string }
  | { readonly exists: boolean };

/** An object: all of its conditions hold. An array: one of its objects does. */
export type Where<I extends string> = { readonly [F in I | "id"]?: Condition } | readonly Where<I>[];

/** Which documents, in which order. */
export interface Query<I extends string> {
  /** All documents by default. */
  readonly where?: Where<I> | undefined;
  /** The index, or `id`, by which they come; those that are equal in it come by id. By default `id`. */
  readonly order?: I | "id" | undefined;
  /** The other way round, ids too. */
  readonly descending?: boolean | undefined;
  /** At most so many: an integer from 1 on. By default all, and of a page 100. */
  readonly limit?: number | undefined;
}

/** A query for one page. */
export interface PageQuery<I extends string> extends Query<I> {
  /** The `next` of the page before, of the same query. */
  readonly after?: string | undefined;
}

/** Some documents, and what to ask for those behind them. */
export interface Page<D> {
  readonly documents: readonly D[];
  /** Undefined when there are no more. */
  readonly next: string | undefined;
}

/** A document on its way in: without an id it is given one, and such ids sort by the time they were made. */
export type Incoming<In> = Omit<In, "id"> & { readonly id?: string };

/** Changes one buffet within a transaction. Ends with the function that it was given to. */
export interface BuffetWrite<D extends Document, In = D> {
  /** The document as it is by now, changes of this transaction included. */
  get(id: string): D | undefined;
  /** Keeps a document in place of the one with its id, and gives it as it is kept. */
  put(document: Incoming<In>): D;
  /** True if there was one. */
  delete(id: string): boolean;
}

/** What `buffet.follow` takes beside a journal and a projection. */
export interface BuffetFollowOptions {
  /** What the projection is; with another number than last time, all documents are made anew. An integer, 1 by default. */
  readonly version?: number | undefined;
  /** The channel that gets the signals of the fiber that follows; inherited by default, null for none. */
  readonly supervisor?: Supervisor | null | undefined;
}

/** A buffet that follows a journal. */
export interface Following extends AsyncDisposable {
  /** The seq of the last record that the documents stand for. */
  readonly position: number;
  /** Fails with what ended the following: BUFFET_PROJECTION, BUFFET_POSITION, BUFFET_FAILED, or what the journal fails with. */
  readonly fiber: Fiber<void>;
  /** Resolves once the documents stand for this record, durably. Rejects when the following ends before. */
  until(seq: number): Promise<void>;
  /** Ends it. What it had begun to write is written. May be called again. */
  stop(): Promise<void>;
}

/**
 * Documents with indexes. Reads are synchronous and see what has been committed; a write resolves when it is as durable
 * as the mansion is, and is committed by then. `In` is what the schema takes. After the close of the mansion all fail with MANSION_CLOSED.
 */
export interface Buffet<D extends Document = Document, I extends string = string, In = D> {
  readonly name: string;
  readonly index: readonly I[];
  /** The document of this id. Throws BUFFET_CORRUPT if it is damaged. */
  get(id: string): D | undefined;
  /** All documents that a query finds. Blocks for as long as that takes: ask for pages where there may be many. */
  find(query?: Query<I>): D[];
  /** Some of them. Between two pages nothing is held: what changes meanwhile is seen, and nothing comes twice that kept its place. */
  page(query?: PageQuery<I>): Page<D>;
  /** How many there are; without conditions, or with conditions on one field, without looking at the documents. */
  count(where?: Where<I>): number;
  /**
   * Keeps a document in place of the one with its id; read before this returns. Gives it as it is kept. Rejects with
   * BUFFET_DOCUMENT for what the schema refuses, cannot be kept, or cannot be indexed; BUFFET_TOO_LARGE; BUFFET_FAILED.
   */
  put(document: Incoming<In>): Promise<D>;
  /** True if there was one. */
  delete(id: string): Promise<boolean>;
  /** Calls a function once, when its turn has come, and makes all of its changes or, when it throws, none. It must not wait. */
  write<T>(change: (tx: BuffetWrite<D, In>) => T): Promise<T>;
  /**
   * Resolves when all indexes stand for all documents: at once, unless the list has changed since the buffet was last open.
   * In a mansion that is read only it has nothing to wait for: what the writer has completed can be asked for by then.
   */
  ready(): Promise<void>;
  /** Makes all indexes anew from the documents. */
  reindex(): Promise<void>;
  /** Removes all documents, and the position in a journal: whoever follows next begins at the first record. */
  clear(): Promise<void>;
  /**
   * Makes the documents from a journal of a mansion: calls `project` with each record, in order, once. What it changes and
   * the position behind the record are one transaction, so after a kill it goes on exactly where it was. Until it is
   * stopped, nobody else may write. `project` must depend on nothing but the record and the documents.
   */
  follow(
    journal: MansionJournal,
    project: (record: JournalRecord, tx: BuffetWrite<D, In>) => void,
    options?: BuffetFollowOptions,
  ): Following;
}
