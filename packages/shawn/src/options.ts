/**
 * What `shawn()` is given, and what it tells of what went wrong.
 */
import type { Signal } from "@good-place/channel";
import type { Act, AnyActDefinition, ConfirmedAct } from "./act.js";
import type { Journal } from "./journal.js";

/** Where something went wrong. */
export type Phase = "validate" | "spy" | "update" | "snoop" | "watch" | "effect" | "subscriber" | "cocoon" | "journal";

/** What `onError` gets. */
export interface Failure {
  readonly phase: Phase;
  readonly act?: Act | undefined;
  /** The key of the cocoon, in phase "cocoon". */
  readonly cocoon?: string | undefined;
  readonly error: unknown;
  /** Of a failed cocoon that is started anew: in how many milliseconds. */
  readonly restartMs?: number | undefined;
}

/**
 * Hears of a batch: what the envelope is and was, the acts in their order, and what the envelope was after each of them;
 * and after a rollback of the acts that are out: the one that was rolled back, and those that would not run again.
 */
export type Listener<E> = (
  next: E,
  previous: E,
  confirmed: readonly ConfirmedAct[],
  envelopes: readonly E[],
  out: readonly ConfirmedAct[],
) => void;

export interface ShawnOptions<E> {
  /** Every act that the store can confirm. Two of one name are refused with DUPLICATE_ACT. */
  readonly acts: readonly AnyActDefinition<E>[];
  /**
   * Gets every failure, and may answer with acts; where these fail again and again, ANSWERS_FAIL ends the tide. Without it, `confirm` throws what happens in its synchronous phases,
   * and the next `admit` rejects with what a cocoon or a late effect failed with; a failure that a restart of the
   * cocoon answers is then told to nobody.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that only looks returns nothing
  readonly onError?: ((failure: Failure) => void | Act | readonly Act[]) | undefined;
  /** Gets the signals on the store's flows that are not the store's own: those of the servers that report to it. */
  readonly onSignal?: ((signal: Signal) => void) | undefined;
  readonly journal?: Journal | undefined;
  /** The sequence number that the initial envelope stands at; 0 by default. */
  readonly seq?: number | undefined;
  /** The clock, chance and ids that acts and cocoons get: the host's by default, in a simulation those of its world. */
  readonly now?: (() => number) | undefined;
  readonly random?: (() => number) | undefined;
  readonly id?: (() => string) | undefined;
  readonly log?: ((...words: readonly unknown[]) => void) | undefined;
}
