/**
 * Looks through an LMDB data file before LMDB maps it. LMDB trusts what it maps: a truncated file or a damaged page can
 * end the process with a signal, and a damaged free list makes it write over live pages. So every page that can be
 * reached is checked for its place, kind and bounds, trees for their counts, the free list for pages in use.
 * Contents are not judged here: that is the journal's checksum. Cost: one read of the file's tree pages.
 * Layout: 64-bit little-endian LMDB, data format 2; elsewhere `checkPages` checks nothing.
 */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { endianness } from "node:os";
import { setImmediate } from "node:timers/promises";

const headerSize = 24;
const kinds = { branch: 0x01, leaf: 0x02, overflow: 0x04, meta: 0x08 } as const;
const dataKinds = { big: 0x01, tree: 0x02 } as const;
const none = 2 ** 64;

interface Tree {
  readonly flags: number;
  readonly depth: number;
  readonly branches: number;
  readonly leaves: number;
  readonly overflows: number;
  readonly entries: number;
  readonly root: number;
}

/** Says what is wrong with the structure of an LMDB data file, or undefined if it is sound or empty. */
export async function checkPages(path: string): Promise<string | undefined> {
  if (endianness() !== "LE") return undefined;
  const file = openSync(path, "r");
  try {
    const size = fstatSync(file).size;
    if (size === 0) return undefined;
    await new PageCheck(file, size).run();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Unsound) return thrown.message;
    throw thrown;
  } finally {
    closeSync(file);
  }
}

class Unsound extends Error {}

class PageCheck {
  readonly #file: number;
  readonly #size: number;
  #pageSize = 0;
  #pages = 0;
  #newest = 0;
  #seen: Uint8Array = new Uint8Array(0);
  #free: Uint8Array = new Uint8Array(0);
  #reads = 0;

  constructor(file: number, size: number) {
    this.#file = file;
    this.#size = size;
  }

