/**
 * The one loop that resumes fibers, and the clock they sleep by. Whoever makes something runnable only enqueues it, so
 * resumption never nests and its order is the order of the queue.
 * The loop is fair to the host: after `TURN_MS` it lets timers and I/O have their turn. A look at the clock costs as much
 * as a hand-over, so it looks once in up to `MOST` steps and operations that need not wait, and more often while they are
 * slow.
 */
import { Ring } from "./ring.js";

/** Something that the loop can run once. */
export interface Runnable {
  run(): void;
}

/** What operations need to know of the fiber that is running right now. */
export interface Running {
  /** True from the cancel until the body's `finally` blocks begin: an operation called now takes no effect. */
  readonly doomed: boolean;
  readonly cancelError: Error | null;
}

export type Timer = unknown;

const TURN_MS = 5;
// Steps between two looks at the clock: to begin with, and at most.
const FIRST = 32;
const MOST = 256;
const SLOW_MS = 0.5;

// Browsers have no setImmediate; a message port is the shortest way round their event loop.
const host = globalThis as {
  setImmediate?: (run: () => void) => unknown;
  MessageChannel?: typeof MessageChannel;
};

function hostTurn(): (run: () => void) => void {
  if (host.setImmediate !== undefined) {
    const { setImmediate } = host;
    return (run) => void setImmediate(run);
  }
  if (host.MessageChannel !== undefined) {
    const { port1, port2 } = new host.MessageChannel();
    const waiting = new Ring<() => void>();
    port1.onmessage = () => waiting.shift()?.();
    return (run) => {
      waiting.push(run);
      port2.postMessage(null);
    };
  }
  return (run) => void setTimeout(run, 0);
}

class Runtime {
  /** The fiber whose body runs right now, or null outside of fibers. */
  current: Running | null = null;

  private readonly queue: Ring<Runnable> = new Ring();
  private scheduled = false;
  private fuel = FIRST;
  private portion = FIRST;
  // Since when the host has had no turn; -1 before the first look.
  private turnSince = -1;
  private lookedAt = 0;
  private coarse = -1;
  private readonly nextTurn: (run: () => void) => void = hostTurn();

  enqueue(runnable: Runnable): void {
    this.queue.push(runnable);
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(this.drain);
  }

  /** Pays for an operation that need not wait. False: the turn is used up, and the operation has to wait for the next. */
  spend(): boolean {
    return --this.fuel > 0 || this.refuel();
  }

  now(): number {
    return performance.now();
  }

  /** Whole milliseconds of the clock, read at most once in `MOST` steps: for reports. */
  get coarseNow(): number {
    if (this.coarse < 0) this.coarse = Math.floor(this.now());
    return this.coarse;
  }

  /** For choices that have to be fair. */
  random(): number {
    return Math.random();
  }

  setTimer(ms: number, run: () => void): Timer {
    return setTimeout(run, ms);
  }

  clearTimer(timer: Timer): void {
    clearTimeout(timer as number);
  }

  /** Runs after the timers and I/O that are due now. */
  later(run: () => void): void {
    this.nextTurn(run);
  }

  private refuel(): boolean {
    const now = this.now();
    this.coarse = -1;
    if (this.turnSince < 0) {
      this.turnSince = now;
      this.nextTurn(this.hostTurned);
    } else if (now - this.turnSince > TURN_MS) return false;
    else
      this.portion = now - this.lookedAt > SLOW_MS ? Math.max(1, this.portion >> 2) : Math.min(MOST, this.portion * 2);
    this.lookedAt = now;
    this.fuel = this.portion;
    return true;
  }

  private readonly hostTurned = (): void => {
    this.turnSince = -1;
    this.portion = FIRST;
    if (this.fuel > FIRST) this.fuel = FIRST;
  };

  private readonly drain = (): void => {
    const queue = this.queue;
    while (queue.size > 0) {
      if (--this.fuel <= 0 && !this.refuel()) {
        this.nextTurn(this.drain);
        return;
      }
      try {
        (queue.shift() as Runnable).run();
      } catch (error) {
        // Never the fault of a body, but whatever it is, the others go on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    this.coarse = -1;
    this.scheduled = false;
  };
}

export const runtime: Runtime = new Runtime();
