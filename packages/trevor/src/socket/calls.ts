/**
 * The calls of a socket's handlers: one at a time, each waited for to its end, unless it is left.
 * Invariant: a failure has been worked off when `call` ends; a handler that was left fails for nobody.
 */
import type { Fiber, Op } from "@good-place/channel";
import { type Handled, handled } from "@good-place/chidi";

export type Phase = "connect" | "read" | "closed";

export interface CallsHost {
  /** A handler failed: settles when that has been worked off. */
  failed(phase: Phase, error: unknown): Op<unknown>;
}

export class Calls {
  /** Which handler runs, if one does. */
  phase: Phase | null = null;
  /** What the handler runs as, where that is a fiber of its own. */
  fiber: Fiber<unknown> | null = null;

  readonly #host: CallsHost;
  #wait: AbortController | null = null;
  // Why the handler that runs is not waited for; for good once all calls are abandoned.
  #left: Error | null = null;
  #abandoned = false;

  constructor(host: CallsHost) {
    this.#host = host;
  }

  /** Runs a handler to its end. */
  *call(phase: Phase, run: () => Handled<unknown>): Generator<unknown, void, never> {
    this.phase = phase;
    this.fiber = null;
    if (!this.#abandoned) this.#left = null;
    try {
      const result = run();
      if (typeof result !== "object" || result === null) return;
      yield* handled(result, {
        signal: () => this.#signal(),
        onFiber: (fiber) => {
          this.fiber = fiber;
          if (this.#left !== null) fiber.cancel(this.#left);
        },
        onLate: (error) => {
          if (error !== this.#left) void this.#host.failed(phase, error);
        },
      });
    } catch (error) {
      const wasLeft = error === this.#left || (error as { code?: unknown } | null)?.code === "CANCELLED";
      if (this.#left !== null && wasLeft) return;
      yield* this.#host.failed(phase, error);
    } finally {
      this.phase = null;
      this.#wait = null;
    }
  }

  /** Ends the wait for the handler that runs; a generator ends with it. */
  leave(reason: Error): void {
    this.#left = reason;
    this.#wait?.abort(reason);
    this.fiber?.cancel(reason);
  }

  /** Leaves the handler that runs and all that are still to come. */
  abandon(reason: Error): void {
    this.#abandoned = true;
    this.leave(reason);
  }

  #signal(): AbortSignal {
    this.#wait = new AbortController();
    if (this.#left !== null) this.#wait.abort(this.#left);
    return this.#wait.signal;
  }
}
