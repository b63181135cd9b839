/**
 * The LMDB environment of a mansion and the file `mansion.json` that vouches for it. That file is written once, after
 * the environment is on disk, so an environment that is gone or emptied later is noticed instead of being started anew.
 * Who only reads opens the same file beside the one who writes: LMDB shows each transaction as a whole or not at all.
 * LMDB runs without overlapping syncs: a commit is synced (fdatasync, then the head page through O_DSYNC) before it is
 * visible, so a resolved write is a durable one, and a failed sync is a failed write.
 */

import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Database, open, type RootDatabase } from "lmdb";
import { MansionError, reason } from "./errors.js";
import type { Durability } from "./options.js";
import { checkPages } from "./pages.js";

/** An LMDB database with bytes for keys and values. */
export type Bytes = Database<Buffer, Uint8Array>;

/** An open environment. */
export type Environment = RootDatabase<Buffer, Uint8Array>;

const format = 1;
const maxDbs = 128;
const readers = new Map<Environment, string>();
const strangers = "data.mdb and mansion.json are not of one mansion";
// What stands in the environment of a mansion.
const own = /^(mansion$|snapshots$|journal:|buffet)/;
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const idKey = Buffer.from("mansion");
const binary = { encoding: "binary", keyEncoding: "binary" } as const;

/** Opens the environment of a locked folder, making it if there is none. */
export async function openEnvironment(folder: string, durability: Durability): Promise<Environment> {
  assertNotRead(folder);
  const id = readIdentity(folder);
  const data = join(folder, "data.mdb");
  const size = statSync(data, { throwIfNoEntry: false })?.size ?? 0;
  if (id !== undefined && size === 0) throw corrupt(folder, "data.mdb is missing or empty");
  const damage = size === 0 ? undefined : await checkPages(data);
  if (damage !== undefined) throw corrupt(folder, `data.mdb: ${damage}`);
  const noSync = durability === "memory";
  const own = { path: folder, noSubdir: false, maxDbs, permissionsMode: 0o600 };
  const root: Environment = open({ ...own, ...binary, overlappingSync: false, noSync });
  try {
    await vouch(root, folder, id);
    return root;
  } catch (thrown) {
    await root.close();
    throw thrown;
  }
}

/** Opens the environment of a folder beside whoever writes to it. `held` says whether somebody does. */
export async function readEnvironment(folder: string, held: () => boolean): Promise<Environment> {
  const id = readIdentity(folder);
  if (id === undefined) {
    const text = existsSync(join(folder, "data.mdb"))
      ? `mansion.json is missing in ${folder}: open it for writing, which makes it again if data.mdb is a mansion's`
      : `there is no mansion in ${folder}: name the folder of one, or open it for writing to make one`;
    throw new MansionError("MANSION_PATH", text, { path: folder });
  }
  await assertSound(folder, held);
  // A reader may be the first to make LMDB's table of readers.
  const own = { path: folder, noSubdir: false, maxDbs, permissionsMode: 0o600 };
  const root: Environment = open({ ...own, ...binary, readOnly: true });
  readers.set(root, realpathSync(folder));
  try {
    if (root.getBinary(idKey)?.toString() !== id) throw corrupt(folder, strangers);
    return root;
  } catch (thrown) {
    await closeEnvironment(root);
    throw thrown;
  }
}

/** Closes an environment. */
export async function closeEnvironment(root: Environment): Promise<void> {
  await root.close();
  readers.delete(root);
}

// LMDB's binding has one environment a file and process, and one that was opened to be read stays so.
function assertNotRead(folder: string): void {
  const own = realpathSync(folder);
  if (![...readers.values()].includes(own)) return;
  const text = `mansion ${folder} is open in this process to be read only: close it there, or open it for writing first`;
  throw new MansionError("MANSION_LOCKED", text, { path: folder });
}

/**
 * Throws MANSION_CORRUPT where the data file is not sound. While somebody writes to it its pages cannot be judged one
 * after the other; whoever writes has judged them before.
 */
