import {
  type Channel,
  CLOSED,
  channel,
  EMPTY,
  type Fiber,
  go,
  lazy,
  pipe,
  scope,
  select,
  sliding,
} from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, collectingUnhandled, turn, turns } from "./turn.js";

/** Two channels and what was reported as undelivered. */
function pair(from = 0, to = 0): { a: Channel<number>; b: Channel<number>; lost: number[] } {
  const lost: number[] = [];
  const onUndelivered = (value: number): void => void lost.push(value);
  return { a: channel(from, { onUndelivered }), b: channel(to, { onUndelivered }), lost };
}

/** What waits at a channel, both ways. */
function parked(at: Channel<never> | Channel<number>): number {
  const { parkedGives, parkedTakes } = at.statistics();
  return parkedGives + parkedTakes;
}

describe("a pipe", () => {
  test("moves values in order and finishes the sink with the reason of the source", async () => {
    const { a, b } = pair();
    const moving = pipe(a, b);
    const giver = go(function* () {
      for (let i = 0; i < 5; i++) yield* a.give(i);
      a.close("enough");
    });
    const seen: number[] = [];
    for await (const value of b) seen.push(value);
    await Promise.all([moving, giver]);
    expect([seen, b.reason]).toEqual([[0, 1, 2, 3, 4], "enough"]);
    expect([parked(a), parked(b)]).toEqual([0, 0]);
  });

  test("takes nothing while its sink has no room: a give waits until somebody takes", async () => {
    const { a, b } = pair();
    void pipe(a, b);
    const give = a.give(1);
    await turns();
    expect([a.statistics().parkedGives, a.statistics().taken]).toEqual([1, 0]);
    expect(await b.take()).toBe(1);
    expect(await give).toBe(true);
  });

  test("fills the buffer of its sink and no more", async () => {
    const { a, b } = pair(9, 2);
    void pipe(a, b);
    for (let i = 0; i < 6; i++) a.tryGive(i);
    await turns();
    expect([a.statistics().size, b.statistics().size]).toEqual([4, 2]);
  });

  test("that is cancelled with both flags off leaves every value in the source and both channels open", async () => {
    const { a, b, lost } = pair(1);
    const moving = pipe(a, b, { close: false, closeSource: false });
    a.tryGive(1);
    const parkedGive = a.give(2);
    await turns();
    moving.cancel();
    expect(await codeOf(moving)).toBe("CANCELLED");
    expect([parked(b), a.closed, b.closed, lost]).toEqual([0, false, false, []]);
    expect([await a.take(), await a.take(), await parkedGive]).toEqual([1, 2, true]);
  });

  test("that is cancelled, even before its first step, aborts its sink and closes its source", async () => {
    for (const wait of [0, 1]) {
      const { a, b, lost } = pair(1);
      const moving = pipe(a, b);
      a.tryGive(1);
      const giver = a.give(2);
      await turns(wait);
      moving.cancel();
      expect(await codeOf(moving)).toBe("CANCELLED");
      expect([await codeOf(b.take()), await giver, lost, a.tryTake()]).toEqual(["CANCELLED", false, [], 1]);
    }
  });

  test("gives in the step in which it is given to: neither a cancel nor a close comes between", async () => {
    const { a, b, lost } = pair(0, 1);
    const moving = pipe(a, b, { close: false });
    await turn();
    expect([a.tryGive(1), b.statistics().size]).toEqual(["ok", 1]);
    moving.cancel();
    b.close();
    await turn();
    expect([b.tryTake(), lost]).toEqual([1, []]);
    const { a: c, b: d } = pair();
    void pipe(c, d);
    await turn();
    const take = d.take();
    expect([c.tryGive(2), c.tryGive(3)]).toEqual(["ok", "full"]);
    d.close();
    expect(await take).toBe(2);
  });

  test("in a chain too long for one step gives what it was handed though it is cancelled then", async () => {
    const row = Array.from({ length: 100 }, () => channel<number>());
    const pipes = row
      .slice(1)
      .map((to, i) => pipe(row[i] as Channel<number>, to, { close: false, closeSource: false }));
    // Each pipe waits for its first value, however many turns their starts take.
    while (row.slice(0, -1).some((each) => each.statistics().parkedTakes === 0)) await turn();
    const take = row.at(-1)?.take();
    expect(row[0]?.tryGive(1)).toBe("ok");
    for (const each of pipes.slice(0, 65)) each.cancel();
    expect(await take).toBe(1);
    for (const each of pipes) each.cancel();
  });

  test("ends when its sink closes, takes nothing more, and closes the source with the reason", async () => {
    const { a, b, lost } = pair(1);
    const moving = pipe(a, b);
    a.tryGive(1);
    const waiting = a.give(2);
    await turns();
    b.close("full up");
    await moving;
    expect([await waiting, a.reason, lost]).toEqual([false, "full up", []]);
    expect([a.tryTake(), a.tryTake()]).toEqual([1, CLOSED]);
  });

  test("ends at once when its sink closes while nothing comes, also with closeSource: false", async () => {
    const { a, b } = pair();
    const moving = pipe(a, b, { closeSource: false });
    await turn();
    b.close();
    await moving;
    expect([a.closed, parked(a)]).toEqual([false, 0]);
  });

  test("with close: false leaves its sink open, so that another may go on", async () => {
    const { a, b } = pair();
    const moving = pipe(a, b, { close: false });
    a.close();
    await moving;
    expect(b.closed).toBe(false);
    void pipe(channel<number>(1).close(), b);
    expect(await b.take()).toBe(CLOSED);
  });

  test("lets what others have parked at its sink drain when it ends", async () => {
    const { a, b } = pair();
    const other = b.give(7);
    const moving = pipe(a, b);
    a.close();
    await moving;
    expect([await b.take(), await other, await b.take()]).toEqual([7, true, CLOSED]);
  });

  test("hands an abort on to its sink and ends well; with close: false it fails with the error", async () => {
    const error = new Error("gone");
    const { a, b } = pair(3, 3);
    const moving = pipe(a, b);
    a.abort(error);
    await moving;
    await expect(b.take()).rejects.toBe(error);
    const alone = pair();
    const failing = pipe(alone.a, alone.b, { close: false });
    alone.a.abort(error);
    await expect(failing).rejects.toBe(error);
    expect(alone.b.closed).toBe(false);
  });

  test("hands an abort on at once, though its sink is full", async () => {
    const { a, b, lost } = pair(2, 1);
    const moving = pipe(a, b);
    for (const i of [1, 2, 3]) await a.give(i);
    await turns();
    a.abort(new Error("gone"));
    await moving;
    expect(lost).toEqual([2, 3, 1]);
    expect(parked(b)).toBe(0);
  });

  test("belongs to the innermost scope, which cancels it and is failed by it", async () => {
    const { a, b } = pair();
    const error = new Error("gone");
    const failing = scope(() => {
      void pipe(a, b, { close: false });
    });
    await turn();
    a.abort(error);
    await expect(failing).rejects.toBe(error);
    const moving: Fiber<void>[] = [];
    const c = channel<number>();
    await scope(({ cancel }) => {
      moving.push(pipe(c, b, { close: false }));
      cancel();
    }).then(null, () => {});
    expect([moving[0]?.status, parked(c)]).toEqual(["cancelled", 0]);
  });

  test("fails when its sink allows no more to be parked", async () => {
    const a = channel<number>(1);
    const b = channel<number>(0, { maxParked: 1 });
    const other = b.give(1);
    const moving = pipe(a, b, { close: false });
    a.tryGive(2);
    expect(await codeOf(moving)).toBe("TOO_MANY_PARKED");
    b.close();
    expect([await other, a.tryTake()]).toEqual([false, 2]);
  });

  test("of a select makes no lazy value before there is room at its sink", async () => {
    const { a, b } = pair();
    void pipe(a, b);
    await turn();
    let made = 0;
    const hit = select([[a, lazy(() => ++made)]]);
    await turns();
    expect(made).toBe(0);
    expect(await b.take()).toBe(1);
    expect((await hit).tag).toBe("give");
  });

  test("goes on when the making of a lazy value closes its sink: the value is reported there", async () => {
    const { a, b, lost } = pair();
    const moving = pipe(a, b);
    const closing = lazy(() => {
      b.close();
      return 5;
    });
    const hit = select([[a, closing]]);
    await turns();
    expect(await b.take()).toBe(5);
    await moving;
    expect([(await hit).tag, lost, a.closed]).toEqual(["give", [], true]);
  });
});

