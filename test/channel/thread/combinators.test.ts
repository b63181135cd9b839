import { broadcast, type Channel, channel, merge, pipe, pipeline, topics } from "@good-place/channel";
import { type ThreadChannel, threadChannel } from "@good-place/channel/thread";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { turn } from "../turn.js";
import { Agent, soon } from "./agent.js";

let agent: Agent;
beforeAll(() => {
  agent = new Agent();
});
afterAll(async () => {
  expect(await agent.end()).toBe("done");
});

// An end here of a channel that lives in the agent's thread.
async function far<T>(as: string, capacity = 0): Promise<ThreadChannel<T>> {
  return (await agent.do({ op: "make", as, capacity })) as ThreadChannel<T>;
}

const giveAll = (on: string, count: number, from = 0): Promise<unknown> => agent.do({ op: "giveAll", on, from, count });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

async function takeAll<T>(from: Channel<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const value of from) taken.push(value);
  return taken;
}

describe("pipes over threads", () => {
  test("a pipe moves values from and to channels of another thread, in order, and hands on the end", async () => {
    const [from, to] = [await far<number>("from"), await far<number>("to", 2)];
    const between = channel<number>();
    const pipes = [pipe(from, between), pipe(between, to)];
    const taken = agent.do({ op: "takeAll", on: "to" });
    expect(await giveAll("from", 50)).toBe(50);
    await agent.do({ op: "close", on: "from", reason: "over" });
    expect(await taken).toEqual(upTo(50));
    for (const each of pipes) await each;
    expect(between.reason).toBe("over");
    expect(await agent.do({ op: "state", on: "to" })).toEqual({ closed: true, reason: "over" });
  });

  test("a pipe between two channels of another thread moves the values through this one", async () => {
    const moving = pipe(await far<number>("from", 3), await far<number>("to"));
    const taken = agent.do({ op: "takeAll", on: "to" });
    await giveAll("from", 20);
    await agent.do({ op: "close", on: "from" });
    await moving;
    expect(await taken).toEqual(upTo(20));
  });

  test("a pipe from another thread holds no value: what its sink has no room for is still there to be taken", async () => {
    const from = await far<number>("from");
    const full = channel<number>(1);
    expect(full.tryGive(-1)).toBe("ok");
    const moving = pipe(from, full, { close: false, closeSource: false });
    const giving = agent.start({ op: "give", on: "from", value: 7 });
    // The link has been offered the value and has declined it: it waits at its sink.
    await soon(() => full.statistics().parkedGives === 1);
    moving.cancel();
    await expect(moving).rejects.toMatchObject({ code: "CANCELLED" });
    expect(await from.take()).toBe(7);
    expect(await giving.outcome).toBe(true);
    expect(await full.take()).toBe(-1);
  });

  test("a pipe to another thread takes nothing before it has a slot there", async () => {
    const from = channel<number>();
    const moving = pipe(from, await far<number>("to", 1));
    for (let i = 0; i < 2; i++) void from.give(i);
    await soon(() => from.statistics().parkedGives === 1);
    const third = from.give(2);
    while (((await agent.do({ op: "statistics", on: "to" })) as { parkedGives: number }).parkedGives === 0)
      await turn();
    expect(from.statistics().parkedGives).toBe(2);
    for (let i = 0; i < 3; i++) expect(await agent.do({ op: "take", on: "to" })).toBe(i);
    expect(await third).toBe(true);
    from.close();
    await moving;
  });

  test("a pipe hears of the end of its sink in another thread, and of the abort of its source", async () => {
    const from = channel<number>();
    const first = pipe(from, await far<number>("to"));
    await agent.do({ op: "close", on: "to", reason: "enough" });
    await first;
    expect(from.reason).toBe("enough");
    const to = channel<number>();
    const second = pipe(await far<number>("from"), to);
    await agent.do({ op: "abort", on: "from", error: new Error("broken") });
    await second;
    await expect(to.take()).rejects.toThrow("broken");
  });

  test("a pipe into a thread channel fails with UNCLONEABLE at what cannot be copied, and does not lose it in silence", async () => {
    for (const to of [threadChannel<unknown>(1), await far<unknown>("to", 1)]) {
      const job = { run() {} };
      const lost: unknown[] = [];
      const from = channel<unknown>(0, { onUndelivered: (value) => lost.push(value) });
      const moving = pipe(from, to, { close: false, closeSource: false });
      const giving = from.give(job);
      await expect(moving).rejects.toMatchObject({ code: "UNCLONEABLE" });
      expect([from.closed, to.closed]).toEqual([false, false]);
      // It had been taken and was reported, or is so with the abort.
      from.abort(new Error("over"));
      expect(lost).toEqual([job]);
      await giving;
    }
  });

  test("however many pipes have failed at what cannot be copied, the next ones still give in the step in which they are given to", async () => {
    for (let n = 0; n < 100; n++) {
      const from = channel<unknown>();
      const moving = pipe(from, threadChannel<unknown>(1), { close: false, closeSource: false });
      await turn();
      void from.give(() => {});
      await expect(moving).rejects.toMatchObject({ code: "UNCLONEABLE" });
      from.abort(new Error("over"));
    }
    const [a, b] = [channel<number>(), channel<number>(1)];
    const moving = pipe(a, b, { close: false });
    await turn();
    expect([a.tryGive(1), b.statistics().size]).toEqual(["ok", 1]);
    moving.cancel();
    await expect(moving).rejects.toMatchObject({ code: "CANCELLED" });
    expect(b.tryTake()).toBe(1);
  });

  test("what a pipe puts into a thread channel is a copy", async () => {
    const from = channel<{ n: number }>();
    const to = threadChannel<{ n: number }>();
    const moving = pipe(from, to);
    const value = { n: 1 };
    const giving = from.give(value);
    const taken = await to.take();
    expect(taken).toEqual(value);
    expect(taken).not.toBe(value);
    expect(await giving).toBe(true);
    from.close();
    await moving;
  });

  test("however often pipes between threads are cancelled, each value arrives once and in its order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3),
        fc.nat(3),
        fc.array(fc.nat(4), { maxLength: 6 }),
        async (fromRoom, toRoom, cancels) => {
          const [from, to] = [await far<number>("from", fromRoom), await far<number>("to", toRoom)];
          const giving = giveAll("from", 12);
          const taking = agent.do({ op: "takeAll", on: "to" });
          for (const turns of cancels) {
            const moving = pipe(from, to, { close: false, closeSource: false });
            for (let i = 0; i < turns; i++) await turn();
            moving.cancel();
            await moving.then(undefined, () => {});
          }
          const last = pipe(from, to);
          expect(await giving).toBe(12);
          await agent.do({ op: "close", on: "from" });
          await last;
          expect(await taking).toEqual(upTo(12));
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("other combinators over threads", () => {
  test("merge takes from channels of other threads", async () => {
    const merged = merge([await far<number>("one"), await far<number>("two")]);
    void giveAll("one", 10).then(() => agent.do({ op: "close", on: "one" }));
    void giveAll("two", 10, 10).then(() => agent.do({ op: "close", on: "two" }));
    const taken = await takeAll(merged);
    expect(taken.toSorted((a, b) => a - b)).toEqual(upTo(20));
    expect(taken.filter((value) => value < 10)).toEqual(upTo(10));
  });

  test("a broadcast of a channel of another thread takes nothing without a tap, and ends with it", async () => {
    const source = await far<number>("from");
    const spread = broadcast(source);
    const giving = giveAll("from", 3);
    await soon(() => spread.fiber.status === "running");
    expect(await agent.do({ op: "statistics", on: "from" })).toMatchObject({ given: 0 });
    const taps = [spread.tap(), spread.tap()];
    const taken = Promise.all(taps.map((tap) => takeAll(tap)));
    await giving;
    await agent.do({ op: "close", on: "from", reason: "over" });
    await spread.fiber;
    expect(await taken).toEqual([upTo(3), upTo(3)]);
    expect(taps[0]?.reason).toBe("over");
  });

  test("a broadcast without taps ends when its channel in another thread is drained by others", async () => {
    const spread = broadcast(await far<number>("from", 2));
    await giveAll("from", 2);
    await agent.do({ op: "close", on: "from" });
    expect(spread.fiber.status).toBe("running");
    expect(await agent.do({ op: "takeAll", on: "from" })).toEqual([0, 1]);
    await spread.fiber;
  });

  test("topics and pipelines take from channels of other threads", async () => {
    const parity = topics(await far<number>("from"), (value) => value % 2);
    const odd = takeAll(parity.subscribe(1, 10));
    await giveAll("from", 10);
    await agent.do({ op: "close", on: "from" });
    expect(await odd).toEqual([1, 3, 5, 7, 9]);
    const doubled = pipe(
      await far<number>("from"),
      pipeline(3, (value: number) => value * 2),
    );
    const taken = takeAll(doubled);
    await giveAll("from", 10);
    await agent.do({ op: "close", on: "from" });
    expect(await taken).toEqual(upTo(10).map((value) => value * 2));
  });
});
