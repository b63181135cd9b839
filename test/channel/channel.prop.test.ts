import { type Channel, CLOSED, channel, EMPTY, type Fiber, go, select } from "@good-place/channel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Arm, type Kind, Model } from "./model.js";
import { turn } from "./turn.js";

type Step =
  | { do: "give" | "take" | "tryGive" | "tryTake" | "close"; at: number }
  | { do: "select"; arms: { at: number; gives: boolean }[] }
  | { do: "cancel"; which: number }
  | { do: "turn" };

const at = fc.nat(2);
const kind: fc.Arbitrary<Kind> = fc.oneof(
  fc.record({ rule: fc.constant("fixed" as const), capacity: fc.nat(3) }),
  fc.record({
    rule: fc.constantFrom("sliding" as const, "dropping" as const),
    capacity: fc.integer({ min: 1, max: 3 }),
  }),
  fc.constant({ rule: "unbounded" as const, capacity: Number.POSITIVE_INFINITY }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("give" as const, "take" as const), at }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("tryGive" as const, "tryTake" as const), at }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("select" as const),
      arms: fc.array(fc.record({ at, gives: fc.boolean() }), { minLength: 1, maxLength: 4, size: "max" }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), at }) },
  { weight: 3, arbitrary: fc.constant({ do: "turn" as const }) },
);

/** Runs real channels and the model side by side. Every waiting operation is a fiber of its own. */
class Run {
  readonly model: Model;
  readonly channels: Channel<number>[];
  readonly undelivered: number[] = [];
  readonly outcomes = new Map<number, string>();
  readonly fibers: Fiber<unknown>[] = [];
  given = 0;
  readonly #begun = new Set<number>();

  constructor(kinds: Kind[]) {
    this.model = new Model(kinds);
    this.channels = kinds.map((kind) => channel(kind, { onUndelivered: (value) => void this.undelivered.push(value) }));
  }

  async step(step: Step): Promise<void> {
    const { channels, model } = this;
    if (step.do === "turn") return turn();
    if (step.do === "cancel") return this.#cancel(step.which % Math.max(1, this.fibers.length));
    if (step.do === "select") return this.#wait(step.arms.map(({ at, gives }) => this.#arm(at, gives)));
    const index = step.at % channels.length;
    const at = channels[index] as Channel<number>;
    if (step.do === "close") {
      at.close();
      return model.close(index);
    }
    if (step.do === "give" || step.do === "take") return this.#wait([this.#arm(index, step.do === "give")]);
    this.#try(at, index, step.do === "tryGive");
  }

  #arm(at: number, gives: boolean): Arm {
    const channel = at % this.channels.length;
    return gives ? { channel, give: this.given++ } : { channel };
  }

  #try(at: Channel<number>, index: number, gives: boolean): void {
    const id = -1 - this.given;
    const arm = this.#arm(index, gives);
    this.model.wait(id, [arm]);
    const expected = this.model.outcomes.get(id) ?? "wait";
    this.model.cancel(id);
    this.model.outcomes.delete(id);
    const answer = arm.give === undefined ? at.tryTake() : at.tryGive(arm.give);
    const told: Record<PropertyKey, string> = { ok: "gave 0", full: "wait", closed: "closed 0" };
    const words = typeof answer === "number" ? `took ${answer} 0` : (told[answer as string] as string);
    expect(answer === EMPTY ? "wait" : answer === CLOSED ? "closed 0" : words).toBe(expected);
  }

  // The fiber is started and has tried before the model is asked: both see the same state.
  async #wait(arms: Arm[]): Promise<void> {
    const id = this.fibers.length;
    const clauses = arms.map(({ channel, give }) => {
      const at = this.channels[channel] as Channel<number>;
      return give === undefined ? at : ([at, give] as const);
    });
    const [only] = clauses;
    const { outcomes } = this;
    const begun = this.#begun;
    const fiber = go(function* () {
      begun.add(id);
      if (clauses.length === 1 && only !== undefined && id % 2 === 0) {
        const answer = Array.isArray(only) ? yield* only[0].give(only[1]) : yield* (only as Channel<number>).take();
        const words =
          answer === true ? "gave" : answer === false || answer === CLOSED ? "closed" : `took ${String(answer)}`;
        outcomes.set(id, `${words} 0`);
      } else {
        const hit = yield* select(clauses);
        const words = hit.tag === "take" ? `took ${hit.value}` : hit.tag === "give" ? "gave" : "closed";
        outcomes.set(id, `${words} ${hit.index}`);
      }
    });
    fiber.then(null, () => outcomes.set(id, "cancelled"));
    this.fibers.push(fiber);
    await Promise.resolve();
    // Where the runtime's turn was used up, the first step comes with the host's next one.
    while (!this.#begun.has(id)) await turn();
    this.model.wait(id, arms);
  }

  #cancel(which: number): void {
    const fiber = this.fibers[which];
    if (fiber === undefined) return;
    fiber.cancel();
    this.model.cancel(which);
  }
}

test("channels and selects do what the model does: order, conservation, nothing parked, no stale wake-up", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(kind, { minLength: 1, maxLength: 3, size: "max" }),
      fc.array(step, { maxLength: 40, size: "max" }),
      async (kinds, steps) => {
        const run = new Run(kinds);
        for (const each of steps) await run.step(each);
        await turn();
        expect(run.outcomes).toEqual(run.model.outcomes);
        expect(run.undelivered).toEqual(run.model.undelivered);
        const parked = run.channels.map((each) => each.statistics());
        expect(parked.map(({ parkedGives: gives, parkedTakes: takes }) => ({ gives, takes }))).toEqual(
          run.model.parked(),
        );
        expect(parked.map(({ size }) => size)).toEqual(run.model.channels.map(({ buffer }) => buffer.length));
        for (const fiber of run.fibers) fiber.cancel();
        await turn();
        for (const each of run.channels) {
          expect(each.statistics()).toMatchObject({ parkedGives: 0, parkedTakes: 0 });
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("under many fibers, cancels and used-up turns every value is taken once, refused, or still there", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(4),
      fc.integer({ min: 1, max: 400 }),
      fc.infiniteStream(fc.nat(5)),
      async (capacity, patience, chance) => {
        const jobs = channel<number>(capacity);
        const [accepted, taken]: [Set<number>, number[]] = [new Set(), []];
        const givers = [0, 1, 2].map((n) =>
          go(function* () {
            for (let i = 0; i < 900; i++) if (yield* jobs.give(n * 1000 + i)) accepted.add(n * 1000 + i);
          }),
        );
        const takers = [0, 1, 2].map(() =>
          go(function* () {
            for (;;) taken.push((yield* jobs.take()) as number);
          }),
        );
        for (let i = 0; i < patience; i++) await Promise.resolve();
        for (const fiber of [...givers, ...takers]) {
          if (chance.next().value === 0) await turn();
          fiber.cancel();
        }
        for (const fiber of [...givers, ...takers]) await fiber.then(null, () => {});
        for (let value = jobs.tryTake(); typeof value === "number"; value = jobs.tryTake()) taken.push(value);
        expect(taken.sort()).toEqual([...accepted].sort());
      },
    ),
    { numRuns: 60 },
  );
});
