/**
 * The one loop that resumes fibers, and the clock they sleep by. Whoever makes something runnable only enqueues it, so
 * resumption never nests and its order is the order of the queue.
 * The loop is fair to the host: after `TURN_MS` it lets timers and I/O have their turn. It looks at the clock once in
 * `FUEL` steps and operations that need not wait, for a look costs as much as a hand-over.
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

const FUEL = 256;
const TURN_MS = 5;

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
  private fuel = FUEL;
  private turnSince = 0;
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

  /** Whole milliseconds of the clock, read at most once in `FUEL` steps: for reports. */
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
    this.coarse = -1;
    if (this.now() - this.turnSince > TURN_MS) return false;
    this.fuel = FUEL;
    return true;
  }

  private readonly drain = (): void => {
    const queue = this.queue;
    while (queue.size > 0) {
      if (--this.fuel <= 0 && !this.refuel()) {
        this.nextTurn(this.beginTurn);
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

  private readonly beginTurn = (): void => {
    this.turnSince = this.now();
    this.fuel = FUEL;
    this.drain();
  };
}

export const runtime: Runtime = new Runtime();
