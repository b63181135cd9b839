import { CLOSED, channel, EMPTY, go, scope, select, sleep, ticker, unbounded } from "@good-place/channel";
import { describe, expect, test, vi } from "vitest";
import { codeThrown, turn, turns } from "./turn.js";

/** Runs the body with a host clock that moves only when `pass` is called. */
async function withClock(body: (pass: (ms: number) => Promise<void>) => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    await body(async (ms) => {
      vi.advanceTimersByTime(ms);
      await turns(2);
    });
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
}

describe("a ticker", () => {
  test("ticks at every multiple of its interval, with the number of intervals since its start", () =>
    withClock(async (pass) => {
      const ticks = ticker(100);
      await turn();
      await pass(99);
      expect(ticks.tryTake()).toBe(EMPTY);
      await pass(1);
      expect(ticks.tryTake()).toBe(1);
      await pass(100);
      expect([ticks.tryTake(), ticks.tryTake()]).toEqual([2, EMPTY]);
      ticks.close();
      await turn();
    }));

  test("does not drift when the host is late, and makes up for no tick", () =>
    withClock(async (pass) => {
      const ticks = ticker(100, { buffer: unbounded() });
      await turn();
      // The timer is due at 100, and runs at 350 by the clock: it has been late by two intervals and a half.
      const now = performance.now();
      const late = vi.spyOn(performance, "now").mockImplementation(() => now + 350);
      vi.advanceTimersByTime(100);
      await turns(2);
      late.mockRestore();
      expect([ticks.tryTake(), ticks.tryTake()]).toEqual([3, EMPTY]);
      ticks.close();
      await pass(0);
    }));

  test.each([
    ["the latest tick by default", {}, [3], 2],
    ["the oldest from a buffer of one", { buffer: 1 }, [1], 2],
    ["all from an unbounded buffer", { buffer: unbounded() }, [1, 2, 3], 0],
    ["none from a rendezvous", { buffer: 0 }, [], 3],
  ])("gives a slow taker %s, and counts what it missed", (_, options, left, dropped) =>
    withClock(async (pass) => {
      const ticks = ticker(10, options);
      await turn();
      for (let i = 0; i < 3; i++) await pass(10);
      const seen: unknown[] = [];
      for (let tick = ticks.tryTake(); tick !== EMPTY; tick = ticks.tryTake()) seen.push(tick);
      expect([seen, ticks.statistics().dropped]).toEqual([left, dropped]);
      ticks.close();
      await turn();
    }),
  );

  test("stops its timer in the step in which it is closed, and can be drained", () =>
    withClock(async (pass) => {
      const ticks = ticker(10);
      await turn();
      await pass(10);
      ticks.close("enough");
      expect(vi.getTimerCount()).toBe(0);
      expect([ticks.tryTake(), ticks.tryTake(), ticks.reason]).toEqual([1, CLOSED, "enough"]);
    }));

  test("that is closed before its first step sets no timer", () =>
    withClock(async () => {
      ticker(10).close();
      await turn();
      expect(vi.getTimerCount()).toBe(0);
    }));

  test("keeps no scope open: it closes when all else in its scope has ended", () =>
    withClock(async (pass) => {
      let ticks = channel<number>();
      const ended = scope(function* ({ go: start }) {
        ticks = ticker(10);
        void start(() => sleep(25));
        const hit = yield* select([ticks]);
        return hit.tag === "take" ? hit.value : hit.tag;
      });
      await turn();
      for (let i = 0; i < 3; i++) await pass(10);
      expect(await ended).toBe(1);
      expect([ticks.closed, vi.getTimerCount()]).toEqual([true, 0]);
    }));

  test("closes when its scope is cancelled or fails, even before its first step", () =>
    withClock(async () => {
      const made: { closed: boolean }[] = [];
      const failing = scope(() => {
        made.push(ticker(10));
        throw new Error("boom");
      });
      await expect(failing).rejects.toThrow("boom");
      const cancelled = scope(({ cancel }) => {
        made.push(ticker(10));
        cancel();
      });
      await cancelled.then(null, () => {});
      expect(made.map((each) => each.closed)).toEqual([true, true]);
    }));

  test("refuses what is no interval, and options it does not know", () => {
    for (const ms of [0, -1, Number.NaN, 2 ** 31, "5" as never]) expect(codeThrown(() => ticker(ms))).toBe("BAD_TIME");
    expect(codeThrown(() => ticker(5, { bufer: 1 } as never))).toBe("UNKNOWN_OPTION");
    expect(codeThrown(() => ticker(5, { buffer: -1 }))).toBe("BAD_CAPACITY");
  });
});

describe("a background fiber", () => {
  test("is cancelled when only such fibers are left in its scope, and its finally is waited for", async () => {
    const order: string[] = [];
    await scope(({ go: start }) => {
      for (const name of ["first", "second"]) {
        void start(
          function* () {
            try {
              yield* channel().take();
            } finally {
              yield* sleep(0);
              order.push(name);
            }
          },
          { background: true },
        );
      }
      void start(function* () {
        yield* sleep(5);
        order.push("work");
      });
    });
    expect(order[0]).toBe("work");
    expect(order.slice(1).sort()).toEqual(["first", "second"]);
  });

  test("fails its scope like any other, and at the root runs on", async () => {
    const error = new Error("boom");
    const failing = scope(({ go: start }) => {
      void start(
        () => {
          throw error;
        },
        { background: true },
      );
      void start(() => channel().take());
    });
    await expect(failing).rejects.toBe(error);
    expect(await go(() => sleep(1).then(() => "ran"), { background: true })).toBe("ran");
  });
});
