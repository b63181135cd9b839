import { CLOSED, channel, EMPTY, go, lazy, otherwise, rselect, select, timeout } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, turn } from "./turn.js";

describe("choice", () => {
  test("the first ready clause in the list wins", async () => {
    const [a, b] = [channel<number>(1), channel<number>(1)];
    a.tryGive(1);
    b.tryGive(2);
    expect(await select([b, a])).toEqual({ tag: "take", index: 0, channel: b, value: 2 });
    expect(a.statistics().size).toBe(1);
  });

  test("rselect lets every ready clause win sometimes", async () => {
    const channels = [channel<number>(100), channel<number>(100)] as const;
    for (let i = 0; i < 100; i++) for (const each of channels) each.tryGive(i);
    const wins = [0, 0];
    for (let i = 0; i < 100; i++) {
      const { index } = await rselect(channels);
      wins[index] = (wins[index] ?? 0) + 1;
    }
    expect(Math.min(...wins)).toBeGreaterThan(0);
  });

  test("a ready clause beats otherwise and a timeout of 0, wherever they stand", async () => {
    const a = channel<number>(1);
    a.tryGive(1);
    expect((await select([otherwise, timeout(0), a])).tag).toBe("take");
    expect((await select([otherwise, a])).tag).toBe("otherwise");
    expect(await select([a, timeout(0)])).toEqual({ tag: "timeout", index: 1 });
    expect(await select([timeout(0), otherwise])).toEqual({ tag: "timeout", index: 0 });
  });

  test("a timeout commits when nothing else does, and leaves nothing parked", async () => {
    const a = channel<number>();
    expect(await select([a, [a, 1], timeout(1)])).toEqual({ tag: "timeout", index: 2 });
    expect(a.statistics()).toMatchObject({ parkedGives: 0, parkedTakes: 0 });
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

  test("a closed channel makes both a take and a give clause ready with closed", async () => {
    const a = channel<number>().close();
    expect(await select([a])).toEqual({ tag: "closed", index: 0, channel: a });
    expect(await select([[a, 1]])).toEqual({ tag: "closed", index: 0, channel: a });
    const b = channel<number>();
    const parked = [select([b]), select([[b, 1]])];
    b.close();
    expect((await Promise.all(parked)).map(({ tag }) => tag)).toEqual(["take", "give"]);
    const c = channel<number>();
    const waiting = select([c]);
    c.close();
    expect((await waiting).tag).toBe("closed");
  });

  test("a value left in a closed channel is taken before closed is answered", async () => {
    const a = channel<number>(1);
    a.tryGive(1);
    a.close();
    expect([(await select([a])).tag, (await select([a])).tag]).toEqual(["take", "closed"]);
  });
});

describe("commit", () => {
  test("a select give with a parked taker hands over and goes on", async () => {
    const a = channel<number>();
    const taken = a.take();
    expect(await select([[a, 7]])).toEqual({ tag: "give", index: 0, channel: a });
    expect(await taken).toBe(7);
  });

  test("the loser of two parked give clauses leaves no value behind", async () => {
    const [a, b] = [channel<number>(), channel<number>()];
    const hit = select([
      [a, 1],
      [b, 2],
    ]);
    expect(await b.take()).toBe(2);
    expect(await hit).toMatchObject({ tag: "give", index: 1 });
    expect([a.tryTake(), b.tryTake()]).toEqual([EMPTY, EMPTY]);
  });

  test("a take and a give of one select on one channel never match each other", async () => {
    const a = channel<number>();
    const hit = select([a, [a, 1]]);
    await turn();
    expect(a.statistics()).toMatchObject({ parkedGives: 1, parkedTakes: 1 });
    expect(await a.take()).toBe(1);
    expect(await hit).toMatchObject({ tag: "give" });
    expect(a.statistics()).toMatchObject({ parkedGives: 0, parkedTakes: 0 });
  });

  test("two selects that both give and take on one channel match with each other", async () => {
    const a = channel<string>();
    const first = select([a, [a, "first"]]);
    const second = select([a, [a, "second"]]);
    expect([await first, await second]).toMatchObject([{ tag: "give" }, { tag: "take", value: "first" }]);
  });

  test("a select that was served once takes nothing more", async () => {
    const [a, b] = [channel<number>(), channel<number>()];
    const hit = select([a, b, a]);
    expect(a.tryGive(1)).toBe("ok");
    expect([a.tryGive(2), b.tryGive(3)]).toEqual(["full", "full"]);
    expect(await hit).toMatchObject({ index: 0, value: 1 });
  });

  test("a select over 1,000 channels in a loop leaves nothing parked", async () => {
    const channels = Array.from({ length: 1000 }, () => channel<number>());
    for (let i = 0; i < 50; i++) {
      const hit = select(channels);
      channels[i * 7]?.tryGive(i);
      expect((await hit).index).toBe(i * 7);
    }
    expect(channels.filter((each) => each.statistics().parkedTakes > 0)).toEqual([]);
  });

  test("maxParked counts the clauses of selects", async () => {
    const a = channel<number>(0, { maxParked: 1 });
    const parked = a.take();
    expect(await codeOf(select([a]))).toBe("TOO_MANY_PARKED");
    expect(a.tryGive(1)).toBe("ok");
    expect(await parked).toBe(1);
    const b = channel<number>(0, { maxParked: 1 });
    const hit = select([[b, 1]]);
    expect(await codeOf(b.give(2))).toBe("TOO_MANY_PARKED");
    expect([b.tryTake(), (await hit).tag]).toEqual([1, "give"]);
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
  test("a lazy value is made only when its clause commits", async () => {
    let made = 0;
    const make = lazy(() => ++made);
    const [a, b] = [channel<number>(), channel<number>(1)];
    b.tryGive(0);
    await select([[a, make], b]);
    expect(made).toBe(0);
    const hit = select([[a, make]]);
    expect([a.tryTake(), made]).toEqual([1, 1]);
    expect((await hit).tag).toBe("give");
    expect(CLOSED).not.toBe(EMPTY);
  });

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
