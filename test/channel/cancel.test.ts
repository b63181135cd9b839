import {
  CancelledError,
  type CLOSED,
  channel,
  EMPTY,
  go,
  scope,
  select,
  sleep,
  sliding,
  until,
} from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, exhaust, turn, turns } from "./turn.js";

describe("what a cancel does", () => {
  test("a cancel runs finally blocks and no catch block, and fails the waiters with CANCELLED", async () => {
    const seen: string[] = [];
    const fiber = go(function* () {
      try {
        yield* sleep(10_000);
      } catch {
        seen.push("catch");
      } finally {
        seen.push("finally");
        yield* sleep(0);
        seen.push("waited");
      }
      seen.push("after");
    });
    await turn();
    fiber.cancel("enough");
    const error = await fiber.then(null, (thrown) => thrown);
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ code: "CANCELLED", reason: "enough" });
    expect(seen).toEqual(["finally", "waited"]);
    expect(fiber.status).toBe("cancelled");
  });

  test("a fiber cancelled before its first step never runs its body", async () => {
    let ran = false;
    const fiber = go(() => {
      ran = true;
    });
    fiber.cancel();
    expect(await codeOf(fiber)).toBe("CANCELLED");
    expect(ran).toBe(false);
  });

  test("a fiber cancelled before its first step tells its supervisor, and wakes who waits", async () => {
    const signals = channel<{ tag: string; reason?: unknown }>();
    const fiber = go(() => 1, { supervisor: signals });
    fiber.cancel("too early");
    expect(await signals.take()).toMatchObject({ tag: "cancelled", reason: "too early" });
    expect(await codeOf(fiber)).toBe("CANCELLED");
    expect(signals.statistics()).toMatchObject({ given: 1, size: 0 });
  });

  test("only a jump out of a finally ends a cancelled fiber as ok", async () => {
    const fiber = go(function* () {
      for (;;) {
        try {
          yield* sleep(10_000);
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: the point of the test
          break;
        }
      }
      return "jumped";
    });
    await turn();
    fiber.cancel();
    expect([await fiber, fiber.status]).toEqual(["jumped", "ok"]);
  });

  test("cancelling twice, or after the end, is nothing", async () => {
    const done = go(() => 1);
    await done;
    done.cancel();
    expect([await done, done.status]).toEqual([1, "ok"]);
    const fiber = go(() => sleep(1000));
    fiber.cancel("first");
    fiber.cancel("second");
    await expect(fiber).rejects.toMatchObject({ reason: "first" });
  });

  test("a fiber that cancels itself goes on to its next wait, which takes no effect", async () => {
    const jobs = channel<number>(4);
    const fiber = go(function* (self) {
      yield* jobs.give(1);
      self.cancel();
      yield* jobs.give(2);
      yield* jobs.give(3);
    });
    expect(await codeOf(fiber)).toBe("CANCELLED");
    expect([jobs.tryTake(), jobs.tryTake()]).toEqual([1, EMPTY]);
  });

  test("a finally that throws reports that error, with the cancel as its cause", async () => {
    const fiber = go(function* () {
      try {
        yield* sleep(1000);
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: the point of the test
        throw new Error("late");
      }
    });
    await turn();
    fiber.cancel("why");
    const error = await fiber.then(null, (thrown) => thrown);
    expect(error).toMatchObject({ message: "late", cause: { code: "CANCELLED", reason: "why" } });
    expect(fiber.status).toBe("error");
  });

  test("an async body is told by its signal, and ends as cancelled when it rejects with it", async () => {
    const fiber = go(async ({ signal }) => {
      await sleep(1000, { signal });
    });
    await turn();
    fiber.cancel("stop");
    expect(await codeOf(fiber)).toBe("CANCELLED");
    expect([fiber.signal.aborted, fiber.status]).toEqual([true, "cancelled"]);
  });

  test("a body that only returns an operation can be cancelled while it waits", async () => {
    const jobs = channel<number>();
    const fiber = go(() => jobs.take());
    await turn();
    fiber.cancel();
    expect(await codeOf(fiber)).toBe("CANCELLED");
    expect(jobs.statistics().parkedTakes).toBe(0);
  });

  test("finally blocks that wait too long are abandoned after graceMs, and that is reported", async () => {
    const fiber = go(
      function* () {
        try {
          yield* sleep(1000);
        } finally {
          yield* until(new Promise<never>(() => {}));
        }
      },
      { graceMs: 1 },
    );
    const reports: unknown[] = [];
    const { onUnhandled } = await import("@good-place/channel");
    const restore = onUnhandled((error) => reports.push(error));
    await turn();
    fiber.cancel();
    expect(await codeOf(fiber)).toBe("CANCELLED");
    restore();
    expect(reports).toHaveLength(1);
  });
});

