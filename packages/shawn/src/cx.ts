/**
 * What a running watch, effect or cocoon gets to reach its store, the clock, and its own life.
 */
import type { Op } from "@good-place/channel";
import type { Act } from "./act.js";

export interface Cx<E> {
  /** Aborts when the cocoon is cancelled or the store dismissed. */
  readonly signal: AbortSignal;
  /** The envelope as it is now, not as it was when the act was confirmed. */
  readonly envelope: E;
  /** Waits; `await` it or `yield*` it. Fails when the signal aborts. */
  sleep(ms: number): Op<void>;
  /** Confirms acts that follow from this one; settles when they are durable, in an optimistic cocoon when they are confirmed; fails with the refusal. */
  emerge(...acts: readonly Act[]): Op<void>;
  log(...words: readonly unknown[]): void;
  /** The store's clock, in epoch milliseconds. */
  now(): number;
  /** The store's chance, from 0 up to 1. */
  random(): number;
  /** A new unique id. */
  id(): string;
}
