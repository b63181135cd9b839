import { type Body, type Channel, channel, EMPTY, go, scope, sleep } from "@good-place/channel";
import {
  ExploreError,
  type ExploreOptions,
  explore,
  type SimulationBody,
  simulate,
} from "@good-place/channel/simulation";
import { describe, expect, test } from "vitest";
import { codeOf } from "../turn.js";

function lock(name: string): Channel<null> {
  const free = channel<null>(1, { name });
  free.tryGive(null);
  return free;
}

// Two read, wait, and write back what they have read.
function* lostUpdate(): Generator<unknown, void, never> {
  let coins = 0;
  yield* scope((all) => {
    for (let i = 0; i < 2; i++) {
      void all.go(function* () {
        const seen = coins;
        yield* sleep(i);
        coins = seen + 1;
      });
    }
  });
  if (coins !== 2) throw new Error(`one of two coins is lost: ${coins}`);
}

// Two take the same two locks, each in its own order.
function* lockOrder(): Generator<unknown, void, never> {
  const [soup, toast] = [lock("soup"), lock("toast")];
  yield* scope((all) => {
    for (const [first, second] of [
      [soup, toast],
      [toast, soup],
    ] as const) {
      void all.go(function* () {
        yield* first.take();
        yield* second.take();
        second.tryGive(null);
        first.tryGive(null);
      });
    }
  });
}

// One looks whether there is a value, and takes it in another step.
function* checkThenAct(): Generator<unknown, void, never> {
  const jobs = channel<number>(2);
  jobs.tryGive(1);
  yield* scope((all) => {
    for (let i = 0; i < 2; i++) {
      void all.go(function* () {
        if (jobs.statistics().size === 0) return;
        yield* sleep(0);
        if (jobs.tryTake() === EMPTY) throw new Error("somebody else took it");
      });
    }
  });
}

// The bug shows only where an operation that need not wait lets another fiber run.
function* preempted(): Generator<unknown, void, never> {
  const log = channel<string>(8);
  let busy = false;
  yield* scope((all) => {
    for (const name of ["Michael", "Janet"]) {
      void all.go(function* () {
        if (busy) throw new Error(`${name} came in while it was busy`);
        busy = true;
        yield* log.give(name);
        busy = false;
      });
    }
  });
}

const bugs: readonly [string, SimulationBody<void>, ExploreOptions, string][] = [
  ["a lost update", lostUpdate, {}, "one of two coins is lost"],
  ["locks taken in two orders", lockOrder, {}, "nothing can go on"],
  ["a check and an act in two steps", checkThenAct, {}, "somebody else took it"],
  ["what only a used-up turn shows", preempted, { preempt: true }, "came in while it was busy"],
];

describe("explore finds", () => {
  test.each(bugs)("%s, by chance, and its seed shows it again", async (_, body, __, text) => {
    const error = await explore(body).then(null, (thrown) => thrown);
    expect(error).toBeInstanceOf(ExploreError);
    expect(error).toMatchObject({ code: "RUN_FAILED", message: expect.stringContaining(`seed: ${error.seed}`) });
    expect(error.cause.message).toContain(text);
    await expect(simulate({ seed: error.seed }, body)).rejects.toThrow(text);
  });

  test.each(bugs)("%s, searching all, and its seed shows it again", async (_, body, options, text) => {
    const search = explore(body, { mode: "exhaustive", preempt: true, runs: 10_000, ...options });
    const error = await search.then(null, (thrown) => thrown);
    expect(error.seed).toMatch(/^preempt:[\d.]*$/);
    expect(error.cause.message).toContain(text);
    await expect(simulate({ seed: error.seed }, body)).rejects.toThrow(text);
  });
});

