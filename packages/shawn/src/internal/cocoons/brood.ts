/**
 * The living cocoons of a store: it starts them under their flow, starts anew those that are to be, and keeps their
 * products in the order of their start until somebody admits them.
 * A cocoon is one fiber that reports to the flow; what its body starts runs in a scope of it, and so ends with it.
 * Invariant: a cocoon lives until its end, and all that it gave to the flow before, was worked off.
 */
import {
  activity,
  type Channel,
  channel,
  type Fiber,
  go,
  type LifeSignal,
  now,
  type Op,
  type Signal,
  type Supervisor,
  scope,
  select,
  sleep,
  timeout,
} from "@good-place/channel";
import { Restarts } from "@good-place/channel/kin";
import type { Act, ConfirmedAct } from "../../act.js";
import type { LivingCocoon } from "../../admit.js";
import type { CocoonSpec } from "../../cocoon.js";
import type { Context } from "../context.js";
import { nearestCocoon } from "./nearest.js";
import { checkYielded, play } from "./play.js";

/** What is kept of a cocoon until somebody admits it: no more than that, for nobody may. */
interface Left {
  ended: boolean;
  product: { readonly value: unknown } | null;
}

/** One cocoon, from its start until its end. */
export interface Living {
  readonly act: ConfirmedAct;
  readonly key: string;
  readonly fiber: Fiber<unknown>;
  readonly flow: Supervisor;
  /** A promise that watch returned has follow-ups, but no product. */
  readonly barren: boolean;
  readonly since: number;
  restarts: number;
  readonly left: Left;
}

// The thread of a cocoon, until its end was worked off.
interface Thread {
  readonly living: Living;
  readonly fiber: Fiber<unknown>;
  /** Closed then. */
  readonly heard: Channel<never>;
  refusal: { readonly error: unknown } | null;
}

/** What a brood needs of its store. */
export interface Nest {
  readonly flow: Supervisor;
  readonly threadFlow: Supervisor;
  /** Confirms what a cocoon emits, in its name. Throws the refusal. */
  emit(acts: readonly Act[], act: ConfirmedAct): void;
  /** A cocoon has failed, and is started anew after so long. */
  restarting(living: Living, error: unknown, restartMs: number): void;
  /** A cocoon has ended whose flow nobody works off any more, and would have given it this. */
  hear(signal: LifeSignal): void;
}

export class Brood<E> {
  readonly #nest: Nest;
  readonly #byFiber = new Map<Fiber<unknown>, Living>();
  // All that still may speak, for what a cocoon leaves to live on speaks for it after its end.
  readonly #known = new WeakMap<Fiber<unknown>, Living>();
  readonly #byKey = new Map<string, Set<Living>>();
  readonly #threads = new Map<Fiber<unknown>, Thread>();
  // Of living cocoons and those that have ended, in the order of their start.
  readonly #sinceAdmit = new Set<Left>();
  // The flows that nobody works off any more.
  readonly #left = new Set<Supervisor>();
  // Closed when no cocoon lives; made when somebody waits for that.
  #quiet: Channel<never> | null = null;

  constructor(nest: Nest) {
    this.#nest = nest;
  }

