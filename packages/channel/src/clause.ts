/**
 * The clauses of a select: what each kind is, and what it answers when it commits.
 */
import { operationOf } from "./awaited.js";
import { type Channel, isChannel } from "./channel-face.js";
import { describe, misuse } from "./errors.js";
import type { Fiber } from "./fiber-face.js";
import { GiveOp, TakeOp } from "./parked.js";
import { isSignal, isThenable } from "./shapes.js";
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
export type AnyChannel = Channel<any>;

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

/** The clause, or what it would have to be: a give must fit its channel. */
export type Fitting<C> = C extends readonly [Channel<infer T>, infer V]
  ? V extends T | Lazy<T>
    ? C
    : readonly [Channel<T>, T | Lazy<T>]
  : C;

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
  if (typeof make !== "function") throw misuse("type", "NOT_LAZY", `lazy() takes a function, got ${describe(make)}`);
  return new LazyValue(make);
}

export class LazyValue<T> implements Lazy<T> {
  readonly make: () => T;
  constructor(make: () => T) {
    this.make = make;
  }
}

/** Any hit, for the code that makes them. */
export type AnyHit = { tag: string; index: number; channel?: AnyChannel; value?: unknown };

export function isClause(clause: unknown): boolean {
  if (clause === otherwise) return true;
  if (Array.isArray(clause)) return clause.length === 2 && isChannel(clause[0]);
  return isChannel(clause) || isTimeout(clause) || isSignal(clause) || (isThenable(clause) && !isTransfer(clause));
}

// A take or a give that was called has begun by itself: the select could not undo it. The channel is the clause.
function isTransfer(clause: unknown): boolean {
  const op = operationOf(clause);
  return op !== null && !op.done && (op instanceof TakeOp || op instanceof GiveOp);
}

export function isGive(clause: Clause): clause is readonly [AnyChannel, unknown] {
  return Array.isArray(clause);
}

export function isTimeout(clause: unknown): clause is TimeoutClause {
  if (typeof clause !== "object" || clause === null || !("ms" in clause) || isThenable(clause)) return false;
  checkMs("a timeout clause", clause.ms as number);
  return true;
}

/** The value to give, made now if it is lazy. */
export function made(value: unknown): unknown {
  return value instanceof LazyValue ? value.make() : value;
}
