/**
 * `select` and `rselect`: wait for the first of several clauses, and commit exactly that one.
 * First pass: try every clause without waiting, in order (`rselect`: in a random order). Only if none is ready do all
 * of them park; the first that is served commits and takes the others out of their queues in the same step.
 */
import {
  type Chan,
  type Channel,
  CLOSED,
  type Closed,
  EMPTY,
  type Giver,
  isChannel,
  NOTHING,
  type Taker,
} from "./channel.js";
import { type ChannelError, describe, misuse } from "./errors.js";
import { type Fiber, FiberOp } from "./fiber.js";
import { runtime, type Timer } from "./internal/runtime.js";
import type { WaitList } from "./internal/wait-list.js";
import { abortable, failed, type Op, Operation, refusal, settled, type Waiter, type WaitOptions } from "./operation.js";
import { isThenable } from "./shapes.js";
import { checkMs } from "./time.js";

/** Commits when `ms` milliseconds have passed and nothing else was ready. */
export interface TimeoutClause {
  readonly ms: number;
}

/** A value that is made only when its give commits. */
export interface Lazy<T> {
  readonly make: () => T;
}

/** Commits when no other clause is ready at once. */
export const otherwise: unique symbol = Symbol.for("@good-place/channel/otherwise") as never;

// biome-ignore lint/suspicious/noExplicitAny: a channel is invariant in its item, and a clause takes any
type AnyChannel = Channel<any>;

export type Clause =
  | AnyChannel
  | readonly [AnyChannel, unknown]
  | TimeoutClause
  | typeof otherwise
  | Fiber<unknown>
  | PromiseLike<unknown>
  | AbortSignal
  | null
  | false;

/** What a committed clause at the index I answers. A fiber or promise that fails makes the select fail. */
export type Hit<C, I extends number = number> =
  C extends Channel<infer T>
    ? TakeHit<T, I> | ClosedHit<C, I>
    : C extends readonly [infer H, unknown]
      ? GiveHit<H, I> | ClosedHit<H, I>
      : C extends TimeoutClause
        ? { readonly tag: "timeout"; readonly index: I }
        : C extends typeof otherwise
          ? { readonly tag: "otherwise"; readonly index: I }
          : C extends Fiber<infer T>
            ? { readonly tag: "join"; readonly index: I; readonly value: T }
            : C extends AbortSignal
              ? { readonly tag: "abort"; readonly index: I; readonly value: unknown }
              : C extends PromiseLike<infer T>
                ? { readonly tag: "promise"; readonly index: I; readonly value: T }
                : never;

interface TakeHit<T, I extends number> {
  readonly tag: "take";
  readonly index: I;
  readonly channel: Channel<T>;
  readonly value: T;
}
interface GiveHit<H, I extends number> {
  readonly tag: "give";
  readonly index: I;
  readonly channel: H;
}
interface ClosedHit<H, I extends number> {
  readonly tag: "closed";
  readonly index: I;
  readonly channel: H;
}

/** The union of what the clauses may answer. Where their number is known, `index` tells their types apart. */
export type SelectHit<C extends readonly Clause[]> = number extends C["length"]
  ? Hit<C[number]>
  : { [K in keyof C]: K extends `${infer I extends number}` ? Hit<C[K], I> : never }[number];

/** A clause that commits after `ms` milliseconds; 0 commits only where nothing else is ready. */
export function timeout(ms: number): TimeoutClause {
  checkMs("timeout()", ms);
  return { ms };
}

/** A value for a give clause that is made by the call only when the clause commits. If it throws, the select fails. */
export function lazy<T>(make: () => T): Lazy<T> {
  return new LazyValue(make);
}

class LazyValue<T> implements Lazy<T> {
  readonly make: () => T;
  constructor(make: () => T) {
    this.make = make;
  }
}

/**
 * Waits for the first clause that can go on; of several that are ready the first in the list wins, so an earlier clause
 * that is always ready starves the later ones (see `rselect`). A clause on a closed channel is ready and answers
 * "closed". Throws NO_CLAUSES when all are disabled.
 */
export function select<const C extends readonly Clause[]>(clauses: C, options?: WaitOptions): Op<SelectHit<C>> {
  return run(clauses, options, false) as Op<SelectHit<C>>;
}

