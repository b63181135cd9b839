/**
 * The two databases of a buffet, and what a document is in them: itself under its id, and for each indexed field an entry
 * without a value under `field 00 value id`. A document and its entries change in one transaction.
 */

import { isThenable, type SchemaResult, type StandardSchema } from "@good-place/channel/shapes";
import type { Bytes } from "../environment.js";
import { type Issue, MansionError, type MansionErrorCode, reason } from "../errors.js";
import type { Change } from "../writer.js";
import {
  checkId,
  decodeBody,
  documentKey,
  encodeBody,
  idBytes,
  keyOfIdBytes,
  MAX_DOCUMENT_BYTES,
  NOTE_KEY,
} from "./document.js";
import type { Document, Incoming } from "./face.js";
import { newId } from "./ids.js";
import { encodeValue, type Scalar } from "./order.js";
import { isScalar } from "./query.js";

// An entry's key is a field of at most 64 characters, a value and an id of at most 128: it stays under LMDB's 1,978 bytes.
const maxValueBytes = 1200;

/** Where a buffet lives, for its errors. */
export interface BuffetPlace {
  readonly path: string;
  readonly buffet: string;
}

/** A document that was found fit to be kept. */
export interface Prepared<D> {
  readonly document: D;
  readonly key: Buffer;
  readonly bytes: Buffer;
}

/** The documents and entries of a buffet. */
export class Tables<D extends Document> {
  readonly place: BuffetPlace;
  readonly documents: Bytes;
  readonly indexes: Bytes;
  readonly fields: readonly string[];
  readonly #schema: StandardSchema<unknown, D> | undefined;
  readonly #prefixes: ReadonlyMap<string, Buffer>;

  constructor(
    place: BuffetPlace,
    databases: { readonly documents: Bytes; readonly indexes: Bytes },
    options: { readonly fields: readonly string[]; readonly schema: StandardSchema<unknown, D> | undefined },
  ) {
    this.place = place;
    this.documents = databases.documents;
    this.indexes = databases.indexes;
    this.fields = options.fields;
    this.#schema = options.schema;
    this.#prefixes = new Map(options.fields.map((field) => [field, prefixOf(field)]));
  }

  /** With what the keys of an index begin. */
  prefixOf(field: string): Buffer {
    return this.#prefixes.get(field) ?? prefixOf(field);
  }

  /** How many documents there are. */
  size(): number {
    const { entryCount } = this.documents.getStats() as { entryCount: number };
    return entryCount - (this.documents.doesExist(NOTE_KEY) ? 1 : 0);
  }

  /** The bytes of a field's value. */
  valueOf(document: D, field: string): Buffer {
    return encodeValue(scalarOf(document, field));
  }

  /** Where a document stands in the order of a field. */
  placeOf(document: D, field: string): Buffer {
    const key = documentKey(document.id);
    return field === "id" ? key : this.#entryOf(document, field, key);
  }

  /** The key of the document that an entry is for, whose value ends at `end`. */
  keyOfEntry(entry: Uint8Array, end: number): Buffer {
    return keyOfIdBytes(entry.subarray(end));
  }

  /** The committed document under a key that an index led to. Throws BUFFET_CORRUPT if there is none. */
  load(key: Buffer, field: string): D {
    const bytes = this.documents.getBinary(key);
    if (bytes !== undefined) return this.decode(key, bytes);
    throw this.corrupt(key, `the index of ${field} has it and it is gone: call reindex()`);
  }

  /** The document of a key and its bytes. Throws BUFFET_CORRUPT. */
  decode(key: Buffer, bytes: Buffer): D {
    const found = decodeBody(key, bytes);
    if (typeof found === "object") return found.data as D;
    throw this.corrupt(key, `${found}: call clear() and follow the journal again, or put back a copy of the folder`);
  }

