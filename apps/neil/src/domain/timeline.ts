/**
 * Intervals by their start. Each bucket is some 12 days and holds, sorted, one entry for each interval that starts in it:
 * the start in 16 digits and the id. Because intervals never overlap, what lies over a stretch is what starts within it
 * and the last that starts before it. An interval of no length is in nobody's way.
 * Cost: a look-up reads one bucket and those that are missing before it; nothing walks over all intervals.
 */
import { peek } from "@good-place/shawn";
import type { Interval, Office } from "./office.js";

const BUCKET_MS = 2 ** 30;
const DIGITS = 16;
const FEW = 16;
// The last moment that a Date can be.
const LAST = 8.64e15;

function bucketOf(at: number): number {
  return Math.floor(at / BUCKET_MS);
}

function entryOf({ id, start }: { readonly id: string; readonly start: number }): string {
  return `${String(start).padStart(DIGITS, "0")}${id}`;
}

// Where the entry stands, or would stand. What comes last is mostly what is newest.
function place(entries: readonly string[], entry: string): number {
  const { length } = entries;
  if (length === 0 || (entries[length - 1] as string) < entry) return length;
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as string) < entry) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Takes an interval into the timeline. Only within an update. */
export function enter(office: Office, interval: { readonly id: string; readonly start: number }): void {
  const id = bucketOf(interval.start);
  const entries = peek(office.buckets).get(id)?.entries ?? [];
  const entry = entryOf(interval);
  office.buckets.set({ id, entries: entries.toSpliced(place(entries, entry), 0, entry) });
}

/** Takes an interval out of the timeline. Only within an update. */
export function leave(office: Office, interval: { readonly id: string; readonly start: number }): void {
  const id = bucketOf(interval.start);
  const { entries } = peek(office.buckets).at(id);
  if (entries.length === 1) office.buckets.delete(id);
  else office.buckets.set({ id, entries: entries.toSpliced(place(entries, entryOf(interval)), 1) });
}

/** The intervals that start before `at`, the latest first. */
export function* backwards(office: Office, at: number = Number.POSITIVE_INFINITY): Generator<Interval, void> {
  const bound = at > LAST ? "~" : boundOf(at);
  for (const number of downFrom(office, bucketOf(Math.min(at, LAST)))) {
    const entries = office.buckets.get(number)?.entries;
    if (entries === undefined) continue;
    for (let index = place(entries, bound) - 1; index >= 0; index--) {
      yield office.intervals.at((entries[index] as string).slice(DIGITS));
    }
  }
}

// The buckets from a number down. Work mostly follows on work; before a long pause only those that are there are asked.
function* downFrom(office: Office, number: number): Generator<number, void> {
  for (let id = number; id > number - FEW && id >= 0; id--) yield id;
  yield* present(office, 0, number - FEW).reverse();
}

function boundOf(at: number): string {
  return String(Math.max(0, Math.ceil(at))).padStart(DIGITS, "0");
}

/** The intervals that share time with [from, to), in their order. */
export function* overlapping(office: Office, from: number, to: number): Generator<Interval, void> {
  for (const before of backwards(office, from)) {
    if (before.end === before.start) continue;
    if ((before.end ?? Number.POSITIVE_INFINITY) > from) yield before;
    break;
  }
  for (const interval of starting(office, from, to)) if (interval.end !== interval.start) yield interval;
}

/** The intervals that start in [from, to), in their order. */
export function* starting(office: Office, from: number, to: number): Generator<Interval, void> {
  if (from > LAST) return;
  const [low, high] = [bucketOf(Math.max(0, from)), bucketOf(Math.min(to, LAST))];
  const bound = boundOf(from);
  for (const number of present(office, low, high)) {
    const entries = office.buckets.get(number)?.entries ?? [];
    for (let index = number === low ? place(entries, bound) : 0; index < entries.length; index++) {
      const entry = entries[index] as string;
      if (Number(entry.slice(0, DIGITS)) >= to) return;
      yield office.intervals.at(entry.slice(DIGITS));
    }
  }
}

// A short stretch looks at its own buckets only.
function present(office: Office, low: number, high: number): number[] {
  if (high < low) return [];
  if (high - low < FEW) return Array.from({ length: high - low + 1 }, (_, index) => low + index);
  const numbers = [...office.buckets].map(({ id }) => id).filter((id) => id >= low && id <= high);
  return numbers.sort((a, b) => a - b);
}

/** The interval that stands at this place counted from the newest, which is 1. */
export function newest(office: Office, place: number): Interval | undefined {
  let left = place;
  for (const number of present(office, 0, bucketOf(LAST)).reverse()) {
    const entries = office.buckets.get(number)?.entries ?? [];
    if (left <= entries.length) return office.intervals.at((entries[entries.length - left] as string).slice(DIGITS));
    left -= entries.length;
  }
  return undefined;
}
