/**
 * Numbers that look random and follow from a seed. The generator is sfc32 of Chris Doty-Humphrey (PractRand), whose
 * state is 128 bits; the seed's text fills it by way of FNV-1a and the finalizer of MurmurHash3. Not for secrets.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(seed: number | string) {
    let hash = 0x811c9dc5;
    for (const unit of String(seed)) hash = Math.imul(hash ^ (unit.codePointAt(0) as number), 0x01000193);
    this.#a = mixed(hash);
    this.#b = mixed(hash + 0x9e3779b9);
    this.#c = mixed(hash + 0x3c6ef372);
    this.#counter = 1;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** The next 32 bits. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 up to 1. */
  fraction(): number {
    return this.next() / 0x1_0000_0000;
  }

  /** An integer from 0 up to n. */
  below(n: number): number {
    return Math.floor(this.fraction() * n);
  }
}

function mixed(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
