/**
 * A transaction on one buffet: what a function reads and changes while it runs. The changes are made of it at the end, so
 * a document that changes twice is written once.
 */

import { misuse } from "@good-place/channel/misuse";
import type { Change, Read } from "../writer.js";
import { checkId, documentKey } from "./document.js";
import type { BuffetWrite, Document, Incoming } from "./face.js";
import type { Prepared, Tables } from "./tables.js";

interface Changed<D> {
  readonly before: D | undefined;
  after: Prepared<D> | undefined;
}

/** What `write` and `follow` hand to their functions. */
export class Transaction<D extends Document> implements BuffetWrite<D> {
  readonly #tables: Tables<D>;
  readonly #read: Read;
  readonly #changed = new Map<string, Changed<D>>();
  #isOver = false;

  constructor(tables: Tables<D>, read: Read) {
    this.#tables = tables;
    this.#read = read;
  }

  get(id: string): D | undefined {
    this.#assertRunning();
    const changed = this.#changed.get(checkId(id));
    if (changed === undefined) return this.#stored(documentKey(id));
    return changed.after && this.#tables.decode(changed.after.key, changed.after.bytes);
  }

  put(document: Incoming<D>): D {
    this.#assertRunning();
    return this.keep(this.#tables.prepare(document));
  }

  delete(id: string): boolean {
    this.#assertRunning();
    const changed = this.#changedOf(checkId(id), documentKey(id));
    const was = (this.#changed.has(id) ? changed.after : changed.before) !== undefined;
    changed.after = undefined;
    this.#changed.set(id, changed);
    return was;
  }

  /** Keeps what was prepared before. */
  keep(prepared: Prepared<D>): D {
    const { id } = prepared.document;
    const changed = this.#changedOf(id, prepared.key);
    changed.after = prepared;
    this.#changed.set(id, changed);
    return prepared.document;
  }

  /** Ends it: who kept hold of it is refused from now on. */
  stop(): void {
    this.#isOver = true;
  }

  /** What it changed. */
  changes(): Change[] {
    const changes: Change[] = [];
    for (const [id, { before, after }] of this.#changed) {
      if (before === undefined && after === undefined) continue;
      for (const change of this.#tables.changes(documentKey(id), before, after)) changes.push(change);
    }
    return changes;
  }

  #changedOf(id: string, key: Buffer): Changed<D> {
    return this.#changed.get(id) ?? { before: this.#stored(key), after: undefined };
  }

  #stored(key: Buffer): D | undefined {
    const bytes = this.#read(this.#tables.documents, key);
    return bytes && this.#tables.decode(key, bytes);
  }

  #assertRunning(): void {
    if (!this.#isOver) return;
    const text = "a transaction ends with the function that it was given to: change all that belongs together in there";
    throw misuse("type", "BUFFET_WRITE_OVER", text);
  }
}