/** Like `select`, but of several clauses that are ready each is as likely to win. */
export function rselect<const C extends readonly Clause[]>(clauses: C, options?: WaitOptions): Op<SelectHit<C>> {
  return run(clauses, options, true) as Op<SelectHit<C>>;
}

type AnyHit = { tag: string; index: number; channel?: AnyChannel; value?: unknown };

function run(clauses: readonly Clause[], options: WaitOptions | undefined, random: boolean): Op<AnyHit> {
  const arms = live(clauses);
  const refused = refusal(options);
  if (refused !== null) return refused;
  if (random) shuffle(arms);
  let fallback: AnyHit | null = null;
  const parked: Clause[] = [...clauses];
  try {
    for (const index of arms) {
      const clause = clauses[index] as Clause;
      if (clause === otherwise) fallback ??= { tag: "otherwise", index };
      else if (isTimeout(clause)) {
        if (clause.ms === 0) fallback ??= { tag: "timeout", index };
      } else {
        const hit = attempt(clause, index, parked);
        if (hit !== null) return settled(hit);
      }
    }
  } catch (error) {
    return failed(error);
  }
  if (fallback !== null) return settled(fallback);
  for (const index of arms) {
    const crowded = noRoom(parked[index] as Clause);
    if (crowded !== null) return failed(crowded);
  }
  const op = new SelectOp();
  for (const index of arms) op.arm(parked[index] as Clause, index);
  return abortable(op, options);
}

function live(clauses: readonly Clause[]): number[] {
  if (!Array.isArray(clauses)) {
    throw misuse("type", "NOT_CLAUSES", `select() takes an array of clauses, got ${describe(clauses)}`);
  }
  const arms: number[] = [];
  clauses.forEach((clause, index) => {
    if (clause === null || clause === false) return;
    if (!isClause(clause)) {
      throw misuse(
        "type",
        "NOT_A_CLAUSE",
        `select() clause ${index} must be a channel, [channel, value], timeout(ms), otherwise, a fiber, a promise or an AbortSignal; got ${describe(clause)}`,
      );
    }
    arms.push(index);
  });
  if (arms.length === 0) {
    throw misuse(
      "type",
      "NO_CLAUSES",
      "select() got no live clause and would wait for ever: pass at least one that is not null or false",
    );
  }
  return arms;
}

function isClause(clause: unknown): boolean {
  if (clause === otherwise) return true;
  if (Array.isArray(clause)) return clause.length === 2 && isChannel(clause[0]);
  return isChannel(clause) || isTimeout(clause) || isThenable(clause) || isSignal(clause);
}

function isTimeout(clause: unknown): clause is TimeoutClause {
  return typeof clause === "object" && clause !== null && "ms" in clause && !isThenable(clause);
}

function isSignal(clause: unknown): clause is AbortSignal {
  return typeof clause === "object" && clause !== null && "aborted" in clause;
}

// Fisher and Yates.
function shuffle(list: number[]): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(runtime.random() * (i + 1));
    [list[i], list[j]] = [list[j] as number, list[i] as number];
  }
}

// Why the clause may not wait at its channel, if it may not.
function noRoom(clause: Clause): ChannelError | null {
  if (isChannel(clause)) return (clause as Chan<unknown>).crowded("takes");
  return Array.isArray(clause) ? (clause[0] as Chan<unknown>).crowded("gives") : null;
}

// Commits the clause if it need not wait. Where it must after all, what it made is in `parked`.
function attempt(clause: Clause, index: number, parked: Clause[]): AnyHit | null {
  if (isChannel(clause)) {
    const value: unknown | Closed = clause.tryTake();
    if (value === EMPTY) return null;
    return value === CLOSED
      ? { tag: "closed", index, channel: clause }
      : { tag: "take", index, channel: clause, value };
  }
  if (Array.isArray(clause)) {
    const channel = clause[0] as Chan<unknown>;
    if (channel.closed) return { tag: "closed", index, channel };
    if (channel.full) return null;
    const value = made(clause[1]);
    const answer = channel.tryGive(value);
    if (answer === "ok") return { tag: "give", index, channel };
    // Making the value has filled or closed the channel.
    if (answer === "closed") return { tag: "closed", index, channel };
    parked[index] = [channel, value];
    return null;
  }
  if (isSignal(clause)) return clause.aborted ? { tag: "abort", index, value: clause.reason } : null;
  if (clause instanceof Operation && clause.done) {
    if (clause instanceof FiberOp) clause.observed = true;
    if (clause.failed) throw clause.value;
    return { tag: clause instanceof FiberOp ? "join" : "promise", index, value: clause.value };
  }
  return null;
}

