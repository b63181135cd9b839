/**
 * The fiber as its users see it: its body, its options, and what can be asked of it.
 */
import type { Op } from "./operation.js";
import type { Supervisor } from "./signal.js";

/** What a fiber runs: a generator function, an async function, or a plain one. It gets its fiber. */
export type Body<T> = (fiber: Fiber<unknown>) => Generator<unknown, T, never> | PromiseLike<T> | T;

export interface FiberOptions {
  /** Names the fiber in errors and reports; the body's own name by default. */
  readonly name?: string | undefined;
  /** The channel that gets the fiber's signals; inherited from the starting fiber by default, null for none. */
  readonly supervisor?: Supervisor | null | undefined;
  /**
   * How long a cancelled body may go on, in milliseconds, before it is abandoned: the fiber ends, and what the body still
   * does counts for nothing. A generator that is abandoned is reported. 5,000 by default, Infinity for ever.
   */
  readonly graceMs?: number | undefined;
  /** Belongs to the root, not to the scope of the fiber that starts it, and runs even if that is cancelled; false by default. */
  readonly detached?: boolean | undefined;
  /** Does not keep its scope open: cancelled when all that the scope still runs is in the background; false by default. */
  readonly background?: boolean | undefined;
}

/** A running or ended body. Awaiting it or `yield*`ing it joins it: its value, its error, or CancelledError. */
export interface Fiber<T> extends Op<T> {
  readonly id: number;
  readonly name: string;
  /** The names from the outermost scope to this fiber. */
  readonly path: string;
  readonly status: "running" | "ok" | "error" | "cancelled";
  /** Aborts when the fiber is cancelled, with the CancelledError as its reason. */
  readonly signal: AbortSignal;
  readonly supervisor: Supervisor | null;
  /**
   * Asks the fiber to end. A parked operation is withdrawn, but a value that was already handed over is kept: the body
   * gets it, and is cancelled at its next wait. Cancelling an ended or a cancelled fiber is nothing; a fiber that
   * cancels itself ends at its next wait.
   */
  cancel(reason?: unknown): void;
  /** Tells whoever started the fiber, a restarting supervisor, that it is ready for others. Nothing where nobody waits for that. */
  ready(): void;
}
