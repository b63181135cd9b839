/**
 * What the tests of mansion share: a folder of their own, records, whole replays, LMDB without a mansion around it,
 * and helper processes that answer line by line.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { openMansion } from "@good-place/mansion";
import type { Journal, JournalRecord } from "@good-place/shawn";
import { type Database, open } from "lmdb";
import { onTestFinished } from "vitest";

/** A folder that is gone after the test. */
export function tempFolder(under: string = tmpdir()): string {
  const folder = mkdtempSync(join(under, "mansion-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A record with every field that a store fills in. */
export function record(seq: number, payload: unknown = { id: `t${seq}` }): JournalRecord {
  const meta = {
    id: `a${seq}`,
    seq,
    at: 1_700_000_000_000 + seq,
    cause: undefined,
    by: seq % 2 ? "eleanor" : undefined,
  };
  return { seq, name: "task/tick", payload, meta };
}

/** Records `from` to `to`, both included. */
export function records(from: number, to: number): JournalRecord[] {
  return Array.from({ length: to - from + 1 }, (_, index) => record(from + index));
}

/** All that a replay gives. */
export async function collect(journal: Journal, from = 1): Promise<JournalRecord[]> {
  const found: JournalRecord[] = [];
  for await (const each of journal.replay(from)) found.push(each);
  return found;
}

/** What a replay gives before it ends, and the error that ended it, if one did. */
export async function attempt(path: string): Promise<{ found: JournalRecord[]; error: unknown }> {
  const found: JournalRecord[] = [];
  const mansion = await openMansion({ path, durability: "memory" });
  try {
    for await (const each of mansion.journal("office").replay(1)) found.push(each);
    return { found, error: undefined };
  } catch (error) {
    return { found, error };
  } finally {
    await mansion.close();
  }
}

/** A closed mansion whose journal "office" has `count` records. */
export async function furnished(count: number): Promise<string> {
  const path = tempFolder();
  const mansion = await openMansion({ path, durability: "memory" });
  await mansion.journal("office").append(records(1, count));
  await mansion.close();
  return path;
}

/** Changes the stored bytes of the closed journal "office" behind the mansion's back. */
export function tamper(path: string, change: (db: Database<Buffer, Uint8Array>) => unknown): Promise<void> {
  return tamperIn(path, "journal:office", change);
}

/** The same in any of its databases. */
export async function tamperIn(
  path: string,
  name: string,
  change: (db: Database<Buffer, Uint8Array>) => unknown,
): Promise<void> {
  const binary = { encoding: "binary", keyEncoding: "binary" } as const;
  const root = open<Buffer, Uint8Array>({
    path,
    noSubdir: false,
    overlappingSync: false,
    noSync: true,
    maxDbs: 128,
    ...binary,
  });
  const db = root.openDB<Buffer, Uint8Array>({ name, ...binary });
  root.transactionSync(() => {
    change(db);
  });
  await root.close();
}

/** The key of a record; 0 is the head's. */
export function key(seq: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(seq));
  return bytes;
}

/** A stored value that is sound in itself, whatever stands in it. */
export function framed(seq: number, previous: Uint8Array, body: Uint8Array): Buffer {
  const value = Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), key(seq), previous, body]);
  value.writeUInt32BE(crc32(value.subarray(8), crc32(value.subarray(0, 4))), 4);
  return value;
}

/** A closed mansion of `count` records whose last one is sound and in its place, but is not the text of a record. */
export async function misspelt(count: number, text: string): Promise<string> {
  const path = await furnished(count - 1);
  await tamper(path, (db) => {
    const head = db.getBinary(key(0)) as Buffer;
    const value = framed(count, head.subarray(48), Buffer.from(text));
    void db.put(key(count), value);
    void db.put(key(0), framed(count, head.subarray(16, 48), createHash("sha256").update(value).digest()));
  });
  return path;
}

/** A helper process. */
export interface Helper {
  readonly process: ChildProcess;
  /** The next line that it prints; fails when it ends without one. */
  line(): Promise<string>;
  tell(text: string): void;
  /** All lines up to its end. */
  rest(): Promise<string[]>;
  /** SIGKILL, resolved once it is gone. */
  kill(): Promise<void>;
}

/** Starts a script of this folder. It is killed after the test if it still runs. `shell` comes before its command line. */
export function helper(script: string, args: readonly string[], shell = "exec"): Helper {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const command = `${shell} "$0" "$@"`;
  const child = spawn("sh", ["-c", command, process.execPath, file, ...args], { stdio: ["pipe", "pipe", "ignore"] });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await gone;
  };
  onTestFinished(kill);
  return {
    process: child,
    async line() {
      const next = await lines.next();
      if (next.done === true) throw new Error(`${script} ended without an answer`);
      return next.value;
    },
    tell: (text) => void child.stdin.write(`${text}\n`),
    async rest() {
      const found: string[] = [];
      for (let next = await lines.next(); next.done !== true; next = await lines.next()) found.push(next.value);
      return found;
    },
    kill,
  };
}
