/**
 * Reads a journal from a record on and checks every record on the way: key and seq without a gap, format, CRC, hash
 * chain, and at the end the head. Nothing is skipped and nothing is cut: the first damage is thrown.
 * Cost: memory for one batch, which is given at once; the event loop gets a turn after each.
 */

import { setImmediate } from "node:timers/promises";
import type { Bytes } from "./environment.js";
import { type Damage, MansionError } from "./errors.js";
import { checkRecord, decodeHead, type Head, hashOf, hashText, keyOf, seqOf } from "./record.js";

const batchRecords = 256;
const batchBytes = 1 << 20;

/** Where a journal lives, for its errors. */
export interface Place {
  readonly path: string;
  readonly journal: string;
}

/** One stored record that was found sound. */
export interface Sound {
  readonly seq: number;
  readonly value: Buffer;
}

/** A place in the chain: the last record before it, and its hash (the lineage, for 0). */
export interface Link {
  readonly seq: number;
  readonly hash: Buffer;
}

/** The head, or undefined for a journal that has never been written. Throws JOURNAL_CORRUPT. */
export function readHead(db: Bytes, place: Place): Head | undefined {
  const transaction = db.useReadTransaction();
  try {
    const value = db.get(keyOf(0), { transaction });
    const [last] = [...db.getKeys({ reverse: true, limit: 1, transaction })];
    if (value === undefined) {
      if (last === undefined) return undefined;
      throw damaged(place, 0, "head", "the head is gone, but there are records");
    }
    const head = decodeHead(value);
    if (typeof head === "string") throw damaged(place, 0, head, "the head is damaged");
    const seq = seqOf(last);
    if (seq === undefined) throw damaged(place, head.count + 1, "format", "there is a key that is no sequence number");
    if (seq > head.count) throw damaged(place, seq, "extra", `the head counts only ${head.count} records`);
    return head;
  } finally {
    transaction.done();
  }
}

/** Where a sound record leaves the chain. */
export function linkOf({ seq, value }: Sound): Link {
  return { seq, hash: hashOf(value) };
}

/** Where record `seq` leaves the chain. Throws JOURNAL_CORRUPT where it is gone or not sound in itself. */
export function linkAt(db: Bytes, head: Head, place: Place, seq: number): Link {
  if (seq === 0) return { seq, hash: head.lineage };
  const value = db.getBinary(keyOf(seq));
  if (value === undefined) throw damaged(place, seq, "missing", `the head counts ${head.count} records`);
  const damage = checkRecord(value, seq);
  if (damage !== undefined) throw damaged(place, seq, damage, whatIs[damage]);
  return linkOf({ seq, value });
}

/**
 * Gives the records behind the link up to the head, in batches, each checked against the one before it. Throws
 * JOURNAL_CORRUPT, after all that is sound before it was given.
 */
export async function* scan(
  db: Bytes,
  head: Head,
  place: Place,
  check: () => void,
  after: Link = { seq: 0, hash: head.lineage },
): AsyncGenerator<readonly Sound[]> {
  let link = after;
  while (link.seq < head.count) {
    check();
    const { sound, problem } = checkBatch(readBatch(db, link.seq + 1, head.count), link, place);
    if (sound.length > 0) yield sound;
    if (problem !== undefined) throw problem;
    const last = sound.at(-1);
    if (last === undefined) throw damaged(place, link.seq + 1, "missing", `the head counts ${head.count} records`);
    link = linkOf(last);
    await setImmediate();
  }
  if (!link.hash.equals(head.hash)) throw damaged(place, head.count, "head", "it is not the one that the head names");
}

function checkBatch(
  batch: readonly { key: Uint8Array; value: Buffer }[],
  { seq: before, hash: chained }: Link,
  place: Place,
): { sound: Sound[]; problem: MansionError | undefined } {
  const sound: Sound[] = [];
  let [seq, hash] = [before + 1, chained.toString("latin1")];
  for (const { key, value } of batch) {
    const found = seqOf(key);
    if (found !== seq) {
      const what = `the next key is ${found ?? "no sequence number"}`;
      return { sound, problem: damaged(place, seq, "missing", what) };
    }
    const damage = checkRecord(value, seq, hash);
    if (damage !== undefined) return { sound, problem: damaged(place, seq, damage, whatIs[damage]) };
    hash = hashText(value);
    sound.push({ seq, value });
    seq++;
  }
  return { sound, problem: undefined };
}

function readBatch(db: Bytes, from: number, count: number): { key: Uint8Array; value: Buffer }[] {
  const batch: { key: Uint8Array; value: Buffer }[] = [];
  let bytes = 0;
  for (const entry of db.getRange({ start: keyOf(from), limit: batchRecords })) {
    const seq = seqOf(entry.key);
    if (seq !== undefined && seq > count) break;
    batch.push(entry);
    bytes += entry.value.length;
    if (bytes > batchBytes) break;
  }
  return batch;
}

const whatIs: Record<Damage, string> = {
  format: "its bytes are in no format that this version knows",
  crc: "its bytes are not those that were written",
  sequence: "it carries another sequence number",
  chain: "it does not follow the record before it",
  missing: "it is gone",
  extra: "it is behind the end",
  head: "it does not fit the head",
  schema: "its text is not that of a record",
};

/** The error for a damaged record; `seq` 0 is the head. */
export function damaged(place: Place, seq: number, damage: Damage, what: string): MansionError {
  const where = seq === 0 ? "its head" : `record ${seq}`;
  const salvage = `mansion repair --salvage ${place.path}`;
  const advice = `Nothing was changed: put back a copy of the whole folder, or save what is sound with \`${salvage}\``;
  const text = `journal "${place.journal}" in ${place.path} is damaged at ${where} (${damage}): ${what}. ${advice}`;
  return new MansionError("JOURNAL_CORRUPT", text, { ...place, seq, damage });
}
