import { channel, EMPTY, go, isChannel } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeThrown } from "./turn.js";

// What holds for every kind of channel is in test/contract/channel; here is what fiber channels have beside it.
describe("order and values", () => {
  test("what is done to a fiber channel is seen at once, within the same step", async () => {
    const jobs = channel<number>();
    const take = jobs.take();
    expect(jobs.statistics()).toMatchObject({ parkedTakes: 1, given: 0 });
    expect([jobs.tryGive(1), jobs.tryGive(2), jobs.tryTake()]).toEqual(["ok", "full", EMPTY]);
    expect(jobs.statistics()).toMatchObject({ parkedTakes: 0, given: 1, taken: 1 });
    const give = jobs.give(3);
    expect([jobs.tryTake(), jobs.statistics().parkedGives, jobs.close("done").closed, jobs.reason]).toEqual([
      3,
      0,
      true,
      "done",
    ]);
    expect([await take, await give]).toEqual([1, true]);
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
  test("closing twice is nothing, gives the channel back and keeps the first reason", () => {
    const jobs = channel<number>();
    expect(jobs.close("first")).toBe(jobs);
    expect(jobs.close("second").reason).toBe("first");
  });
});

describe("numbers and options", () => {
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
