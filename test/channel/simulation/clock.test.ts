import {
  CLOSED,
  channel,
  go,
  type LifeSignal,
  now,
  onUnhandled,
  scope,
  select,
  sleep,
  supervise,
  timeout,
  withDeadline,
} from "@good-place/channel";
import { simulate } from "@good-place/channel/simulation";
import { describe, expect, test } from "vitest";
import { codeOf } from "../turn.js";

describe("the virtual clock", () => {
  test("stands at 0, and jumps when nothing else can go on", async () => {
    const moments = await simulate({}, function* () {
      const seen = [now()];
      yield* sleep(86_400_000);
      seen.push(now());
      yield* sleep(0.5);
      return [...seen, now()];
    });
    expect(moments).toEqual([0, 86_400_000, 86_400_000.5]);
  });

  test("runs for async bodies too, which use ordinary await", async () => {
    const moments = await simulate({}, async () => {
      const seen: number[] = [];
      const late = async (ms: number): Promise<void> => {
        await sleep(ms);
        await Promise.resolve();
        seen.push(now());
      };
      await Promise.all([late(3_600_000), late(60_000), late(1)]);
      return seen;
    });
    expect(moments).toEqual([1, 60_000, 3_600_000]);
  });

  test("a deadline expires in virtual time, and what is ready at that moment is in time", async () => {
    expect(await codeOf(simulate({}, () => withDeadline(60_000, () => sleep(60_001))))).toBe("DEADLINE");
    for (let seed = 0; seed < 20; seed++) {
      await simulate({ seed }, () =>
        withDeadline(1000, function* () {
          yield* sleep(400);
          yield* sleep(600);
        }),
      );
    }
  });

  test("a select's timeout commits in virtual time", async () => {
    const hit = await simulate({}, function* () {
      const never = channel<number>();
      const got = yield* select([never, timeout(30_000)]);
      return [got.tag, now(), never.statistics().parkedTakes];
    });
    expect(hit).toEqual(["timeout", 30_000, 0]);
  });

  test("a cancelled body has its grace in virtual time, and what is abandoned fails the simulation", async () => {
    const slow = simulate({}, function* () {
      const fiber = go(
        function* stubborn() {
          try {
            yield* sleep(10);
          } finally {
            yield* sleep(10_000);
          }
        },
        { graceMs: 5000 },
      );
      yield* sleep(1);
      fiber.cancel();
      yield* sleep(20_000);
    });
    await expect(slow).rejects.toThrow("stubborn had not ended 5000 ms after its cancel");
  });

  test("100,000 timers fire in the order of their moments, cancelled ones not at all", async () => {
    const seen = await simulate({}, function* () {
      const fired: number[] = [];
      yield* scope((all) => {
        for (let i = 0; i < 100_000; i++) {
          const sleeper = all.go(function* () {
            yield* sleep((i * 7919) % 100_003);
            fired.push(now());
          });
          if (i % 10 === 0) sleeper.cancel();
        }
      });
      return fired;
    });
    expect(seen.length).toBe(90_000);
    expect(seen.every((moment, i) => i === 0 || moment > (seen[i - 1] as number))).toBe(true);
  });

  test("a supervisor works in a simulation as it does outside", async () => {
    const tags = await simulate({ seed: 3 }, function* () {
      const signals = channel<LifeSignal>(4);
      const seen: string[] = [];
      const loop = supervise(signals, function* (signal) {
        yield* sleep(1000);
        seen.push(signal.tag);
      });
      for (const fails of [false, true]) {
        void go(
          function* () {
            yield* sleep(10);
            if (fails) throw new Error("no");
          },
          { supervisor: signals },
        );
      }
      yield* sleep(5000);
      signals.close();
      yield* loop;
      return seen.sort();
    });
    expect(tags).toEqual(["error", "ok"]);
  });

  test("a body that waits for a promise from outside gets it, if it comes within its patience", async () => {
    const body = async (): Promise<string> => {
      const text = await new Promise<string>((resolve) => setTimeout(() => resolve("here"), 30));
      await sleep(1000);
      return `${text} at ${now()}`;
    };
    expect(await simulate({ patienceMs: 20_000 }, body)).toBe("here at 1000");
    expect(await codeOf(simulate({ patienceMs: 0 }, body))).toBe("DEADLOCK");
  });
});

describe("failures in a simulation", () => {
  test("the body's value is the outcome, and so is its error, itself", async () => {
    const boom = new Error("boom");
    expect(await simulate({}, () => 5)).toBe(5);
    expect(await simulate({}, () => channel<number>(1).give(1))).toBe(true);
    for (const body of [
      () => {
        throw boom;
      },
      () => Promise.reject(boom),
    ]) {
      expect(await simulate({}, body).then(null, (error) => error)).toBe(boom);
    }
  });

  test("the error of a fiber that nobody awaits fails the simulation, and the others are told outside", async () => {
    const told: unknown[] = [];
    const restore = onUnhandled((error) => told.push(error));
    const errors = [new Error("first"), new Error("second")];
    const run = simulate({}, function* () {
      for (const error of errors) {
        void go(() => {
          throw error;
        });
      }
      yield* sleep(1000);
      return now();
    });
    expect(await run.then(null, (error) => error)).toBe(errors[0]);
    restore();
    expect(told).toEqual([errors[1]]);
  });

  test("a failure that somebody comes to await in time is theirs", async () => {
    const caught = await simulate({}, async () => {
      const failing = go(() => {
        throw new Error("no");
      });
      await Promise.resolve();
      return failing.then(null, (error: Error) => error.message);
    });
    expect(caught).toBe("no");
  });

  test("a program that never ends fails with LIVELOCK after maxSteps, whatever it does", async () => {
    const bodies = [
      function* () {
        for (;;) yield* sleep(1000);
      },
      function* () {
        const full = channel<number>(0);
        for (;;) yield* select([full, timeout(0)]);
      },
      async () => {
        const done = channel<number>().close();
        while ((await done.take()) === CLOSED);
      },
      function* () {
        for (;;) yield 0;
      },
    ];
    for (const body of bodies) {
      expect(await codeOf(simulate({ maxSteps: 2000 }, body as () => Generator<unknown, void, never>))).toBe(
        "LIVELOCK",
      );
    }
  });
});
