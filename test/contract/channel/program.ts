/**
 * The contract under random programs: whatever both ends give, take, select, cancel and close, every value that was
 * accepted is taken once or reported undelivered, no other is ever seen, and none overtakes one that its giver gave before.
 */
import { CLOSED, EMPTY } from "@good-place/channel";
import fc from "fast-check";
import { expect } from "vitest";
import { type Call, type End, type PlainHit, selectAt } from "./end.js";
import type { Body, Ends, Maker } from "./maker.js";

const at = fc.nat(1);
const side = fc.constantFrom("near" as const, "far" as const);
const arm = fc.record({ at, gives: fc.boolean() });
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("give" as const, "take" as const, "tryGive" as const, "tryTake" as const),
      at,
      side,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("select" as const),
      side,
      arms: fc.array(arm, { minLength: 1, maxLength: 3, size: "max" }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      how: fc.constantFrom("close" as const, "finish" as const),
      at,
      side,
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: "settle" as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
type Waiting = Extract<Step, { do: "give" | "take" | "tryGive" | "tryTake" | "select" }>;

interface Begun {
  readonly call: Call<unknown>;
  readonly waits: boolean;
  readonly side: "near" | "far";
  /** The channel and the value of each arm; no value for a take. */
  readonly arms: readonly { at: number; value?: number }[];
}

interface Ended {
  readonly begun: Begun;
  readonly arm: number;
  readonly outcome: "gave" | "took" | "refused" | "unknown";
  readonly value?: unknown;
}

export async function programs(maker: Maker, least: number): Promise<void> {
  const capacity = fc.integer({ min: least, max: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(capacity, capacity),
      fc.array(step, { maxLength: 40, size: "max" }),
      async (capacities, steps) => {
        await maker.run(() => program(maker, capacities, steps));
      },
    ),
    { numRuns: maker.programs },
  );
}

type Side = Begun["side"];
type EndOf = (at: number, side: Side) => End<number>;

function* program(maker: Maker, capacities: readonly number[], steps: readonly Step[]): Body {
  const channels = capacities.map((capacity) => maker.make<number>(capacity));
  const endOf: EndOf = (at, side) => (channels[at] as Ends<number>)[side];
  const begun: Begun[] = [];
  let given = 0;
  for (const each of steps) {
    if (each.do === "settle") yield* maker.settle();
    else if (each.do === "end") {
      const ending = endOf(each.at, each.side)[each.how]();
      if (each.how === "close") yield* ending;
    } else if (each.do === "cancel") {
      const which = begun[each.which % Math.max(1, begun.length)];
      if (which?.waits) yield* which.call.cancel("by the program");
    } else {
      const next = begin(each, given, endOf);
      given += next.arms.length;
      begun.push(next);
    }
  }
  // Whoever is still parked is told to go, then what is left is drained.
  for (const each of begun) if (each.waits) yield* each.call.cancel("the program is over");
  const ended: Ended[] = [];
  for (const each of begun) ended.push(yield* end(each));
  for (const [at, { near, far, lost }] of channels.entries()) {
    yield* near.close();
    const rest: number[] = [];
    for (let value = yield* far.take(); value !== CLOSED; value = yield* far.take()) rest.push(value);
    check(at, ended, rest, lost);
  }
}

// What is given is numbered from `next` on.
function begin(each: Waiting, next: number, endOf: EndOf): Begun {
  if (each.do === "select") {
    const arms = each.arms.map(({ at, gives }, i) => (gives ? { at, value: next + i } : { at }));
    return { side: each.side, arms, waits: true, call: selecting(arms, (at) => endOf(at, each.side)) };
  }
  const { at, side } = each;
  const end = endOf(at, side);
  const waits = each.do === "give" || each.do === "take";
  return each.do === "give" || each.do === "tryGive"
    ? { side, arms: [{ at, value: next }], waits, call: end[each.do](next) }
    : { side, arms: [{ at }], waits, call: end[each.do]() };
}

function selecting(arms: Begun["arms"], endOf: (at: number) => End<number>): Call<PlainHit> {
  const ends = arms.map((arm) => endOf(arm.at));
  const clauses = arms.map((arm, i) => {
    const end = ends[i] as End<number>;
    return arm.value === undefined ? end : ([end, arm.value] as const);
  });
  return selectAt(ends[0] as End<number>, clauses);
}

function* end(begun: Begun): Generator<unknown, Ended, unknown> {
  let answer: unknown;
  try {
    answer = yield* begun.call;
  } catch (error) {
    expect((error as { code?: unknown }).code).toBe("CANCELLED");
    return { begun, arm: 0, outcome: "refused" };
  }
  const hit = answer as PlainHit | null;
  if (typeof hit === "object" && hit !== null) {
    const outcome = hit.tag === "take" ? "took" : hit.tag === "give" ? "gave" : "refused";
    return { begun, arm: hit.index, outcome, value: hit.value };
  }
  if (answer === true || answer === "ok") return { begun, arm: 0, outcome: "gave" };
  if (typeof answer === "number") return { begun, arm: 0, outcome: "took", value: answer };
  expect([false, "full", "closed", CLOSED, EMPTY]).toContain(answer);
  return { begun, arm: 0, outcome: "refused" };
}

function check(at: number, ended: readonly Ended[], rest: readonly number[], lost: readonly number[]): void {
  const here = ended.filter(({ begun, arm }) => begun.arms[arm]?.at === at);
  const gave = here.filter(({ outcome }) => outcome === "gave");
  const took = here.filter(({ outcome }) => outcome === "took");
  const given = ({ begun, arm }: Ended) => begun.arms[arm]?.value as number;
  expect([...took.map(({ value }) => value as number), ...rest, ...lost].sort(byNumber)).toEqual(
    gave.map(given).sort(byNumber),
  );
  // Values are numbered in the order of their gives, and the takers of a side are served in the order of their takes.
  for (const giver of ["near", "far"]) {
    const own = new Set(gave.filter(({ begun }) => begun.side === giver).map(given));
    for (const taker of ["near", "far"]) {
      const values = took.filter(({ begun }) => begun.side === taker).map(({ value }) => value as number);
      const inOrder = [...values, ...rest].filter((value) => own.has(value));
      expect(inOrder).toEqual([...inOrder].sort(byNumber));
    }
  }
}

function byNumber(a: number, b: number): number {
  return a - b;
}
