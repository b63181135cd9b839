/**
 * Group commit for all that a mansion keeps. What is given while a transaction is on its way waits and goes into the
 * next one, in the order in which it came; there is never more than one, so a failure leaves no gap behind it.
 * After the first failure nothing is written any more: a retried sync can claim success for pages that were dropped.
 *
 * A write is a list of changes, or a function that makes the list when its turn comes and reads what is there by then,
 * the changes before it in the same transaction included. So whoever must look before it writes need not lock.
 */

import { statfsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { type Bytes, causeOf, type Environment } from "./environment.js";
import { MansionError } from "./errors.js";

const margin = 256 * 1024;

/** One value to be put into one database, or its key to be removed. */
export interface Change {
  readonly db: Bytes;
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** Reads a value as it will be just before the changes that are being made. */
export type Read = (db: Bytes, key: Buffer) => Buffer | undefined;

/** What a write changes. A function must not wait; what it throws rejects its own write and nobody else's. */
export type Changes = readonly Change[] | ((read: Read) => readonly Change[]);

interface Waiting {
  readonly changes: Changes;
  resolve(): void;
  reject(cause: unknown): void;
}

/** The only one who writes to an environment after it is open. */
export class Writer {
  readonly #root: Environment;
  readonly #folder: string;
  readonly #assertSame: () => void;
  #waiting: Waiting[] = [];
  #running = false;
  #failure: { readonly cause: unknown } | undefined;

  /** `assertSame` throws where the data file is not in the folder any more: what is written to it then, nobody finds. */
  constructor(root: Environment, folder: string, assertSame: () => void) {
    this.#root = root;
    this.#folder = folder;
    this.#assertSame = assertSame;
  }

  /** Makes all of the changes or none, and resolves when they are durable. Rejects with the cause of the failure. */
  write(changes: Changes): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.cause);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  /** Resolves when nothing is being written or waits to be. */
  async idle(): Promise<void> {
    while (this.#running) await setImmediate();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      // One turn, so that those whom the last transaction woke can join the next.
      await setImmediate();
      const group = this.#waiting;
      this.#waiting = [];
      try {
        const { made, kept } = gather(group);
        if (made.length > 0) await this.#commit(made);
        for (const each of kept) each.resolve();
      } catch (thrown) {
        const cause = await causeOf(thrown);
        this.#failure = { cause };
        for (const each of [...group, ...this.#waiting]) each.reject(cause);
        this.#waiting = [];
      }
    }
    this.#running = false;
  }

  /**
   * Throws MANSION_FULL unless the changes fit on the device and leave `spare` bytes. LMDB's binding can damage its own
   * memory when the device is full, so a full device is not left to it. The margin is for the tree pages that a transaction
   * writes anew. A file system that does not say how large it is, is not asked.
   */
  assertRoom(made: readonly Change[], spare: number = 0): void {
    let bytes = margin + spare;
    for (const { value } of made) bytes += 2 * (value?.length ?? 0);
    const { blocks, bavail, bsize } = statfsSync(this.#folder);
    const free = bavail * bsize;
    if (blocks === 0 || free >= bytes) return;
    const text = `no space left on the device of ${this.#folder}: a write needs ${bytes} bytes, ${free} are free`;
    const advice = "make room, then open the mansion again: what had been resolved is there";
    throw new MansionError("MANSION_FULL", `${text}: ${advice}`, { path: this.#folder });
  }

  // A batch is one transaction: all of it is committed and synced, or the promise is rejected and none of it is.
  async #commit(made: readonly Change[]): Promise<void> {
    this.#assertSame();
    this.assertRoom(made);
    await this.#root.batch(() => {
      for (const { db, key, value } of made) void (value === undefined ? db.remove(key) : db.put(key, value));
    });
  }
}

// The changes of a group, in order, and the writes that they belong to. A write whose function throws is out.
function gather(group: readonly Waiting[]): { made: Change[]; kept: Waiting[] } {
  const made: Change[] = [];
  const kept: Waiting[] = [];
  const newest = new Map<Bytes, Map<string, Buffer | undefined>>();
  let noted = 0;
  const read: Read = (db, key) => {
    for (; noted < made.length; noted++) {
      const change = made[noted] as Change;
      const values = newest.get(change.db) ?? new Map<string, Buffer | undefined>();
      newest.set(change.db, values.set(change.key.toString("latin1"), change.value));
    }
    const values = newest.get(db);
    const name = key.toString("latin1");
    return values?.has(name) === true ? values.get(name) : db.getBinary(key);
  };
  for (const each of group) {
    try {
      const { changes } = each;
      for (const change of typeof changes === "function" ? changes(read) : changes) made.push(change);
      kept.push(each);
    } catch (thrown) {
      each.reject(thrown);
    }
  }
  return { made, kept };
}
