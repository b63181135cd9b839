/**
 * The one loop that resumes fibers. Whoever makes something runnable only enqueues it, so resumption never nests and its
 * order is the order of the queue.
 * The loop is fair to the host: after `TURN_MS` it lets timers and I/O have their turn. A look at the clock costs as much
 * as a hand-over, so it looks once in up to `MOST` steps and operations that need not wait, and more often while they are
 * slow.
 * It runs in the real world, `host`, unless a simulation has put another in its place: clock, timers, chance and the order
 * of steps are then that world's. Cost of this seam: nothing where a step is enqueued, run or paid for.
 */
import { host, type Timer } from "./host.js";
import { Ring } from "./ring.js";

export type { Timer } from "./host.js";

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

/** What a simulation puts in the place of the host, and of the loop's order. */
export interface World {
  now(): number;
  random(): number;
  choose(n: number): number;
  setTimer(ms: number, run: () => void): Timer;
  later(run: () => void): void;
  /** Takes a fiber that has not run yet. */
  start(fiber: Runnable): void;
  /** Takes what runs when nothing else can at this moment. */
  behind(run: () => void): void;
  /** Takes what goes on in a microtask after it has run: the settling of a promise. */
  outside(run: () => void): void;
  /** Decides whether an operation that need not wait goes on at once. */
  spend(): boolean;
  /** Something was enqueued while the world listened. */
  wake(): void;
}

const TURN_MS = 5;
// Steps between two looks at the clock: to begin with, and at most.
const FIRST = 8;
const MOST = 64;
const SLOW_MS = 0.5;
// Its `then` is a microtask without the async resource that `queueMicrotask` makes of each in Node.
const RESOLVED = Promise.resolve();

class Runtime {
  /** The fiber whose body runs right now, or null outside of fibers. */
  current: Running | null = null;

  private queue: Ring<Runnable> = new Ring();
  private scheduled = false;
  private fuel = FIRST;
  private portion = FIRST;
  // Since when the host has had no turn; -1 before the first look.
  private turnSince = -1;
  private lookedAt = 0;
  private coarse = 0;
  private lastFiber = 0;
  private world: World | null = null;
  // What the real world finds again after a simulation.
  private aside: { readonly queue: Ring<Runnable>; readonly lastFiber: number } | null = null;

  enqueue(runnable: Runnable): void {
    this.queue.push(runnable);
    if (this.scheduled) return;
    this.scheduled = true;
    void RESOLVED.then(this.drain);
  }

  /** Enqueues a fiber for its first step: fibers take those in the order in which they were started. */
  start(fiber: Runnable): void {
    if (this.world === null) this.enqueue(fiber);
    else this.world.start(fiber);
  }

  /** Runs behind what is ready now, and behind what that makes ready in its first step. */
  behind(run: () => void): void {
    if (this.world === null) this.enqueue({ run: () => this.enqueue({ run }) });
    else this.world.behind(run);
  }

  /** Pays for an operation that need not wait. False: the turn is used up, and the operation has to wait for the next. */
  spend(): boolean {
    return --this.fuel > 0 || (this.world !== null && this.spendThere(this.world));
  }

  /** Numbers the fibers: from 1, in a simulation too. */
  nextFiber(): number {
    return ++this.lastFiber;
  }

  now(): number {
    return (this.world ?? host).now();
  }

  /** The clock, in the real world in whole milliseconds and read at most once in `MOST` steps: for reports. */
  get coarseNow(): number {
    return this.world === null ? this.coarse : this.world.now();
  }

  /** From 0 up to 1. */
  random(): number {
    return (this.world ?? host).random();
  }

  /** An integer from 0 up to n, for choices that have to be fair. */
  choose(n: number): number {
    return (this.world ?? host).choose(n);
  }

  setTimer(ms: number, run: () => void): Timer {
    return (this.world ?? host).setTimer(ms, run);
  }

  clearTimer(timer: Timer): void {
    timer?.cancel();
  }

  /** Runs after the timers and I/O that are due now. */
  later(run: () => void): void {
    (this.world ?? host).later(run);
  }

  /** Settles a promise that somebody awaits, who goes on in a microtask then: in a simulation that is a step. */
  outside(run: () => void): void {
    if (this.world === null) run();
    else this.world.outside(run);
  }

  get simulated(): boolean {
    return this.world !== null;
  }

  /** Puts a world in the place of the real one. What was ready to run, and what comes due in the real one, waits. */
  enter(world: World): void {
    host.hold();
    this.aside = { queue: this.queue, lastFiber: this.lastFiber };
    this.queue = new Ring();
    this.lastFiber = 0;
    this.world = world;
    this.fuel = 0;
    this.scheduled = true;
  }

  /** Puts the real world back. What the other one left enqueued is gone with it. */
  leave(): void {
    if (this.aside === null) return;
    this.queue = this.aside.queue;
    this.lastFiber = this.aside.lastFiber;
    this.aside = null;
    this.world = null;
    this.fuel = FIRST;
    this.scheduled = true;
    void RESOLVED.then(this.drain);
    host.release();
  }

  /** For the world: what was enqueued since, oldest first. */
  shift(): Runnable | undefined {
    return this.queue.shift();
  }

  get enqueued(): number {
    return this.queue.size;
  }

  /** For the world: whether it is to be woken when something is enqueued. It need not be while it runs. */
  listen(listening: boolean): void {
    this.scheduled = !listening;
  }

  /** For the world: a runnable that is none of its own runs when the real one is back. */
  setAside(runnable: Runnable): void {
    this.aside?.queue.push(runnable);
  }

  // A simulation keeps the fuel at 0, to be asked each time.
  private spendThere(world: World): boolean {
    this.fuel = 0;
    return world.spend();
  }

  // A look at the clock. False: the host's turn has come.
  private refuel(): boolean {
    const now = host.now();
    this.coarse = Math.floor(now);
    if (this.turnSince < 0) {
      this.turnSince = now;
      host.turn(this.hostTurned);
    } else {
      this.portion = now - this.lookedAt > SLOW_MS ? Math.max(1, this.portion >> 2) : Math.min(MOST, this.portion * 2);
      if (now - this.turnSince > TURN_MS) return false;
    }
    this.lookedAt = now;
    this.fuel = this.portion;
    return true;
  }

  private readonly hostTurned = (): void => {
    this.turnSince = -1;
    // Slow steps are likely to stay slow: their portion is kept.
    this.portion = Math.min(this.portion, FIRST);
    this.fuel = Math.min(this.fuel, this.portion);
  };

  private readonly drain = (): void => {
    if (this.world !== null) return this.world.wake();
    this.coarse = Math.floor(host.now());
    while (this.runSome()) {
      if (!this.refuel()) return host.turn(this.drain);
    }
    this.scheduled = false;
  };

  // Runs what is enqueued while the fuel lasts. True: there is more.
  private runSome(): boolean {
    const { queue } = this;
    while (queue.size > 0) {
      if (--this.fuel <= 0) return true;
      try {
        (queue.shift() as Runnable).run();
      } catch (error) {
        // Never the fault of a body, but whatever it is, the others go on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    return false;
  }
}

export const runtime: Runtime = new Runtime();
