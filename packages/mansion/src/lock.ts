/**
 * One writer a folder, by the file `lock` in it. A second opener is refused at once with the holder's name; a lock
 * whose process is gone is taken over, by exactly one of those who try.
 *
 * Why it is safe. Lock files are made by hard-linking a file that is already complete, which fails if the name is
 * taken, and each carries a token that is never used again. The locks form a chain: `lock`, then `lock.T.next`, where T
 * is the token of the one before it. The holder is the last of the chain, if it lives.
 *  1. To take over from a dead last entry D is to link `lock.D.next`. Of all who saw D last, one succeeds.
 *  2. Who linked walks the chain again from `lock`, and holds only if it ends with its own entry. Otherwise its link
 *     hangs on an entry that has left the chain; no entry ever comes back into it, so the link means nothing.
 *  3. Only the living holder changes what others hang on: it renames its entry over `lock`, which makes it the whole
 *     chain in one step, and only then removes the dead ones; at the end it removes `lock`. While it lives, nobody
 *     may link behind it; when it dies half way, the chain is still one of these forms.
 * So two processes hold at once only if both are last in one chain, and a chain has one last entry.
 */

import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Holder, MansionError, reason, unreadable } from "./errors.js";
import { isAlive, type LockEntry, self } from "./holder.js";

/** A lock that is held. */
export interface Lock {
  /** Gives it up. May be called again. */
  release(): void;
}

/**
 * Takes the lock of a folder, or throws MANSION_LOCKED with the holder. Never waits. `durable` syncs the lock's content
 * before it gets its name, so that a power cut cannot leave a lock that says nothing.
 */
export function acquireLock(folder: string, durable: boolean): Lock {
  const me = self();
  const draft = join(folder, `lock.${me.token}.draft`);
  const link = { path: undefined as string | undefined };
  try {
    writeDraft(draft, me, durable);
    link.path = becomeLast(folder, draft, me);
    if (link.path !== join(folder, "lock")) {
      renameSync(draft, join(folder, "lock"));
      unlinkSync(link.path);
    } else unlinkSync(draft);
  } catch (thrown) {
    for (const path of [link.path, draft]) if (path !== undefined) rmSync(path, { force: true });
    throw thrown;
  }
  sweep(folder);
  return { release: () => release(folder, me.token) };
}

/** Who holds a folder, if anybody who lives does. Throws MANSION_LOCKED where the lock cannot be read, MANSION_PATH where nothing can. */
export function holderOf(folder: string): Holder | undefined {
  const last = lastOf(folder);
  if (last === undefined || !isAlive(last)) return undefined;
  return { pid: last.pid, host: last.host, since: last.since };
}

/** Throws MANSION_LOCKED where somebody who lives holds the folder, MANSION_PATH where it cannot be read. */
export function assertFree(folder: string): void {
  const last = lastOf(folder);
  if (last !== undefined && isAlive(last)) throw locked(folder, last);
}

function writeDraft(draft: string, me: LockEntry, durable: boolean): void {
  const file = openSync(draft, "wx", 0o600);
  try {
    writeFileSync(file, `${JSON.stringify(me)}\n`);
    if (durable) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

// Gives the path of the link that made this entry the last of the chain. A lost round is progress of another process,
// so rounds end; the bound is for a folder where they do not, such as one in which `lock` is a broken symbolic link.
function becomeLast(folder: string, draft: string, me: LockEntry): string {
  for (let round = 0; round < 1000; round++) {
    const last = lastOf(folder);
    if (last !== undefined && isAlive(last)) throw locked(folder, last);
    const path = join(folder, last === undefined ? "lock" : nextOf(last.token));
    try {
      linkSync(draft, path);
    } catch (thrown) {
      if (isCode(thrown, "EEXIST")) continue;
      throw thrown;
    }
    if (lastOf(folder)?.token === me.token) return path;
    unlinkSync(path);
  }
  const text = `mansion ${folder} could not be locked: others kept coming first, or ${join(folder, "lock")} is no file`;
  throw new MansionError("MANSION_LOCKED", `${text}: look at that name, then open again`, { path: folder });
}

// Walks the chain to its end. Undefined when there is no lock.
function lastOf(folder: string): LockEntry | undefined {
  let last = readEntry(folder, "lock");
  for (let next = last; next !== undefined; next = readEntry(folder, nextOf(next.token))) last = next;
  return last;
}

function readEntry(folder: string, name: string): LockEntry | undefined {
  const path = join(folder, name);
  try {
    const entry = JSON.parse(readFileSync(path, "utf8")) as LockEntry;
    if (typeof entry.token !== "string" || !Number.isInteger(entry.pid)) throw new Error("it names no holder");
    return entry;
  } catch (thrown) {
    if (isCode(thrown, "ENOENT")) return undefined;
    if (isCode(thrown, "EACCES") || isCode(thrown, "EPERM") || isCode(thrown, "ENOTDIR")) {
      throw unreadable(folder, thrown);
    }
    const advice = "make sure that no process uses the folder, then delete the file";
    throw new MansionError("MANSION_LOCKED", `lock file ${path} cannot be read (${reason(thrown)}): ${advice}`, {
      path: folder,
      cause: thrown,
    });
  }
}

// What is no longer in the chain, and drafts of processes that are gone. A leftover costs nothing but its name.
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!/^lock\.[\w-]+\.(next|draft)$/.test(name)) continue;
    try {
      const entry = readEntry(folder, name);
      if (entry !== undefined && !isAlive(entry)) unlinkSync(join(folder, name));
    } catch {
      // Somebody else removed it, or it is not ours to judge.
    }
  }
}

function release(folder: string, token: string): void {
  if (readEntry(folder, "lock")?.token === token) unlinkSync(join(folder, "lock"));
}

function nextOf(token: string): string {
  return `lock.${token}.next`;
}

function locked(folder: string, { pid, host, since }: LockEntry): MansionError {
  const text = `mansion ${folder} is open in process ${pid} on ${host} since ${new Date(since).toISOString()}`;
  const advice = `close it there, or, if that process is surely gone, delete the file ${join(folder, "lock")}`;
  return new MansionError("MANSION_LOCKED", `${text}: ${advice}`, { path: folder, holder: { pid, host, since } });
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === code;
}
