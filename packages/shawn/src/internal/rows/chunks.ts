/**
 * A list in chunks of 32, and those in blocks of 32, under one top level: versions share what they have in common, so
 * writing to a slot copies one chunk, one block and the top (98 entries for 100,000 slots). A slot may be empty.
 */

export type Chunks<T> = readonly (readonly (readonly (T | undefined)[])[])[];

const BITS = 5;
const MASK = 31;

export function itemAt<T>(chunks: Chunks<T>, slot: number): T | undefined {
  return chunks[slot >> (2 * BITS)]?.[(slot >> BITS) & MASK]?.[slot & MASK];
}

export function* items<T>(chunks: Chunks<T>): Generator<T, void, unknown> {
  for (const block of chunks) for (const chunk of block) for (const item of chunk) if (item !== undefined) yield item;
}

/** Visits, in their order, the slots in which two versions hold something else: what they share costs nothing. */
export function unlike<T>(
  before: Chunks<T>,
  after: Chunks<T>,
  visit: (was: T | undefined, is: T | undefined) => void,
): void {
  pairs(before, after, (oldBlock = [], newBlock = []) =>
    pairs(oldBlock, newBlock, (oldChunk = [], newChunk = []) => pairs<T | undefined>(oldChunk, newChunk, visit)),
  );
}

function pairs<T>(
  before: readonly T[],
  after: readonly T[],
  visit: (was: T | undefined, is: T | undefined) => void,
): void {
  const length = Math.max(before.length, after.length);
  for (let at = 0; at < length; at++) if (before[at] !== after[at]) visit(before[at], after[at]);
}

/** The next version of a list while it is written. What it was made of is never written. */
export class Writing<T> {
  readonly chunks: (T | undefined)[][][];
  // The block and chunk that were written last, and once there are others, all that are this version's own.
  #block: (T | undefined)[][] | null = null;
  #chunk: (T | undefined)[] | null = null;
  #at = -1;
  #own: Set<object> | null = null;

  constructor(chunks: Chunks<T>) {
    this.chunks = chunks.slice() as (T | undefined)[][][];
  }

  write(slot: number, item: T | undefined): void {
    const at = slot >> BITS;
    if (at !== this.#at || this.#chunk === null) {
      if (this.#own === null && this.#chunk !== null) this.#own = new Set([this.#block as object, this.#chunk]);
      this.#block = this.#owned(this.chunks, at >> BITS);
      this.#chunk = this.#owned(this.#block, at & MASK);
      this.#at = at;
    }
    this.#chunk[slot & MASK] = item;
  }

  #owned<Inner extends unknown[]>(outer: Inner[], at: number): Inner {
    const there = outer[at];
    if (there !== undefined && this.#own?.has(there)) return there;
    const own = (there?.slice() ?? []) as Inner;
    outer[at] = own;
    this.#own?.add(own);
    return own;
  }
}
