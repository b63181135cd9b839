/**
 * A unix socket's file. A server listens at a private place first and moves its socket to the path when nobody has it, so
 * that the file appears with its mode and with somebody behind it, and closing removes no other server's file.
 * Invariants: a path is taken over only from a server that has been proven dead, by one starter at a time; at no moment
 * is a living server's path removed. Holding the lock takes milliseconds, so one that is seconds old was left by a crash.
 */
import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
} from "node:fs";
import { createConnection, type Server } from "node:net";
import { dirname, isAbsolute, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { misuse } from "@good-place/channel/misuse";

// What fits into the address of every system that has unix sockets.
const LONGEST = 103;
const STALE_MS = 5000;
const RETRY_MS = 20;

/** Throws BAD_OPTION unless the path is one that a socket can have. */
export function checkSocketPath(path: unknown): void {
  if (typeof path !== "string" || !isAbsolute(path) || path.includes("\0") || path.endsWith("/")) {
    throw misuse("type", "BAD_OPTION", "chidi() option path must be the absolute path of a socket");
  }
  const bytes = Math.max(Buffer.byteLength(path), Buffer.byteLength(privatePlace(dirname(path), "XXXXXX")));
  if (bytes > LONGEST) {
    throw misuse(
      "range",
      "BAD_OPTION",
      `chidi() option path takes ${bytes} bytes, and a socket has ${LONGEST}: shorten it`,
    );
  }
}

/** Makes the server listen at the path; answers how to remove its file again. Fails as `listen` does, EADDRINUSE when a living server has the path. */
export async function listenAt(
  server: Server,
  path: string,
  mode: number,
  listen: (path: string) => Promise<void>,
): Promise<() => void> {
  const folder = mkdtempSync(join(dirname(path), "."));
  const first = join(folder, "s");
  try {
    await listen(first);
    chmodSync(first, mode);
    const mine = lstatSync(first);
    await locked(path, async () => {
      if (await lives(path)) throw Object.assign(new Error(`a server answers at ${path}`), { code: "EADDRINUSE" });
      renameSync(first, path);
    });
    return () => {
      if (same(mine, look(path))) rmSync(path, { force: true });
    };
  } catch (error) {
    server.close();
    throw error;
  } finally {
    rmSync(first, { force: true });
    rmdirSync(folder);
  }
}

function privatePlace(folder: string, unique: string): string {
  return join(folder, `.${unique}`, "s");
}

// Something that is no socket, or that refuses nobody, counts as alive: it is not ours to remove.
function lives(path: string): Promise<boolean> {
  if (look(path) === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    const probe = createConnection(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", ({ code }: NodeJS.ErrnoException) => {
      resolve(!(code === "ENOENT" || (code === "ECONNREFUSED" && look(path)?.isSocket() === true)));
    });
  });
}

async function locked(path: string, work: () => Promise<void>): Promise<void> {
  const lock = `${path}.lock`;
  let mine = take(lock);
  while (mine === null) {
    const held = look(lock);
    if (held !== null && Date.now() - held.mtimeMs > STALE_MS) breakLock(lock, held);
    else await wait(RETRY_MS);
    mine = take(lock);
  }
  try {
    await work();
  } finally {
    if (same(mine, look(lock))) rmSync(lock, { force: true });
  }
}

function take(lock: string): Stats | null {
  try {
    closeSync(openSync(lock, "wx", 0o600));
    return look(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return null;
    throw error;
  }
}

// Another starter may break the same lock and take its own meanwhile: what is moved away is looked at, and put back.
function breakLock(lock: string, stale: Stats): void {
  const away = `${lock}.${process.pid}`;
  try {
    renameSync(lock, away);
    if (!same(stale, look(away))) linkSync(away, lock);
  } catch {
    // It is gone, or the next one has it already.
  }
  rmSync(away, { force: true });
}

function look(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function same(one: Stats, other: Stats | null): boolean {
  // A number of a file that is gone may be given to the next one, hence the time.
  return other !== null && one.ino === other.ino && one.dev === other.dev && one.mtimeMs === other.mtimeMs;
}
