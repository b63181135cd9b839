import { channel, go, now, rselect, scope, sleep } from "@good-place/channel";
import { type Simulation, simulate } from "@good-place/channel/simulation";
import { describe, expect, test } from "vitest";

// Every kind of choice: who runs, who is preempted, what rselect takes, what the body asks for.
function* program({ choose }: Simulation): Generator<unknown, string[], never> {
  const trace: string[] = [];
  const [a, b] = [channel<number>(2, { name: "a" }), channel<number>(2, { name: "b" })];
  yield* scope(function* (all) {
    for (let i = 0; i < 4; i++) {
      void all.go(function* giving(fiber) {
        yield* a.give(i);
        trace.push(`${fiber.id} gave a ${now()}`);
        yield* sleep(choose(3));
        yield* b.give(i);
        trace.push(`${fiber.id} gave b ${now()}`);
      });
    }
    for (let i = 0; i < 8; i++) {
      const hit = yield* rselect([a, b]);
      trace.push(`${hit.tag} ${hit.index} ${now()}`);
    }
  });
  return trace;
}

const traceOf = (seed: number | string): Promise<string[]> => simulate({ seed }, program);

describe("the order of steps", () => {
  test("the same seed gives the same run, to the ids of the fibers and the moments", async () => {
    for (const seed of [0, 1, -7.5, "Eleanor", "path:1.0.2"]) {
      expect(await traceOf(seed).catch(String)).toEqual(await traceOf(seed).catch(String));
    }
  });

  test("a seed means the same run in every process", async () => {
    const order = await simulate({ seed: "The Bad Place" }, function* () {
      const seen: number[] = [];
      yield* scope((all) => {
        for (let i = 0; i < 4; i++) {
          void all.go(function* (fiber) {
            for (let step = 0; step < 2; step++) yield seen.push(fiber.id);
          });
        }
      });
      return seen;
    });
    expect(order).toEqual([3, 3, 4, 4, 5, 6, 6, 5]);
  });

  test("other seeds give other runs", async () => {
    const traces = new Set<string>();
    for (let seed = 0; seed < 20; seed++) traces.add((await traceOf(seed)).join());
    expect(traces.size).toBeGreaterThan(15);
  });

  test("a number and its text are the same seed", async () => {
    expect(await traceOf(7)).toEqual(await traceOf("7"));
  });

  test("fibers take their first steps in the order of their start, whatever the seed", async () => {
    for (let seed = 0; seed < 50; seed++) {
      const begun = await simulate({ seed }, function* () {
        const seen: number[] = [];
        yield* scope(function* (all) {
          for (let i = 0; i < 6; i++) {
            void all.go(function* () {
              seen.push(i);
              yield* sleep(1);
            });
            if (i % 2 === 1) yield 0;
          }
        });
        return seen;
      });
      expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });

  test("an operation that need not wait lets others run first, under some seeds", async () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 30; seed++) {
      const order = await simulate({ seed }, function* () {
        const seen: string[] = [];
        const jobs = channel<number>(4);
        void go(function* () {
          yield* jobs.give(1);
          seen.push("gave");
          yield* jobs.give(2);
          seen.push("gave");
        });
        yield* jobs.take();
        seen.push("took");
        yield* sleep(1);
        return seen;
      });
      orders.add(order.join());
    }
    expect([...orders].sort()).toEqual(["gave,gave,took", "gave,took,gave", "took,gave,gave"]);
  });

  test("choose gives each of its numbers sometimes, and refuses what is no count", async () => {
    const drawn = await simulate({}, ({ choose }) => new Set(Array.from({ length: 100 }, () => choose(4))));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3]);
    for (const wrong of [0, -1, 1.5, Number.NaN]) {
      await expect(simulate({}, ({ choose }) => choose(wrong))).rejects.toMatchObject({ code: "BAD_CHOICE" });
    }
  });
});