describe("the exhaustive mode", () => {
  // Linear extensions of a forest (Knuth, The Art of Computer Programming 3, 5.1.4, exercise 20): the first steps are a
  // chain, and from each hangs the chain of the fiber's other steps.
  function orders(fibers: number, steps: number): number {
    const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
    let hooks = factorial(steps - 1) ** fibers;
    for (let i = 1; i <= fibers; i++) hooks *= i * steps;
    return factorial(fibers * steps) / hooks;
  }

  test.each([
    [2, 2],
    [2, 5],
    [3, 2],
    [3, 3],
    [4, 2],
  ])("%d fibers of %d steps are run in every order, and in none twice", async (fibers, steps) => {
    const seen = new Set<string>();
    const outcome = await explore(
      function* () {
        const order: number[] = [];
        yield* scope((all) => {
          for (let i = 0; i < fibers; i++) {
            void all.go(function* () {
              order.push(i);
              for (let step = 1; step < steps; step++) yield order.push(i);
            });
          }
        });
        seen.add(order.join(""));
      },
      { mode: "exhaustive", runs: Number.POSITIVE_INFINITY },
    );
    expect(outcome).toEqual({ runs: orders(fibers, steps), complete: true });
  });

  test("choose is searched like the order", async () => {
    const seen = new Set<string>();
    const outcome = await explore(({ choose }) => void seen.add(`${choose(3)}${choose(4)}`), { mode: "exhaustive" });
    expect([outcome, seen.size]).toEqual([{ runs: 12, complete: true }, 12]);
  });

  test("stops after its runs, and says that it has not seen all", async () => {
    const body: SimulationBody<number> = ({ choose }) => choose(3);
    expect(await explore(body, { mode: "exhaustive", runs: 2 })).toEqual({ runs: 2, complete: false });
    expect(await explore(body, { mode: "exhaustive", runs: 3 })).toEqual({ runs: 3, complete: true });
    expect(await explore(body, { runs: 7 })).toEqual({ runs: 7, complete: false });
  });

  test("a body that depends on what an earlier run left is found out", async () => {
    let run = 0;
    const search = explore(({ choose }) => choose(run++ % 2 === 0 ? 3 : 2), { mode: "exhaustive" });
    expect((await search.then(null, (error) => error)).cause.code).toBe("NOT_DETERMINISTIC");
    expect(await codeOf(simulate({ seed: "path:0.7" }, ({ choose }) => choose(3)))).toBe("NOT_DETERMINISTIC");
  });
});

describe("async bodies", () => {
  async function orders(bodies: (jobs: Channel<number>, seen: string[]) => Body<unknown>[]): Promise<string[]> {
    const seen = new Set<string>();
    await explore(
      async () => {
        const jobs = channel<number>();
        const order: string[] = [];
        const fibers = bodies(jobs, order).map((body) => go(body));
        await sleep(1);
        for (const _ of fibers) jobs.tryGive(1);
        await Promise.all(fibers);
        seen.add(order.join(" "));
      },
      { runs: 300 },
    );
    return [...seen].sort();
  }

  test("go on in every order after what they await", async () => {
    const each = (jobs: Channel<number>, seen: string[]): Body<unknown>[] =>
      ["a", "b", "c"].map((name) => async () => {
        await jobs.take();
        seen.push(name);
      });
    expect(await orders(each)).toEqual(["a b c", "a c b", "b a c", "b c a", "c a b", "c b a"]);
  });

  test("go on before, between and after the steps of generators", async () => {
    const mixed = (jobs: Channel<number>, seen: string[]): Body<unknown>[] => [
      async () => {
        await jobs.take();
        seen.push("async");
      },
      function* () {
        yield* jobs.take();
        seen.push("one");
        yield 0;
        seen.push("two");
      },
    ];
    expect(await orders(mixed)).toEqual(["async one two", "one async two", "one two async"]);
  });
});

describe("explore", () => {
  test("draws the same runs from the same seed", async () => {
    const drawn = async (): Promise<unknown[]> => {
      const seen: unknown[] = [];
      await explore(({ seed, choose }) => void seen.push([seed, choose(1000)]), { seed: "Tahani", runs: 20 });
      return seen;
    };
    expect(await drawn()).toEqual(await drawn());
  });

  test("says so when the failing seed does not fail again", async () => {
    let run = 0;
    const search = explore(() => {
      if (++run === 3) throw new Error("by accident");
    });
    await expect(search).rejects.toMatchObject({ runs: 3, message: expect.stringContaining("did not fail") });
  });

  test("refuses what it cannot use", async () => {
    const wrong: readonly [unknown, string][] = [
      [{ runs: 0 }, "BAD_OPTION"],
      [{ mode: "all" }, "BAD_OPTION"],
      [{ preempt: 1 }, "BAD_OPTION"],
      [{ seed: Number.NaN }, "BAD_OPTION"],
      [{ seed: {} }, "BAD_OPTION"],
      [{ maxSteps: 0.5 }, "BAD_OPTION"],
      [{ patienceMs: -1 }, "BAD_OPTION"],
      [{ patienceMs: "long" }, "BAD_OPTION"],
      [{ sead: 1 }, "UNKNOWN_OPTION"],
      [null, "BAD_OPTION"],
    ];
    for (const [options, code] of wrong) {
      expect(() => explore(() => 1, options as ExploreOptions)).toThrow(expect.objectContaining({ code }));
    }
    expect(() => explore(5 as never)).toThrow(expect.objectContaining({ code: "NOT_A_BODY" }));
    expect(() => simulate({}, null as never)).toThrow(expect.objectContaining({ code: "NOT_A_BODY" }));
    expect(() => simulate(5 as never, () => 1)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  });
});
