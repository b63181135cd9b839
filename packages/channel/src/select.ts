/**
 * `select` and `rselect`: wait for the first of several clauses, and commit exactly that one.
 * First pass: try every clause without waiting, in order (`rselect`: in a random order). Only if none is ready do all
 * of them park; the first that is served commits and takes the others out of their queues in the same step.
 */
import { CLOSED, type Closed, EMPTY } from "./answers.js";
import { isChannel } from "./channel.js";
import {
  type AnyChannel,
  type AnyHit,
  type Clause,
  isClause,
  isSignal,
  isTimeout,
  made,
  otherwise,
  type SelectHit,
} from "./clause.js";
import { describe, misuse } from "./errors.js";
import { FiberOp } from "./fiber.js";
import { runtime } from "./internal/runtime.js";
import { abortable, failed, type Op, Operation, refusal, settled, type WaitOptions } from "./operation.js";
import type { Selectable } from "./parked.js";
import { SelectOp } from "./select-op.js";

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

// Fisher and Yates.
function shuffle(list: number[]): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(runtime.random() * (i + 1));
    [list[i], list[j]] = [list[j] as number, list[i] as number];
  }
}

// Why the clause may not wait at its channel, if it may not.
function noRoom(clause: Clause): Error | null {
  if (isChannel(clause)) return (clause as AnyChannel & Selectable).crowded("takes");
  return Array.isArray(clause) ? (clause[0] as AnyChannel & Selectable).crowded("gives") : null;
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
    const channel = clause[0] as AnyChannel & Selectable;
    if (channel.closed) return { tag: "closed", index, channel };
    const outgoing = channel.outgoing(clause[1]);
    if (channel.full) {
      parked[index] = [channel, outgoing];
      return null;
    }
    const value = made(outgoing);
    const answer = channel.offer(value);
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
