/**
 * `select` and `rselect`: wait for the first of several clauses, and commit exactly that one.
 * First pass: try every clause without waiting, in order (`rselect`: in a random order). Only if none is ready do all
 * of them park; the first that is served commits and takes the others out of their queues in the same step.
 */
import { abortable } from "./abort.js";
import { CLOSED, EMPTY, is } from "./answers.js";
import { answer, operationOf } from "./awaited.js";
import { isChannel, refuseAnswer } from "./channel-face.js";
import {
  type AnyChannel,
  type AnyHit,
  type Clause,
  type Fitting,
  isClause,
  isGive,
  isTimeout,
  made,
  otherwise,
  type SelectHit,
} from "./clause.js";
import { describe, misuse } from "./errors.js";
import { FiberOp } from "./fiber.js";
import { runtime } from "./internal/runtime.js";
import type { Op, WaitOptions } from "./operation.js";
import { failed, refusal, settled } from "./outcome.js";
import type { Selectable } from "./parked.js";
import { SelectOp } from "./select-op.js";
import { isSignal } from "./shapes.js";
import { promised } from "./until.js";

/**
 * Waits for the first clause that can go on; of several that are ready the first in the list wins, so an earlier clause
 * that is always ready starves the later ones (see `rselect`). A clause on a closed channel is ready and answers
 * "closed". Throws NO_CLAUSES when all are disabled.
 */
export function select<const C extends readonly Clause[]>(
  clauses: C & { readonly [K in keyof C]: Fitting<C[K]> },
  options?: WaitOptions,
): Op<SelectHit<C>> {
  return run(clauses, options, false) as Op<SelectHit<C>>;
}

/** Like `select`, but of several clauses that are ready each is as likely to win. */
export function rselect<const C extends readonly Clause[]>(
  clauses: C & { readonly [K in keyof C]: Fitting<C[K]> },
  options?: WaitOptions,
): Op<SelectHit<C>> {
  return run(clauses, options, true) as Op<SelectHit<C>>;
}

function run(clauses: readonly Clause[], options: WaitOptions | undefined, random: boolean): Op<AnyHit> {
  check(clauses);
  const refused = refusal(options);
  if (refused !== null) return refused;
  const order = random ? shuffled(clauses.length) : null;
  let fallback: AnyHit | null = null;
  // What waits for a give is what will be given.
  let waiting: readonly Clause[] = clauses;
  try {
    for (let i = 0; i < clauses.length; i++) {
      const index = order === null ? i : (order[i] as number);
      const clause = clauses[index] as Clause;
      if (clause === null || clause === false) continue;
      if (clause === otherwise) fallback ??= { tag: "otherwise", index };
      else if (isChannel(clause)) {
        const hit = attemptTake(clause, index);
        if (hit !== null) return settled(hit);
      } else if (isGive(clause)) {
        const hit = attemptGive(clause[0] as AnyChannel & Selectable, clause[1], index);
        if (!(hit instanceof Outgoing)) return settled(hit);
        if (hit.value !== clause[1]) waiting = waiting.with(index, [clause[0], hit.value]);
      } else if (isTimeout(clause)) {
        if (clause.ms === 0) fallback ??= { tag: "timeout", index };
      } else {
        const hit = attempt(clause as AbortSignal | PromiseLike<unknown>, index);
        if (hit !== null) return settled(hit);
      }
    }
  } catch (error) {
    return failed(error);
  }
  return fallback === null ? park(waiting, options) : settled(fallback);
}

function park(clauses: readonly Clause[], options: WaitOptions | undefined): Op<AnyHit> {
  const op = new SelectOp();
  for (let index = 0; index < clauses.length; index++) {
    const clause = clauses[index] as Clause;
    if (clause === null || clause === false) continue;
    const crowded = noRoom(clause);
    if (crowded !== null) {
      op.withdraw();
      return failed(crowded);
    }
    op.arm(clause, index);
    // It has come about while a lazy value was made.
    if (op.done) break;
  }
  return answer(abortable(op, options));
}

// Before anything is committed: a clause that is none must not be found after one that was.
function check(clauses: readonly Clause[]): void {
  if (!Array.isArray(clauses)) {
    throw misuse("type", "NOT_CLAUSES", `select() takes an array of clauses, got ${describe(clauses)}`);
  }
  let live = 0;
  for (let index = 0; index < clauses.length; index++) {
    const clause = clauses[index];
    if (clause === null || clause === false) continue;
    if (!isClause(clause)) {
      throw misuse(
        "type",
        "NOT_A_CLAUSE",
        `select() clause ${index} must be a channel, [channel, value], timeout(ms), otherwise, a fiber, a promise or an AbortSignal; got ${operationOf(clause)?.label ?? describe(clause)}`,
      );
    }
    live++;
  }
  if (live > 0) return;
  throw misuse(
    "type",
    "NO_CLAUSES",
    "select() got no live clause and would wait for ever: pass at least one that is not null or false",
  );
}

// Fisher and Yates.
function shuffled(length: number): number[] {
  const list = Array.from({ length }, (_, index) => index);
  for (let i = length - 1; i > 0; i--) {
    const j = runtime.choose(i + 1);
    [list[i], list[j]] = [list[j] as number, list[i] as number];
  }
  return list;
}

// Why the clause may not wait at its channel, if it may not.
function noRoom(clause: Clause): Error | null {
  if (isChannel(clause)) return (clause as AnyChannel & Selectable).crowded("takes");
  return isGive(clause) ? (clause[0] as AnyChannel & Selectable).crowded("gives") : null;
}

function attemptTake(channel: AnyChannel, index: number): AnyHit | null {
  const value: unknown = channel.tryTake();
  if (is(value, EMPTY)) return null;
  return is(value, CLOSED) ? { tag: "closed", index, channel } : { tag: "take", index, channel, value };
}

// What is to be given when the clause's turn comes: in a thread channel a copy, and a lazy value once it is made.
class Outgoing {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

// Making a lazy value may have filled or closed the channel.
function attemptGive(channel: AnyChannel & Selectable, given: unknown, index: number): AnyHit | Outgoing {
  if (channel.closed) return { tag: "closed", index, channel };
  refuseAnswer(given);
  const outgoing = channel.outgoing(given);
  if (channel.full) return new Outgoing(outgoing);
  const value = made(outgoing);
  const tried = channel.offer(value);
  if (tried === "full") return new Outgoing(value);
  return { tag: tried === "ok" ? "give" : "closed", index, channel };
}

function attempt(clause: AbortSignal | PromiseLike<unknown>, index: number): AnyHit | null {
  if (isSignal(clause)) return clause.aborted ? { tag: "abort", index, value: clause.reason } : null;
  const op = operationOf(clause) ?? promised(clause);
  if (!op.done) return null;
  if (op instanceof FiberOp) op.observed = true;
  if (op.failed) throw op.value;
  return { tag: op instanceof FiberOp ? "join" : "promise", index, value: op.value };
}
