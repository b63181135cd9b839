import { EMPTY, go, select, sleep } from "@good-place/channel";
import { type ThreadChannel, threadChannel } from "@good-place/channel/thread";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent, soon } from "./agent.js";

let agents: Agent[];
beforeAll(() => {
  agents = [new Agent(), new Agent()];
});
afterAll(async () => {
  for (const agent of agents) expect(await agent.end()).toBe("done");
});

interface Step {
  readonly what: "give" | "take" | "select";
  readonly on: "a" | "b";
  /** The clauses of a select: take at both channels, give at both, or both on one. */
  readonly kind: number;
  /** When it is cancelled: at once, soon, later. */
  readonly ms: number;
  readonly value: number;
  readonly clauses: readonly object[];
}

interface Outcome {
  readonly value?: unknown;
  readonly error?: unknown;
}

const step = fc.record({
  what: fc.constantFrom("give", "take", "select"),
  on: fc.constantFrom("a", "b"),
  kind: fc.nat(2),
  ms: fc.constantFrom(-1, 0, 0, 1, 2),
});
const programs = fc.record({
  capacities: fc.tuple(fc.constantFrom(0, 1, 3), fc.constantFrom(0, 2, 8)),
  scripts: fc.tuple(...[0, 1, 2].map(() => fc.array(step, { minLength: 4, maxLength: 16 }))),
});

// Values tell who gave them, and rise with each give of one giver.
function numbered(script: readonly object[], giver: number): Step[] {
  return (script as Step[]).map((each, i) => {
    const value = giver * 1000 + i;
    const takes = [{ take: "a" }, { take: "b" }];
    const gives = [
      { give: "b", value },
      { give: "a", value },
    ];
    return { ...each, value, clauses: [takes, gives, [{ take: each.on }, { give: each.on, value }]][each.kind] ?? [] };
  });
}

/** The script as a fiber of the thread in which the channels live. */
function* atHome(steps: readonly Step[], channels: Record<"a" | "b", ThreadChannel<number>>) {
  const outcomes: Outcome[] = [];
  for (const { what, on, ms, value, clauses } of steps) {
    const inner = go(function* inner(): Generator<unknown, unknown, never> {
      if (what === "give") return yield* channels[on].give(value);
      if (what === "take") return yield* channels[on].take();
      const made = (clauses as { take?: "a" | "b"; give?: "a" | "b" }[]).map(({ take, give }) =>
        take === undefined ? ([channels[give as "a"], value] as const) : channels[take],
      );
      return yield* select(made);
    });
    if (ms >= 0) yield* sleep(ms);
    inner.cancel("impatient");
    try {
      outcomes.push({ value: yield* inner });
    } catch (error) {
      outcomes.push({ error: (error as { code: unknown }).code });
    }
  }
  return outcomes;
}

/** What a script has given and taken, by channel, in its order. */
function ledger(steps: readonly Step[], outcomes: readonly Outcome[]) {
  const given: Record<string, number[]> = { a: [], b: [] };
  const taken: Record<string, number[]> = { a: [], b: [] };
  outcomes.forEach(({ value, error }, i) => {
    const { what, on, value: own, clauses } = steps[i] as Step;
    if (error !== undefined) expect(error).toBe("CANCELLED");
    else if (what === "give") given[on]?.push(own);
    else if (what === "take") taken[on]?.push(value as number);
    else {
      const hit = value as { tag: string; index: number; value: number };
      const clause = clauses[hit.index] as { take?: string; give?: string };
      if (hit.tag === "take") taken[clause.take as string]?.push(hit.value);
      else given[clause.give as string]?.push(own);
    }
  });
  return { given, taken };
}

/** Values of one giver never overtake each other on their way to one taker. */
function inOrder(values: readonly number[]): boolean {
  const last = new Map<number, number>();
  return values.every((value) => {
    const giver = Math.floor(value / 1000);
    const rises = value > (last.get(giver) ?? -1);
    last.set(giver, value);
    return rises;
  });
}

describe("programs in three threads", () => {
  test("whatever they give, take, select and cancel: every value is taken once or still there, in order", async () => {
    await fc.assert(
      fc.asyncProperty(programs, async ({ capacities, scripts }) => {
        const channels = { a: threadChannel<number>(capacities[0]), b: threadChannel<number>(capacities[1]) };
        for (const agent of agents) {
          for (const as of ["a", "b"] as const) await agent.use(channels[as] as ThreadChannel<never>, as);
        }
        const steps = scripts.map(numbered);
        const outcomes = (await Promise.all([
          ...agents.map((agent, i) => agent.do({ op: "script", steps: steps[i] })),
          go(() => atHome(steps[2] as Step[], channels)),
        ])) as Outcome[][];
        const ledgers = outcomes.map((each, i) => ledger(steps[i] as Step[], each));
        for (const on of ["a", "b"] as const) {
          const given = ledgers.flatMap((each) => each.given[on] ?? []);
          const made = channels[on];
          // What was accepted on credit may still be on its way.
          await soon(() => made.statistics().given === given.length);
          await soon(() => made.statistics().parkedTakes + made.statistics().parkedGives === 0);
          const taken = ledgers.map((each) => each.taken[on] ?? []);
          // What is lent to a select that has just chosen another clause is on its way back.
          const left: number[] = [];
          await soon(() => {
            for (let value = made.tryTake(); value !== EMPTY; value = made.tryTake()) left.push(value as number);
            return left.length >= given.length - taken.flat().length;
          });
          expect([...taken.flat(), ...left].sort()).toEqual([...given].sort());
          for (const [i, values] of taken.entries()) expect(inOrder([...values, ...(i === 2 ? left : [])])).toBe(true);
          made.close();
        }
      }),
      { numRuns: 60 },
    );
  });
});
