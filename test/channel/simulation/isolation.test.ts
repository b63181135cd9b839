import { channel, go, now, onUnhandled, scope, sleep, until } from "@good-place/channel";
import { explore, simulate } from "@good-place/channel/simulation";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, turns } from "../turn.js";

describe("a simulation and the rest of the program", () => {
  test("the real clock and loop are back after it, however it ended", async () => {
    const failing = [
      simulate({}, () => Promise.reject(new Error("no"))),
      simulate({}, () => channel<number>().take()),
      simulate({ maxSteps: 10 }, function* () {
        for (;;) yield 0;
      }),
    ];
    await Promise.allSettled(failing);
    const before = now();
    const pipe = channel<number>();
    void go(function* () {
      yield* sleep(2);
      yield* pipe.give(1);
    });
    expect(await pipe.take()).toBe(1);
    expect(now()).toBeGreaterThan(before);
  });

  test("two of them run one after the other, each with fibers counted from 1", async () => {
    const body = async (): Promise<(number | string)[]> => {
      const fiber = go(() => sleep(1000));
      await fiber;
      return [fiber.id, now()];
    };
    expect(await Promise.all([simulate({}, body), simulate({}, body)])).toEqual([
      [2, 1000],
      [2, 1000],
    ]);
  });

  test("what real fibers wait for while it runs comes when it has ended", async () => {
    const seen: string[] = [];
    const pipe = channel<string>();
    const sleeper = go(function* () {
      yield* sleep(1);
      seen.push("slept");
      seen.push((yield* pipe.take()) as string);
    });
    const waiter = go(function* () {
      yield* until(new Promise((resolve) => setTimeout(resolve, 5)));
      seen.push("waited");
      yield* pipe.give("given");
    });
    const run = simulate({ patienceMs: 1000 }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(`simulated ${now()}`);
    });
    await Promise.all([sleeper, waiter, run]);
    expect(seen[0]).toBe("simulated 0");
    expect(seen.slice(1).sort()).toEqual(["given", "slept", "waited"]);
  });

  test("what it hands to code outside arrives there, to its last step", async () => {
    const pipe = channel<number>();
    const [awaited, fiber] = [pipe.take(), go(() => pipe.take())];
    await turns();
    await simulate({}, function* () {
      yield* pipe.give(7);
      yield* pipe.give(8);
    });
    expect([await awaited, await fiber]).toEqual([7, 8]);
  });

  test("a real timer that is cancelled when it ends does not fire any more", async () => {
    const told: unknown[] = [];
    const restore = onUnhandled((error) => told.push(error));
    const ended = go(
      function* () {
        try {
          yield* sleep(10_000);
        } finally {
          yield* sleep(1);
        }
      },
      { graceMs: 5 },
    );
    await turns();
    ended.cancel();
    await turns();
    await simulate({ patienceMs: 1000 }, () => new Promise((resolve) => setTimeout(resolve, 30)));
    expect(await codeOf(ended)).toBe("CANCELLED");
    await turns();
    restore();
    expect(told).toEqual([]);
  });

  test("fibers that are ready to run are not part of it", async () => {
    const seen: unknown[] = [];
    const fibers = [1, 2].map((i) => go(() => void seen.push([i, now() > 0])));
    const run = simulate({}, () => void seen.push("simulated"));
    await Promise.all([run, ...fibers]);
    expect(seen).toContainEqual([1, true]);
    expect(seen).toContainEqual([2, true]);
  });

  test("inside of a simulation another one is refused", async () => {
    const codes = await simulate({}, function* () {
      yield* sleep(1);
      return [codeThrown(() => simulate({}, () => 1)), codeThrown(() => explore(() => 1))];
    });
    expect(codes).toEqual(["SIMULATION_NESTED", "SIMULATION_NESTED"]);
  });
});

describe("the end of a simulation", () => {
  test("cancels what still lives, newest first, and waits for its finally blocks", async () => {
    const seen: string[] = [];
    await simulate({}, function* () {
      for (const name of ["first", "second"]) {
        void go(function* () {
          try {
            for (;;) yield* sleep(1000);
          } finally {
            seen.push(`${name} stops`);
            yield* sleep(100);
            seen.push(`${name} stopped`);
          }
        });
      }
      yield* sleep(10);
    });
    expect(seen).toEqual(["second stops", "first stops", "second stopped", "first stopped"]);
  });

  test("ends the fibers of a scope that nobody waits for, and lets nothing new begin but in scopes", async () => {
    const seen: string[] = [];
    await simulate({}, function* () {
      void scope(function* aside(all) {
        void all.go(function* () {
          try {
            yield* sleep(1e6);
          } finally {
            for (const detached of [false, true]) void go(() => void seen.push("too late"), { detached });
            yield* scope(() => sleep(10));
            seen.push("inner");
          }
        });
      });
      yield* sleep(1);
    });
    expect(seen).toEqual(["inner"]);
  });

  test("a fiber that ignores its cancel fails it with LEAK, named", async () => {
    const error = await simulate({}, async () => {
      const deaf = async (): Promise<unknown> => channel<number>().take();
      void go(deaf, { graceMs: Number.POSITIVE_INFINITY });
      await sleep(1);
    }).then(null, (thrown) => thrown);
    expect(error).toMatchObject({ code: "LEAK", parked: [{ name: "deaf" }] });
  });

  test("a body that fails cancels its fibers too", async () => {
    const seen: string[] = [];
    const run = simulate({}, function* () {
      void go(function* () {
        try {
          yield* sleep(1000);
        } finally {
          seen.push("stopped");
        }
      });
      yield* sleep(1);
      throw new Error("no");
    });
    await expect(run).rejects.toThrow("no");
    expect(seen).toEqual(["stopped"]);
  });
});
