import { broadcast, type Channel, CLOSED, channel, EMPTY, go, scope, sliding } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, collectingUnhandled, turn, turns } from "./turn.js";

function counting(count: number): Channel<number> {
  const source = channel<number>();
  void go(function* () {
    for (let i = 0; i < count; i++) yield* source.give(i);
    source.close("counted");
  });
  return source;
}

async function all<T>(from: Channel<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const value of from) seen.push(value);
  return seen;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("a broadcast that waits", () => {
  test("gives every value to every tap in order, and finishes the taps with the reason of the source", async () => {
    const hub = broadcast(counting(50));
    const taps = [hub.tap(), hub.tap(3), hub.tap(sliding(100))];
    expect(await Promise.all(taps.map(all))).toEqual([numbers(50), numbers(50), numbers(50)]);
    await hub.fiber;
    expect(taps.map((tap) => tap.reason)).toEqual(["counted", "counted", "counted"]);
    expect(hub.statistics()).toEqual({ taps: 0, given: 50, missed: 0 });
  });

  test("goes at the pace of the slowest tap, and is ahead of it by its buffer", async () => {
    const source = counting(50);
    const hub = broadcast(source);
    const [slow, fast] = [hub.tap(2), hub.tap(50)];
    await turns();
    // Two are buffered, the third waits at the slow tap: the fourth is not taken.
    expect([slow.statistics().size, fast.statistics().size, source.statistics().taken]).toEqual([2, 3, 3]);
    expect(await slow.take()).toBe(0);
    await turns();
    expect(fast.statistics().size).toBe(4);
  });

  test("takes nothing while there is no tap: the first to come gets the first value", async () => {
    const source = channel<number>(2);
    const hub = broadcast(source);
    for (const i of [1, 2]) source.tryGive(i);
    await turns();
    expect(source.statistics().size).toBe(2);
    const tap = hub.tap();
    expect([await tap.take(), await tap.take()]).toEqual([1, 2]);
    tap.close();
    source.tryGive(3);
    await turns();
    expect([source.statistics().size, hub.statistics().missed]).toEqual([1, 0]);
    expect(await hub.tap().take()).toBe(3);
  });

  test("withdraws its take in the step in which the last tap goes", async () => {
    const source = channel<number>();
    const hub = broadcast(source);
    const tap = hub.tap();
    await turns();
    expect(source.statistics().parkedTakes).toBe(1);
    tap.close();
    expect([source.statistics().parkedTakes, source.tryGive(1)]).toEqual([0, "full"]);
  });

  test("ends when the source does while there is no tap, and ends taps that come later likewise", async () => {
    const closed = channel<number>();
    const hub = broadcast(closed);
    await turn();
    closed.close("over");
    await hub.fiber;
    const late = hub.tap();
    expect([await late.take(), late.reason]).toEqual([CLOSED, "over"]);
    const error = new Error("gone");
    const aborted = channel<number>();
    const other = broadcast(aborted);
    await turn();
    aborted.abort(error);
    await other.fiber;
    await expect(other.tap().take()).rejects.toBe(error);
  });
});

describe("a tap", () => {
  test("that is closed by its reader is forgotten at once, and the others go on", async () => {
    const lost: number[] = [];
    const hub = broadcast(counting(5));
    const leaving = hub.tap(0, { onUndelivered: (value) => lost.push(value) });
    const staying = hub.tap(9);
    expect(await leaving.take()).toBe(0);
    await turns();
    leaving.close();
    expect(hub.statistics().taps).toBe(1);
    expect([await all(staying), lost]).toEqual([numbers(5), [1]]);
  });

  test("may be closed by its own consumer, and made by another, between two values", async () => {
    const hub = broadcast(counting(6));
    const consume = async (until: number, then: () => void): Promise<number[]> => {
      const [tap, seen]: [Channel<number>, number[]] = [hub.tap(), []];
      for await (const value of tap) {
        seen.push(value);
        if (value !== until) continue;
        tap.close();
        then();
      }
      return seen;
    };
    let second: Promise<number[]> | null = null;
    const first = consume(1, () => {
      second = consume(4, () => {});
    });
    const whole = consume(9, () => {});
    expect([await first, await whole]).toEqual([[0, 1], numbers(6)]);
    const late = (await second) ?? [];
    expect(late.at(-1)).toBe(4);
    expect(late).toEqual(numbers(5).slice(-late.length));
  });

  test("may close itself and others from within onUndelivered", async () => {
    const source = channel<number>(3);
    const hub = broadcast(source);
    const other = hub.tap(9);
    const sliding1: Channel<number> = hub.tap(sliding(1), {
      onUndelivered() {
        other.close();
        sliding1.close();
        hub.tap(9).close();
      },
    });
    for (const i of [1, 2, 3]) source.tryGive(i);
    await turns();
    expect([sliding1.tryTake(), other.statistics().size, hub.statistics().taps]).toEqual([2, 2, 0]);
    expect(source.statistics().size).toBe(1);
  });

  test("is closed by untap, which keeps what it has buffered; what is no tap is false", async () => {
    const hub = broadcast(counting(9));
    const tap = hub.tap(2);
    await turns();
    expect([hub.untap(tap), hub.untap(tap), hub.untap(channel())]).toEqual([true, false, false]);
    expect(await all(tap)).toEqual([0, 1]);
  });

  test("leaves nothing behind: 10,000 that come and go while no value comes", async () => {
    const source = channel<number>();
    const hub = broadcast(source);
    for (let i = 0; i < 10_000; i++) hub.tap().close();
    await turns();
    expect(hub.statistics().taps).toBe(0);
    const tap = hub.tap();
    await turns();
    source.tryGive(1);
    expect(await tap.take()).toBe(1);
  });
});

