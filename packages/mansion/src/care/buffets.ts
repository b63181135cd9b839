/**
 * Looks at a buffet: its note, every document, and whether the indexes that are complete have the entries of these and no
 * others. All of it is read in one transaction, so it may be written to meanwhile.
 */

import { setImmediate } from "node:timers/promises";
import type { Transaction } from "lmdb";
import { NOTE_KEY } from "../buffet/document.js";
import type { Document } from "../buffet/face.js";
import { noteOf } from "../buffet/note.js";
import { TOP } from "../buffet/order.js";
import { Tables } from "../buffet/tables.js";
import { type Environment, openBytes } from "../environment.js";
import { MansionError } from "../errors.js";
import type { CareOptions } from "./verify.js";

const turn = 500;

/** A buffet, as it was found. */
export interface BuffetReport {
  readonly name: string;
  readonly documents: number;
  /** How many of them are sound, and in every index that is complete. */
  readonly sound: number;
}

/** Looks at one, and adds what is wrong to the problems. */
export async function lookAtBuffet(
  root: Environment,
  place: { readonly path: string; readonly buffet: string },
  problems: MansionError[],
  { onProgress }: CareOptions,
): Promise<BuffetReport> {
  const name = place.buffet;
  const [documents, indexes] = [openBytes(root, `buffet:${name}`), openBytes(root, `buffet-index:${name}`)];
  // Both are made when it is opened for the first time, which may have been cut off.
  if (documents === undefined || indexes === undefined) return { name, documents: 0, sound: 0 };
  const databases = { documents, indexes };
  const transaction = documents.useReadTransaction();
  const fields = completeOf(
    new Tables<Document>(place, databases, { fields: [], schema: undefined }),
    transaction,
    problems,
  );
  const tables = new Tables<Document>(place, databases, { fields, schema: undefined });
  let [all, sound] = [0, 0];
  try {
    const total = tables.size();
    for (const { key, value } of documents.getRange({ transaction })) {
      const own = Buffer.from(key);
      if (own.equals(NOTE_KEY)) continue;
      all++;
      const problem = problemOf(
        tables,
        own,
        Buffer.from(value),
        (entry) => indexes.get(entry, { transaction }) !== undefined,
      );
      if (problem === undefined) sound++;
      else problems.push(problem);
      if (all % turn !== 0) continue;
      onProgress?.({ what: name, done: all, total: Math.max(all, total) });
      await setImmediate();
    }
    for (const field of all === sound ? fields : []) {
      const prefix = tables.prefixOf(field);
      const entries = indexes.getKeysCount({ start: prefix, end: Buffer.concat([prefix, TOP]), transaction });
      if (entries === all) continue;
      const text = `the index of ${field} of buffet "${name}" in ${place.path} has ${entries} entries for ${all} documents`;
      problems.push(new MansionError("BUFFET_CORRUPT", `${text}: call reindex()`, place));
    }
  } finally {
    transaction.done();
  }
  return { name, documents: all, sound };
}

// The indexes that have to fit. One that is being made, or whose documents are being removed, need not.
function completeOf(tables: Tables<Document>, transaction: Transaction, problems: MansionError[]): readonly string[] {
  try {
    const note = noteOf(tables, tables.documents.get(NOTE_KEY, { transaction }));
    return note === undefined || note.clearing ? [] : note.complete;
  } catch (thrown) {
    if (!(thrown instanceof MansionError)) throw thrown;
    problems.push(thrown);
    return [];
  }
}

function problemOf(
  tables: Tables<Document>,
  key: Buffer,
  value: Buffer,
  isThere: (entry: Buffer) => boolean,
): MansionError | undefined {
  try {
    const document = tables.decode(key, value);
    const missing = tables.fields.filter((field) => !isThere(tables.placeOf(document, field)));
    return missing.length === 0
      ? undefined
      : tables.corrupt(key, `it is not in the index of ${missing.join(", ")}: call reindex()`);
  } catch (thrown) {
    if (thrown instanceof MansionError) return thrown;
    throw thrown;
  }
}
