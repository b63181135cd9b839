/**
 * `explore`: many runs of a program, each in another order, until one fails. By chance, or depth first through the whole
 * tree of choices.
 */
import { ChannelError, checkOptions, describe, misuse } from "../errors.js";
import { type Choices, choicesOf, PathChoices, RandomChoices } from "./choices.js";
import {
  checkBody,
  checkLimits,
  checkSeed,
  inTurn,
  type RunOptions,
  runOnce,
  type SimulationBody,
} from "./simulate.js";
import type { Limits } from "./world.js";

export interface ExploreOptions extends RunOptions {
  /** How many runs at most; 1,000 by default. */
  readonly runs?: number | undefined;
  /** "random" draws each order by chance; "exhaustive" goes through all of them, for small programs. "random" by default. */
  readonly mode?: "random" | "exhaustive" | undefined;
  /** What the seeds of the random runs are drawn from; new each time by default. */
  readonly seed?: number | string | undefined;
  /**
   * Whether the exhaustive mode also lets others run after each operation that need not wait, as happens when a turn is used
   * up; true by default. Without it there are far fewer orders, and what is complete says nothing of those. Random runs
   * always do.
   */
  readonly preempt?: boolean | undefined;
}

export interface Explored {
  readonly runs: number;
  /** True when every order has been run. */
  readonly complete: boolean;
}

/** The first run that failed. */
export class ExploreError extends ChannelError {
  override readonly name = "ExploreError";
  /** What `simulate` takes to see the run again. */
  readonly seed: number | string;
  /** How many runs it took. */
  readonly runs: number;

  constructor(seed: number | string, runs: number, cause: unknown, again: boolean) {
    const replay = again
      ? `see it again with simulate({ seed: ${JSON.stringify(seed)} }, body)`
      : `a second run with seed ${JSON.stringify(seed)} did not fail: the body depends on more than the simulation`;
    super("RUN_FAILED", `run ${runs} failed; ${replay}\n${text(cause)}`, { cause });
    this.seed = seed;
    this.runs = runs;
  }
}

/**
 * Runs the body again and again, each time in another order of steps. Fails with RUN_FAILED and the seed of the first
 * run that fails, whatever fails it: an error, a deadlock, a leak.
 */
export function explore(body: SimulationBody<unknown>, options: ExploreOptions = {}): Promise<Explored> {
  checkBody("explore()", body);
  checkOptions("explore()", options, ["runs", "mode", "seed", "preempt", "maxSteps", "patienceMs"]);
  const { runs = 1000, mode = "random", preempt = true } = options;
  if (runs !== Number.POSITIVE_INFINITY && (!Number.isInteger(runs) || runs < 1)) {
    throw misuse("range", "BAD_OPTION", `explore(): runs must be an integer >= 1 or Infinity, got ${describe(runs)}`);
  }
  if (mode !== "random" && mode !== "exhaustive") {
    throw misuse("type", "BAD_OPTION", `explore(): mode must be "random" or "exhaustive", got ${describe(mode)}`);
  }
  if (typeof preempt !== "boolean") {
    throw misuse("type", "BAD_OPTION", `explore(): preempt must be true or false, got ${describe(preempt)}`);
  }
  const seed = checkSeed("explore()", options.seed) ?? Math.floor(Math.random() * 2 ** 32);
  // Where fibers are started is found out when a run has failed: it costs more than the run.
  const limits = { ...checkLimits("explore()", options), traces: false };
  const search = mode === "random" ? drawn(seed) : new PathChoices([], preempt);
  return inTurn("explore()", () => searchRuns(body, search, runs, limits));
}

// A search: the choices of its first run, which know those of the next.
interface Search extends Choices {
  next(): Search | null;
}

async function searchRuns(
  body: SimulationBody<unknown>,
  first: Search,
  most: number,
  limits: Limits,
): Promise<Explored> {
  let choices: Search | null = first;
  let runs = 0;
  while (choices !== null && runs < most) {
    runs++;
    try {
      await runOnce(body, choices, limits);
    } catch (error) {
      throw await failure(body, choices.seed, runs, error, limits);
    }
    choices = choices.next();
  }
  return { runs, complete: choices === null };
}

// The failing run once more: to see whether it is the seed that decides, and where its fibers are started.
async function failure(
  body: SimulationBody<unknown>,
  seed: number | string,
  runs: number,
  error: unknown,
  limits: Limits,
): Promise<ExploreError> {
  try {
    await runOnce(body, choicesOf(seed), { ...limits, traces: true });
  } catch (again) {
    return new ExploreError(seed, runs, again, true);
  }
  return new ExploreError(seed, runs, error, false);
}

class Drawn extends RandomChoices implements Search {
  readonly #base: number | string;
  readonly #run: number;

  constructor(base: number | string, run: number) {
    super(typeof base === "number" ? base + run : `${base}#${run}`);
    this.#base = base;
    this.#run = run;
  }

  next(): Drawn {
    return new Drawn(this.#base, this.#run + 1);
  }
}

function drawn(base: number | string): Drawn {
  return new Drawn(base, 0);
}

function text(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : describe(cause);
}
