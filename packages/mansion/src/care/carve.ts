/**
 * Finds what is left of journals in a data file that LMDB must not map. It trusts no tree: every page that can be read as
 * a leaf is, whoever points to it, and a value counts only if it is a frame with a sound CRC (record.ts). Each record
 * carries the hash of the one before it, so what belongs together comes together by itself.
 * Invariant: what `records` gives is a prefix of the journal: it begins at the lineage and has no gap.
 * Cost: one read of the file, and some 200 bytes of memory a record. Layout: see pages.ts.
 */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { checkFrame, decodeHead, frameSeq, type Head, hashOf, previousOf, seqOf } from "../record.js";
import type { CareOptions } from "./verify.js";

const headerSize = 24;
const leaf = 0x02;
const kinds = { big: 0x01, tree: 0x02 } as const;

// Where a value stands in the file.
interface Found {
  readonly offset: number;
  readonly size: number;
  readonly seq: number;
}

/** What is left of a journal. */
export interface Remains {
  /** Undefined where nothing says it any more. */
  readonly name: string | undefined;
  readonly lineage: Buffer;
  /** The highest count that one of its heads names; 0 where none is left. */
  readonly counted: number;
}

/** A damaged data file, read page by page. Close it. */
export class Carving {
  readonly #file: number;
  readonly #size: number;
  readonly #pageSize: number;
  // By the hash of the record before: all that were ever written behind it.
  readonly #behind = new Map<string, Found[]>();
  readonly #heads = new Map<string, Head>();
  readonly #trees: { readonly name: string; readonly root: number }[] = [];
  readonly #names = new Map<string, string>();