function made(value: unknown): unknown {
  return value instanceof LazyValue ? value.make() : value;
}

class SelectOp extends Operation<AnyHit> {
  readonly #undo: (() => void)[] = [];

  arm(clause: Clause, index: number): void {
    if (isChannel(clause)) {
      const arm = new TakeArm(this, clause as Chan<unknown>, index);
      (clause as Chan<unknown>).takers.push(arm);
      this.#undo.push(() => arm.list?.remove(arm));
    } else if (Array.isArray(clause)) {
      const channel = clause[0] as Chan<unknown>;
      const arm = new GiveArm(this, channel, index, clause[1]);
      channel.givers.push(arm);
      this.#undo.push(() => channel.leave(arm));
    } else if (isTimeout(clause)) {
      const timer: Timer = runtime.setTimer(clause.ms, () => this.commit({ tag: "timeout", index }));
      this.#undo.push(() => runtime.clearTimer(timer));
    } else if (isSignal(clause)) {
      const aborted = (): void => this.commit({ tag: "abort", index, value: clause.reason });
      clause.addEventListener("abort", aborted);
      this.#undo.push(() => clause.removeEventListener("abort", aborted));
    } else if (clause instanceof Operation) {
      const tag = clause instanceof FiberOp ? "join" : "promise";
      const waiter: Waiter = {
        wake: (op) => (op.failed ? this.failAll(op.value) : this.commit({ tag, index, value: op.value })),
      };
      clause.watch(waiter);
      this.#undo.push(() => clause.unwatch(waiter));
    } else {
      // A promise of another make might call back at once, and so commit before the other clauses are armed.
      Promise.resolve(clause as PromiseLike<unknown>).then(
        (value) => this.commit({ tag: "promise", index, value }),
        (error: unknown) => this.failAll(error),
      );
    }
  }

  commit(hit: AnyHit): void {
    if (this.done) return;
    this.withdraw();
    this.settle(hit);
  }

  failAll(error: unknown): void {
    if (this.done) return;
    this.withdraw();
    this.fail(error);
  }

  override withdraw(): boolean {
    for (const undo of this.#undo) undo();
    this.#undo.length = 0;
    return true;
  }
}

class TakeArm implements Taker {
  before: Taker | null = null;
  after: Taker | null = null;
  list: WaitList<Taker> | null = null;
  readonly #select: SelectOp;
  readonly #channel: AnyChannel;
  readonly #index: number;

  constructor(select: SelectOp, channel: AnyChannel, index: number) {
    this.#select = select;
    this.#channel = channel;
    this.#index = index;
  }

  receive(value: unknown): void {
    this.#select.commit({ tag: "take", index: this.#index, channel: this.#channel, value });
  }

  closed(): void {
    this.#select.commit({ tag: "closed", index: this.#index, channel: this.#channel });
  }

  abort(error: unknown): void {
    this.#select.failAll(error);
  }
}

class GiveArm implements Giver {
  before: Giver | null = null;
  after: Giver | null = null;
  list: WaitList<Giver> | null = null;
  readonly #select: SelectOp;
  readonly #channel: AnyChannel;
  readonly #index: number;
  readonly #value: unknown;

  constructor(select: SelectOp, channel: AnyChannel, index: number, value: unknown) {
    this.#select = select;
    this.#channel = channel;
    this.#index = index;
    this.#value = value;
  }

  get pending(): unknown {
    return this.#value instanceof LazyValue ? NOTHING : this.#value;
  }

  hand(): unknown {
    let value: unknown;
    // From here on no other clause can commit, whatever making the value does.
    this.#select.withdraw();
    try {
      value = made(this.#value);
    } catch (error) {
      this.#select.failAll(error);
      return NOTHING;
    }
    // Cancelled or aborted by the very making of the value.
    if (this.#select.done) return NOTHING;
    this.#select.commit({ tag: "give", index: this.#index, channel: this.#channel });
    return value;
  }

  closed(): void {
    this.#select.commit({ tag: "closed", index: this.#index, channel: this.#channel });
  }
}