  /** What lives, in the order of its start, in the words of its users. */
  get living(): LivingCocoon[] {
    const starts = new Map(activity().map(({ fiber, startedAt }) => [fiber, startedAt]));
    return [...this.#byFiber.values()].map(({ key, act, since, restarts, fiber }) => ({
      key,
      act,
      since,
      restarts,
      startedAt: starts.get(fiber),
    }));
  }

  /** Starts a cocoon; null where its policy lets it not begin. */
  start(spec: CocoonSpec, act: ConfirmedAct, cx: Context<E>, barren = false): Living | null {
    const key = spec.key ?? act.name;
    const siblings = spec.policy === "every" ? [] : [...(this.#byKey.get(key) ?? [])];
    if (spec.policy === "leading" && siblings.length > 0) return null;
    if (spec.policy === "latest") for (const { fiber } of siblings) fiber.cancel(`a later cocoon of key ${key}`);
    const before = spec.policy === "queue" ? siblings.map(({ fiber }) => fiber) : [];
    const flow = spec.work.tag === "thread" ? this.#nest.threadFlow : this.#nest.flow;
    // Whoever confirms an act is not whom its cocoon lives for.
    const options = { name: key, supervisor: flow, detached: true };
    const fiber = go((self) => this.#body(self, before, spec, living, cx), options);
    const left: Left = { ended: false, product: null };
    const living: Living = { act, key, fiber, flow, barren, since: now(), restarts: 0, left };
    this.#byFiber.set(fiber, living);
    this.#known.set(fiber, living);
    this.#sinceAdmit.add(left);
    const alike = this.#byKey.get(key);
    if (alike === undefined) this.#byKey.set(key, new Set([living]));
    else alike.add(living);
    if (this.#left.has(flow)) this.#endsApart(living);
    return living;
  }

  *#body(
    self: Fiber<unknown>,
    before: readonly Fiber<unknown>[],
    spec: CocoonSpec,
    living: Living,
    cx: Context<E>,
  ): Generator<unknown, unknown, never> {
    nearestCocoon.set(self);
    for (const earlier of before) yield* outcomeOf(earlier);
    // What waits for a promise starts nothing.
    return yield* living.barren ? this.#run(spec, living, cx, self) : this.#lives(spec, living, cx);
  }

  /** The cocoon that a fiber is or was, or whose thread it is. */
  of(fiber: Fiber<unknown> | undefined): Living | undefined {
    if (fiber === undefined) return undefined;
    return this.#known.get(fiber) ?? this.#threads.get(fiber)?.living;
  }

  /** Takes a signal of a cocoon's own thread. False for any other. */
  hear(signal: Signal): boolean {
    const thread = this.#threads.get(signal.fiber as Fiber<unknown>);
    // A signal of another fiber in that thread has its path.
    if (thread === undefined || "path" in signal) return false;
    const { tag, value } = signal as LifeSignal & { readonly value?: unknown };
    if (tag === "yield") this.#yieldedBy(thread, value);
    else if (tag !== "ok" && tag !== "error" && tag !== "cancelled") return false;
    else this.#heard(thread);
    return true;
  }

  /** The cocoon of a fiber that has just reported its end; undefined for fibers that are none. */
  end(fiber: Fiber<unknown> | undefined): Living | undefined {
    const living = fiber === undefined ? undefined : this.#byFiber.get(fiber);
    if (living === undefined) return undefined;
    this.#byFiber.delete(living.fiber);
    const alike = this.#byKey.get(living.key);
    alike?.delete(living);
    if (alike?.size === 0) this.#byKey.delete(living.key);
    living.left.ended = true;
    return living;
  }

  /** Nobody works off the flow any more: from now on its cocoons are watched one by one. */
  leave(flow: Supervisor): void {
    this.#left.add(flow);
    for (const living of this.#byFiber.values()) if (living.flow === flow) this.#endsApart(living);
    for (const thread of this.#threads.values()) if (thread.living.flow === flow) this.#heard(thread);
  }

  /** Nobody will admit anything of this one. */
  forget(living: Living): void {
    this.#sinceAdmit.delete(living.left);
  }

  /** To be called when the end of a cocoon, and what followed from it, was worked off. */
  settle(): void {
    if (this.#byFiber.size > 0) return;
    this.#quiet?.close();
    this.#quiet = null;
  }

  /** Waits until no cocoon lives. False where that took longer than `ms`. */
  *quiet(ms: number | undefined): Generator<unknown, boolean, never> {
    const start = now();
    while (this.#byFiber.size > 0) {
      this.#quiet ??= channel<never>(0, { name: "quiet" });
      const late = ms === undefined ? null : timeout(Math.max(0, start + ms - now()));
      const { tag } = yield* select([this.#quiet, late]);
      if (tag === "timeout") return false;
    }
    return true;
  }

  /** Stops waiting for cocoons, and takes the products of those that have ended. */
  products(): unknown[] {
    const products: unknown[] = [];
    for (const left of this.#sinceAdmit) {
      if (!left.ended) continue;
      this.#sinceAdmit.delete(left);
      if (left.product !== null) products.push(left.product.value);
    }
    return products;
  }

  cancel(reason: unknown): void {
    for (const { fiber } of [...this.#byFiber.values()].reverse()) fiber.cancel(reason);
  }

  // One run after the other, until one has not failed or has failed once too often.
  *#lives(spec: CocoonSpec, living: Living, cx: Context<E>): Generator<unknown, unknown, never> {
    const restarts = spec.restart === null ? null : new Restarts(spec.restart);
    for (;;) {
      const began = now();
      try {
        return yield* scope((life) => this.#run(spec, living, cx, life), { name: living.key });
      } catch (error) {
        const restartMs = restarts?.next(now() - began) ?? null;
        if (restartMs === null) throw error;
        this.#nest.restarting(living, error, restartMs);
        yield* sleep(restartMs);
      }
      living.restarts++;
    }
  }

  *#run(
    { work }: CocoonSpec,
    living: Living,
    cx: Context<E>,
    life: { readonly signal: AbortSignal },
  ): Generator<unknown, unknown, never> {
    const { act, key, flow } = living;
    if (work.tag === "thread") return yield* this.#follow(work.start(flow), living);
    cx.bind(living.fiber, life);
    const yielded = (value: unknown): void => {
      checkYielded(value, key, act.name);
      this.#nest.emit([value as Act], act);
    };
    return yield* play(work.body(cx as never), yielded, cx);
  }

  // A thread has ended when all that it yielded was worked off: it may have been refused.
  *#follow(fiber: Fiber<unknown>, living: Living): Generator<unknown, unknown, never> {
    const heard = channel<never>(0, { name: `the flow, which hears of thread ${fiber.name}` });
    const thread: Thread = { living, fiber, heard, refusal: null };
    this.#threads.set(fiber, thread);
    const outcome = yield* outcomeOf(fiber);
    if (!this.#left.has(living.flow)) yield* heard.take();
    const failure = thread.refusal ?? outcome;
    if ("error" in failure) throw failure.error;
    return failure.value;
  }

  #yieldedBy(thread: Thread, value: unknown): void {
    const { fiber, living } = thread;
    if (thread.refusal !== null) return;
    try {
      checkYielded(value, living.key, living.act.name);
      this.#nest.emit([value as Act], living.act);
    } catch (error) {
      thread.refusal = { error };
      fiber.cancel(error);
    }
  }

  #heard({ fiber, heard }: Thread): void {
    this.#threads.delete(fiber);
    heard.close();
  }

  #endsApart({ fiber }: Living): void {
    const ended = (signal: LifeSignal): void => {
      // It may have been told of while the flow was still worked off.
      if (this.#byFiber.has(fiber)) this.#nest.hear(signal);
    };
    fiber.then(
      (value) => ended({ tag: "ok", fiber, value }),
      (error: unknown) =>
        ended(
          fiber.status === "cancelled" ? { tag: "cancelled", fiber, reason: error } : { tag: "error", fiber, error },
        ),
    );
  }
}

// How it ends, which is not the waiter's own failure.
function* outcomeOf<T>(fiber: Op<T>): Generator<unknown, { readonly value: T } | { readonly error: unknown }, never> {
  try {
    return { value: yield* fiber };
  } catch (error) {
    return { error };
  }
}
