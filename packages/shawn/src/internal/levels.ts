/**
 * The levels that a confirm can name, and who waits for one.
 */
import { describe, misuse } from "@good-place/channel/misuse";
import { ShawnError } from "../errors.js";
import type { Journal, Level } from "../journal.js";

/** Somebody who waits for what comes of the acts that he hands in. */
export interface Asked {
  /** The first of them that was refused, or what dropped the tide. */
  refusal: { readonly error: unknown } | null;
  /** Called once, when they and what follows from them are worked off, with what resolves when that is durable; null where it is. */
  told(durable: Promise<void> | null): void;
}

/** Answers once, when what was asked for has come as far as this level: without one, as far as the journal promises. */
export function asking(level: Level | undefined, answer: (refusal: Asked["refusal"]) => void): Asked {
  const asked: Asked = {
    refusal: null,
    told(durable) {
      if (asked.refusal !== null || durable === null || level === "memory") answer(asked.refusal);
      else
        durable.then(
          () => answer(null),
          (error: unknown) => answer({ error }),
        );
    },
  };
  return asked;
}

/** The same, and the promise of its answer. Its rejection is heard of elsewhere, too. */
export function awaiting(level: Level): { readonly asked: Asked; readonly done: Promise<void> } {
  let answer!: (refusal: Asked["refusal"]) => void;
  const done = new Promise<void>((resolve, reject) => {
    answer = (refusal): void => (refusal === null ? resolve() : reject(refusal.error));
  });
  done.catch(() => {});
  return { asked: asking(level, answer), done };
}

/** Throws BAD_LEVEL, and NOT_DURABLE where the journal does not say that it keeps what is asked of it. */
export function checkLevel(level: unknown, journal: Journal | undefined): void {
  if (level !== "memory" && level !== "disk") {
    throw misuse("type", "BAD_LEVEL", `confirmAt() takes "memory" or "disk" and then acts, got ${describe(level)}`);
  }
  if (level === "memory" || journal?.durability === "disk") return;
  const keeps = journal?.durability === undefined ? "does not say how durable it is" : `keeps "${journal.durability}"`;
  const why = journal === undefined ? "this store has no journal" : `${journal.where ?? "the journal"} ${keeps}`;
  throw new ShawnError(
    "NOT_DURABLE",
    `confirmAt("disk") confirmed nothing: ${why}; give the store a journal of durability "disk", or confirm without a level`,
  );
}
