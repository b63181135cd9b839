/**
 * The living cocoons of a store: it starts them under the flow, plays what their bodies return, and keeps their
 * products in the order of their start until somebody admits them.
 */
import { type Fiber, go, type Op, type Supervisor, until } from "@good-place/channel";
import { isAsyncGenerator, isGenerator, isThenable } from "@good-place/channel/shapes";
import { type Act, type ConfirmedAct, isAct } from "../act.js";
import type { CocoonSpec } from "../cocoon.js";
import type { Context } from "./context.js";

/** One cocoon, from its start until its product was admitted. */
export interface Living {
  readonly act: ConfirmedAct;
  readonly key: string;
  readonly fiber: Fiber<unknown>;
  /** A promise that watch returned has follow-ups, but no product. */
  readonly barren: boolean;
  ended: boolean;
  product: { readonly value: unknown } | null;
}

/** Confirms what a cocoon emits, in its name. Throws the refusal. */
export type Emit = (acts: readonly Act[], act: ConfirmedAct) => void;

export class Brood<E> {
  readonly #flow: Supervisor;
  readonly #emit: Emit;
  readonly #byFiber = new Map<Fiber<unknown>, Living>();
  readonly #byKey = new Map<string, Set<Living>>();
  // Living cocoons and products, in the order of their start.
  readonly #sinceAdmit = new Set<Living>();
  #waiting: (() => void)[] = [];

  constructor(flow: Supervisor, emit: Emit) {
    this.#flow = flow;
    this.#emit = emit;
  }

  get living(): Living[] {
    return [...this.#byFiber.values()];
  }

  /** The living cocoon of this fiber. */
  of(fiber: Fiber<unknown> | undefined): Living | undefined {
    return fiber === undefined ? undefined : this.#byFiber.get(fiber);
  }

  /** Starts a cocoon; null where its policy lets it not begin. */
  start(spec: CocoonSpec, act: ConfirmedAct, cx: Context<E>, barren = false): Living | null {
    const key = spec.key ?? act.name;
    const siblings = spec.policy === "every" ? [] : [...(this.#byKey.get(key) ?? [])];
    if (spec.policy === "leading" && siblings.length > 0) return null;
    if (spec.policy === "latest") for (const { fiber } of siblings) fiber.cancel(`a later cocoon of key ${key}`);
    const before = spec.policy === "queue" ? siblings.map(({ fiber }) => fiber) : [];
    const brood = this;
    const fiber = go(
      function* (self): Generator<unknown, unknown, never> {
        cx.bind(self);
        for (const earlier of before) yield* ended(earlier);
        return yield* brood.#play(spec.body(cx), act, cx);
      },
      // Whoever confirms an act is not whom its cocoon lives for.
      { name: key, supervisor: this.#flow, detached: true },
    );
    const living: Living = { act, key, fiber, barren, ended: false, product: null };
    this.#byFiber.set(fiber, living);
    this.#sinceAdmit.add(living);
    const alike = this.#byKey.get(key);
    if (alike === undefined) this.#byKey.set(key, new Set([living]));
    else alike.add(living);
    return living;
  }

  /** The cocoon of a fiber that has just reported its end; undefined for fibers that are none. */
  end(fiber: Fiber<unknown> | undefined): Living | undefined {
    const living = this.of(fiber);
    if (living === undefined) return undefined;
    this.#byFiber.delete(living.fiber);
    const alike = this.#byKey.get(living.key);
    alike?.delete(living);
    if (alike?.size === 0) this.#byKey.delete(living.key);
    living.ended = true;
    return living;
  }

  /** Nobody will admit anything of this one. */
  forget(living: Living): void {
    this.#sinceAdmit.delete(living);
  }

  /** To be called when the end of a cocoon, and what followed from it, was worked off. */
  settle(): void {
    if (this.#byFiber.size > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves when no cocoon lives. */
  async quiet(): Promise<void> {
    while (this.#byFiber.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Stops waiting for cocoons, and takes the products of those that have ended. */
  products(): unknown[] {
    const products: unknown[] = [];
    for (const living of this.#sinceAdmit) {
      if (!living.ended) continue;
      this.#sinceAdmit.delete(living);
      if (living.product !== null) products.push(living.product.value);
    }
    return products;
  }

  cancel(reason: unknown): void {
    for (const { fiber } of this.living.reverse()) fiber.cancel(reason);
  }

  *#play(result: unknown, act: ConfirmedAct, cx: Context<E>): Generator<unknown, unknown, never> {
    if (typeof result !== "object" || result === null) return result;
    if (isAsyncGenerator(result)) return yield* this.#pump(result as AsyncGenerator<Act>, act);
    if (isGenerator<unknown>(result)) {
      cx.stepped();
      return yield* this.#intercepted(result as Generator<unknown, unknown, unknown>, act);
    }
    if (!isThenable<unknown>(result)) return result;
    // An operation is waited for as it is, so that a cancel withdraws it.
    if (Symbol.iterator in result) return yield* result as unknown as Op<unknown>;
    return yield* until(result);
  }

  // Passes a generator through, but for the acts that it yields: these are confirmed before it goes on, at its next
  // turn; so a generator that only yields acts starves nobody, and can be cancelled.
  #intercepted(
    body: Generator<unknown, unknown, unknown>,
    act: ConfirmedAct,
  ): { [Symbol.iterator](): Iterator<unknown, unknown, unknown> } {
    let refused: { readonly error: unknown } | null = null;
    const pass = (step: IteratorResult<unknown, unknown>): IteratorResult<unknown, unknown> => {
      if (step.done || !isAct(step.value)) return step;
      try {
        this.#emit([step.value], act);
      } catch (error) {
        refused = { error };
      }
      return { done: false, value: until(Promise.resolve()) };
    };
    const iterator: Iterator<unknown, unknown, unknown> = {
      next: (value) => {
        const refusal = refused;
        refused = null;
        return pass(refusal === null ? body.next(value) : body.throw(refusal.error));
      },
      return: (value) => pass(body.return(value)),
      throw: (error) => pass(body.throw(error)),
    };
    return { [Symbol.iterator]: () => iterator };
  }

  *#pump(body: AsyncGenerator<Act>, act: ConfirmedAct): Generator<unknown, unknown, never> {
    let running = true;
    let next = body.next();
    try {
      for (;;) {
        const step = yield* until(next);
        if (step.done) {
          running = false;
          return step.value;
        }
        try {
          this.#emit([step.value], act);
          next = body.next();
        } catch (error) {
          next = body.throw(error);
        }
      }
    } finally {
      // Cancelled: the body's own finally blocks run before the cocoon has ended.
      if (running) yield* until(body.return(undefined));
    }
  }
}

function* ended(fiber: Op<unknown>): Generator<unknown, void, never> {
  try {
    yield* fiber;
  } catch {
    // How the one before ended is not this one's matter.
  }
}
