/**
 * Looks at all that a mansion keeps, changes nothing, and says all that is wrong with it instead of stopping at the first.
 * Every record of every journal is read: format, CRC, sequence, chain, text; and every document of every buffet, with its
 * places in the indexes. It may run while the mansion is written to.
 */

import { closeEnvironment, type Environment, namesOf, openBytes, readEnvironment } from "../environment.js";
import { type Holder, MansionError, reason } from "../errors.js";
import { holderOf } from "../lock.js";
import { expand } from "../options.js";
import { decodeRecord, type Head } from "../record.js";
import { damaged, readHead, scan } from "../scan.js";
import { listSnapshots, snapshotsName } from "../snapshots.js";
import { type BuffetReport, lookAtBuffet } from "./buffets.js";

/** How far a long work has come. */
export interface Progress {
  /** What is being worked on: the name of a journal, or "data.mdb". */
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

/** What `verifyMansion` and the others that take long are given. */
export interface CareOptions {
  /** Is told now and then how far it has come. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A journal, as it was found. */
export interface JournalReport {
  readonly name: string;
  /** How many records its head counts. */
  readonly records: number;
  /** How many of them, from the first on, are sound. */
  readonly sound: number;
  readonly lineage: string | undefined;
  /** When its first and its last record were confirmed, in epoch milliseconds. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly snapshots: readonly { readonly seq: number; readonly bytes: number; readonly sound: boolean }[];
}

/** What was found. */
export interface MansionReport {
  readonly path: string;
  /** True where no problem was found. */
  readonly sound: boolean;
  /** Who has it open for writing, if anybody. */
  readonly holder: Holder | undefined;
  readonly journals: readonly JournalReport[];
  readonly buffets: readonly BuffetReport[];
  /** Everything that is wrong, each with its code. A damaged snapshot is none: it is passed over. */
  readonly problems: readonly MansionError[];
}

/** Verifies the mansion in a folder. What is damaged is in the report; rejects with MANSION_PATH where there is none to look at, and MANSION_FORMAT. */
export async function verifyMansion(path: string, options: CareOptions = {}): Promise<MansionReport> {
  const folder = expand(path);
  const problems: MansionError[] = [];
  const journals: JournalReport[] = [];
  const buffets: BuffetReport[] = [];
  const holder = holderOf(folder);
  let root: Environment | undefined;
  try {
    root = await readEnvironment(folder, () => holderOf(folder) !== undefined);
    for (const name of namesOf(root, "journal:")) {
      journals.push(await lookAt(root, folder, name.slice("journal:".length), problems, options));
    }
    for (const name of namesOf(root, "buffet:")) {
      const place = { path: folder, buffet: name.slice("buffet:".length) };
      buffets.push(await lookAtBuffet(root, place, problems, options));
    }
  } catch (thrown) {
    const known = thrown instanceof MansionError;
    if (known && ["MANSION_PATH", "MANSION_FORMAT"].includes(thrown.code)) throw thrown;
    const text = `mansion ${folder} cannot be read (${reason(thrown)}): look at the disk, and at who may read the folder`;
    problems.push(known ? thrown : new MansionError("MANSION_PATH", text, { path: folder, cause: thrown }));
  } finally {
    if (root !== undefined) await closeEnvironment(root);
  }
  return { path: folder, sound: problems.length === 0, holder, journals, buffets, problems };
}

async function lookAt(
  root: Environment,
  path: string,
  journal: string,
  problems: MansionError[],
  { onProgress }: CareOptions,
): Promise<JournalReport> {
  const db = openBytes(root, `journal:${journal}`);
  const place = { path, journal };
  const [known, times]: [{ head?: Head | undefined }, number[]] = [{}, []];
  let sound = 0;
  try {
    if (db !== undefined) known.head = readHead(db, place);
    const { head } = known;
    if (db !== undefined && head !== undefined) {
      for await (const batch of scan(db, head, place, () => undefined)) {
        for (const { seq, value } of batch) {
          const record = decodeRecord(value, seq);
          if (record === undefined) throw damaged(place, seq, "schema", "its text is not that of a record");
          if (seq === 1 || seq === head.count) times.push(record.meta.at);
          sound = seq;
        }
        onProgress?.({ what: journal, done: sound, total: head.count });
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof MansionError)) throw thrown;
    problems.push(thrown);
  }
  const snapshots = openBytes(root, snapshotsName);
  return {
    name: journal,
    records: known.head?.count ?? 0,
    sound,
    lineage: known.head?.lineage.toString("hex"),
    from: times[0],
    to: times.at(-1),
    snapshots: snapshots === undefined ? [] : listSnapshots(snapshots, journal),
  };
}
