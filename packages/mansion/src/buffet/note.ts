/**
 * What a buffet notes about itself beside its documents: which indexes stand for all of them, what is being done to the
 * others, and how far it has followed a journal. Written in the transaction of what it tells of.
 */

import type { Change } from "../writer.js";
import { decodeBody, encodeBody, NOTE_KEY } from "./document.js";
import type { Document } from "./face.js";
import type { Tables } from "./tables.js";

/** The last record that the documents stand for. */
export interface Position {
  readonly journal: string;
  readonly version: number;
  /** 0 while there is none. */
  readonly seq: number;
  /** The id of its act: that of another one under the same seq tells that this is another journal. */
  readonly act: string;
}

/** The note. Indexes that are in none of its lists have no entries. */
export interface Note {
  /** Indexes that have the entries of all documents. */
  readonly complete: readonly string[];
  /** Indexes that get the entries of all documents. Writes keep them already. */
  readonly building: readonly string[];
  /** Indexes whose entries are to be removed, before those that are also in `building` are built. */
  readonly dropping: readonly string[];
  /** All documents are to be removed. */
  readonly clearing: boolean;
  readonly position: Position | undefined;
}

/** The note as it was left, or undefined for a new buffet. Throws BUFFET_CORRUPT. */
export function readNote<D extends Document>(tables: Tables<D>): Note | undefined {
  return noteOf(tables, tables.documents.getBinary(NOTE_KEY));
}

/** The note of these bytes. Throws BUFFET_CORRUPT. */
export function noteOf<D extends Document>(tables: Tables<D>, bytes: Buffer | undefined): Note | undefined {
  if (bytes === undefined) return undefined;
  const found = decodeBody(NOTE_KEY, bytes);
  if (typeof found === "object") return found.data as Note;
  throw tables.corrupt(Buffer.from("\0(its note)\0"), `${found}: put back a copy of the folder`);
}

/** The note that a buffet goes on with, when it is opened with these indexes. */
export function noteFor(fields: readonly string[], left: Note | undefined): Note {
  if (left === undefined) {
    return { complete: fields, building: [], dropping: [], clearing: false, position: undefined };
  }
  const complete = fields.filter((field) => left.complete.includes(field));
  const gone = [...left.complete, ...left.building].filter((field) => !fields.includes(field));
  return {
    ...left,
    complete,
    building: fields.filter((field) => !complete.includes(field)),
    dropping: [...new Set([...left.dropping, ...gone])],
  };
}

/** Is there something to be done? */
export function isToMend({ building, dropping, clearing }: Note): boolean {
  return clearing || building.length + dropping.length > 0;
}

/** The change that writes a note. */
export function noteChange<D extends Document>(tables: Tables<D>, note: Note): Change {
  return { db: tables.documents, key: NOTE_KEY, value: encodeBody(NOTE_KEY, note) };
}
