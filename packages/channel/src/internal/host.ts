/**
 * The real world: the host's clock, its timers and turns, and chance.
 * Invariant: while it is held (a simulation runs), what comes due here waits until it is released, and is not lost.
 */
import { Ring } from "./ring.js";

/** A timer that is set. Cancelling one that has fired, or was cancelled before, is nothing. */
export type Timer = { cancel(): void; unref?(): void } | null;

// Browsers have no setImmediate; a message port is the shortest way round their event loop.
const globals = globalThis as {
  setImmediate?: (run: () => void) => unknown;
  MessageChannel?: typeof MessageChannel;
};

function hostTurn(): (run: () => void) => void {
  if (globals.setImmediate !== undefined) {
    const { setImmediate } = globals;
    return (run) => void setImmediate(run);
  }
  if (globals.MessageChannel !== undefined) {
    const { port1, port2 } = new globals.MessageChannel();
    const waiting = new Ring<() => void>();
    port1.onmessage = () => waiting.shift()?.();
    return (run) => {
      waiting.push(run);
      port2.postMessage(null);
    };
  }
  return (run) => void setTimeout(run, 0);
}

class Host {
  /** Runs after the timers and I/O that are due now, held or not. */
  readonly turn: (run: () => void) => void = hostTurn();
  #held = false;
  readonly #timers = new Set<HostTimer>();
  readonly #laters: (() => void)[] = [];

  now(): number {
    return performance.now();
  }

  random(): number {
    return Math.random();
  }

  choose(n: number): number {
    return Math.floor(Math.random() * n);
  }

  setTimer(ms: number, run: () => void): Timer {
    return new HostTimer(ms, run);
  }

  later(run: () => void): void {
    this.turn(() => (this.#held ? this.#laters.push(run) : run()));
  }

  hold(): void {
    this.#held = true;
  }

  /** What came due meanwhile comes now, each with the microtasks that follow from it, as it would have. */
  release(): void {
    this.#held = false;
    for (const timer of this.#timers) timer.start(0);
    this.#timers.clear();
    for (const run of this.#laters.splice(0)) this.later(run);
  }

  fire(timer: HostTimer): void {
    if (this.#held) this.#timers.add(timer);
    else timer.run();
  }

  cancel(timer: HostTimer): void {
    this.#timers.delete(timer);
  }
}

class HostTimer {
  readonly run: () => void;
  #handle: unknown;

  constructor(ms: number, run: () => void) {
    this.run = run;
    this.start(ms);
  }

  start(ms: number): void {
    this.#handle = setTimeout(fire, ms, this);
  }

  /** It must not keep a process alive. */
  unref(): void {
    (this.#handle as { unref?: () => void }).unref?.();
  }

  cancel(): void {
    clearTimeout(this.#handle as number);
    host.cancel(this);
  }
}

function fire(timer: HostTimer): void {
  host.fire(timer);
}

export const host: Host = new Host();