describe("a broadcast that skips", () => {
  test("lets a tap miss what it has no room for, and counts it there", async () => {
    const lost: number[] = [];
    const source = counting(20);
    const hub = broadcast(source, { slow: "skip" });
    const slow = hub.tap(2, { onUndelivered: (value) => lost.push(value) });
    const fast = hub.tap(20);
    await hub.fiber;
    expect([await all(slow), await all(fast)]).toEqual([[0, 1], numbers(20)]);
    expect([slow.statistics().dropped, lost]).toEqual([18, numbers(20).slice(2)]);
  });

  test("takes values while there is no tap, and reports and counts them", async () => {
    const lost: number[] = [];
    const hub = broadcast(counting(3), { slow: "skip", onUndelivered: (value) => lost.push(value) });
    await hub.fiber;
    expect([lost, hub.statistics()]).toEqual([[0, 1, 2], { taps: 0, given: 0, missed: 3 }]);
  });

  test("gives a rendezvous tap what its reader waits for", async () => {
    const source = channel<number>();
    const hub = broadcast(source, { slow: "skip" });
    const tap = hub.tap();
    await source.give(1);
    const take = tap.take();
    await source.give(2);
    expect([await take, tap.tryTake()]).toEqual([2, EMPTY]);
    source.close();
  });
});

describe("the end of a broadcast", () => {
  test("by an abort aborts the taps, those too that a value waits for", async () => {
    const lost: number[] = [];
    const error = new Error("gone");
    const source = channel<number>(3);
    const hub = broadcast(source);
    const full = hub.tap(1, { onUndelivered: (value) => lost.push(value) });
    for (const i of [1, 2, 3]) source.tryGive(i);
    const waiting = hub.tap(9);
    await turns();
    source.abort(error);
    full.tryTake();
    await hub.fiber;
    await expect(waiting.take()).rejects.toBe(error);
    await expect(full.take()).rejects.toBe(error);
    expect(lost).toEqual([2]);
  });

  test.each([0, 1, 3])(
    "by a cancel after %i turns aborts the taps, reports what waited, and closes the source",
    async (count) => {
      await collectingUnhandled(async (errors) => {
        const lost: number[] = [];
        const source = channel<number>(9);
        const hub = broadcast(source);
        const taps = [1, 2].map((size) => hub.tap(size, { onUndelivered: (value) => lost.push(value) }));
        for (let i = 0; i < 5; i++) source.tryGive(i);
        await turns(count);
        hub.fiber.cancel();
        await turns();
        expect(await Promise.all(taps.map((tap) => codeOf(tap.take())))).toEqual(["CANCELLED", "CANCELLED"]);
        expect(source.closed).toBe(true);
        expect(lost.length).toBe(2 * source.statistics().taken);
        expect(errors).toEqual([]);
      });
    },
  );

  test("by its scope leaves the source open with closeSource: false", async () => {
    const source = channel<number>();
    await scope(({ cancel }) => {
      broadcast(source, { closeSource: false }).tap();
      cancel();
    }).then(null, () => {});
    expect([source.closed, source.statistics().parkedTakes]).toEqual([false, 0]);
  });
});

describe("broadcast refuses", () => {
  const hub = broadcast(channel<number>().close());
  test.each([
    ["no channel", () => broadcast(5 as never), "NOT_A_CHANNEL"],
    ["another way with slow taps", () => broadcast(channel(), { slow: "drop" as never }), "BAD_OPTION"],
    ["an unknown option", () => broadcast(channel(), { slwo: "skip" } as never), "UNKNOWN_OPTION"],
    ["a tap's bad buffer", () => hub.tap(-1), "BAD_CAPACITY"],
    ["a tap's unknown option", () => hub.tap(1, { buffer: 5 } as never), "UNKNOWN_OPTION"],
    ["to untap what is no channel", () => hub.untap(5 as never), "NOT_A_CHANNEL"],
  ])("%s", (_, call, code) => {
    expect(codeThrown(call)).toBe(code);
  });
});
