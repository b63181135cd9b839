/**
 * One life of a supervised child: a scope whose main fiber runs the child's `start`, so that the fibers which it starts
 * end with it and a restart leaves none behind.
 * Invariant: once its stop has begun, it ends, at the latest when its time is over.
 */
import { CancelledError } from "../errors.js";
import type { FiberOp } from "../fiber.js";
import type { Body } from "../fiber-face.js";
import { runtime, type Timer } from "../internal/runtime.js";
import { Operation } from "../operation.js";
import { ScopeOp } from "../scope.js";

export class Life extends ScopeOp<unknown> {
  /** How long it was waited for, where that was in vain. */
  abandonedAfterMs: number | null = null;
  #readiness: Readiness | null = null;
  #stopping: Operation<void> | null = null;

  constructor(start: Body<unknown>, name: string, graceMs: number) {
    super((scope) => start((scope as Life).main), name, undefined, { name, graceMs }, false);
  }

  get lead(): FiberOp<unknown> {
    return this.main;
  }

  /** How it ended. An error of any of its fibers is its own. */
  get status(): "ok" | "error" | "cancelled" {
    if (!this.failed) return "ok";
    const stopped = this.stopping && this.value instanceof CancelledError;
    return stopped || this.value === this.main.cancelError ? "cancelled" : "error";
  }

  get stopping(): boolean {
    return this.#stopping !== null;
  }

  // The supervisor stops its children itself, one after the other.
  override outerStopped(): void {}

  ready(fiber: FiberOp<unknown>): void {
    if (fiber === this.main) this.#readiness?.settle("ready");
  }

  /** Waits until the main fiber says that it is ready, for so long at most. */
  readiness(ms: number): Operation<"ready" | "ended" | "late"> {
    this.#readiness = new Readiness(ms);
    this.watch({ wake: () => this.#readiness?.settle("ended") });
    return this.#readiness;
  }

  /** Cancels it and waits for its end, which comes at the latest after `ms` milliseconds. Stopping it twice waits twice. */
  stop(reason: unknown, ms: number): Operation<void> {
    if (this.#stopping !== null) return this.#stopping;
    const stopping = new Operation<void>();
    this.#stopping = stopping;
    // Before the cancel, whose own grace is as long: the one who stops it is to be the one who abandons it.
    const timer = this.done || ms === Number.POSITIVE_INFINITY ? null : runtime.setTimer(ms, () => this.#late(ms));
    this.cancel(reason);
    this.watch({
      wake: () => {
        if (timer !== null) runtime.clearTimer(timer);
        stopping.settle(undefined);
      },
    });
    return stopping;
  }

  #late(ms: number): void {
    this.abandonedAfterMs = ms;
    this.abandon();
  }
}

// Settles once, with what comes first; then its timer is gone.
class Readiness extends Operation<"ready" | "ended" | "late"> {
  readonly #timer: Timer;

  constructor(ms: number) {
    super();
    this.#timer = ms === Number.POSITIVE_INFINITY ? null : runtime.setTimer(ms, () => this.settle("late"));
  }

  override settle(answer: "ready" | "ended" | "late"): void {
    if (this.#timer !== null) runtime.clearTimer(this.#timer);
    super.settle(answer);
  }

  override withdraw(): boolean {
    if (this.#timer !== null) runtime.clearTimer(this.#timer);
    return true;
  }
}
