/**
 * One end of a channel, as the contract's tests use it: every call becomes a command for whoever has the channel, here or
 * in another thread, and can be `yield*`ed for its outcome.
 */
import { type ChannelStatistics, CLOSED, type Closed, EMPTY, type Empty, type Op } from "@good-place/channel";
import type { Command, Outcome, PlainClause } from "./operator.mjs";

/** Where commands go: an operator in this thread, or what carries them to one in another. */
export interface Desk {
  tell(command: Command): Op<Outcome>;
}

/** A command that has been told. `cancel` cancels the fiber that waits for it there, `abort` the signal of its options. */
export interface Call<T> {
  [Symbol.iterator](): Generator<unknown, T, unknown>;
  cancel(reason?: unknown): Call<void>;
  abort(reason?: unknown): Call<void>;
}

type Untold = Command extends infer C ? (C extends Command ? Omit<C, "id"> : never) : never;

let lastCall = 0;

/** Tells the desk a command. */
export function call<T>(desk: Desk, command: Untold): Call<T> {
  const id = ++lastCall;
  const told = desk.tell({ ...command, id } as Command);
  return {
    *[Symbol.iterator]() {
      return decoded(yield* told) as T;
    },
    cancel: (reason) => call(desk, { do: "cancel", call: id, reason }),
    abort: (reason) => call(desk, { do: "abortSignal", call: id, reason }),
  };
}

function decoded(outcome: Outcome): unknown {
  if ("error" in outcome) throw outcome.error;
  if ("answer" in outcome) return outcome.answer === "closed" ? CLOSED : EMPTY;
  return outcome.value;
}

/** What is known of the channel at this end. */
export type State = ChannelStatistics & { readonly closed: boolean; readonly reason: unknown };

/** What a select answered; without its channel, which its index tells. */
export interface PlainHit {
  readonly tag: string;
  readonly index: number;
  readonly value?: unknown;
}

export type EndClause =
  | End<unknown>
  | readonly [End<unknown>, unknown]
  | readonly [End<unknown>, "lazy", unknown]
  | { readonly timeoutMs: number }
  | "otherwise"
  | null
  | false;

interface Early {
  /** The signal of the options has aborted already, for this reason. */
  readonly aborted?: unknown;
}

export class End<T> {
  readonly desk: Desk;
  readonly at: number;

  constructor(desk: Desk, at: number) {
    this.desk = desk;
    this.at = at;
  }

  give(value: T, early: Early = {}): Call<boolean> {
    return call(this.desk, { do: "give", at: this.at, value, ...early });
  }
  take(early: Early = {}): Call<T | Closed> {
    return call(this.desk, { do: "take", at: this.at, ...early });
  }
  tryGive(value: T): Call<"ok" | "full" | "closed"> {
    return call(this.desk, { do: "tryGive", at: this.at, value });
  }
  tryTake(): Call<T | Empty | Closed> {
    return call(this.desk, { do: "tryTake", at: this.at });
  }
  close(reason?: unknown): Call<void> {
    return call(this.desk, { do: "close", at: this.at, reason });
  }
  finish(reason?: unknown): Call<void> {
    return call(this.desk, { do: "finish", at: this.at, reason });
  }
  abort(reason: unknown): Call<void> {
    return call(this.desk, { do: "abort", at: this.at, reason });
  }
  /** Iterates by `for await`, and leaves the loop after `limit` values. */
  iterate(limit: number = Number.POSITIVE_INFINITY): Call<T[]> {
    return call(this.desk, { do: "iterate", at: this.at, limit });
  }
  state(): Call<State> {
    return call(this.desk, { do: "state", at: this.at });
  }
  /** The lazy values that selects at this end have made so far. */
  made(): Call<unknown[]> {
    return call(this.desk, { do: "made" });
  }
}

/** Selects at one end; all clauses have to be of that end. */
export function selectAt(
  { desk }: End<unknown>,
  clauses: readonly EndClause[],
  options: Early & { random?: boolean } = {},
): Call<PlainHit> {
  const { random = false, ...early } = options;
  return call(desk, { do: "select", clauses: clauses.map(plain), random, ...early });
}

function plain(clause: EndClause): PlainClause {
  if (clause === null || clause === false) return clause;
  if (clause === "otherwise") return { otherwise: true };
  if (clause instanceof End) return { take: clause.at };
  if (!Array.isArray(clause)) return clause as { timeoutMs: number };
  const [{ at }, value, lazy] = clause as readonly [End<unknown>, unknown, unknown?];
  return clause.length === 3 ? { give: at, lazy } : { give: at, value };
}
