import { type Channel, channel, go, type Op, scope, sleep, sliding, until, withDeadline } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, collectingUnhandled, turn, turns } from "./turn.js";

describe("start and end", () => {
  test("go returns before the first step, and fibers take their first steps in the order of their start", async () => {
    const seen: string[] = [];
    const fibers = ["a", "b", "c"].map((name) => go(() => void seen.push(name)));
    seen.push("started");
    await Promise.all(fibers);
    expect(seen).toEqual(["started", "a", "b", "c"]);
  });

  test("a fiber is joined by await and by yield*, twice and after its end", async () => {
    const one = go(function* () {
      yield* sleep(0);
      return 1;
    });
    const two = go(function* () {
      return (yield* one) + (yield* one);
    });
    expect([await two, await one, await one]).toEqual([2, 1, 1]);
    expect(one.status).toBe("ok");
  });

  test("a body may be a generator, async or plain function, or answer with an operation", async () => {
    const jobs = channel<number>(1);
    jobs.tryGive(4);
    const bodies = [function* () {}, async () => 2, () => 3, () => jobs.take()];
    expect(await Promise.all(bodies.map((body) => go<unknown>(body as () => unknown)))).toEqual([undefined, 2, 3, 4]);
  });

  test("what is no body is refused, an async generator function when it starts", async () => {
    expect(codeThrown(() => go(5 as never))).toBe("NOT_A_BODY");
    expect(codeThrown(() => go(() => {}, { nmae: "x" } as never))).toBe("UNKNOWN_OPTION");
    expect(codeThrown(() => go(() => {}, { graceMs: -1 }))).toBe("BAD_TIME");
    expect(await codeOf(go(async function* () {} as never))).toBe("NOT_A_BODY");
  });

  test("a body that throws undefined fails its joiners with undefined", async () => {
    const fiber = go(function* () {
      yield* sleep(0);
      throw undefined;
    });
    const outcome = await fiber.then(
      () => "ok",
      (error) => ({ error }),
    );
    expect(outcome).toEqual({ error: undefined });
    expect(fiber.status).toBe("error");
  });

  test("a failed operation can be caught in the body", async () => {
    const error = new Error("no");
    const caught = go(function* () {
      try {
        yield* until(Promise.reject(error));
      } catch (thrown) {
        return thrown;
      }
    });
    expect(await caught).toBe(error);
  });

  test("an error whose parts cannot be read ends its fiber, and the loop goes on", async () => {
    const hostile = Proxy.revocable(new Error("x"), {});
    const fiber = go(function* (self) {
      self.cancel();
      try {
        yield* sleep(0);
      } finally {
        hostile.revoke();
        // biome-ignore lint/correctness/noUnsafeFinally: the point of the test
        throw hostile.proxy;
      }
    });
    const outcome = await fiber.then(
      () => "ok",
      () => "failed",
    );
    expect([outcome, fiber.status, await go(() => "alive")]).toEqual(["failed", "error", "alive"]);
  });
});

describe("fairness", () => {
  async function firstOf(events: string[]): Promise<void> {
    await new Promise<void>((resolve) =>
      setTimeout(() => {
        events.push("timer");
        resolve();
      }, 0),
    );
  }

  test("a timer fires while fibers hand over in a hot loop", async () => {
    const [there, back] = [channel<number>(), channel<number>()];
    const events: string[] = [];
    let going = true;
    const pass = (from: Channel<number>, to: Channel<number>) =>
      go(function* () {
        while (going) yield* to.give((yield* from.take()) as number);
      });
    const fibers = [pass(there, back), pass(back, there)];
    void there.give(1);
    await firstOf(events);
    going = false;
    for (const fiber of fibers) fiber.cancel();
    expect(events).toEqual(["timer"]);
  });

  const always: [string, () => Op<unknown>][] = [
    [
      "gives to a sliding channel",
      (
        (jobs) => () =>
          jobs.give(1)
      )(channel<number>(sliding(1))),
    ],
    [
      "takes of a closed channel",
      (
        (jobs) => () =>
          jobs.take()
      )(channel<number>().close()),
    ],
  ];

  test.each(always)("a timer fires while a fiber loops over %s", async (_, op) => {
    const events: string[] = [];
    const busy = go(function* () {
      while (events.length === 0) yield* op();
    });
    await firstOf(events);
    await busy;
  });

  test.each(always)("a timer fires while an async function awaits %s in a loop", async (_, op) => {
    const events: string[] = [];
    const timer = firstOf(events);
    while (events.length === 0) await op();
    await timer;
  });

  test("a timer fires while a fiber loops over takes that fail", async () => {
    const jobs = channel<number>().abort(new Error("gone"));
    const events: string[] = [];
    const busy = go(function* () {
      while (events.length === 0) {
        try {
          yield* jobs.take();
        } catch {}
      }
    });
    await firstOf(events);
    await busy;
  });
});

describe("unhandled failures", () => {
  test("a root fiber that fails unawaited is reported with its path, others go on", async () => {
    await collectingUnhandled(async (errors) => {
      const error = new Error("no");
      const other = go(function* () {
        yield* sleep(1);
        return "alive";
      });
      void go(() => {
        throw error;
      });
      expect(await other).toBe("alive");
      await turns();
      expect(errors).toEqual([error]);
    });
  });

  test("a root fiber that fails awaited is not reported", async () => {
    await collectingUnhandled(async (errors) => {
      await codeOf(
        go(() => {
          throw new Error("no");
        }),
      );
      await turns();
      expect(errors).toEqual([]);
    });
  });

  test("a failure is reported when the only one who waited for it was cancelled before", async () => {
    await collectingUnhandled(async (errors) => {
      const gate = channel<never>();
      const failing = go(() => gate.take());
      const joiner = go(function* () {
        yield* failing;
      });
      await turn();
      joiner.cancel();
      await codeOf(joiner);
      gate.abort("late");
      await turns();
      expect(errors).toEqual(["late"]);
    });
  });
});

test("whoever walks through a pending fiber or scope comes to an end", async () => {
  const fiber = go(() => sleep(10_000));
  const held = scope(() => sleep(10_000));
  await turn();
  expect([[...(fiber as Iterable<unknown>)].length, [...(held as Iterable<unknown>)].length]).toEqual([1, 1]);
  expect({ tag: "yield", fiber }).toMatchObject({ fiber });
  fiber.cancel();
  expect(await codeOf(withDeadline(1, held))).toBe("DEADLINE");
  expect(await codeOf(fiber)).toBe("CANCELLED");
});
