/**
 * Snoops: what an act's `spy` leaves behind to look at a part of the envelope after every later update.
 */
import { describe, misuse } from "@good-place/channel/misuse";
import type { Follow } from "./act.js";

/** A selection and what to do when it has changed. */
export interface Snoop<E> {
  readonly select: (envelope: E) => unknown;
  readonly react: (now: never, was: never, control: SnoopControl) => Follow<E>;
}

export interface SnoopControl {
  /** Ends this snoop: it is not asked again. */
  readonly stop: () => void;
}

/**
 * Calls `react(now, was, { stop })` after an act's update has changed what `select` gives (compared by Object.is). What
 * it returns follows that act, before what the act's own watch returns.
 */
export function snoop<E, T>(
  select: (envelope: E) => T,
  react: (now: T, was: T, control: SnoopControl) => Follow<E>,
): Snoop<E> {
  if (typeof select !== "function" || typeof react !== "function") {
    throw misuse(
      "type",
      "NOT_A_SNOOP",
      `snoop() takes a selector and what to do, two functions, got ${describe(select)} and ${describe(react)}`,
    );
  }
  return { select, react };
}

/** Has it the shape of a snoop? */
export function isSnoop(value: unknown): value is Snoop<never> {
  const { select, react } = (value ?? {}) as Partial<Snoop<never>>;
  return typeof select === "function" && typeof react === "function";
}