async function assertSound(folder: string, held: () => boolean): Promise<void> {
  const data = join(folder, "data.mdb");
  if ((statSync(data, { throwIfNoEntry: false })?.size ?? 0) === 0) {
    throw corrupt(folder, "data.mdb is missing or empty");
  }
  const damage = held() ? undefined : await checkPages(data);
  if (damage !== undefined && !held()) throw corrupt(folder, `data.mdb: ${damage}`);
}

/** Opens a named database within the environment, making it if there is none and the environment may be written to. */
export function openBytes(root: Environment, name: string): Bytes | undefined {
  return root.openDB<Buffer, Uint8Array>({ name, ...binary }) as Bytes | undefined;
}

/** The names of the databases that begin with this. */
export function namesOf(root: Environment, prefix: string): string[] {
  const names = [...root.getKeys()].map((key) => Buffer.from(key).toString("utf8").replace(/\0$/, ""));
  return names.filter((name) => name.startsWith(prefix));
}

/** Writes the file that vouches for an environment, and makes it durable. */
export function writeIdentity(folder: string, id: string): void {
  const path = join(folder, "mansion.json");
  writeFileSync(`${path}.draft`, `${JSON.stringify({ format, id })}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.draft`, path);
  syncFolder(folder);
}

// The id stands in the environment and beside it: an environment of another mansion put in this place is noticed.
async function vouch(root: Environment, folder: string, id: string | undefined): Promise<void> {
  const inside = root.getBinary(idKey)?.toString();
  if (id !== undefined) {
    if (inside !== id) throw corrupt(folder, strangers);
    return;
  }
  // Without a mansion.json, what is here is new, or its making was cut off, or it is none of ours.
  const names = namesOf(root, "");
  if (names.length > 0 && !(uuid.test(inside ?? "") && names.every((name) => own.test(name)))) {
    throw corrupt(folder, "data.mdb was not made by a mansion");
  }
  const chosen = inside ?? randomUUID();
  if (inside === undefined) {
    await root.put(idKey, Buffer.from(chosen)).catch(async (thrown: unknown) => {
      throw await causeOf(thrown);
    });
  }
  writeIdentity(folder, chosen);
}

/** Why a write failed: LMDB's binding rejects a failed commit with an error that holds a promise of the cause. */
export async function causeOf(thrown: unknown): Promise<unknown> {
  const cause: unknown = thrown instanceof Error && "commitError" in thrown ? thrown.commitError : undefined;
  if (!(cause instanceof Promise)) return thrown;
  return cause.then(
    () => thrown,
    (error: unknown) => error,
  );
}

/** The id in mansion.json, or undefined where there is none. Throws MANSION_CORRUPT, MANSION_FORMAT. */
export function readIdentity(folder: string): string | undefined {
  const path = join(folder, "mansion.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
  const found = parse(text, folder);
  // A newer format may have no id.
  const isNewer = Number.isSafeInteger(found.format) && found.format !== format;
  if (!isNewer && typeof found.id !== "string") throw corrupt(folder, "mansion.json has no id");
  if (found.format === format) return found.id as string;
  throw new MansionError(
    "MANSION_FORMAT",
    `mansion ${folder} has format ${String(found.format)}, this version reads ${format}: open it with a newer version`,
    { path: folder },
  );
}

function parse(text: string, folder: string): { format?: unknown; id?: unknown } {
  try {
    return Object(JSON.parse(text)) as { format?: unknown; id?: unknown };
  } catch (thrown) {
    throw corrupt(folder, `mansion.json is damaged (${reason(thrown)})`);
  }
}

/** Makes the names in a folder durable. Windows cannot sync folders and need not. */
export function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (thrown) {
    if (process.platform !== "win32") throw thrown;
  }
}

function corrupt(folder: string, what: string): MansionError {
  const text = `mansion ${folder} is damaged: ${what}. Nothing was changed: put back a copy of the whole folder, or save what is sound with \`mansion repair --salvage ${folder}\``;
  return new MansionError("MANSION_CORRUPT", text, { path: folder });
}
