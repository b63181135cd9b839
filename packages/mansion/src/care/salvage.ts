/**
 * Saves what is sound of a damaged mansion into another folder. The damaged one is only read, byte by byte and not by
 * LMDB, and stays as it is: for a second try, or for somebody who knows more.
 * Of each journal comes back the longest prefix, under its lineage and its hashes; snapshots, which can be made again, do
 * not. Other databases come back only where the structure of the file is sound.
 */

import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { JournalRecord } from "@good-place/shawn";
import { closeEnvironment, type Environment, namesOf, openBytes, readEnvironment } from "../environment.js";
import { MansionError, reason, unreadable } from "../errors.js";
import { assertFree } from "../lock.js";
import { type OpenMansion, openRoom } from "../mansion.js";
import { expand, MOST_RECORD_BYTES } from "../options.js";
import { decodeRecord, frameSeq } from "../record.js";
import type { Room } from "../room.js";
import type { Change } from "../writer.js";
import { draftOf, putInPlace, targetFolder } from "./backup.js";
import { Carving, type Remains } from "./carve.js";
import type { CareOptions } from "./verify.js";

const batch = 500;
const batchBytes = 8 << 20;

/** What was saved of a journal. */
export interface SalvagedJournal {
  /** Its name; "salvaged-" and the begin of its lineage where the name is lost. */
  readonly name: string;
  /** How many records, from the first on. */
  readonly saved: number;
  /** How many its head counted; 0 where that is lost too. */
  readonly counted: number;
}

/** What was saved. */
export interface Salvage {
  readonly path: string;
  readonly journals: readonly SalvagedJournal[];
  /** The names of the other databases that were copied. */
  readonly others: readonly string[];
}

/**
 * Makes a new mansion in the folder `to` of what is sound in the one at `from`, which is not changed. Rejects with
 * MANSION_LOCKED while that is open for writing, MANSION_EXISTS unless `to` is empty or not there, and MANSION_PATH;
 * then there is nothing at `to`, nor where nothing was found.
 */
export async function salvageMansion(from: string, to: string, options: CareOptions = {}): Promise<Salvage> {
  const source = expand(from);
  const target = targetFolder("salvageMansion()", to);
  const data = join(source, "data.mdb");
  if (!readable(source, () => statSync(data, { throwIfNoEntry: false }))?.isFile()) {
    const text = `there is no data file ${data}, nothing can be saved: name the folder of a mansion`;
    throw new MansionError("MANSION_PATH", text, { path: source });
  }
  assertFree(source);
  const carving = readable(source, () => new Carving(data));
  try {
    const remains = await carving.read(options);
    return await fill(target, carving, remains, source, options);
  } finally {
    carving.close();
  }
}

function readable<T>(folder: string, look: () => T): T {
  try {
    return look();
  } catch (thrown) {
    throw unreadable(folder, thrown);
  }
}

// A new mansion gets its name when all is in it; one that cannot be filled, or with nothing, is taken away again.
async function fill(
  target: string,
  carving: Carving,
  remains: readonly Remains[],
  source: string,
  options: CareOptions,
): Promise<Salvage> {
  const draft = draftOf(target);
  let mansion: OpenMansion | undefined;
  try {
    mansion = await openRoom({ path: draft, maxRecordBytes: MOST_RECORD_BYTES });
    const journals: SalvagedJournal[] = [];
    for (const each of remains) journals.push(await save(mansion, carving, each, options));
    const others = await copyOthers(source, mansion);
    await mansion.close();
    if (journals.length + others.length > 0) putInPlace(draft, target);
    return { path: target, journals, others };
  } catch (thrown) {
    const cause = (thrown instanceof MansionError ? thrown.cause : undefined) ?? thrown;
    const text = `mansion ${source} could not be saved to ${target} (${reason(cause)}): name a folder that can be made and has room`;
    throw new MansionError("MANSION_PATH", text, { path: target, cause });
  } finally {
    await mansion?.close();
    rmSync(draft, { recursive: true, force: true });
  }
}

async function save(
  mansion: OpenMansion,
  carving: Carving,
  remains: Remains,
  { onProgress }: CareOptions,
): Promise<SalvagedJournal> {
  const own = `salvaged-${remains.lineage.toString("hex", 0, 6)}`;
  const name = remains.name === undefined || mansion.journals.includes(remains.name) ? own : remains.name;
  const journal = mansion.journal(name);
  journal.begin(remains.lineage);
  let waiting: JournalRecord[] = [];
  let [saved, bytes] = [0, 0];
  for (const value of carving.records(remains)) {
    const record = decodeRecord(value, frameSeq(value));
    if (record === undefined || (remains.counted > 0 && record.seq > remains.counted)) break;
    waiting.push(record);
    saved++;
    bytes += value.length;
    if (waiting.length < batch && bytes < batchBytes) continue;
    await journal.append(waiting);
    waiting = [];
    bytes = 0;
    onProgress?.({ what: name, done: saved, total: Math.max(saved, remains.counted) });
  }
  await journal.append(waiting);
  return { name, saved, counted: remains.counted };
}

// Where LMDB can be trusted with the file, what is no journal is copied as it is.
async function copyOthers(source: string, mansion: Room): Promise<string[]> {
  let root: Environment;
  try {
    root = await readEnvironment(source, () => false);
  } catch {
    return [];
  }
  try {
    const names = namesOf(root, "buffet");
    for (const name of names) {
      const [from, to] = [openBytes(root, name), mansion.database(name)];
      if (from === undefined || to === undefined) continue;
      let changes: Change[] = [];
      let bytes = 0;
      for (const { key, value } of from.getRange()) {
        changes.push({ db: to, key: Buffer.from(key), value: Buffer.from(value) });
        bytes += value.length;
        if (changes.length < batch && bytes < batchBytes) continue;
        await mansion.write(changes);
        changes = [];
        bytes = 0;
      }
      await mansion.write(changes);
    }
    return names;
  } finally {
    await closeEnvironment(root);
  }
}
