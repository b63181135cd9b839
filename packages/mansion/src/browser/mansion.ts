/**
 * A mansion of a page: one IndexedDB database of its origin, with the journals of stores in it. One page at a time has it
 * open, by a Web Lock; a page that ends, however it ends, gives that up.
 */

import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { Journal } from "@good-place/shawn";
import { MansionError, reason } from "../errors.js";
import { type MansionDatabase, openDatabase } from "./database.js";
import { IdbJournal } from "./journal.js";

/** What `openMansion` takes in a browser. */
export interface BrowserMansionOptions {
  /** Names the database within the page's origin: 1 to 100 letters, digits and `. _ -`. */
  readonly name: string;
  /**
   * `disk` (the default): an append resolves once the browser says that its data is on the device. `memory`: once it is
   * with the operating system, which is faster, and outlives the page but not a power cut.
   */
  readonly durability?: "disk" | "memory" | undefined;
  /** How long to wait for a page that has it open, in milliseconds; 2,000 by default: a reload follows on its own page. */
  readonly lockTimeoutMs?: number | undefined;
}

/** An open mansion of a page. */
export interface BrowserMansion extends AsyncDisposable {
  readonly name: string;
  readonly durability: "disk" | "memory";
  /**
   * The journal of this name, made if there is none; the same object each time. Names are as the mansion's. It is read and
   * checked at the first replay or append, which is where damage is reported.
   */
  journal(name: string): Required<Journal>;
  /** Waits for what was appended, closes, and lets the next page open it. May be called again. */
  close(): Promise<void>;
}

/**
 * Opens the mansion of this name in the page's origin, making it if there is none. Rejects with MANSION_LOCKED while
 * another page has it open, and with MANSION_UNAVAILABLE where the browser gives no storage. A browser without Web Locks
 * (a page that is not from a secure origin) opens it all the same; of two pages that write then, the second to do so fails.
 */
export async function openMansion(options: BrowserMansionOptions): Promise<BrowserMansion> {
  checkOptions("openMansion()", options, ["name", "durability", "lockTimeoutMs"]);
  const { name, durability = "disk", lockTimeoutMs = 2000 } = options;
  checkName("BAD_OPTION", "openMansion() option name must be", name);
  if (durability !== "disk" && durability !== "memory") {
    const text = `openMansion() option durability must be "disk" or "memory", got ${describe(durability)}`;
    throw misuse("type", "BAD_OPTION", text);
  }
  if (!Number.isSafeInteger(lockTimeoutMs) || lockTimeoutMs < 0) {
    const text = `openMansion() option lockTimeoutMs must be an integer >= 0, got ${describe(lockTimeoutMs)}`;
    throw misuse("type", "BAD_OPTION", text);
  }
  const release = await acquire(name, lockTimeoutMs);
  try {
    let mansion: OpenBrowserMansion | undefined;
    const db = await openDatabase(name, () => mansion?.end());
    mansion = new OpenBrowserMansion({ name, durability }, db, release);
    return mansion;
  } catch (thrown) {
    release();
    const text = `mansion ${name} cannot be opened (${reason(thrown)}): let this page store data, and make room if there is none`;
    throw new MansionError("MANSION_UNAVAILABLE", text, { path: name, cause: thrown });
  }
}

class OpenBrowserMansion implements BrowserMansion {
  readonly name: string;
  readonly durability: "disk" | "memory";
  readonly #db: MansionDatabase;
  readonly #release: () => void;
  readonly #journals = new Map<string, IdbJournal>();
  #closing: Promise<void> | undefined;

  constructor(
    { name, durability }: { readonly name: string; readonly durability: "disk" | "memory" },
    db: MansionDatabase,
    release: () => void,
  ) {
    this.name = name;
    this.durability = durability;
    this.#db = db;
    this.#release = release;
  }

  journal(name: string): Required<Journal> {
    checkName("JOURNAL_NAME", "journal() expects a name of", name);
    this.#assertOpen();
    const known = this.#journals.get(name);
    if (known !== undefined) return known;
    const durability = this.durability === "disk" ? "strict" : "relaxed";
    const page = { name: this.name, db: this.#db, durability, assertOpen: () => this.#assertOpen() } as const;
    const journal = new IdbJournal(page, name);
    this.#journals.set(name, journal);
    return journal;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The database is gone: what is asked from now on fails. */
  end(): void {
    this.#closing ??= Promise.resolve(this.#release());
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#journals.values()].map((journal) => journal.close()));
    this.#db.close();
    this.#release();
  }

  #assertOpen(): void {
    if (this.#closing === undefined) return;
    throw new MansionError("MANSION_CLOSED", `mansion ${this.name} is closed: open it again`, { path: this.name });
  }
}

// Resolves to what gives the lock up.
function acquire(name: string, timeoutMs: number): Promise<() => void> {
  const { locks } = navigator as { locks?: LockManager };
  if (locks === undefined) return Promise.resolve(() => undefined);
  return new Promise((resolve, reject) => {
    const held = (): Promise<void> => new Promise((release) => resolve(() => release()));
    locks.request(`good-place/${name}`, { signal: AbortSignal.timeout(timeoutMs) }, held).catch((cause: unknown) => {
      const text = `mansion ${name} is open in another page or worker: close it there, or wait for it longer`;
      reject(new MansionError("MANSION_LOCKED", text, { path: name, cause }));
    });
  });
}

function checkName(code: "BAD_OPTION" | "JOURNAL_NAME", what: string, name: unknown): void {
  if (typeof name === "string" && /^[\w.-]{1,100}$/.test(name)) return;
  const text = `${what} 1 to 100 letters, digits and . _ -, got ${describe(name)}: choose such a name`;
  throw misuse("type", code, text);
}
