/**
 * `@good-place/shawn/trial`: a store for tests that lets nothing pass unasserted. What an act changes is written as the
 * mutation that it should be; what emerges is asserted in order; at the end nothing may be left, and no cocoon live.
 * Invariant: every confirmed act is asserted exactly once, by `confirm` or by `emerged`. For time to pass, make the trial
 * in a simulation (`@good-place/channel/simulation`): then every sleep is in virtual time, and `explore` runs the test in
 * many orders. It depends on no test runner: what is wrong is thrown.
 */
import { type Op, sleep, until } from "@good-place/channel";
import { epoch } from "@good-place/channel/ambient";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { quiet, Random, simulated } from "@good-place/channel/simulation";
import type { Act, ConfirmedAct } from "./act.js";
import { produce } from "./internal/drafts/draft.js";
import { type Difference, shown, unequal } from "./internal/tools/unequal.js";
import type { ShawnOptions } from "./options.js";
import type { Shawn } from "./shawn.js";
import { shawn } from "./store.js";

export type { Difference } from "./internal/tools/unequal.js";

/** A store that is not as the trial expects it. */
export class TrialError extends Error {
  override readonly name = "TrialError";
  readonly code: string;
  /** Where an envelope or payload is not as expected. */
  readonly differences: readonly Difference[];

  constructor(code: string, message: string, differences: readonly Difference[] = []) {
    const lines = differences.map(
      ({ path, expected, got }) => `\n  ${path || "all"}: expected ${expected}, got ${got}`,
    );
    super(message + lines.join(""));
    this.code = code;
    this.differences = differences;
  }
}

/** Changes a draft of the envelope before the act into what it should be after it. */
export type Expected<E> = (expected: E) => void;

export interface TrialOptions<E>
  extends Pick<ShawnOptions<E>, "acts" | "onError" | "onSignal" | "now" | "random" | "id" | "log"> {
  /** What chance follows from; 0 by default. */
  readonly seed?: number | string | undefined;
  /** False: only what is asked is asserted. */
  readonly exhaustive?: boolean | undefined;
}

export interface Trial<E> {
  /** The store that is tried. What is confirmed past the trial is asserted by `emerged`. */
  readonly office: Shawn<E>;
  readonly envelope: E;
  /**
   * Confirms an act and asserts what its update changes; nothing, where no change is expected. Throws UNEXPECTED_CHANGE,
   * NOT_CONFIRMED for an act that was refused, UNASSERTED_ACTS when something emerged before that nobody has asserted, and
   * what the store's confirm throws.
   */
  confirm(act: Act, expected?: Expected<E>): void;
  /**
   * Asserts the next act that followed or emerged, with its payload as the schema gave it, and what its update changed.
   * Throws UNEXPECTED_ACT when it was another one or there was none, and UNEXPECTED_CHANGE. Where the trial is not
   * exhaustive, those before the next such act are passed over.
   */
  emerged(act: Act, expected?: Expected<E>): void;
  /**
   * Lets so many milliseconds of the virtual clock pass, and all that then can go on; 0 for this moment. Fails with
   * NOT_SIMULATED outside of a simulation.
   */
  advance(ms: number): Op<void>;
  /**
   * Ends the trial and gives the envelope and the products. Fails with UNASSERTED_ACTS, LIVING_COCOONS, or what a cocoon
   * has failed with; the store is dismissed all the same.
   */
  done(): Op<[envelope: E, ...products: unknown[]]>;
}

const OPTIONS = ["acts", "onError", "onSignal", "now", "random", "id", "log", "seed", "exhaustive"] as const;

/**
 * Makes a store to be tried. Its ids count from "1", its chance follows from the seed, and its clock is the simulation's;
 * outside of one it stands at 0.
 */
export function trial<E extends object>(envelope: E, options: TrialOptions<E>): Trial<E> {
  checkOptions("trial()", options, OPTIONS);
  const { exhaustive = true } = options;
  if (typeof exhaustive !== "boolean") {
    throw misuse("type", "BAD_OPTION", `trial() exhaustive must be true or false, got ${describe(exhaustive)}`);
  }
  return new Attempt(envelope, options, exhaustive);
}

interface Step<E> {
  readonly act: ConfirmedAct;
  readonly previous: E;
  readonly next: E;
}

