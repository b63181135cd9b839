/**
 * What a channel does with values that nobody takes yet: a rule and a capacity, given to `channel(...)`.
 */
import { describe, misuse } from "./errors.js";

/** A buffer rule: who waits or what is lost when `capacity` values are buffered. */
export interface Buffer {
  readonly rule: "fixed" | "sliding" | "dropping" | "unbounded";
  readonly capacity: number;
}

/** Holds `capacity` values; a give to a full buffer waits. `fixed(0)` is a rendezvous. */
export function fixed(capacity: number): Buffer {
  return make("fixed", capacity, 0);
}

/** Holds the newest `capacity` values: a give to a full buffer drops the oldest, which goes to `onUndelivered`. */
export function sliding(capacity: number): Buffer {
  return make("sliding", capacity, 1);
}

/** Holds the oldest `capacity` values: what is given to a full buffer is dropped and goes to `onUndelivered`; the give answers true. */
export function dropping(capacity: number): Buffer {
  return make("dropping", capacity, 1);
}

/** Holds everything, and so has no backpressure: memory is the limit. */
export function unbounded(): Buffer {
  return { rule: "unbounded", capacity: Number.POSITIVE_INFINITY };
}

const RULES: readonly unknown[] = ["fixed", "sliding", "dropping"];

/** The rule behind what `channel` was given. */
export function bufferOf(given: number | Buffer): Buffer {
  if (typeof given === "number") return fixed(given);
  if (typeof given === "object" && given !== null && "rule" in given) {
    if (given.rule === "unbounded") return unbounded();
    if (RULES.includes(given.rule)) return make(given.rule, given.capacity, given.rule === "fixed" ? 0 : 1);
  }
  throw misuse(
    "type",
    "BAD_CAPACITY",
    `channel() takes a capacity or a buffer (sliding, dropping, unbounded), got ${describe(given)}`,
  );
}

function make(rule: Buffer["rule"], capacity: number, least: number): Buffer {
  if (!Number.isInteger(capacity) || capacity < least) {
    throw misuse(
      "range",
      "BAD_CAPACITY",
      `a ${rule} buffer's capacity must be an integer >= ${least}, got ${describe(capacity)}`,
    );
  }
  return { rule, capacity };
}
