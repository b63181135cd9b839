/**
 * A mansion: a folder with one LMDB environment, one writer, and the journals of stores in it.
 * Order of opening: options, folder, lock, structure of the data file, LMDB. Whatever fails undoes what came before.
 * Who only reads takes no lock and makes nothing.
 */

import { randomBytes } from "node:crypto";
import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { misuse } from "@good-place/channel/misuse";
import type { Buffet, BuffetOptions, Document } from "./buffet/face.js";
import { Buffets } from "./buffet/open.js";
import { backup } from "./care/backup.js";
import {
  type Bytes,
  closeEnvironment,
  type Environment,
  namesOf,
  openBytes,
  openEnvironment,
  readEnvironment,
  syncFolder,
} from "./environment.js";
import { MansionError, reason } from "./errors.js";
import { LmdbJournal, type MansionJournal } from "./journal.js";
import { acquireLock, holderOf, type Lock } from "./lock.js";
import { checkOptions, type Durability, type MansionOptions } from "./options.js";
import type { Room } from "./room.js";
import { type Change, type Changes, Writer } from "./writer.js";

// What is not needed leaves so much of the device to what is.
const spare = 1 << 20;

/** An open mansion. */
export interface Mansion {
  /** The folder, resolved. */
  readonly path: string;
  readonly durability: Durability;
  readonly readOnly: boolean;
  /** The names of the journals that are there. Throws MANSION_CLOSED. */
  readonly journals: readonly string[];
  /**
   * The journal of this name, made if there is none; the same object each time. Names are 1 to 100 letters, digits and
   * `. _ -`. Its records are read and checked at the first replay or append, which is where damage is reported.
   */
  journal(name: string): MansionJournal;
  /**
   * The documents of this name, made if there are none; the same object each time. Names are as those of journals. What an
   * index is to be is said here: one that is new is built, one that is left out is removed, see `ready()`.
   */
  buffet<D extends Document = Document, const I extends string = never, In = D>(
    name: string,
    options?: BuffetOptions<D, I, In>,
  ): Buffet<D, I, In>;
  /**
   * Copies all of the mansion, as it is at one moment, into a folder that is not there yet or empty, while others go on
   * writing. The copy is a mansion by itself; it is there under its name wholly or not at all. Rejects with MANSION_EXISTS,
   * MANSION_PATH where it cannot be written, MANSION_CLOSED.
   */
  backup(path: string): Promise<void>;
  /** Waits for what was appended and for copies that are being made, closes, and gives up the lock. May be called again. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens the mansion in a folder, making it if there is none. Rejects with MANSION_LOCKED while it is open elsewhere,
 * MANSION_PATH, MANSION_CORRUPT or MANSION_FORMAT; a wrong option is a TypeError with a code.
 */
export function openMansion(options: MansionOptions): Promise<Mansion> {
  return openRoom(options);
}

/** Opens a mansion, to be seen from inside. */
export async function openRoom(options: MansionOptions): Promise<OpenMansion> {
  const checked = checkOptions(options);
  const { path, durability, readOnly } = checked;
  let lock: Lock | undefined;
  try {
    if (readOnly) return new OpenMansion(checked, await readEnvironment(path, () => holderOf(path) !== undefined));
    makeFolder(path);
    lock = acquireLock(path, durability === "disk");
    return new OpenMansion(checked, await openEnvironment(path, durability), lock);
  } catch (thrown) {
    lock?.release();
    if (thrown instanceof MansionError) throw thrown;
    const advice = `name a folder that this process may read${readOnly ? "" : " and write"}`;
    const text = `mansion ${path} cannot be opened (${reason(thrown)}): ${advice}`;
    throw new MansionError("MANSION_PATH", text, { path, cause: thrown });
  }
}

/** An open mansion, from outside and from inside. */
export class OpenMansion implements Mansion, Room {
  readonly path: string;
  readonly durability: Durability;
  readonly readOnly: boolean;
  readonly maxRecordBytes: number;
  readonly #root: Environment;
  readonly #writer: Writer;
  readonly #lock: Lock | undefined;
  readonly #file: bigint;
  readonly #databases = new Map<string, Bytes>();
  readonly #journals = new Map<string, LmdbJournal>();
  readonly #buffets: Buffets;
  readonly #copies = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(options: Required<MansionOptions>, root: Environment, lock?: Lock) {
    this.path = options.path;
    this.durability = options.durability;
    this.readOnly = options.readOnly;
    this.maxRecordBytes = options.maxRecordBytes;
    this.#root = root;
    this.#writer = new Writer(root, options.path, () => this.#assertSame());
    this.#lock = lock;
    this.#buffets = new Buffets(this);
    this.#file = fileOf(options.path);
  }

