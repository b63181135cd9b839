import { CLOSED, channel, go, lazy, rselect, select } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeThrown } from "./turn.js";

describe("choice", () => {
  test("the hit of a take clause carries its channel and its value", async () => {
    const [a, b] = [channel<number>(1), channel<number>(1)];
    a.tryGive(1);
    b.tryGive(2);
    expect(await select([b, a])).toEqual({ tag: "take", index: 0, channel: b, value: 2 });
    expect(a.statistics().size).toBe(1);
  });

  test("rselect takes each of several ready clauses about equally often", async () => {
    const ready = Array.from({ length: 4 }, () => channel<number>(1));
    for (const each of ready) each.tryGive(0);
    const wins = await go(function* () {
      const counts = [0, 0, 0, 0];
      for (let i = 0; i < 4000; i++) {
        const { index } = yield* rselect(ready);
        counts[index] = (counts[index] ?? 0) + 1;
        ready[index]?.tryGive(0);
      }
      return counts;
    });
    // 1,000 each, with a standard deviation of 27.
    for (const count of wins) expect(Math.abs(count - 1000)).toBeLessThan(250);
  });

  test("null and false disable a clause and keep the indexes of the others", async () => {
    const a = channel<number>(1);
    a.tryGive(1);
    expect(await select([null, false, a])).toMatchObject({ tag: "take", index: 2 });
    expect(codeThrown(() => select([null, false]))).toBe("NO_CLAUSES");
    expect(codeThrown(() => select([]))).toBe("NO_CLAUSES");
    expect(codeThrown(() => select([5 as never]))).toBe("NOT_A_CLAUSE");
    expect(codeThrown(() => select(a as never))).toBe("NOT_CLAUSES");
  });
});

describe("fibers, promises and signals", () => {
  test("a fiber clause answers join, a promise clause promise, an aborted signal abort", async () => {
    const never = channel<never>();
    expect(await select([never, go(() => 5)])).toEqual({ tag: "join", index: 1, value: 5 });
    expect(await select([Promise.resolve(6), never])).toEqual({ tag: "promise", index: 0, value: 6 });
    expect(await select([AbortSignal.abort("x"), never])).toEqual({ tag: "abort", index: 0, value: "x" });
    const controller = new AbortController();
    const hit = select([never, controller.signal]);
    controller.abort("late");
    expect(await hit).toEqual({ tag: "abort", index: 1, value: "late" });
    expect(never.statistics().parkedTakes).toBe(0);
  });

  test("a rejected promise or a failed fiber fails the select and leaves nothing parked", async () => {
    const never = channel<never>();
    const error = new Error("no");
    await expect(select([never, Promise.reject(error)])).rejects.toBe(error);
    const failing = go(() => {
      throw error;
    });
    await expect(select([never, failing])).rejects.toBe(error);
    await expect(select([never, failing])).rejects.toBe(error);
    expect(never.statistics().parkedTakes).toBe(0);
  });

  test("a thenable that calls back at once commits, and leaves no clause armed", async () => {
    const a = channel<number>();
    // biome-ignore lint/suspicious/noThenProperty: a hostile promise is the point
    const hasty = { then: (done: (value: number) => void) => done(1) } as unknown as PromiseLike<number>;
    expect(await select([hasty, a])).toMatchObject({ tag: "promise", value: 1 });
    expect(a.statistics().parkedTakes).toBe(0);
    expect(a.tryGive(1)).toBe("full");
  });
});

describe("lazy values", () => {
  test("a lazy value that throws fails its select, and the next giver is served", async () => {
    const a = channel<number>();
    const error = new Error("not made");
    const failing = select([
      [
        a,
        lazy(() => {
          throw error;
        }),
      ],
    ]);
    const next = a.give(2);
    expect(a.tryTake()).toBe(2);
    await expect(failing).rejects.toBe(error);
    expect(await next).toBe(true);
  });

  test("making a lazy value cannot commit another clause of its select", async () => {
    const [a, b] = [channel<number>(), channel<number>()];
    const hit = select([[a, lazy(() => (b.tryGive(9) === "full" ? 1 : 2))], b]);
    expect(a.tryTake()).toBe(1);
    expect(await hit).toMatchObject({ tag: "give", index: 0 });
  });

  test("a lazy value whose making fills the channel waits for its turn", async () => {
    const a = channel<number>(1);
    const hit = select([
      [
        a,
        lazy(() => {
          a.tryGive(1);
          return 2;
        }),
      ],
    ]);
    expect([a.tryTake(), a.tryTake()]).toEqual([1, 2]);
    expect((await hit).tag).toBe("give");
  });

  test("a lazy value whose making closes the channel answers closed", async () => {
    const a = channel<number>(1);
    expect(
      await select([
        [
          a,
          lazy(() => {
            a.close();
            return 1;
          }),
        ],
      ]),
    ).toMatchObject({ tag: "closed" });
    expect(a.tryTake()).toBe(CLOSED);
  });
});
