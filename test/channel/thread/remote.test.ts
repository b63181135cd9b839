import { CLOSED, channel, EMPTY, go, select } from "@good-place/channel";
import { type ThreadChannel, threadChannel } from "@good-place/channel/thread";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { turns } from "../turn.js";
import { Agent, soon } from "./agent.js";

let agent: Agent;
beforeAll(() => {
  agent = new Agent();
});
afterAll(async () => {
  expect(await agent.end()).toBe("done");
});

async function shared<T>(...args: Parameters<typeof threadChannel<T>>): Promise<ThreadChannel<T>> {
  const made = threadChannel<T>(...args);
  await agent.use(made as ThreadChannel<unknown>, "it");
  return made;
}

const parkedTakes = (made: ThreadChannel<never> | ThreadChannel<number>): number => made.statistics().parkedTakes;
const parkedGives = (made: ThreadChannel<never> | ThreadChannel<number>): number => made.statistics().parkedGives;

describe("values between threads", () => {
  test("every kind of value arrives, null and undefined too, in the order of the gives", async () => {
    const made = await shared<unknown>();
    const values = [1, null, undefined, "x", { a: [1n, new Map([[1, new Set([2])]])] }, new Date(0), Number.NaN];
    for (const value of values) void made.give(value);
    for (const value of values) expect(await agent.do({ op: "take", on: "it" })).toEqual(value);
  });

  test("what a thread gives arrives in its order, on credit and without", async () => {
    for (const capacity of [0, 1, 2, 7, 300]) {
      const made = await shared<number>(capacity);
      const giving = agent.do({ op: "giveAll", on: "it", from: 0, count: 400 });
      for (let i = 0; i < 400; i++) expect(await made.take()).toBe(i);
      expect(await giving).toBe(400);
      expect(made.statistics()).toMatchObject({ size: 0, parkedGives: 0, given: 400, taken: 400, capacity });
    }
  });

  test("a rendezvous give of another thread is true only when its value is taken", async () => {
    const made = await shared<number>();
    let accepted: unknown;
    const giving = agent.do({ op: "give", on: "it", value: 1 }).then((value) => {
      accepted = value;
    });
    await soon(() => parkedGives(made) === 1);
    await agent.do({ op: "state", on: "it" });
    expect(accepted).toBe(undefined);
    expect(made.tryTake()).toBe(1);
    await giving;
    expect(accepted).toBe(true);
  });

  test("a full buffer holds the gives of another thread back", async () => {
    const made = await shared<number>(3);
    const giving = agent.do({ op: "giveAll", on: "it", from: 0, count: 10 });
    await soon(() => made.statistics().size === 3 && parkedGives(made) === 1);
    await turns(10);
    expect(made.statistics()).toMatchObject({ size: 3, parkedGives: 1, given: 3 });
    for (let i = 0; i < 10; i++) expect(await made.take()).toBe(i);
    expect(await giving).toBe(10);
  });

  test("takers of both threads are served in the order in which they came", async () => {
    const made = await shared<number>();
    const first = agent.do({ op: "take", on: "it" });
    await soon(() => parkedTakes(made) === 1);
    const second = made.take();
    const third = agent.do({ op: "take", on: "it" });
    await soon(() => parkedTakes(made) === 3);
    for (const value of [1, 2, 3]) expect(made.tryGive(value)).toBe("ok");
    expect(await Promise.all([first, second, third])).toEqual([1, 2, 3]);
  });

  test("64 KiB move rather than being copied where the give says so", async () => {
    const made = await shared<Uint8Array>(1);
    const buffer = new Uint8Array(65_536).fill(7);
    expect(await made.give(buffer, { transfer: [buffer.buffer] })).toBe(true);
    expect(buffer.byteLength).toBe(0);
    const taken = (await agent.do({ op: "take", on: "it" })) as Uint8Array;
    expect([taken.byteLength, taken[65_535]]).toEqual([65_536, 7]);
  });

  test("for await in another thread ends when the channel is closed and drained", async () => {
    const made = await shared<number>(4);
    const iterating = agent.do({ op: "iterate", on: "it" });
    for (let i = 0; i < 6; i++) await made.give(i);
    made.close();
    expect(await iterating).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("sliding, dropping and unbounded channels never hold another thread back", async () => {
    const { dropping, sliding, unbounded } = await import("@good-place/channel");
    const kept = [
      [sliding(2), [3, 4]],
      [dropping(2), [0, 1]],
      [unbounded(), [0, 1, 2, 3, 4]],
    ] as const;
    for (const [buffer, values] of kept) {
      const made = await shared<number>(buffer);
      expect(await agent.do({ op: "giveAll", on: "it", from: 0, count: 5 })).toBe(5);
      await soon(() => made.statistics().given === 5);
      made.close();
      const left: unknown[] = [];
      for await (const value of made) left.push(value);
      expect(left).toEqual(values);
    }
  });
});

describe("credit", () => {
  test("slots that another thread keeps without need come back to a giver that waits", async () => {
    const made = await shared<number>(2);
    expect(await agent.do({ op: "give", on: "it", value: 0 })).toBe(true);
    expect(await made.take()).toBe(0);
    // Both slots may be kept for the other thread by now; nothing is buffered.
    await agent.do({ op: "give", on: "it", value: 1 });
    expect(await made.take()).toBe(1);
    await turns();
    expect(await Promise.all([made.give(2), made.give(3)])).toEqual([true, true]);
    expect([await made.take(), await made.take(), made.tryTake()]).toEqual([2, 3, EMPTY]);
  });

  test("tryGive in another thread asks for a slot and has it later", async () => {
    const made = await shared<number>(2);
    expect(await agent.do({ op: "tryGive", on: "it", value: 0 })).toBe("full");
    while ((await agent.do({ op: "tryGive", on: "it", value: 1 })) !== "ok");
    expect(await made.take()).toBe(1);
  });

  test("what was accepted on credit is still taken after a close, and then CLOSED is answered", async () => {
    for (let round = 0; round < 20; round++) {
      const made = await shared<number>(8);
      const giving = agent.do({ op: "giveAll", on: "it", from: 0, count: 1000 });
      for (let i = 0; i < 50; i++) expect(await made.take()).toBe(i);
      made.close("enough");
      const rest: number[] = [];
      for await (const value of made) rest.push(value);
      // The first value that was refused is the first that nobody has taken.
      expect(await giving).toBe(50 + rest.length);
      expect(rest).toEqual(rest.map((_, i) => 50 + i));
      expect(await agent.do({ op: "state", on: "it" })).toEqual({ closed: true, reason: "enough" });
    }
  });
});

describe("a poll", () => {
  test("in another thread finds nothing at first, and later what is buffered, in order", async () => {
    const made = await shared<number>(4);
    for (const i of [1, 2, 3]) expect(made.tryGive(i)).toBe("ok");
    const found: unknown[] = [];
    while (found.length < 3) {
      const value = await agent.do({ op: "tryTake", on: "it" });
      if (value !== "EMPTY") found.push(value);
    }
    expect(found).toEqual([1, 2, 3]);
    made.close();
    while ((await agent.do({ op: "tryTake", on: "it" })) !== "CLOSED");
  });

  test("that nobody repeats keeps nothing from who waits here, and frees no slot", async () => {
    const made = await shared<number>(2);
    for (const i of [1, 2]) expect(made.tryGive(i)).toBe("ok");
    expect(await agent.do({ op: "tryTake", on: "it" })).toBe("EMPTY");
    await soon(() => made.statistics().size === 1);
    expect(made.tryGive(3)).toBe("full");
    expect([await made.take(), await made.take()]).toEqual([1, 2]);
    expect(made.statistics()).toMatchObject({ given: 2, taken: 2, size: 0 });
  });

  test("commits no giver of a rendezvous", async () => {
    const made = await shared<number>();
    const giving = go(() => made.give(1));
    for (let i = 0; i < 5; i++) expect(await agent.do({ op: "tryTake", on: "it" })).toBe("EMPTY");
    expect(made.statistics()).toMatchObject({ parkedGives: 1, taken: 0 });
    expect(await agent.do({ op: "take", on: "it" })).toBe(1);
    expect(await giving).toBe(true);
  });
});

describe("ends in other threads", () => {
  test("close refuses parked gives of another thread, and answers CLOSED to its takes", async () => {
    const made = await shared<number>();
    const gives = [agent.do({ op: "give", on: "it", value: 1 }), agent.do({ op: "give", on: "it", value: 2 })];
    await soon(() => parkedGives(made) === 2);
    made.close();
    expect(await Promise.all(gives)).toEqual([false, false]);
    expect(await agent.do({ op: "take", on: "it" })).toBe("CLOSED");
    expect(await agent.do({ op: "tryTake", on: "it" })).toBe("CLOSED");
    expect(await agent.do({ op: "tryGive", on: "it", value: 1 })).toBe("closed");
  });

  test("another thread closes, finishes and aborts the channel", async () => {
    const closed = await shared<number>();
    const taking = closed.take();
    await agent.do({ op: "close", on: "it", reason: "over there" });
    expect([await taking, closed.closed, closed.reason]).toEqual([CLOSED, true, "over there"]);
    const finished = await shared<number>(2);
    await finished.give(1);
    const finishing = agent.do({ op: "finish", on: "it" });
    await soon(() => finished.closed);
    expect(await finished.take()).toBe(1);
    expect(await finishing).toBe(undefined);
    const aborted = await shared<number>();
    const failing = expect(aborted.take()).rejects.toMatchObject({ name: "TypeError", message: "boo" });
    await agent.do({ op: "abort", on: "it", error: new TypeError("boo") });
    await failing;
    expect(aborted.closed).toBe(true);
  });

  test("abort fails the takes of another thread with the error, and refuses its gives", async () => {
    const lost: number[] = [];
    const made = await shared<number>(0, { onUndelivered: (value) => lost.push(value) });
    const giving = agent.do({ op: "give", on: "it", value: 1 });
    await soon(() => parkedGives(made) === 1);
    made.abort(Object.assign(new Error("boo"), { code: "BOO" }));
    expect([await giving, lost]).toEqual([false, [1]]);
    expect(await agent.do({ op: "take", on: "it" })).toEqual({ error: "BOO" });
    expect(await agent.do({ op: "tryTake", on: "it" })).toEqual({ error: "BOO" });
  });

  test("maxParked counts the operations of other threads", async () => {
    const made = await shared<number>(0, { maxParked: 1 });
    const first = agent.do({ op: "take", on: "it" });
    await soon(() => parkedTakes(made) === 1);
    expect(await agent.do({ op: "take", on: "it" })).toEqual({ error: "TOO_MANY_PARKED" });
    await made.give(1);
    expect(await first).toBe(1);
  });
});

describe("channels inside values", () => {
  test("a channel that comes back is the one that was sent, and a known one is not made again", async () => {
    const made = await shared<number>();
    const echo = threadChannel<{ reply: unknown }>();
    await agent.use(echo as ThreadChannel<never>, "echo");
    expect(await agent.do({ op: "same", on: "it", channel: made })).toBe(true);
    void agent.do({ op: "give", on: "echo", value: { reply: [made, new Map([["it", made]])] } });
    const { reply } = (await echo.take()) as { reply: [unknown, Map<string, unknown>] };
    expect(reply[0]).toBe(made);
    expect(reply[1].get("it")).toBe(made);
  });

  test("a channel that lives in another thread works here, and passes on to a third", async () => {
    const there = (await agent.do({ op: "make", as: "there", capacity: 2 })) as ThreadChannel<number>;
    const third = new Agent();
    await third.use(there as ThreadChannel<never>, "there");
    expect(await there.give(1)).toBe(true);
    expect(await third.do({ op: "give", on: "there", value: 2 })).toBe(true);
    expect([await third.do({ op: "take", on: "there" }), await there.take()]).toEqual([1, 2]);
    await third.end();
  });

  test("what is given and taken in one thread is a copy, but for the channels in it", async () => {
    const made = threadChannel<{ list: number[]; reply: unknown }>(1);
    const value = { list: [1], reply: made };
    await made.give(value);
    value.list.push(2);
    const taken = await made.take();
    expect(taken).toEqual({ list: [1], reply: made });
    expect((taken as { reply: unknown }).reply).toBe(made);
  });
});

describe("what cannot be cloned", () => {
  test.each([
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    ["a function inside", { a: [{ run() {} }] }],
    ["a channel of one thread", { jobs: channel<number>() }],
    ["a fiber's own operation", { a: new WeakMap() }],
    [
      "what throws when it is read",
      Object.defineProperty({}, "x", {
        enumerable: true,
        get: () => {
          throw 1;
        },
      }),
    ],
  ])("%s fails with UNCLONEABLE, and nothing was given", async (_, value) => {
    const made = threadChannel<unknown>(1);
    await expect(made.give(value)).rejects.toMatchObject({ code: "UNCLONEABLE" });
    expect(() => made.tryGive(value)).toThrow(expect.objectContaining({ code: "UNCLONEABLE" }));
    await expect(select([[made, value]])).rejects.toMatchObject({ code: "UNCLONEABLE" });
    expect(made.statistics()).toMatchObject({ given: 0, size: 0, parkedGives: 0 });
  });

  test("a parked taker does not get what cannot be cloned, nor does a select's clause wait with it", async () => {
    const made = threadChannel<unknown>();
    const taking = made.take();
    await expect(made.give(() => {})).rejects.toMatchObject({ code: "UNCLONEABLE" });
    expect(made.statistics().parkedTakes).toBe(1);
    expect(made.tryGive(1)).toBe("ok");
    expect(await taking).toBe(1);
    await expect(select([channel(), [made, () => {}]])).rejects.toMatchObject({ code: "UNCLONEABLE" });
    expect(made.statistics().parkedGives).toBe(0);
  });

  test("a give in another thread fails there, and nothing arrives here", async () => {
    const made = await shared<number>(2);
    expect(await agent.do({ op: "uncloneable", on: "it" })).toEqual({ error: "UNCLONEABLE" });
    expect(made.statistics()).toMatchObject({ given: 0, parkedGives: 0 });
  });

  test("an invalid transfer list fails with UNCLONEABLE, and moves nothing", async () => {
    const made = threadChannel<unknown>(1);
    const kept = new ArrayBuffer(8);
    await expect(made.give(kept, { transfer: [kept, kept] })).rejects.toMatchObject({ code: "UNCLONEABLE" });
    expect(kept.byteLength).toBe(8);
  });
});

describe("fibers here and values there", () => {
  test("a fiber that is cancelled while its give waits leaves nothing for the other thread", async () => {
    const made = await shared<number>();
    const giving = go(() => made.give(1));
    await soon(() => parkedGives(made) === 1);
    giving.cancel();
    await expect(giving).rejects.toMatchObject({ code: "CANCELLED" });
    const taking = agent.do({ op: "take", on: "it" });
    await soon(() => parkedTakes(made) === 1);
    expect(made.tryGive(2)).toBe("ok");
    expect(await taking).toBe(2);
  });
});
