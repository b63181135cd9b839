import { CLOSED, channel, EMPTY, go, isChannel } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, turn } from "./turn.js";

describe("order and values", () => {
  test("values are taken in the order in which they were given, buffered and parked alike", async () => {
    const jobs = channel<number>(2);
    for (let i = 1; i <= 5; i++) void jobs.give(i);
    const got = [];
    for (let i = 1; i <= 5; i++) got.push(await jobs.take());
    expect(got).toEqual([1, 2, 3, 4, 5]);
  });

  test("takers are served in the order in which they came", async () => {
    const jobs = channel<number>();
    const takes = [jobs.take(), jobs.take(), jobs.take()];
    for (const i of [1, 2, 3]) await jobs.give(i);
    expect(await Promise.all(takes)).toEqual([1, 2, 3]);
  });

  test("a parked giver owns the slot that a take frees: a later tryGive does not barge", async () => {
    const jobs = channel<number>(1);
    void jobs.give(1);
    void jobs.give(2);
    expect(jobs.tryTake()).toBe(1);
    expect(jobs.tryGive(3)).toBe("full");
    expect(jobs.tryTake()).toBe(2);
  });

  test("a parked taker owns the next value: a later tryTake does not barge", async () => {
    const jobs = channel<number>();
    const first = jobs.take();
    expect(jobs.tryGive(1)).toBe("ok");
    expect(jobs.tryTake()).toBe(EMPTY);
    expect(await first).toBe(1);
  });

  test("null, undefined, NaN and false are values like any other", async () => {
    const any = channel<unknown>(4);
    for (const value of [null, undefined, Number.NaN, false]) await any.give(value);
    expect([any.tryTake(), await any.take(), any.tryTake(), await any.take()]).toEqual([
      null,
      undefined,
      Number.NaN,
      false,
    ]);
    expect(any.tryTake()).toBe(EMPTY);
    any.take().then(() => {});
    expect(any.tryGive(undefined)).toBe("ok");
  });

  test("1,025 and more parked takes all get their value", async () => {
    const jobs = channel<number>();
    const takes = Array.from({ length: 3000 }, () => jobs.take());
    for (let i = 0; i < 3000; i++) expect(jobs.tryGive(i)).toBe("ok");
    expect(await Promise.all(takes)).toEqual(Array.from({ length: 3000 }, (_, i) => i));
  });

  test("a value that is a promise comes out of yield* as it went in", async () => {
    const promises = channel<Promise<number>>(1);
    const one = Promise.resolve(1);
    await promises.give(one);
    const same = await go(function* () {
      return (yield* promises.take()) === one;
    });
    expect(same).toBe(true);
  });
});

describe("close", () => {
  test("take on a closed channel drains what is buffered, then answers CLOSED", async () => {
    const jobs = channel<number>(2);
    jobs.tryGive(1);
    jobs.tryGive(2);
    jobs.close("enough");
    expect([await jobs.take(), await jobs.take(), await jobs.take()]).toEqual([1, 2, CLOSED]);
    expect(jobs.tryTake()).toBe(CLOSED);
    expect(jobs.reason).toBe("enough");
  });

  test("give and tryGive on a closed channel answer false and closed, and throw nothing", async () => {
    const jobs = channel<number>(1).close();
    expect(await jobs.give(1)).toBe(false);
    expect(jobs.tryGive(1)).toBe("closed");
    expect(jobs.statistics()).toMatchObject({ size: 0, given: 0 });
  });

  test("close refuses parked gives with false, and their values are never seen", async () => {
    const jobs = channel<number>(1);
    await jobs.give(1);
    const parked = jobs.give(2);
    jobs.close();
    expect(await parked).toBe(false);
    expect([await jobs.take(), await jobs.take()]).toEqual([1, CLOSED]);
  });

  test("close wakes parked takes with CLOSED", async () => {
    const jobs = channel<number>();
    const parked = jobs.take();
    jobs.close();
    expect(await parked).toBe(CLOSED);
  });

  test("closing twice is nothing, gives the channel back and keeps the first reason", () => {
    const jobs = channel<number>();
    expect(jobs.close("first")).toBe(jobs);
    expect(jobs.close("second").reason).toBe("first");
  });
});

describe("numbers and options", () => {
  test("statistics count what is buffered, parked, given, taken and dropped apart", async () => {
    const jobs = channel<number>(2);
    for (let i = 0; i < 4; i++) void jobs.give(i);
    expect(jobs.statistics()).toEqual({
      capacity: 2,
      size: 2,
      peak: 2,
      parkedGives: 2,
      parkedTakes: 0,
      given: 2,
      taken: 0,
      dropped: 0,
    });
    while (jobs.tryTake() !== EMPTY) await turn();
    void jobs.take();
    expect(jobs.statistics()).toMatchObject({ size: 0, peak: 2, parkedGives: 0, parkedTakes: 1, given: 4, taken: 4 });
  });

  test("maxParked refuses one more parked give or take with TOO_MANY_PARKED", async () => {
    const jobs = channel<number>(0, { maxParked: 1 });
    const give = jobs.give(1);
    expect(await codeOf(jobs.give(2))).toBe("TOO_MANY_PARKED");
    expect(jobs.tryTake()).toBe(1);
    expect(await give).toBe(true);
    void jobs.take();
    expect(await codeOf(jobs.take())).toBe("TOO_MANY_PARKED");
  });

  test("wrong arguments are refused with a code", () => {
    expect(codeThrown(() => channel(-1))).toBe("BAD_CAPACITY");
    expect(codeThrown(() => channel(1.5))).toBe("BAD_CAPACITY");
    expect(codeThrown(() => channel("8" as never))).toBe("BAD_CAPACITY");
    expect(codeThrown(() => channel(0, { maxParked: 0 }))).toBe("BAD_LIMIT");
    expect(codeThrown(() => channel(0, { onUndeliverd: () => {} } as never))).toBe("UNKNOWN_OPTION");
  });

  test("isChannel knows channels from other objects", () => {
    expect([channel(), {}, null, "channel", [channel()]].map(isChannel)).toEqual([true, false, false, false, false]);
  });
});

describe("iteration", () => {
  test("for await ends when the channel is closed and drained", async () => {
    const jobs = channel<number>(3);
    for (const i of [1, 2, 3]) jobs.tryGive(i);
    jobs.close();
    const got: number[] = [];
    for await (const job of jobs) got.push(job);
    expect(got).toEqual([1, 2, 3]);
  });

  test("leaving a for await loop does not close the channel, nor takes a value too many", async () => {
    const jobs = channel<number>(2);
    jobs.tryGive(1);
    jobs.tryGive(2);
    for await (const job of jobs) {
      expect(job).toBe(1);
      break;
    }
    expect(jobs.closed).toBe(false);
    expect(await jobs.take()).toBe(2);
  });

  test("for await on an aborted channel throws the error of the abort", async () => {
    const jobs = channel<number>().abort(new Error("gone"));
    await expect(
      (async () => {
        for await (const _ of jobs);
      })(),
    ).rejects.toBe(jobs.reason);
  });
});