class Attempt<E extends object> implements Trial<E> {
  readonly office: Shawn<E>;
  readonly #exhaustive: boolean;
  // What was confirmed and is not asserted yet.
  #steps: Step<E>[] = [];

  constructor(envelope: E, options: TrialOptions<E>, exhaustive: boolean) {
    const { seed = 0, exhaustive: _, ...rest } = options;
    const chance = new Random(seed);
    let ids = 0;
    this.#exhaustive = exhaustive;
    this.office = shawn<E>(envelope, {
      now: () => (simulated() ? epoch() : 0),
      random: () => chance.fraction(),
      id: () => String(++ids),
      ...rest,
    });
    this.office.subscribe((_next, previous, confirmed, envelopes) => {
      for (const [at, act] of confirmed.entries()) {
        this.#steps.push({ act, previous: envelopes[at - 1] ?? previous, next: envelopes[at] as E });
      }
    });
  }

  get envelope(): E {
    return this.office.envelope;
  }

  confirm(act: Act, expected?: Expected<E>): void {
    this.#allAsserted(`before ${called(act)} can be confirmed`);
    const at = this.#steps.length;
    this.office.confirm(act);
    const [step] = this.#steps.splice(at, 1);
    if (step === undefined) {
      throw new TrialError("NOT_CONFIRMED", `${called(act)} was not confirmed: it was refused, as onError was told`);
    }
    this.#changed(step, expected);
  }

  emerged(act: Act, expected?: Expected<E>): void {
    const other = (step: Step<E>): Difference[] =>
      unequal({ name: act.name, payload: act.payload }, { name: step.act.name, payload: step.act.payload });
    const at = this.#exhaustive ? 0 : this.#steps.findIndex((step) => other(step).length === 0);
    const step = this.#steps[at];
    if (step === undefined) {
      throw new TrialError("UNEXPECTED_ACT", `expected ${called(act)} to emerge, but no such act is left`);
    }
    const differences = other(step);
    if (differences.length > 0) {
      throw new TrialError("UNEXPECTED_ACT", `expected ${called(act)} to emerge, got ${called(step.act)}`, differences);
    }
    this.#steps.splice(0, at + 1);
    this.#changed(step, expected);
  }

  advance(ms: number): Op<void> {
    return until(this.#advance(ms));
  }

  done(): Op<[envelope: E, ...products: unknown[]]> {
    return until(this.#done());
  }

  async #advance(ms: number): Promise<void> {
    if (!simulated()) {
      throw misuse(
        "type",
        "NOT_SIMULATED",
        "advance() needs a virtual clock: make and run the trial in the body of simulate() of @good-place/channel/simulation",
      );
    }
    await sleep(ms);
    await quiet();
  }

  async #done(): Promise<[envelope: E, ...products: unknown[]]> {
    try {
      // Cocoons that have just ended are still to be heard of.
      await quiet();
      this.#allAsserted("before the trial is done");
      const living = this.office.living.map(({ key, act }) => `${key} (of ${called(act)})`);
      if (this.#exhaustive && living.length > 0) {
        throw new TrialError(
          "LIVING_COCOONS",
          `the trial is done, but cocoons live: ${living.join(", ")}; advance the clock, or let an act end them`,
        );
      }
    } finally {
      await this.office.dismiss("the trial is done");
    }
    return await this.office.admit();
  }

  #allAsserted(when: string): void {
    if (!this.#exhaustive || this.#steps.length === 0) return;
    const left = this.#steps.map(({ act }) => called(act)).join(", ");
    throw new TrialError("UNASSERTED_ACTS", `assert what has emerged ${when}: ${left}`);
  }

  #changed({ act, previous, next }: Step<E>, expected: Expected<E> | undefined): void {
    if (expected === undefined && !this.#exhaustive) return;
    const wanted = expected === undefined ? previous : produce(previous, `expected of ${act.name}`, expected);
    const differences = unequal(wanted, next);
    if (differences.length === 0) return;
    throw new TrialError("UNEXPECTED_CHANGE", `${called(act)} has not changed the envelope as expected:`, differences);
  }
}

function called({ name, payload }: Act): string {
  return `${name}(${payload === undefined ? "" : shown(payload)})`;
}
