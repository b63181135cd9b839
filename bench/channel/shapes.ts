/**
 * The shapes that every library is measured by. A program of a shape does `ops` operations and answers what came of
 * them, which the harness compares with `expected`; parked fibers and the timer gap answer a reading instead.
 */
import type { Runner } from "../harness.js";

export type Shape =
  | "rendezvous"
  | "buffer"
  | "pingPong"
  | "pipeline"
  | "select"
  | "fanIn"
  | "sieve"
  | "skynet"
  | "parked"
  | "cancel"
  | "timerGap"
  | "smallTo"
  | "smallFrom"
  | "largeTo"
  | "largeFrom";

export type Programs = Readonly<Partial<Record<Shape, Runner>>>;

export const CAPACITY = 128;
/** Stages of the pipeline: each takes from the one before and gives to the next. */
export const STAGES = 1000;
/** Fibers that give to one channel. */
export const GIVERS = 100;
/** Children of every node of skynet. */
export const FAN = 10;
/**
 * Parked fibers are spread over channels, 1,000 each, for two peers allow no more than 1,024 to wait at one. Those at one
 * channel share their body: a generator function made for each would cost every library some 400 bytes more.
 */
export const PARKED_EACH = 1000;

/** The sum of the numbers from 0 up to `ops`. */
export function sum(ops: number): number {
  return (ops * (ops - 1)) / 2;
}

/** The prime at place `ops`, by trial division. */
export function lastPrime(ops: number): number {
  const primes: number[] = [];
  for (let n = 2; primes.length < ops; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes.at(-1) ?? Number.NaN;
}

/** Runs a hot loop beside a timer of 1 ms, and tells how long the timer had to wait at worst. */
export class GapWatch {
  readonly #until = performance.now() + 250;
  readonly #timer = setInterval(() => this.#mark(), 1);
  #last = performance.now();
  #longestMs = 0;
  #asked = 0;

  /** False when the time is over; asks the clock now and then, which costs more than the loop. */
  get going(): boolean {
    return (++this.#asked & 63) !== 0 || performance.now() < this.#until;
  }

  stop(): number {
    clearInterval(this.#timer);
    this.#mark();
    return this.#longestMs;
  }

  #mark(): void {
    const now = performance.now();
    this.#longestMs = Math.max(this.#longestMs, now - this.#last);
    this.#last = now;
  }
}

/** The bytes that each of `count` costs once `park` has made them; `park` answers what keeps them alive. */
export async function bytesEach(count: number, park: () => unknown): Promise<number> {
  const before = await used();
  const kept = await park();
  const bytes = (await used()) - before;
  if (kept === undefined) throw new Error("what was parked has to be kept alive");
  return bytes / count;
}

async function used(): Promise<number> {
  // What has ended in this turn of the host is let go of in the next.
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  if (globalThis.gc === undefined) throw new Error("bytes are counted under --expose-gc");
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
