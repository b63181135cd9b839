/**
 * The snapshots of a mansion's journals, in one database. They are framed as records are (record.ts); what a record
 * carries of the one before it, a snapshot carries of its own record: so one of another history is noticed.
 *
 *   key     the journal's name · 0 · the record's seq, 8 bytes
 *   value   a frame whose body is the fold as a JSON text · line feed · the state
 *
 * The newest two of a journal are kept. Nothing depends on any of them.
 */

import type { Snapshot } from "@good-place/shawn";
import type { Bytes } from "./environment.js";
import { bodyOf, checkFrame, encodeFrame, frameSeq, hashOf, keyOf, previousOf, seqOf } from "./record.js";
import type { Place } from "./scan.js";
import type { Change } from "./writer.js";

/** The database that they stand in. */
export const snapshotsName = "snapshots";

const kept = 2;

/** What keeping a snapshot changes, given the record that it stands at. */
export function keepChanges(db: Bytes, journal: string, snapshot: Snapshot, record: Buffer): Change[] {
  const { seq, fold, state } = snapshot;
  const body = Buffer.from(`${JSON.stringify(fold)}\n${state}`, "utf8");
  const old = seqs(db, journal).filter((each) => each !== seq);
  return [
    { db, key: keyIn(journal, seq), value: encodeFrame(seq, hashOf(record), body) },
    ...old.slice(kept - 1).map((each) => ({ db, key: keyIn(journal, each), value: undefined })),
  ];
}

/** The newest sound snapshot of this fold, at `upTo` or before. `recordAt` gives the stored bytes of a record. */
export function newest(
  db: Bytes,
  place: Place,
  fold: string,
  upTo: number,
  recordAt: (seq: number) => Buffer | undefined,
): Snapshot | undefined {
  for (const seq of seqs(db, place.journal)) {
    if (seq > upTo) continue;
    const read = readSnapshot(db, place.journal, seq);
    if (read === undefined) warn(place, seq);
    const record = recordAt(seq);
    if (read?.fold !== fold || record === undefined || !hashOf(record).equals(read.record)) continue;
    return { seq, fold, state: read.state };
  }
  return undefined;
}

/** The snapshots of a journal, the newest first, and whether each is sound. */
export function listSnapshots(db: Bytes, journal: string): { seq: number; bytes: number; sound: boolean }[] {
  return seqs(db, journal).map((seq) => {
    const bytes = db.getBinary(keyIn(journal, seq))?.length ?? 0;
    return { seq, bytes, sound: readSnapshot(db, journal, seq) !== undefined };
  });
}

function readSnapshot(
  db: Bytes,
  journal: string,
  seq: number,
): { fold: string; state: string; record: Buffer } | undefined {
  const value = db.getBinary(keyIn(journal, seq));
  if (value === undefined || checkFrame(value) !== undefined || frameSeq(value) !== seq) return undefined;
  const body = bodyOf(value);
  const end = body.indexOf(10);
  try {
    const fold: unknown = JSON.parse(body.toString("utf8", 0, end));
    return { fold: String(fold), state: body.toString("utf8", end + 1), record: previousOf(value) };
  } catch {
    return undefined;
  }
}

function seqs(db: Bytes, journal: string): number[] {
  const range = { start: keyIn(journal, 0), end: Buffer.from(`${journal}\u0001`) };
  const found = [...db.getKeys(range)].map((key) => seqOf(key.subarray(journal.length + 1)));
  return found.filter((seq) => seq !== undefined).reverse();
}

function keyIn(journal: string, seq: number): Buffer {
  return Buffer.concat([Buffer.from(`${journal}\0`), keyOf(seq)]);
}

function warn({ path, journal }: Place, seq: number): void {
  const text = `the snapshot at ${seq} of journal "${journal}" in ${path} is damaged and was passed over`;
  process.emitWarning(`${text}; nothing is lost, but look at the disk`, { code: "SNAPSHOT_DAMAGED" });
}
