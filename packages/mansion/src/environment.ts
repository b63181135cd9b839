/**
 * The LMDB environment of a mansion and the file `mansion.json` that vouches for it. That file is written once, after
 * the environment is on disk, so an environment that is gone or emptied later is noticed instead of being started anew.
 * LMDB runs without overlapping syncs: a commit is synced (fdatasync, then the head page through O_DSYNC) before it is
 * visible, so a resolved write is a durable one, and a failed sync is a failed write.
 */

import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
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
const idKey = Buffer.from("mansion");
const binary = { encoding: "binary", keyEncoding: "binary" } as const;

/** Opens the environment of a locked folder, making it if there is none. */
export async function openEnvironment(folder: string, durability: Durability): Promise<Environment> {
  const id = readIdentity(folder);
  const data = join(folder, "data.mdb");
  const size = statSync(data, { throwIfNoEntry: false })?.size ?? 0;
  if (id !== undefined && size === 0) throw corrupt(folder, "data.mdb is missing or empty");
  const damage = size === 0 ? undefined : await checkPages(data);
  if (damage !== undefined) throw corrupt(folder, `data.mdb: ${damage}`);
  const noSync = durability === "memory";
  const own = { path: folder, noSubdir: false, maxDbs: 128, permissionsMode: 0o600 };
  const root: Environment = open({ ...own, ...binary, overlappingSync: false, noSync });
  try {
    await vouch(root, folder, id, size === 0);
    return root;
  } catch (thrown) {
    await root.close();
    throw thrown;
  }
}

/** Opens a named database within the environment, making it if there is none. */
export function openBytes(root: Environment, name: string): Bytes {
  return root.openDB<Buffer, Uint8Array>({ name, ...binary });
}

// The id stands in the environment and beside it: an environment of another mansion put in this place is noticed.
async function vouch(root: Environment, folder: string, id: string | undefined, fresh: boolean): Promise<void> {
  const inside = root.getBinary(idKey)?.toString();
  if (id !== undefined) {
    if (inside !== id) throw corrupt(folder, "data.mdb and mansion.json are not of one mansion");
    return;
  }
  // Without a mansion.json, what is here is new, or its making was cut off, or it is none of ours.
  if (inside === undefined && !fresh && root.getKeysCount({ limit: 1 }) > 0) {
    throw corrupt(folder, "data.mdb was not made by a mansion");
  }
  const chosen = inside ?? randomUUID();
  if (inside === undefined) {
    await root.put(idKey, Buffer.from(chosen)).catch(async (thrown: unknown) => {
      throw await causeOf(thrown);
    });
  }
  const path = join(folder, "mansion.json");
  writeFileSync(`${path}.draft`, `${JSON.stringify({ format, id: chosen })}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.draft`, path);
  syncFolder(folder);
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

function readIdentity(folder: string): string | undefined {
  const path = join(folder, "mansion.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
  const found = parse(text, folder);
  if (typeof found.id !== "string") throw corrupt(folder, "mansion.json has no id");
  if (found.format === format) return found.id;
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
  const text = `mansion ${folder} is damaged: ${what}. Nothing was changed: put back a copy of the whole folder`;
  return new MansionError("MANSION_CORRUPT", text, { path: folder });
}