  async run(): Promise<void> {
    const first = this.#readMeta(0);
    this.#pageSize = first.readUInt32LE(48);
    if (![512, 1024, 2048, 4096, 8192, 16384, 32768, 65536].includes(this.#pageSize)) {
      throw new Unsound("its first page does not name a page size");
    }
    const metas = [first, this.#readMeta(this.#pageSize)] as const;
    const [even, odd] = metas.map((meta) => word(meta, 152)) as [number, number];
    // Commits write the two in turn. A gap between them means that the newest commit was lost, or never made.
    if (Math.abs(even - odd) !== 1 && even + odd !== 0)
      throw new Unsound("its two head pages do not follow each other");
    const meta = odd > even ? metas[1] : metas[0];
    this.#newest = Math.max(odd, even);
    this.#pages = word(meta, 144) + 1;
    if (this.#pages > this.#size / 512) throw new Unsound("it is shorter than its head page says");
    this.#seen = new Uint8Array(this.#pages);
    this.#free = new Uint8Array(this.#pages);
    await this.#walkTree(readTree(meta, 48), (page, at, size) => this.#markFree(page, at, size));
    await this.#walkTree(readTree(meta, 96));
    for (let pgno = 2; pgno < this.#pages; pgno++) {
      if (this.#seen[pgno] !== 0 && this.#free[pgno] !== 0) {
        throw new Unsound(`page ${pgno} is in use and on the free list`);
      }
    }
  }

  #readMeta(offset: number): Buffer {
    const page = Buffer.alloc(168);
    if (readSync(this.#file, page, 0, 168, offset) !== 168) throw new Unsound("it ends within its head pages");
    if ((page.readUInt16LE(18) & kinds.meta) === 0 || page.readUInt32LE(24) !== 0xbeefc0de) {
      throw new Unsound("it is not an LMDB data file");
    }
    if ((page.readUInt32LE(28) & 0xffff) !== 2) throw new Unsound("it has an LMDB data format other than 2");
    return page;
  }

  async #walkTree(tree: Tree, onFree?: (page: Buffer, at: number, size: number) => void): Promise<void> {
    const found = { branches: 0, leaves: 0, overflows: 0, entries: 0 };
    const pending = tree.root >= none ? [] : [{ pgno: tree.root, level: 1 }];
    const inner: Tree[] = [];
    // The free list has numbers for keys (8), no other tree of a mansion has a flag.
    if (tree.flags !== (onFree === undefined ? 0 : 8))
      throw new Unsound("a tree has flags that a mansion does not use");
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { pgno, level } = next;
      const page = this.#readPage(pgno, level === tree.depth ? kinds.leaf : kinds.branch);
      if (level < tree.depth) found.branches++;
      else found.leaves++;
      for (const node of this.#nodesOf(page, pgno)) {
        if (level < tree.depth) pending.push({ pgno: childOf(page, node), level: level + 1 });
        else {
          found.entries++;
          const { at, size, flags } = this.#valueOf(page, node, pgno);
          if (flags === dataKinds.big) found.overflows += this.#checkOverflow(word(page, at), size);
          else if (flags === dataKinds.tree) inner.push(readTree(page, at));
          else if (flags !== 0) throw new Unsound(`page ${pgno} has an entry of an unknown kind`);
          if (onFree !== undefined) {
            const big = flags === dataKinds.big;
            onFree(big ? this.#read(word(page, at), headerSize + size) : page, big ? headerSize : at, size);
          }
        }
      }
      if (++this.#reads % 256 === 0) await setImmediate();
    }
    for (const key of ["branches", "leaves", "overflows", "entries"] as const) {
      if (found[key] !== tree[key]) throw new Unsound(`a tree has ${found[key]} ${key} and should have ${tree[key]}`);
    }
    for (const other of inner) await this.#walkTree(other);
  }

  #readPage(pgno: number, kind: number): Buffer {
    this.#mark(pgno, 1);
    const page = this.#read(pgno, this.#pageSize);
    if (!this.#isKind(page, pgno, kind)) throw new Unsound(`page ${pgno} is damaged`);
    return page;
  }

  // A page that claims to be newer than the newest commit is one that LMDB would take for its own and write to in place.
  #isKind(page: Buffer, pgno: number, kind: number): boolean {
    return word(page, 0) === pgno && word(page, 8) <= this.#newest && page.readUInt16LE(18) === kind;
  }

  #read(pgno: number, size: number): Buffer {
    const page = Buffer.alloc(size);
    const offset = pgno * this.#pageSize;
    if (offset + size > this.#size || readSync(this.#file, page, 0, size, offset) !== size) {
      throw new Unsound(`page ${pgno} lies behind its end`);
    }
    return page;
  }

  // Each page belongs to one place only: a second visit is a loop or a page that was given out twice.
  #mark(pgno: number, count: number): void {
    for (let each = pgno; each < pgno + count; each++) {
      if (each < 2 || each >= this.#pages) throw new Unsound(`it points to page ${each}, which it does not have`);
      if (this.#seen[each] !== 0) throw new Unsound(`page ${each} is used twice`);
      this.#seen[each] = 1;
    }
  }

  // Offsets of the nodes of a tree page.
  #nodesOf(page: Buffer, pgno: number): number[] {
    const lower = page.readUInt16LE(20);
    const upper = page.readUInt16LE(22);
    const room = this.#pageSize - headerSize;
    if (lower % 2 !== 0 || lower === 0 || lower > upper || upper > room) throw new Unsound(`page ${pgno} is damaged`);
    const nodes = Array.from({ length: lower / 2 }, (_, index) => page.readUInt16LE(headerSize + 2 * index));
    for (const node of nodes) {
      const keyEnd = node + 8 + (node + 8 <= room ? page.readUInt16LE(headerSize + node + 6) : 0);
      if (node < upper || keyEnd > room) throw new Unsound(`page ${pgno} has an entry out of bounds`);
    }
    return nodes.map((node) => headerSize + node);
  }

  #valueOf(page: Buffer, node: number, pgno: number): { at: number; size: number; flags: number } {
    const size = page.readUInt32LE(node);
    const flags = page.readUInt16LE(node + 4);
    const at = node + 8 + page.readUInt16LE(node + 6);
    const inline = flags === dataKinds.big ? 24 : size;
    if (at + inline > this.#pageSize || (flags === dataKinds.tree && size !== 48)) {
      throw new Unsound(`page ${pgno} has an entry out of bounds`);
    }
    return { at, size, flags };
  }

  #checkOverflow(pgno: number, size: number): number {
    const count = Math.floor((headerSize - 1 + size) / this.#pageSize) + 1;
    this.#mark(pgno, count);
    const page = this.#read(pgno, headerSize);
    const sound = this.#isKind(page, pgno, kinds.overflow);
    if (!sound || page.readUInt32LE(20) !== count || (pgno + count) * this.#pageSize > this.#size) {
      throw new Unsound(`page ${pgno} is damaged`);
    }
    return count;
  }

  // A list of page numbers behind their count; 0 is an empty place, a negative number the length of a run whose first
  // page follows.
  #markFree(page: Buffer, at: number, size: number): void {
    const count = word(page, at);
    if (size % 8 !== 0 || count > size / 8 - 1) throw new Unsound("its free list is damaged");
    let run = 1;
    for (let index = 1; index <= count; index++) {
      const value = Number(page.readBigInt64LE(at + 8 * index));
      if (value < 0) run = -value;
      else if (value > 0) {
        if (value < 2 || value + run > this.#pages)
          throw new Unsound("its free list names pages that it does not have");
        this.#free.fill(1, value, value + run);
        run = 1;
      }
    }
  }
}

function readTree(page: Buffer, at: number): Tree {
  return {
    flags: page.readUInt16LE(at + 4),
    depth: page.readUInt16LE(at + 6),
    branches: word(page, at + 8),
    leaves: word(page, at + 16),
    overflows: word(page, at + 24),
    entries: word(page, at + 32),
    root: word(page, at + 40),
  };
}

function childOf(page: Buffer, node: number): number {
  return page.readUInt32LE(node) + page.readUInt16LE(node + 4) * 2 ** 32;
}

// A 64-bit number. Past 2^53 it is not exact, which a page number or a count never is.
function word(page: Buffer, at: number): number {
  return page.readUInt32LE(at) + page.readUInt32LE(at + 4) * 2 ** 32;
}