  get journals(): readonly string[] {
    this.assertOpen();
    this.#root.resetReadTxn();
    return namesOf(this.#root, "journal:").map((name) => name.slice("journal:".length));
  }

  journal(name: string): LmdbJournal {
    if (typeof name !== "string" || !/^[\w.-]{1,100}$/.test(name)) {
      throw misuse(
        "type",
        "JOURNAL_NAME",
        "journal() expects a name of 1 to 100 letters, digits and . _ -: choose such a name",
      );
    }
    this.#assertNotClosing();
    const known = this.#journals.get(name);
    if (known !== undefined) return known;
    const journal = this.#makeJournal(name);
    this.#journals.set(name, journal);
    return journal;
  }

  buffet<D extends Document, const I extends string, In>(
    name: string,
    options: BuffetOptions<D, I, In> = {},
  ): Buffet<D, I, In> {
    this.#assertNotClosing();
    // What is kept is what the schema gives: that its documents are of type D is the schema's word.
    return this.#buffets.open(name, options as unknown as BuffetOptions<Document, I>) as unknown as Buffet<D, I, In>;
  }

  async backup(path: string): Promise<void> {
    this.#assertNotClosing();
    const copy = backup(this.#root, this.path, path);
    this.#copies.add(copy);
    try {
      await copy;
    } finally {
      this.#copies.delete(copy);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // --- the room ---

  database(name: string): Bytes | undefined {
    const known = this.#databases.get(name);
    if (known !== undefined) return known;
    const made = openBytes(this.#root, name);
    if (made !== undefined) this.#databases.set(name, made);
    return made;
  }

  write(changes: Changes): Promise<void> {
    if (!this.readOnly) return this.#writer.write(changes);
    const text = `mansion ${this.path} was opened to be read only: write where it is open for writing`;
    return Promise.reject(new MansionError("MANSION_READ_ONLY", text, { path: this.path }));
  }

  assertRoom(changes: readonly Change[]): void {
    this.#writer.assertRoom(changes, spare);
  }

  refresh(): void {
    this.#assertSame();
    this.#root.resetReadTxn();
  }

  assertOpen(): void {
    if (this.#closed) throw this.#closedError();
  }

  #assertSame(): void {
    if (fileOf(this.path) === this.#file) return;
    const text = `mansion ${this.path} has got another data file, or none, since it was opened: open it again`;
    throw new MansionError("MANSION_REPLACED", text, { path: this.path });
  }

  #assertNotClosing(): void {
    if (this.#closing !== undefined) throw this.#closedError();
  }

  #closedError(): MansionError {
    return new MansionError("MANSION_CLOSED", `mansion ${this.path} is closed: open it again`, { path: this.path });
  }

  #makeJournal(name: string): LmdbJournal {
    try {
      return new LmdbJournal(this, name, randomBytes(32));
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
      // LMDB ends the process when its environment is closed under a copy.
      await Promise.allSettled(this.#copies);
      this.#closed = true;
      await closeEnvironment(this.#root);
    } finally {
      this.#lock?.release();
    }
  }
}

// The number by which the file system knows the data file; 0 where there is none.
function fileOf(path: string): bigint {
  return statSync(join(path, "data.mdb"), { throwIfNoEntry: false, bigint: true })?.ino ?? 0n;
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
