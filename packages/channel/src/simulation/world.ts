/**
 * The simulated world: one program, on a virtual clock, in an order of steps that the choices decide.
 * A step is a fiber's run to its next wait, or a timer that is due. At each one of those that can run is chosen, but that
 * fibers take their first steps in the order of their start, and timers due at the same moment fire in the order in which
 * they were set. When nothing can run the host gets a turn, for promises to settle; then the clock jumps to the next timer.
 * Invariant: from enter to leave, on every way out, no other world runs on this thread; what it holds up is not lost.
 */
import { type Activity, activityOf } from "../activity.js";
import { FiberOp } from "../fiber.js";
import { go } from "../go.js";
import { host } from "../internal/host.js";
import { Ring } from "../internal/ring.js";
import { type Runnable, runtime, type Timer, type World } from "../internal/runtime.js";
import type { Waiter } from "../operation.js";
import { root } from "../owner.js";
import { traceStarts, tracesStarts } from "../starts.js";
import { onUnhandled, unhandled } from "../unhandled.js";
import { Agenda } from "./agenda.js";
import type { Choices } from "./choices.js";
import { deadlock, leak, livelock } from "./report.js";

export interface Limits {
  readonly maxSteps: number;
  /** How long to wait, in real time, for what comes from outside of the simulation, before it is called a deadlock. */
  readonly patienceMs: number;
  /** Whether to keep where each fiber is started. */
  readonly traces: boolean;
}

// As many operations in a row may go on without a wait as in the real world, then others have their turn.
const FUEL = 1024;
const ENDED = "the simulation has ended";

export class SimulatedWorld implements World {
  readonly #choices: Choices;
  readonly #limits: Limits;
  readonly #agenda = new Agenda();
  readonly #laters = new Ring<() => void>();
  readonly #living = new Set<FiberOp<unknown>>();
  // The fibers and scopes of the root that are none of this world.
  readonly #others: ReadonlySet<unknown> = new Set(root.members);
  // Told first when a fiber ends, whoever else waits for it.
  readonly #burial: Waiter = { passive: true, wake: (fiber) => this.#living.delete(fiber as FiberOp<unknown>) };
  readonly #failures: { readonly error: unknown; readonly path: string }[] = [];
  #steps = 0;
  #maxSteps: number;
  #fuel = FUEL;
  // What comes after the outcome is no part of the search: it takes the first choice everywhere.
  #ending = false;
  // What the last step has set off goes on in microtasks, before the next step.
  #turnIsDue = false;
  #woken: (() => void) | null = null;

  constructor(choices: Choices, limits: Limits) {
    this.#choices = choices;
    this.#limits = limits;
    this.#maxSteps = limits.maxSteps;
  }

