/**
 * The IndexedDB database of a mansion: which stores it has, and what stands in them.
 *   records    [journal, seq] -> the record's text, and the hash of it and of the hash before it
 *   heads      journal -> how many records there are, the lineage before the first and the hash of the last
 *   snapshots  [journal, fold] -> the newest snapshot of that fold, and the hash of the record that it stands for
 * Hashes are SHA-256 in hexadecimal digits.
 */

import type { Snapshot } from "@good-place/shawn";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Body } from "../body.js";

/** A record as it is stored. */
export interface StoredRecord extends Body {
  readonly hash: string;
}

/** Where a journal ends. */
export interface StoredHead {
  readonly count: number;
  readonly lineage: string;
  readonly hash: string;
}

/** A snapshot as it is stored: `record` is the hash of record `seq`, `sum` the one of all the rest. */
export interface StoredSnapshot extends Snapshot {
  readonly record: string;
  readonly sum: string;
}

interface Schema extends DBSchema {
  records: { key: [string, number]; value: StoredRecord };
  heads: { key: string; value: StoredHead };
  snapshots: { key: [string, string]; value: StoredSnapshot };
}

/** An open database. */
export type MansionDatabase = IDBPDatabase<Schema>;

/** Opens the database, making it if there is none. `ended` is called when the browser takes it away. */
export function openDatabase(name: string, ended: () => void): Promise<MansionDatabase> {
  return openDB<Schema>(`good-place/${name}`, 1, {
    upgrade(db) {
      db.createObjectStore("records");
      db.createObjectStore("heads");
      db.createObjectStore("snapshots");
    },
    // Somebody deletes it, or a newer version wants to change it: who holds on would block them for ever.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      ended();
    },
    terminated: ended,
  });
}

/** The hash of a record that follows `previous`. */
export function hashOf(previous: string, seq: number, { text, escaped }: Body): string {
  return digest(`${previous} ${seq} ${escaped} ${text}`);
}

/** The hash of a snapshot. */
export function sumOf({ seq, fold, state }: Snapshot, record: string): string {
  return digest(`${record} ${seq} ${JSON.stringify(fold)} ${state}`);
}

/** The beginning of a chain that no other journal has. */
export function newLineage(): string {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(32)));
}

function digest(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