describe("several pipes", () => {
  test("from one source share its values, and one that has no room leaves them to the others", async () => {
    const { a, b } = pair();
    const c = channel<number>();
    void pipe(a, b);
    void pipe(a, c);
    const gives = [a.give(1), a.give(2)];
    expect(await c.take()).toBe(1);
    expect(await c.take()).toBe(2);
    expect(await Promise.all(gives)).toEqual([true, true]);
    expect(b.tryTake()).toBe(EMPTY);
  });

  test("into one sink take turns with each other and with a giver", async () => {
    const sink = channel<string>();
    const sources = ["a", "b"].map((name) => {
      const source = channel<string>();
      void pipe(source, sink, { close: false });
      return go(function* () {
        while (yield* source.give(name));
      });
    });
    const third = go(function* () {
      while (yield* sink.give("c"));
    });
    const counts = new Map<unknown, number>();
    for (let i = 0; i < 90; i++) {
      const name = await sink.take();
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    sink.close();
    await Promise.all([...sources, third]);
    for (const name of ["a", "b", "c"]) expect(counts.get(name)).toBeGreaterThanOrEqual(20);
  });

  test("in a row of 1,000 pass 1,000 values on in order, and close one after the other", async () => {
    const row = Array.from({ length: 1000 }, () => channel<number>());
    const pipes = row.slice(1).map((to, i) => pipe(row[i] as Channel<number>, to));
    const giver = go(function* () {
      for (let i = 0; i < 1000; i++) yield* (row[0] as Channel<number>).give(i);
      row[0]?.close("end");
    });
    const last = row.at(-1) as Channel<number>;
    let next = 0;
    for await (const value of last) expect(value).toBe(next++);
    await Promise.all([giver, ...pipes]);
    expect([next, last.reason]).toEqual([1000, "end"]);
    expect(row.reduce((sum, each) => sum + parked(each), 0)).toBe(0);
  });

  test("in a ring end together, whichever channel is closed", async () => {
    const { a, b } = pair();
    const ring = [pipe(a, b), pipe(b, a)];
    const circling = a.give(1);
    await turn();
    a.close("stop");
    await Promise.all(ring);
    await circling;
    expect([b.closed, parked(a), parked(b)]).toEqual([true, 0, 0]);
  });

  test("move 100,000 values from and to buffers without a value held or lost", async () => {
    const { a, b, lost } = pair(8, 8);
    const moving = pipe(a, b);
    const giver = go(function* () {
      for (let i = 0; i < 100_000; i++) yield* a.give(i);
      a.close();
    });
    const sum = go(function* () {
      let total = 0;
      for (let value = yield* b.take(); value !== CLOSED; value = yield* b.take()) total += value;
      return total;
    });
    expect(await sum).toBe((100_000 * 99_999) / 2);
    await Promise.all([moving, giver]);
    expect([lost, a.statistics().peak, b.statistics().peak]).toEqual([[], 8, 8]);
  });
});

describe("pipe refuses", () => {
  const a = channel<number>();
  const b = channel<number>();
  test.each([
    ["no channel as its source", () => pipe(5 as never, b), "NOT_A_CHANNEL"],
    ["no channel as its sink", () => pipe(a, 5 as never), "NOT_A_CHANNEL"],
    ["no sink at all", () => (pipe as (a: unknown) => unknown)(a), "NOT_A_CHANNEL"],
    ["one channel at both ends", () => pipe(a, a), "PIPE_TO_ITSELF"],
    ["a stage that returns no channel", () => pipe(a, (() => 5) as never), "NOT_A_CHANNEL"],
    ["something after its options", () => (pipe as (...all: unknown[]) => unknown)(a, b, {}, 5), "NOT_A_STAGE"],
    ["an unknown option", () => pipe(a, b, { closed: true } as never), "UNKNOWN_OPTION"],
    ["closeSource where a stage decides", () => pipe(a, (x) => x, b, { closeSource: true } as never), "UNKNOWN_OPTION"],
    ["an option that is no flag", () => pipe(a, b, { close: "yes" as never }), "BAD_OPTION"],
  ])("%s", async (_, call, code) => {
    expect(codeThrown(call)).toBe(code);
    await collectingUnhandled(async (errors) => {
      await turn();
      expect([errors, parked(a), parked(b)]).toEqual([[], 0, 0]);
    });
  });

  test("no buffer kind at its sink: what slides is reported by the sink", async () => {
    const lost: number[] = [];
    const slides = channel<number>(sliding(1), { onUndelivered: (value) => lost.push(value) });
    const source = channel<number>(3);
    for (const i of [1, 2, 3]) source.tryGive(i);
    await pipe(source.close(), slides);
    expect([slides.tryTake(), lost]).toEqual([3, [1, 2]]);
  });
});