  /** Runs a program from its first step until all that it started has ended. */
  async run<T>(body: () => Generator<unknown, T, never> | PromiseLike<T> | T, name: string): Promise<T> {
    runtime.enter(this);
    const traces = this.#limits.traces && !tracesStarts();
    const restore = onUnhandled((error, path) => this.#failures.push({ error, path }));
    let failure: { readonly error: unknown } | null;
    let main: FiberOp<T>;
    try {
      main = go(body, { name, supervisor: null }) as FiberOp<T>;
      main.watch({ wake: () => this.wake() });
      // After the body's own start, which is the caller's.
      if (traces) traceStarts(true);
      failure = await this.#play(main);
      const leaked = await this.#end();
      failure ??= this.#failed() ?? leaked ?? this.#misfit();
    } finally {
      restore();
      if (traces) traceStarts(false);
      runtime.leave();
    }
    // The first failure is the outcome. The others are told as failures are that nobody awaits.
    for (const { error, path } of this.#failures) if (error !== failure?.error) unhandled(error, path);
    if (failure !== null) throw failure.error;
    return main.value as T;
  }

  now(): number {
    return this.#agenda.clock.now;
  }

  random(): number {
    return this.#choices.random();
  }

  choose(n: number): number {
    return n < 2 || this.#ending ? 0 : this.#choices.choose(n);
  }

  setTimer(ms: number, run: () => void): Timer {
    this.wake();
    return this.#agenda.clock.set(ms, run);
  }

  later(run: () => void): void {
    this.#laters.push(run);
    this.wake();
  }

  start(fiber: FiberOp<unknown>): void {
    this.#living.add(fiber);
    fiber.watch(this.#burial);
    this.#agenda.starting.push(fiber);
    // As in a scope that has ended.
    if (this.#ending && fiber.owner === root) fiber.cancel(ENDED);
    this.wake();
  }

  behind(run: () => void): void {
    this.#agenda.behind.push({ run });
    this.wake();
  }

  outside(run: () => void): void {
    this.#agenda.ready.add({
      run: () => {
        this.#turnIsDue = true;
        run();
      },
    });
    this.wake();
  }

  spend(): boolean {
    if (++this.#steps > this.#maxSteps) return false;
    if (runtime.enqueued === 0 && this.#agenda.ways === 0) return true;
    if (--this.#fuel > 0 && (this.#ending || !this.#choices.preempt())) return true;
    this.#fuel = FUEL;
    return false;
  }

  wake(): void {
    this.#woken?.();
  }

  // Until the program has ended, or cannot or must not go on. Answers why it failed.
  async #play(main: FiberOp<unknown>): Promise<{ readonly error: unknown } | null> {
    const went = await this.#go(() => main.done || this.#failures.length > 0);
    if (this.#failures.length > 0) return this.#failed();
    if (went === "stuck") return { error: deadlock(this.#choices.seed, this.#agenda.clock.now, this.#parked()) };
    if (went === "endless") return { error: livelock(this.#choices.seed, this.#limits.maxSteps, this.#parked()) };
    return main.failed ? { error: main.value } : null;
  }

  // Cancels what still lives, newest first, and waits for it. Answers what would not end.
  async #end(): Promise<{ readonly error: unknown } | null> {
    this.#ending = true;
    this.#maxSteps = this.#steps + this.#limits.maxSteps;
    const gone = (): boolean => this.#living.size === 0;
    do {
      // Not fiber by fiber: a scope whose fibers are cancelled one by one would take that for their own ends.
      for (const member of [...root.members].reverse()) {
        if (!this.#others.has(member)) (member as { cancel?(reason: unknown): void }).cancel?.(ENDED);
      }
      await this.#go(gone);
      if (!gone()) return { error: leak(this.#choices.seed, this.#parked()) };
      await this.#flush();
      this.#runLaters();
    } while (!gone());
    return null;
  }

  // Runs what is ready, though no fiber lives: promises that somebody awaits are still to be settled.
  async #flush(): Promise<void> {
    do {
      for (this.#collect(); this.#agenda.ready.size > 0 && this.#steps <= this.#maxSteps; this.#collect()) {
        this.#steps++;
        this.#run(this.#agenda.ready.take(0));
      }
      await this.#turn();
    } while (runtime.enqueued > 0 && this.#steps <= this.#maxSteps);
  }

  async #go(over: () => boolean): Promise<"over" | "endless" | "stuck"> {
    for (;;) {
      do {
        if (this.#turnIsDue) await this.#turn();
        if (over()) return "over";
        if (this.#steps > this.#maxSteps) return "endless";
      } while (this.#step());
      await this.#turn();
      if (over() || runtime.enqueued > 0 || !this.#agenda.empty) continue;
      if (this.#laters.size > 0) {
        this.#runLaters();
        continue;
      }
      if (this.#agenda.clock.jump()) continue;
      if (!(await this.#patience(this.#limits.patienceMs))) return "stuck";
    }
  }

  // Runs one of what can run. False when nothing can.
  #step(): boolean {
    this.#collect();
    this.#steps++;
    const next = this.#agenda.take(this.choose(this.#agenda.ways));
    if (next === undefined) return false;
    this.#run(next);
    return true;
  }

  // Sorts what has become runnable: a fiber that was not started in here waits for the real world.
  #collect(): void {
    for (let count = runtime.enqueued; count > 0; count--) {
      const runnable = runtime.shift() as Runnable;
      if (runnable instanceof FiberOp && !this.#living.has(runnable)) runtime.setAside(runnable);
      else this.#agenda.ready.add(runnable);
    }
  }

  #run(runnable: Runnable): void {
    this.#fuel = FUEL;
    try {
      runnable.run();
    } catch (error) {
      this.#failures.push({ error, path: "the simulation" });
    }
    if (runnable instanceof FiberOp && runnable.isAsync) this.#turnIsDue = true;
  }

  // Lets the host run its microtasks, and what is due there.
  #turn(): Promise<void> {
    this.#turnIsDue = false;
    return new Promise((resolve) => host.turn(resolve));
  }

  #runLaters(): void {
    for (let count = this.#laters.size; count > 0; count--) this.#run({ run: this.#laters.shift() as () => void });
  }

  // Waits for what comes from outside. True when something came.
  async #patience(ms: number): Promise<boolean> {
    if (ms === 0) return false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    runtime.listen(true);
    const came = await new Promise<boolean>((resolve) => {
      this.#woken = () => resolve(true);
      timer = setTimeout(() => resolve(false), ms);
    });
    clearTimeout(timer);
    this.#woken = null;
    runtime.listen(false);
    return came;
  }

  #parked(): Activity[] {
    return Array.from(this.#living, (fiber) => activityOf(fiber, this.#agenda.clock.now));
  }

  #failed(): { readonly error: unknown } | null {
    return this.#failures[0] ?? null;
  }

  #misfit(): { readonly error: unknown } | null {
    const error = this.#choices.misfit();
    return error === null ? null : { error };
  }
}
