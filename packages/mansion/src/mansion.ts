/**
 * A mansion: a folder with one LMDB environment, one writer, and the journals of stores in it.
 * Order of opening: options, folder, lock, structure of the data file, LMDB. Whatever fails undoes what came before.
 */

import { randomBytes } from "node:crypto";
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { misuse } from "@good-place/channel/misuse";
import type { Journal } from "@good-place/shawn";
import type { Buffet, BuffetOptions, Document } from "./buffet/face.js";
import { Buffets } from "./buffet/open.js";
import { type Bytes, type Environment, openBytes, openEnvironment, syncFolder } from "./environment.js";
import { MansionError, reason } from "./errors.js";
import { LmdbJournal } from "./journal.js";
import { acquireLock, type Lock } from "./lock.js";
import { checkOptions, type Durability, type MansionOptions } from "./options.js";
import type { Room } from "./room.js";
import { Writer } from "./writer.js";

/** An open mansion. */
export interface Mansion {
  /** The folder, resolved. */
  readonly path: string;
  readonly durability: Durability;
  /**
   * The journal of this name, made if there is none; the same object each time. Names are 1 to 100 letters, digits and
   * `. _ -`. Its records are read and checked at the first replay or append, which is where damage is reported.
   */
  journal(name: string): Journal;
  /**
   * The documents of this name, made if there are none; the same object each time. Names are as those of journals. What an
   * index is to be is said here: one that is new is built, one that is left out is removed, see `ready()`.
   */
  buffet<D extends Document = Document, const I extends string = never, In = D>(
    name: string,
    options?: BuffetOptions<D, I, In>,
  ): Buffet<D, I, In>;
  /** Waits for what was appended, closes, and gives up the lock. May be called again. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens the mansion in a folder, making it if there is none. Rejects with MANSION_LOCKED while it is open elsewhere,
 * MANSION_PATH, MANSION_CORRUPT or MANSION_FORMAT; a wrong option is a TypeError with a code.
 */
export async function openMansion(options: MansionOptions): Promise<Mansion> {
  const { path, durability } = checkOptions(options);
  let lock: Lock | undefined;
  try {
    makeFolder(path);
    lock = acquireLock(path, durability === "disk");
    return new OpenMansion(path, durability, await openEnvironment(path, durability), lock);
  } catch (thrown) {
    lock?.release();
    if (thrown instanceof MansionError) throw thrown;
    const advice = "name a folder that this process may read and write";
    const text = `mansion ${path} cannot be opened (${reason(thrown)}): ${advice}`;
    throw new MansionError("MANSION_PATH", text, { path, cause: thrown });
  }
}

class OpenMansion implements Mansion {
  readonly path: string;
  readonly durability: Durability;
  readonly #root: Environment;
  readonly #writer: Writer;
  readonly #lock: Lock;
  readonly #journals = new Map<string, LmdbJournal>();
  readonly #buffets: Buffets;
  #closing: Promise<void> | undefined;

  constructor(path: string, durability: Durability, root: Environment, lock: Lock) {
    this.path = path;
    this.durability = durability;
    this.#root = root;
    this.#writer = new Writer(root, path);
    this.#lock = lock;
    this.#buffets = new Buffets(this.#room());
  }

  journal(name: string): Journal {
    if (typeof name !== "string" || !/^[\w.-]{1,100}$/.test(name)) {
      throw misuse(
        "type",
        "JOURNAL_NAME",
        "journal() expects a name of 1 to 100 letters, digits and . _ -: choose such a name",
      );
    }
    this.#assertOpen();
    const known = this.#journals.get(name);
    if (known !== undefined) return known;
    const db = this.#open(name);
    const journal = new LmdbJournal(db, this.#writer, { path: this.path, journal: name }, randomBytes(32));
    this.#journals.set(name, journal);
    return journal;
  }

  buffet<D extends Document, const I extends string, In>(
    name: string,
    options: BuffetOptions<D, I, In> = {},
  ): Buffet<D, I, In> {
    // What is kept is what the schema gives: that its documents are of type D is the schema's word.
    return this.#buffets.open(name, options as unknown as BuffetOptions<Document, I>) as unknown as Buffet<D, I, In>;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #room(): Room {
    return {
      path: this.path,
      readOnly: false,
      database: (name) => openBytes(this.#root, name),
      write: (changes) => this.#writer.write(changes),
      assertOpen: () => this.#assertOpen(),
    };
  }

  #assertOpen(): void {
    if (this.#closing === undefined) return;
    throw new MansionError("MANSION_CLOSED", `mansion ${this.path} is closed: open it again`, { path: this.path });
  }

  #open(name: string): Bytes {
    try {
      return openBytes(this.#root, `journal:${name}`);
    } catch (thrown) {
      const text = `journal "${name}" in ${this.path} cannot be opened (${reason(thrown)})`;
      const details = { path: this.path, journal: name, cause: thrown };
      throw new MansionError("JOURNAL_FAILED", `${text}: mend the cause, then open the mansion again`, details);
    }
  }

  async #close(): Promise<void> {
    try {
      await this.#buffets.close();
      await Promise.all([...this.#journals.values()].map((journal) => journal.close()));
      await this.#writer.idle();
      await this.#root.close();
    } finally {
      this.#lock.release();
    }
  }
}

// One folder after the other, from above; each new name is synced where it stands. (The recursive mkdir of Node does not
// return for a path that the system refuses to make, such as one in /proc.)
function makeFolder(path: string, mansion: string = path): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  if (found !== undefined) {
    const what = path === mansion ? "is a file" : `lies under ${path}, which is a file`;
    throw new MansionError("MANSION_PATH", `mansion ${mansion} ${what}: name a folder, or one to be made`, {
      path: mansion,
    });
  }
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent, mansion);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
  }
  syncFolder(parent);
}
