import { channel, EMPTY, go, select } from "@good-place/channel";
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

async function shared(capacity: number, as: string): Promise<ThreadChannel<number>> {
  const made = threadChannel<number>(capacity);
  await agent.use(made as ThreadChannel<never>, as);
  return made;
}

const selecting = (...clauses: unknown[]): Promise<unknown> => agent.do({ op: "select", clauses });

/** Neither thread keeps anything of the channels: they hand over as new ones do. */
async function quiet(...channels: ThreadChannel<number>[]): Promise<void> {
  for (const made of channels) {
    await soon(() => made.statistics().parkedTakes === 0 && made.statistics().parkedGives === 0);
    const [taking] = [agent.do({ op: "take", on: made === channels[0] ? "a" : "b" })];
    expect(await made.give(99)).toBe(true);
    expect(await taking).toBe(99);
  }
}

describe("a select in another thread", () => {
  test("commits the clause whose value comes, and leaves nothing at the others", async () => {
    const [a, b] = [await shared(0, "a"), await shared(0, "b")];
    const hit = selecting({ take: "a" }, { take: "b" });
    await soon(() => b.statistics().parkedTakes === 1);
    expect(b.tryGive(5)).toBe("ok");
    expect(await hit).toEqual({ tag: "take", index: 1, value: 5 });
    await quiet(a, b);
  });

  test("takes exactly one of two values that are given at once; the other stays in its place", async () => {
    for (let round = 0; round < 50; round++) {
      const [a, b] = [await shared(2, "a"), await shared(2, "b")];
      const hit = selecting({ take: "a" }, { take: "b" });
      await soon(() => b.statistics().parkedTakes === 1);
      for (const value of [1, 2]) {
        expect(a.tryGive(value)).toBe("ok");
        expect(b.tryGive(value)).toBe("ok");
      }
      const { index } = (await hit) as { index: number };
      const [won, lost] = index === 0 ? [a, b] : [b, a];
      expect([await lost.take(), await lost.take(), lost.tryTake()]).toEqual([1, 2, EMPTY]);
      expect([await won.take(), won.tryTake()]).toEqual([2, EMPTY]);
    }
  });

  test("nobody overtakes a value that is lent to a select", async () => {
    const [a, b] = [await shared(1, "a"), await shared(1, "b")];
    const hit = selecting({ take: "b" }, { take: "a" });
    await soon(() => a.statistics().parkedTakes === 1);
    b.tryGive(0);
    a.tryGive(1);
    const taking = [a.take(), a.take()];
    void a.give(2);
    void a.give(3);
    const { index } = (await hit) as { index: number };
    expect(await Promise.all(taking)).toEqual(index === 0 ? [1, 2] : [2, 3]);
  });

  test("gives by a clause when a taker comes, once, and makes a lazy value only then", async () => {
    const [a, b] = [await shared(0, "a"), await shared(0, "b")];
    const hit = selecting({ give: "a", value: 1 }, { give: "b", lazy: 2 });
    await soon(() => a.statistics().parkedGives === 1 && b.statistics().parkedGives === 1);
    expect(await b.take()).toBe(2);
    expect(await hit).toEqual({ tag: "give", index: 1 });
    expect(a.tryTake()).toBe(EMPTY);
    await quiet(a, b);
  });

  test("two takers of two channels get one value of one select", async () => {
    for (let round = 0; round < 50; round++) {
      const [a, b] = [await shared(0, "a"), await shared(0, "b")];
      const hit = selecting({ give: "a", value: 1 }, { give: "b", value: 2 });
      await soon(() => b.statistics().parkedGives === 1);
      const taken: unknown[] = [];
      for (const made of [a, b]) void made.take().then((value) => taken.push(value));
      const { index } = (await hit) as { index: number };
      await soon(() => taken.length === 1);
      expect(taken).toEqual([index + 1]);
      (index === 0 ? b : a).tryGive(9);
      await soon(() => taken.length === 2);
      expect(taken[1]).toBe(9);
    }
  });

  test("waits with a give clause for room in a buffer", async () => {
    const a = await shared(1, "a");
    a.tryGive(0);
    const hit = selecting({ give: "a", value: 1 });
    await soon(() => a.statistics().parkedGives === 1);
    expect([await a.take(), await a.take()]).toEqual([0, 1]);
    expect(await hit).toEqual({ tag: "give", index: 0 });
  });

  test("several selects that give to one taker hand over one value", async () => {
    const a = await shared(0, "a");
    const hits = [1, 2, 3].map((value) => selecting({ give: "a", value }));
    await soon(() => a.statistics().parkedGives === 3);
    expect(await a.take()).toBe(1);
    expect(await hits[0]).toEqual({ tag: "give", index: 0 });
    await turns(10);
    expect(a.statistics()).toMatchObject({ parkedGives: 2, size: 0 });
    expect([await a.take(), await a.take()]).toEqual([2, 3]);
    await Promise.all(hits);
  });

  test("answers timeout and otherwise, and leaves nothing parked", async () => {
    const [a, b] = [await shared(0, "a"), await shared(0, "b")];
    expect(await selecting({ take: "a" }, { give: "b", value: 1 }, {})).toEqual({ tag: "otherwise", index: 2 });
    expect(await selecting({ take: "a" }, { give: "b", value: 1 }, { ms: 1 })).toEqual({ tag: "timeout", index: 2 });
    await quiet(a, b);
  });

  test("answers closed when the channel closes or is closed, and fails when it is aborted", async () => {
    const [a, c] = [await shared(0, "a"), await shared(0, "c")];
    const hits = [selecting({ take: "a" }), selecting({ give: "c", value: 1 })];
    await soon(() => a.statistics().parkedTakes === 1 && c.statistics().parkedGives === 1);
    a.close();
    c.close();
    for (const hit of hits) expect(await hit).toMatchObject({ tag: "closed", index: 0 });
    expect(await selecting({ take: "a" })).toMatchObject({ tag: "closed" });
    expect(await selecting({ give: "a", value: 1 })).toMatchObject({ tag: "closed" });
    const b = await shared(0, "b");
    const failing = selecting({ take: "b" });
    await soon(() => b.statistics().parkedTakes === 1);
    b.abort(Object.assign(new Error("boo"), { code: "BOO" }));
    expect(await failing).toEqual({ error: "BOO" });
  });

  test("a take and a give of one select there never match each other", async () => {
    const a = await shared(0, "a");
    const [take, give] = [{ take: "a" }, { give: "a", value: 1 }];
    for (const clauses of [
      [take, give],
      [give, take],
    ]) {
      const hit = selecting(...clauses);
      await soon(() => a.statistics().parkedTakes === 1 && a.statistics().parkedGives === 1);
      await turns(10);
      expect(a.tryGive(7)).toBe("ok");
      expect(await hit).toMatchObject({ tag: "take", value: 7 });
      await quiet(a);
    }
  });

  test("meets a select of this thread, both ways", async () => {
    const a = await shared(0, "a");
    const taking = selecting({ take: "a" });
    await soon(() => a.statistics().parkedTakes === 1);
    expect((await select([[a, 1], channel()])).tag).toBe("give");
    expect(await taking).toMatchObject({ value: 1 });
    const giving = selecting({ give: "a", value: 2 });
    await soon(() => a.statistics().parkedGives === 1);
    expect(await select([channel(), a])).toMatchObject({ index: 1, value: 2 });
    expect(await giving).toMatchObject({ tag: "give" });
  });
});