  constructor(path: string) {
    this.#file = openSync(path, "r");
    this.#size = fstatSync(this.#file).size;
    this.#pageSize = this.#guessPageSize();
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Reads all of the file. */
  async read({ onProgress }: CareOptions): Promise<readonly Remains[]> {
    const pages = Math.floor(this.#size / this.#pageSize);
    for (let pgno = 2; pgno < pages; pgno++) {
      this.#readPage(pgno);
      if (pgno % 1024 !== 0 && pgno !== pages - 1) continue;
      onProgress?.({ what: "data.mdb", done: pgno + 1, total: pages });
      await setImmediate();
    }
    for (const { name, root } of this.#trees) {
      const head = this.#headUnder(root, 0);
      if (head !== undefined) this.#names.set(text(head.lineage), name);
    }
    return this.#journals();
  }

  /** The records of one of them, as they were stored, up to the first that is lost. */
  *records({ lineage }: Remains): Generator<Buffer> {
    let at = lineage;
    for (let seq = 1; ; seq++) {
      const value = this.#next(at, seq);
      if (value === undefined) return;
      at = hashOf(value);
      yield value;
    }
  }

  // Where two records came behind the same one, the first to be written was lost with its process before it counted, and
  // nothing, or less, came behind it.
  #next(before: Buffer, seq: number): Buffer | undefined {
    const fork = (this.#behind.get(text(before)) ?? []).filter((each) => each.seq === seq);
    const reaches = fork.length > 1 ? fork.map((each) => this.#reach(each)) : [0];
    const found = fork[reaches.indexOf(Math.max(...reaches))];
    return found === undefined ? undefined : this.#value(found);
  }

  // How many records came behind this one, on the longest way from here, up to a thousand.
  #reach(found: Found): number {
    let steps = 0;
    for (let front = [found]; front.length > 0 && steps < 1000; steps++) {
      front = front.flatMap((each) => {
        const value = this.#value(each);
        return value === undefined ? [] : (this.#behind.get(text(hashOf(value))) ?? []);
      });
    }
    return steps;
  }

  #journals(): Remains[] {
    const lineages = new Map<string, Buffer>();
    for (const { lineage } of this.#heads.values()) lineages.set(text(lineage), lineage);
    for (const [before, found] of this.#behind) {
      if (found.some(({ seq }) => seq === 1)) lineages.set(before, Buffer.from(before, "latin1"));
    }
    return [...lineages].map(([key, lineage]) => {
      const counted = this.#heads.get(key)?.count ?? 0;
      return { name: this.#names.get(key), lineage, counted };
    });
  }

  // The first page may be the damaged one; then the usual size is tried.
  #guessPageSize(): number {
    for (const at of [0, 4096, 8192, 16384, 65536]) {
      const meta = this.#bytes(at, 168);
      const size = meta?.readUInt32LE(48) ?? 0;
      if (meta?.readUInt32LE(24) === 0xbeefc0de && size >= 512 && size <= 65536 && (size & (size - 1)) === 0)
        return size;
    }
    return 4096;
  }

  #readPage(pgno: number): void {
    const page = this.#bytes(pgno * this.#pageSize, this.#pageSize);
    if (page === undefined || page.readUInt16LE(18) !== leaf) return;
    for (const { key, at, size, flags } of this.#nodes(page)) {
      if (flags === kinds.tree) {
        const name = key.toString("utf8").replace(/\0$/, "");
        if (name.startsWith("journal:") && size === 48) {
          this.#trees.push({ name: name.slice("journal:".length), root: Number(page.readBigUInt64LE(at + 40)) });
        }
      } else this.#keep(key, this.#offsetOf(page, pgno, at, flags), size);
    }
  }

  #keep(key: Buffer, offset: number, size: number): void {
    const seq = seqOf(key);
    const value = seq === undefined ? undefined : this.#bytes(offset, size);
    if (value === undefined || checkFrame(value) !== undefined) return;
    if (seq === 0) {
      const head = decodeHead(value);
      if (typeof head === "string") return;
      const known = this.#heads.get(text(head.lineage));
      if (known === undefined || known.count < head.count) this.#heads.set(text(head.lineage), head);
    } else if (frameSeq(value) === seq) {
      const before = text(previousOf(value));
      const found = this.#behind.get(before) ?? [];
      if (!found.some((each) => this.#value(each)?.equals(value) === true)) found.push({ offset, size, seq });
      this.#behind.set(before, found);
    }
  }

  #value({ offset, size }: Found): Buffer | undefined {
    return this.#bytes(offset, size);
  }

  // The head is the first entry of its journal's tree: always to the left.
  #headUnder(pgno: number, depth: number): Head | undefined {
    const page = pgno < this.#size / this.#pageSize ? this.#bytes(pgno * this.#pageSize, this.#pageSize) : undefined;
    if (page === undefined || depth > 40) return undefined;
    if (page.readUInt16LE(18) !== leaf) {
      const node = headerSize + page.readUInt16LE(headerSize);
      if (page.readUInt16LE(18) !== 0x01 || node + 6 > this.#pageSize) return undefined;
      return this.#headUnder(page.readUInt32LE(node) + page.readUInt16LE(node + 4) * 2 ** 32, depth + 1);
    }
    const [first] = this.#nodes(page);
    if (first === undefined || seqOf(first.key) !== 0) return undefined;
    const head = decodeHead(page.subarray(first.at, first.at + first.size));
    return typeof head === "string" ? undefined : head;
  }

  // The entries of a leaf that are within it.
  #nodes(page: Buffer): { key: Buffer; at: number; size: number; flags: number }[] {
    const lower = page.readUInt16LE(20);
    const count = lower <= this.#pageSize - headerSize ? Math.floor(lower / 2) : 0;
    const nodes = Array.from({ length: count }, (_, index) => headerSize + page.readUInt16LE(headerSize + 2 * index));
    return nodes.flatMap((node) => {
      if (node + 8 > this.#pageSize) return [];
      const [size, flags] = [page.readUInt32LE(node), page.readUInt16LE(node + 4)];
      const at = node + 8 + page.readUInt16LE(node + 6);
      if (at + (flags === kinds.big ? 8 : size) > this.#pageSize) return [];
      return [{ key: page.subarray(node + 8, at), at, size, flags }];
    });
  }

  #offsetOf(page: Buffer, pgno: number, at: number, flags: number): number {
    if (flags !== kinds.big) return pgno * this.#pageSize + at;
    return Number(page.readBigUInt64LE(at)) * this.#pageSize + headerSize;
  }

  #bytes(offset: number, size: number): Buffer | undefined {
    if (offset + size > this.#size) return undefined;
    const bytes = Buffer.alloc(size);
    return readSync(this.#file, bytes, 0, size, offset) === size ? bytes : undefined;
  }
}

// A hash as the key of a map: half as long as in hexadecimal.
function text(hash: Buffer): string {
  return hash.toString("latin1");
}