describe("no value is lost", () => {
  test("a value handed over before the cancel reaches the body, which is cancelled at its next wait", async () => {
    const jobs = channel<number>();
    const got: unknown[] = [];
    const fiber = go(function* () {
      got.push(yield* jobs.take());
      yield* sleep(0);
      got.push("too far");
    });
    await turn();
    jobs.tryGive(1);
    fiber.cancel();
    expect(await codeOf(fiber)).toBe("CANCELLED");
    expect(got).toEqual([1]);
  });

  test("a value taken when the turn was used up survives a cancel", async () => {
    const jobs = channel<number>(1_000_000);
    for (let i = 0; i < 1_000_000; i++) jobs.tryGive(i);
    let got = 0;
    const fiber = go(function* () {
      for (;;) if ((yield* jobs.take()) === got) got++;
    });
    // The fiber has used up the turn, and waits for the next with a value that it has taken.
    await Promise.resolve();
    await Promise.resolve();
    fiber.cancel();
    await codeOf(fiber);
    const left = jobs.statistics().size;
    expect(got + left).toBe(1_000_000);
    expect(left).toBeGreaterThan(0);
  });

  test("a give accepted when the turn was used up reports its success before the cancel", async () => {
    const jobs = channel<number>(sliding(1));
    let known = 0;
    const fiber = go(function* () {
      for (;;) if (yield* jobs.give(1)) known++;
    });
    await Promise.resolve();
    await Promise.resolve();
    fiber.cancel();
    await codeOf(fiber);
    expect(known).toBe(jobs.statistics().given);
  });

  test("a cancelled fiber is not woken again by what it waited for before", async () => {
    const jobs = channel<number>();
    const seen: unknown[] = [];
    const fiber = go(function* () {
      try {
        yield* jobs.take();
      } finally {
        const gate = channel<string>();
        setTimeout(() => gate.tryGive("gate"), 1);
        seen.push(yield* gate.take());
      }
    });
    await turn();
    fiber.cancel();
    await turn();
    expect(jobs.tryGive(1)).toBe("full");
    await codeOf(fiber);
    expect(seen).toEqual(["gate"]);
  });
});

describe("operations of a cancelled fiber", () => {
  test("they take no effect, not even where they need not wait", async () => {
    const jobs = channel<number>(4);
    jobs.tryGive(1);
    let other: unknown;
    const fiber = go(function* (self) {
      self.cancel();
      other = jobs.take();
      void select([jobs]);
      void scope(() => jobs.tryGive(2));
      yield* jobs.give(3);
    });
    expect(await codeOf(fiber)).toBe("CANCELLED");
    expect(await codeOf(other as PromiseLike<unknown>)).toBe("CANCELLED");
    expect([jobs.tryTake(), jobs.tryTake()]).toEqual([1, EMPTY]);
  });

  test("its finally blocks may use channels again", async () => {
    const jobs = channel<number | typeof CLOSED>(1);
    const fiber = go(function* () {
      try {
        yield* sleep(1000);
      } finally {
        yield* jobs.give(1);
      }
    });
    await turn();
    fiber.cancel();
    await codeOf(fiber);
    expect(jobs.tryTake()).toBe(1);
    await exhaust(() => jobs.give(1).then(() => jobs.take()));
    await turns();
  });
});