  /** Checks and encodes what is to be kept. Throws BUFFET_ID, BUFFET_DOCUMENT or BUFFET_TOO_LARGE. */
  prepare(incoming: Incoming<D>): Prepared<D> {
    if (typeof incoming !== "object" || incoming === null || Array.isArray(incoming)) {
      throw this.#refused(undefined, "it must be an object with an id: pass one");
    }
    const id = checkId(incoming.id === undefined ? newId() : incoming.id);
    const document = this.#validated(id, { ...incoming, id });
    const key = documentKey(checkId(Object(document).id));
    for (const field of this.fields) this.#checkIndexed(document, field);
    return { document, key, bytes: this.#encoded(key, document) };
  }

  /** What changes when a document takes the place of another, or of none, or is removed. */
  changes(key: Buffer, before: D | undefined, after: Prepared<D> | undefined): Change[] {
    const changes: Change[] = [{ db: this.documents, key, value: after?.bytes }];
    for (const field of this.fields) {
      const old = before === undefined ? undefined : this.#entryOf(before, field, key);
      const entry = after === undefined ? undefined : this.#entryOf(after.document, field, key);
      if (old !== undefined && entry !== undefined && old.equals(entry)) continue;
      if (old !== undefined) changes.push({ db: this.indexes, key: old, value: undefined });
      if (entry !== undefined) changes.push({ db: this.indexes, key: entry, value: nothing });
    }
    return changes;
  }

  /** The entries of a document in some indexes. */
  entries(key: Buffer, document: D, fields: readonly string[]): Change[] {
    return fields.map((field) => ({ db: this.indexes, key: this.#entryOf(document, field, key), value: nothing }));
  }

  /** The error for a damaged document. */
  corrupt(key: Buffer, what: string): MansionError {
    const id = idBytes(key).toString("utf8");
    const text = `document "${id}" of buffet "${this.place.buffet}" in ${this.place.path} is damaged: ${what}`;
    return new MansionError("BUFFET_CORRUPT", text, { ...this.place, id });
  }

  #entryOf(document: D, field: string, key: Buffer): Buffer {
    return Buffer.concat([this.prefixOf(field), this.valueOf(document, field), idBytes(key)]);
  }

  #validated(id: string, value: unknown): D {
    if (this.#schema === undefined) return value as D;
    const result = this.#schema["~standard"].validate(value);
    if (isThenable<SchemaResult<D>>(result)) {
      // Its outcome is of no use any more, and must not become an unhandled rejection.
      Promise.resolve(result).catch(() => {});
      throw this.#refused(id, "its schema answers with a promise, and a document must be checked at once");
    }
    if (result.issues === undefined) return result.value;
    const issues = result.issues.map(({ message, path }) => ({
      message,
      path: (path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join("."),
    }));
    const text = issues.map(({ message, path }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
    throw this.#refused(id, `its schema says ${text}: mend that and put it again`, { issues });
  }

  #checkIndexed(document: D, field: string): void {
    const value = scalarOf(document, field);
    if (value !== undefined && !isScalar(value)) {
      const what = `${field} is indexed, so it must be a string, a number, a boolean, null or not there`;
      throw this.#refused(document.id, `${what}: index another field, or put something of these kinds into it`);
    }
    if (typeof value !== "string" || value.length * 3 <= maxValueBytes) return;
    const bytes = encodeValue(value).length;
    if (bytes <= maxValueBytes) return;
    const what = `${field} is indexed, so it may have ${maxValueBytes} bytes, got ${bytes}`;
    throw this.#refused(document.id, `${what}: index a shorter field`, { code: "BUFFET_TOO_LARGE" });
  }

  #encoded(key: Buffer, document: D): Buffer {
    let bytes: Buffer;
    try {
      bytes = encodeBody(key, document);
    } catch (cause) {
      throw this.#refused(document.id, reason(cause), { cause });
    }
    if (bytes.length <= MAX_DOCUMENT_BYTES) return bytes;
    const what = `it may have ${MAX_DOCUMENT_BYTES} bytes, got ${bytes.length}: keep its parts as documents`;
    throw this.#refused(document.id, what, { code: "BUFFET_TOO_LARGE" });
  }

  #refused(
    id: string | undefined,
    what: string,
    details: { readonly code?: MansionErrorCode; readonly issues?: readonly Issue[]; readonly cause?: unknown } = {},
  ): MansionError {
    const { code = "BUFFET_DOCUMENT", ...rest } = details;
    const which = id === undefined ? "a document" : `document "${id}"`;
    const text = `buffet "${this.place.buffet}" refuses ${which}: ${what}`;
    return new MansionError(code, text, { ...this.place, ...(id === undefined ? {} : { id }), ...rest });
  }
}

const nothing = Buffer.alloc(0);

function prefixOf(field: string): Buffer {
  return Buffer.from(`${field}\0`, "utf8");
}

function scalarOf(document: Document, field: string): Scalar | undefined {
  return Object.hasOwn(document, field) ? (document as unknown as Record<string, Scalar>)[field] : undefined;
}
