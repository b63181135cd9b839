/**
 * Group commit for all journals of a mansion. What is given while a transaction is on its way waits and goes into the
 * next one, in the order in which it came; there is never more than one, so a failure leaves no gap behind it.
 * After the first failure nothing is written any more: a retried sync can claim success for pages that were dropped.
 */

import { statfsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { type Bytes, causeOf, type Environment } from "./environment.js";

const margin = 256 * 1024;

/** One value to be put into one database. */
export interface Put {
  readonly db: Bytes;
  readonly key: Buffer;
  readonly value: Buffer;
}

interface Waiting {
  readonly puts: readonly Put[];
  resolve(): void;
  reject(cause: unknown): void;
}

/** The only one who writes to an environment after it is open. */
export class Writer {
  readonly #root: Environment;
  readonly #folder: string;
  #waiting: Waiting[] = [];
  #running = false;
  #failure: { readonly cause: unknown } | undefined;

  constructor(root: Environment, folder: string) {
    this.#root = root;
    this.#folder = folder;
  }

  /** Writes all of the puts or none, and resolves when they are durable. Rejects with the cause of the failure. */
  write(puts: readonly Put[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.cause);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ puts, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      // One turn, so that those whom the last transaction woke can join the next.
      await setImmediate();
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#commit(group);
        for (const each of group) each.resolve();
      } catch (thrown) {
        const cause = await causeOf(thrown);
        this.#failure = { cause };
        for (const each of [...group, ...this.#waiting]) each.reject(cause);
        this.#waiting = [];
      }
    }
    this.#running = false;
  }

  // LMDB's binding can damage its own memory when the device is full, so a full device is not left to it. The margin is
  // for the tree pages that a transaction writes anew. A file system that does not say how large it is, is not asked.
  #assertRoom(group: readonly Waiting[]): void {
    let bytes = margin;
    for (const { puts } of group) for (const { value } of puts) bytes += 2 * value.length;
    const { blocks, bavail, bsize } = statfsSync(this.#folder);
    if (blocks > 0 && bavail * bsize < bytes) throw new Error(`no space left on the device of ${this.#folder}`);
  }

  // A batch is one transaction: all of it is committed and synced, or the promise is rejected and none of it is.
  async #commit(group: readonly Waiting[]): Promise<void> {
    this.#assertRoom(group);
    await this.#root.batch(() => {
      for (const { puts } of group) for (const { db, key, value } of puts) void db.put(key, value);
    });
  }
}
