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
  for (const part of [select, react]) {
    if (typeof part !== "function") {
      throw misuse(
        "type",
        "NOT_A_SNOOP",
        `snoop() takes a selector and what reacts, two functions, got ${describe(part)}`,
      );
    }
  }
  return { select, react };
}
