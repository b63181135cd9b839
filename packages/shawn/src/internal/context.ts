/**
 * The `cx` that watch, effect and cocoon bodies get. A watch gets it before it is known whether its cocoon will have a
 * fiber, so its life is bound to the fiber later.
 */
import { emergence, type Fiber, type Op, type Supervisor, sleep } from "@good-place/channel";
import type { Act } from "../act.js";
import type { Cx } from "../cx.js";
import type { Meta } from "../journal.js";

/** What a store lends to its contexts. */
export interface Surroundings<E> {
  readonly envelope: E;
  readonly flow: Supervisor;
  readonly signal: AbortSignal;
  readonly log: (...words: readonly unknown[]) => void;
  readonly now: () => number;
  readonly random: () => number;
  readonly id: () => string;
}

export class Context<E> implements Cx<E> {
  readonly #store: Surroundings<E>;
  readonly #origin: Meta;
  #fiber: Fiber<unknown> | null = null;
  #life: { readonly signal: AbortSignal } | null = null;
  #signal: AbortSignal | null = null;
  #controller: AbortController | null = null;
  #alone = true;
  #taken = false;

  constructor(store: Surroundings<E>, origin: Meta) {
    this.#store = store;
    this.#origin = origin;
  }

  get signal(): AbortSignal {
    // A cocoon's signal aborts when the store is dismissed, too. Without one yet, what is bound later has to be followed;
    // `any` holds on to the store's signal weakly, so that a long-lived store does not collect listeners.
    if (this.#life !== null) return this.#life.signal;
    if (this.#signal === null) {
      this.#controller = new AbortController();
      this.#signal = AbortSignal.any([this.#store.signal, this.#controller.signal]);
    }
    return this.#signal;
  }

  get envelope(): E {
    return this.#store.envelope;
  }

  get random(): () => number {
    return this.#store.random;
  }

  get log(): (...words: readonly unknown[]) => void {
    return this.#store.log;
  }

  get now(): () => number {
    return this.#store.now;
  }

  get id(): () => string {
    return this.#store.id;
  }

  readonly sleep = (ms: number): Op<void> => sleep(ms, { signal: this.signal });

  readonly emerge = (...acts: readonly Act[]): Op<void> =>
    emergence(this.#store.flow, acts, {
      cause: this.#origin.id,
      by: this.#origin.by,
      fiber: this.#fiber ?? undefined,
      signal: this.#alone ? this.signal : undefined,
    });

  /** For a cocoon that is to start: the first one gets this, any other a life of its own. */
  forCocoon(): Context<E> {
    if (this.#taken) return new Context(this.#store, this.#origin);
    this.#taken = true;
    return this;
  }

  /** From now on the context speaks for the cocoon's fiber, and lives as long as this run of it. */
  bind(fiber: Fiber<unknown>, life: { readonly signal: AbortSignal }): void {
    this.#fiber = fiber;
    this.#life = life;
    this.#alone = true;
    const controller = this.#controller;
    if (controller !== null) {
      const { signal } = life;
      signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
    }
  }

  /**
   * The body is a generator that the fiber itself steps through: the runtime knows when its cancelled operations take no
   * effect, and lets those of its `finally` blocks pass. All others have only the signal to tell them.
   */
  stepped(): void {
    this.#alone = false;
  }
}
