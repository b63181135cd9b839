/**
 * What `shawn()` is given, and what it tells of what went wrong.
 */
import type { Signal } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { type Act, type AnyActDefinition, type ConfirmedAct, isDefinition } from "./act.js";
import type { SnapshotOptions } from "./internal/snapshots.js";
import type { Journal } from "./journal.js";
import type { Upcast } from "./upcast.js";

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
  /** How records of acts as they were before are read. Every earlier version of an act needs a way to the present one. */
  readonly upcasts?: readonly Upcast[] | undefined;
  /** Keeps snapshots in the journal, so that a start need not run every update since the first; none by default. */
  readonly snapshots?: SnapshotOptions | undefined;
  /** The sequence number that the initial envelope stands at; 0 by default. */
  readonly seq?: number | undefined;
  /** The clock, chance and ids that acts and cocoons get: the host's by default, in a simulation those of its world. */
  readonly now?: (() => number) | undefined;
  readonly random?: (() => number) | undefined;
  readonly id?: (() => string) | undefined;
  readonly log?: ((...words: readonly unknown[]) => void) | undefined;
}

const CALLED = ["onError", "onSignal", "now", "random", "id", "log"] as const;
const OPTIONS = ["acts", "journal", "upcasts", "snapshots", "seq", ...CALLED] as const;

/** Refuses what `shawn()` cannot take: UNKNOWN_OPTION, or BAD_OPTION with what it takes. */
export function checkShawnOptions<E>(options: ShawnOptions<E>): void {
  checkOptions("shawn()", options, OPTIONS);
  const { acts, journal, upcasts, snapshots, seq } = options;
  if (!Array.isArray(acts)) throw bad("acts must be an array of definitions", acts);
  for (const [at, definition] of acts.entries()) {
    if (!isDefinition(definition)) throw bad(`acts[${at}] must be a definition, what .does() gives`, definition);
  }
  for (const name of CALLED) {
    const called = options[name];
    if (called !== undefined && typeof called !== "function") throw bad(`${name} must be a function`, called);
  }
  if (journal !== undefined && (typeof journal?.append !== "function" || typeof journal.replay !== "function")) {
    throw bad("journal must have append() and replay()", journal);
  }
  if (upcasts !== undefined && !Array.isArray(upcasts)) throw bad("upcasts must be an array of upcasts", upcasts);
  if (snapshots !== undefined) {
    checkOptions("shawn() snapshots", snapshots, ["version", "every"]);
    const { version, every = 1 } = snapshots;
    if (!["string", "number"].includes(typeof version))
      throw bad("snapshots.version must be a text or a number", version);
    if (!(Number.isSafeInteger(every) && every >= 1)) throw bad("snapshots.every must be an integer >= 1", every);
  }
  if (seq !== undefined && !(Number.isSafeInteger(seq) && seq >= 0)) throw bad("seq must be an integer >= 0", seq);
}

function bad(what: string, got: unknown): Error {
  return misuse("type", "BAD_OPTION", `shawn() ${what}, got ${describe(got)}`);
}