describe("cancelling in another thread", () => {
  test("withdraws a take and a give that wait", async () => {
    const [a, b] = [await shared(0, "a"), await shared(0, "b")];
    const waiting = [
      agent.start({ op: "take", on: "a" }),
      agent.start({ op: "give", on: "b", value: 1 }),
      agent.start({ op: "select", clauses: [{ take: "a" }, { give: "b", value: 2 }] }),
    ];
    await soon(() => a.statistics().parkedTakes === 2 && b.statistics().parkedGives === 2);
    for (const { cancel } of waiting) cancel();
    for (const { outcome } of waiting) expect(await outcome).toEqual({ error: "CANCELLED" });
    expect(b.tryTake()).toBe(EMPTY);
    await quiet(a, b);
  });

  test("a take that is aborted by its signal fails with the reason, and is withdrawn", async () => {
    const a = await shared(0, "a");
    expect(await agent.do({ op: "aborted", on: "a", reason: "enough" })).toEqual({ error: "enough" });
    await quiet(a);
  });

  test("a value that is on its way to a cancelled take is kept or stays: none is lost, none is doubled", async () => {
    const a = await shared(0, "a");
    let next = 0;
    for (let round = 0; round < 200; round++) {
      const taking = agent.do({ op: "impatient", what: "take", on: "a", ms: (round % 4) - 1 });
      const given = a.tryGive(next) === "ok";
      if (!given && round % 2 === 0) await turns(1);
      const late = !given && a.tryGive(next) === "ok";
      const outcome = await taking;
      if (given || late) expect(outcome).toBe(next++);
      else expect(outcome).toEqual({ error: "CANCELLED" });
    }
    expect(a.statistics()).toMatchObject({ given: next, taken: next, parkedTakes: 0, size: 0 });
  });

  test("a give that was taken before the cancel came is true", async () => {
    const a = await shared(0, "a");
    let accepted = 0;
    for (let round = 0; round < 200; round++) {
      const giving = agent.do({ op: "impatient", what: "give", on: "a", value: round, ms: (round % 4) - 1 });
      const taken = go(() => a.take());
      if ((await giving) === true) {
        accepted++;
        expect(await taken).toBe(round);
      } else {
        taken.cancel();
        await expect(taken).rejects.toMatchObject({ code: "CANCELLED" });
      }
    }
    expect(a.statistics()).toMatchObject({ given: accepted, taken: accepted, parkedGives: 0, parkedTakes: 0, size: 0 });
  });
});
