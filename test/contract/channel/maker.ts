/**
 * What the contract's suite asks of each kind of channel: to make one, seen from both of its ends, and to run a test's
 * body in the surroundings that it is for. A body is a generator and waits by `yield*` alone, so that it can run in a
 * simulation too; it never assumes that one end sees at once what the other has done.
 */
import { type Buffer, channel, go, type Op, sleep } from "@good-place/channel";
import type { Call, Desk, End } from "./end.js";
import type { Operator, Outcome, Port } from "./operator.mjs";

/** What a kind of channel may not have; a maker that lacks it says why. */
export type Feature = "rendezvous" | "rules" | "for await" | "statistics of both ends";

export interface Ends<T> {
  readonly near: End<T>;
  readonly far: End<T>;
  /** What the channel's `onUndelivered` has got so far. */
  readonly lost: T[];
}

export interface MakeOptions {
  readonly name?: string;
  readonly maxParked?: number;
}

export interface Maker {
  readonly name: string;
  readonly lacks: Partial<Record<Feature, string>>;
  /** How many random programs are worth their time. */
  readonly programs: number;
  make<T>(buffer?: number | Buffer, options?: MakeOptions): Ends<T>;
  run(body: () => Body): PromiseLike<unknown>;
  /** Lets go on what can go on. A hint only: what has to be true at the other end is waited for by `eventually`. */
  settle(): Op<unknown>;
}

export type Body = Generator<unknown, void, unknown>;

/** One sentence of the contract, and the program that shows it. */
export interface Fact {
  readonly title: string;
  readonly needs: Feature | undefined;
  readonly body: (maker: Maker) => Body;
}

export function fact(title: string, body: (maker: Maker) => Body, needs?: Feature): Fact {
  return { title, needs, body };
}

/** Waits for all calls, in their order. */
export function* all<T>(calls: readonly Call<T>[]): Generator<unknown, T[], unknown> {
  const values: T[] = [];
  for (const each of calls) values.push(yield* each);
  return values;
}

/** Asks again and again until the answer passes; the last answer where it never does. */
export function* eventually<T>(ask: () => Call<T>, passes: (answer: T) => boolean): Generator<unknown, T, unknown> {
  for (let tries = 0; ; tries++) {
    const answer = yield* ask();
    if (passes(answer) || tries === 500) return answer;
    yield* sleep(1);
  }
}

/** What the call fails with: its code, or what was thrown where that has none; undefined where it succeeds. */
export function* failureOf(told: Call<unknown>): Generator<unknown, unknown, unknown> {
  try {
    yield* told;
    return undefined;
  } catch (error) {
    return (error as { code?: unknown } | null)?.code ?? error;
  }
}

/** A desk in this thread. */
export function deskOf(operator: Operator): Desk {
  return { tell: (command) => operator.begin(command) };
}

/** A desk behind a port, at whose other side `serve` works. */
export function deskBehind(port: Port): Desk {
  const waiting = new Map<number, (outcome: Outcome) => void>();
  port.onmessage = ({ data }: { data: { id: number; outcome: Outcome } }) => {
    waiting.get(data.id)?.(data.outcome);
    waiting.delete(data.id);
  };
  return {
    tell(command) {
      const answer = channel<Outcome>(1);
      waiting.set(command.id, (outcome) => void answer.tryGive(outcome));
      port.postMessage(command);
      return go(function* () {
        return (yield* answer.take()) as Outcome;
      });
    },
  };
}
