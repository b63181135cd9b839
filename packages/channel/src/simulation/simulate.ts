/**
 * `simulate`: one run of a program in a world of its own. Simulations of one thread run one after the other.
 */
import { checkOptions, describe, misuse } from "../errors.js";
import { runtime } from "../internal/runtime.js";
import { type Choices, choicesOf } from "./choices.js";
import { type Limits, SimulatedWorld } from "./world.js";

/** What the body of a simulation gets. */
export interface Simulation {
  /** What `simulate` takes to see this run again. */
  readonly seed: number | string;
  /** An integer from 0 up to n that follows from the seed; `explore` searches it like the order of steps. */
  choose(n: number): number;
}

/** What a simulation runs: a generator function, an async function, or a plain one. */
export type SimulationBody<T> = (simulation: Simulation) => Generator<unknown, T, never> | PromiseLike<T> | T;

export interface RunOptions {
  /** Steps and operations after which a run has failed with LIVELOCK; 1,000,000 by default. */
  readonly maxSteps?: number | undefined;
  /**
   * How long to wait in real time for promises from outside of the simulation, when nothing can go on and no timer is set,
   * before that is a deadlock; 10 by default. Where a timer is set the clock jumps at once: such promises lose against it.
   */
  readonly patienceMs?: number | undefined;
}

export interface SimulateOptions extends RunOptions {
  /** Decides the order of steps and all chance; what `explore` has printed. 0 by default. */
  readonly seed?: number | string | undefined;
}

const MAX_STEPS = 1_000_000;
const PATIENCE_MS = 10;

/**
 * Runs a program on a virtual clock, in an order that follows from the seed: the same seed, the same run. Settles as the
 * body does, once all fibers that it started have ended; those that still live are cancelled. Fails with DEADLOCK when
 * nothing can go on, LIVELOCK after `maxSteps`, LEAK when a fiber ignores its cancel, and with the error of a fiber that
 * nobody awaits. Waits for its turn while another simulation runs; throws SIMULATION_NESTED inside of one.
 */
export function simulate<T>(options: SimulateOptions, body: SimulationBody<T>): Promise<T> {
  checkOptions("simulate()", options, ["seed", "maxSteps", "patienceMs"]);
  checkBody("simulate()", body);
  const seed = checkSeed("simulate()", options.seed) ?? 0;
  const limits = checkLimits("simulate()", options);
  return inTurn("simulate()", () => runOnce(body, choicesOf(seed), limits));
}

/** One run, by whoever has the turn. */
export function runOnce<T>(body: SimulationBody<T>, choices: Choices, limits: Limits): Promise<T> {
  const world = new SimulatedWorld(choices, limits);
  const simulation: Simulation = {
    get seed() {
      return choices.seed;
    },
    choose(n) {
      if (!Number.isInteger(n) || n < 1) {
        throw misuse("range", "BAD_CHOICE", `choose() takes an integer of at least 1, got ${describe(n)}`);
      }
      return world.choose(n);
    },
  };
  return world.run(() => body(simulation), body.name || "simulation");
}

let line: Promise<unknown> = Promise.resolve();

/** Runs it when the simulations before it have ended. */
export function inTurn<T>(where: string, run: () => Promise<T>): Promise<T> {
  if (runtime.simulated && runtime.current !== null) {
    throw misuse("type", "SIMULATION_NESTED", `${where} was called inside of a simulation; call it outside of fibers`);
  }
  const turn = line.then(run);
  line = turn.then(null, () => {});
  return turn;
}

export function checkBody(where: string, body: unknown): void {
  if (typeof body === "function") return;
  throw misuse("type", "NOT_A_BODY", `${where} takes a generator, async or plain function, got ${describe(body)}`);
}

export function checkSeed(where: string, seed: unknown): number | string | undefined {
  if (seed === undefined || typeof seed === "string" || (typeof seed === "number" && Number.isFinite(seed)))
    return seed;
  throw misuse("type", "BAD_OPTION", `${where}: seed must be a number or a string, got ${describe(seed)}`);
}

export function checkLimits(where: string, { maxSteps = MAX_STEPS, patienceMs = PATIENCE_MS }: RunOptions): Limits {
  if (!Number.isInteger(maxSteps) || maxSteps < 1) {
    throw misuse("range", "BAD_OPTION", `${where}: maxSteps must be an integer >= 1, got ${describe(maxSteps)}`);
  }
  if (!(typeof patienceMs === "number" && patienceMs >= 0 && patienceMs < 2 ** 31)) {
    throw misuse("range", "BAD_OPTION", `${where}: patienceMs must be milliseconds >= 0, got ${describe(patienceMs)}`);
  }
  return { maxSteps, patienceMs, traces: true };
}
