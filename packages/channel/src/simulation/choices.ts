/**
 * Who decides, wherever a run could go on in more than one way: chance that follows from a seed, or a path that names
 * every choice. A run is a function of its choices; whoever makes the same ones again sees the same run.
 */
import { ChannelError } from "../errors.js";
import { Random } from "./random.js";

export interface Choices {
  /** What `simulate` takes to make the same choices again. */
  readonly seed: number | string;
  /** An integer from 0 up to n; asked only where n is at least 2. */
  choose(n: number): number;
  /** Whether an operation that need not wait lets others run before it goes on, as it does when a turn is used up. */
  preempt(): boolean;
  /** From 0 up to 1, for jitter and the like: no choice that is searched. */
  random(): number;
  /** The failure of choices that did not fit the program, if they did not. */
  misfit(): ChannelError | null;
}

// How often an operation that need not wait lets others run, by chance. Each run has one of these rates: bugs differ in
// which of them finds them (A. Groce et al., "Swarm Testing", 2012).
const RATES = [0, 1 / 8, 1 / 2] as const;

export class RandomChoices implements Choices {
  readonly seed: number | string;
  readonly #random: Random;
  readonly #rate: number;

  constructor(seed: number | string) {
    this.seed = seed;
    this.#random = new Random(seed);
    this.#rate = RATES[this.#random.below(RATES.length)] as number;
  }

  choose(n: number): number {
    return this.#random.below(n);
  }

  preempt(): boolean {
    return this.#random.fraction() < this.#rate;
  }

  random(): number {
    return this.#random.fraction();
  }

  misfit(): null {
    return null;
  }
}

interface Choice {
  readonly chosen: number;
  /** Out of how many; 0 where only the seed is known. */
  readonly of: number;
}

const SEED = /^(path|preempt):(\d+(?:\.\d+)*)?$/;

/** Follows a path as far as it goes, then takes the first choice everywhere. */
export class PathChoices implements Choices {
  readonly #path: readonly Choice[];
  readonly #preempts: boolean;
  readonly #made: Choice[] = [];
  // Values that are not searched are the same in every run.
  readonly #random = new Random(0);
  #fits = true;

  constructor(path: readonly Choice[], preempts: boolean) {
    this.#path = path;
    this.#preempts = preempts;
  }

  /** The path that a seed such as "path:0.2.1" names; null where it names none. */
  static of(seed: number | string): PathChoices | null {
    const [, kind, steps] = SEED.exec(String(seed)) ?? [];
    if (kind === undefined) return null;
    const path = (steps === undefined ? [] : steps.split(".")).map((step) => ({ chosen: Number(step), of: 0 }));
    return new PathChoices(path, kind === "preempt");
  }

  get seed(): string {
    const steps = [...this.#made, ...this.#path.slice(this.#made.length)].map(({ chosen }) => chosen);
    while (steps.at(-1) === 0) steps.pop();
    return `${this.#preempts ? "preempt" : "path"}:${steps.join(".")}`;
  }

  choose(n: number): number {
    const known = this.#path[this.#made.length];
    if (known !== undefined && (known.chosen >= n || (known.of !== 0 && known.of !== n))) this.#fits = false;
    const chosen = known === undefined || known.chosen >= n ? 0 : known.chosen;
    this.#made.push({ chosen, of: n });
    return chosen;
  }

  preempt(): boolean {
    return this.#preempts && this.choose(2) === 1;
  }

  random(): number {
    return this.#random.fraction();
  }

  misfit(): ChannelError | null {
    if (this.#fits && this.#made.length >= this.#path.length) return null;
    return new ChannelError(
      "NOT_DETERMINISTIC",
      `the path ${this.seed} does not fit the program: it has changed, or depends on more than the simulation (Date, Math.random, real I/O, what an earlier run left behind)`,
    );
  }

  /** The next path of the depth-first search through the tree of choices; null when all of it has been searched. */
  next(): PathChoices | null {
    for (let at = this.#made.length - 1; at >= 0; at--) {
      const { chosen, of } = this.#made[at] as Choice;
      if (chosen + 1 < of) {
        return new PathChoices([...this.#made.slice(0, at), { chosen: chosen + 1, of }], this.#preempts);
      }
    }
    return null;
  }
}

/** The choices that a seed stands for. */
export function choicesOf(seed: number | string): Choices {
  return PathChoices.of(seed) ?? new RandomChoices(seed);
}
