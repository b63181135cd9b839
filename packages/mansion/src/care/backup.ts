/**
 * A copy of a whole mansion while it is open. LMDB copies what one read transaction sees, so the copy is the mansion at
 * one moment. It is made beside its place and renamed when it is complete and synced.
 */

import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { misuse } from "@good-place/channel/misuse";
import { type Environment, readIdentity, syncFolder, writeIdentity } from "../environment.js";
import { MansionError, reason } from "../errors.js";
import { expand } from "../options.js";

/** Copies the environment of `from` to the folder `to`. Rejects with MANSION_EXISTS or MANSION_PATH, and then leaves nothing behind. */
export async function backup(root: Environment, from: string, to: string): Promise<void> {
  const target = targetFolder("backup()", to);
  const draft = draftOf(target);
  try {
    mkdirSync(draft, { mode: 0o700 });
    await root.backup(draft, false);
    const data = join(draft, "data.mdb");
    chmodSync(data, 0o600);
    const file = openSync(data, "r+");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    writeIdentity(draft, readIdentity(from) as string);
    putInPlace(draft, target);
  } catch (thrown) {
    if (existsSync(draft)) rmSync(draft, { recursive: true });
    const text = `mansion ${from} could not be copied to ${target} (${reason(thrown)}): name a folder that can be made and has room`;
    throw new MansionError("MANSION_PATH", text, { path: target, cause: thrown });
  }
}

/** Where a mansion is made before it gets its name: a process that is killed meanwhile leaves nothing under that. */
export function draftOf(target: string): string {
  return join(dirname(target), `.${basename(target)}.${randomUUID()}.draft`);
}

/** Gives a mansion that is complete and closed its name. */
export function putInPlace(draft: string, target: string): void {
  renameSync(draft, target);
  syncFolder(dirname(target));
}

/** The folder that a mansion is to be made in. Throws BAD_OPTION, and MANSION_EXISTS unless it is empty or not there. */
export function targetFolder(where: string, path: unknown): string {
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw misuse("type", "BAD_OPTION", `${where} must be told a folder, got ${typeof path}: pass a path`);
  }
  const target = expand(path);
  if (isVacant(target)) return target;
  const text = `${target} is there already, and nothing is written over: name a folder that is not there, or is empty`;
  throw new MansionError("MANSION_EXISTS", text, { path: target });
}

// What cannot be looked at cannot be made either, and that has a reason to tell.
function isVacant(path: string): boolean {
  try {
    return statSync(path).isDirectory() && readdirSync(path).length === 0;
  } catch {
    return true;
  }
}
