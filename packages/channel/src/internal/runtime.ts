/**
 * The one loop that resumes fibers, and the clock they sleep by. Whoever makes something runnable only enqueues it, so
 * resumption never nests and its order is the order of the queue.
 * The loop is fair to the host: after `TURN_STEPS` steps or `TURN_MS` it lets timers and I/O have their turn.
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

const TURN_STEPS = 1024;
const TURN_MS = 5;
const CLOCK_STEPS = 64;

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

  readonly #queue = new Ring<Runnable>();
  #scheduled = false;
  #fuel = TURN_STEPS;
  readonly #nextTurn = hostTurn();

  enqueue(runnable: Runnable): void {
    this.#queue.push(runnable);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#drain);
  }

  /** Pays for an operation that need not wait. False: the turn is used up, and the operation has to wait for the next. */
  spend(): boolean {
    return --this.#fuel > 0;
  }

  now(): number {
    return performance.now();
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
    this.#nextTurn(run);
  }

  readonly #drain = (): void => {
    const queue = this.#queue;
    const startedAt = performance.now();
    let untilClock = CLOCK_STEPS;
    while (queue.size > 0) {
      if (--untilClock === 0) {
        untilClock = CLOCK_STEPS;
        if (performance.now() - startedAt > TURN_MS) this.#fuel = 0;
      }
      if (--this.#fuel <= 0) {
        this.#nextTurn(this.#refuel);
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
    this.#scheduled = false;
  };

  readonly #refuel = (): void => {
    this.#fuel = TURN_STEPS;
    this.#drain();
  };
}

export const runtime: Runtime = new Runtime();
