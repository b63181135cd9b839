import { type Channel, CLOSED, channel, go, merge, scope } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, turn, turns } from "./turn.js";

const parked = (at: Channel<never> | Channel<number>): number =>
  at.statistics().parkedGives + at.statistics().parkedTakes;

describe("a merged channel", () => {
  test("has the values of all sources, each source's in its order, and closes when the last has ended", async () => {
    const sources = [channel<number>(), channel<number>(4), channel<number>(1)];
    const merged = merge(sources);
    for (const [which, source] of sources.entries()) {
      void go(function* () {
        for (let i = 0; i < 20; i++) yield* source.give(which * 100 + i);
        source.close(which);
      });
    }
    const seen: number[] = [];
    for await (const value of merged) seen.push(value);
    for (const which of [0, 1, 2]) {
      const own = seen.filter((value) => Math.floor(value / 100) === which);
      expect(own).toEqual(Array.from({ length: 20 }, (_, i) => which * 100 + i));
    }
    expect(sources.map(parked)).toEqual([0, 0, 0]);
  });

  test("takes no value that its reader has not asked for, unless it has a buffer", async () => {
    const [a, b] = [channel<number>(2), channel<number>(2)];
    for (const each of [a, b]) for (const i of [1, 2]) each.tryGive(i);
    const merged = merge([a, b]);
    await turns();
    expect([a.statistics().size, b.statistics().size]).toEqual([2, 2]);
    merged.close();
    const buffered = merge([channel<number>(1), a], { buffer: 1 });
    await turns();
    expect([a.statistics().size, buffered.statistics().size]).toEqual([1, 1]);
  });

  test("starves no source: one that is always ready takes turns with the others", async () => {
    const busy = ["a", "b", "c"].map((name) => {
      const source = channel<string>(8);
      void go(function* () {
        while (yield* source.give(name));
      });
      return source;
    });
    const merged = merge(busy);
    const counts = new Map<unknown, number>();
    for (let i = 0; i < 90; i++) {
      const name = await merged.take();
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    merged.close();
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(20);
    expect(counts.size).toBe(3);
  });

  test("of no source closes at once, and of sources that are closed when they are drained", async () => {
    expect(await merge([]).take()).toBe(CLOSED);
    const full = channel<number>(1);
    full.tryGive(1);
    const merged = merge([full.close("over"), channel<number>().close("over")]);
    expect([await merged.take(), await merged.take(), merged.reason]).toEqual([1, CLOSED, "over"]);
  });

  test("that is closed by its reader closes its sources with the reason, and leaves them with closeSource: false", async () => {
    const [a, b] = [channel<number>(), channel<number>()];
    const give = a.give(1);
    merge([a, b]).close("enough");
    await turns();
    expect([await give, a.reason, b.reason, parked(b)]).toEqual([false, "enough", "enough", 0]);
    const [c, d] = [channel<number>(), channel<number>()];
    const kept = c.give(1);
    merge([c, d], { closeSource: false }).close();
    await turns();
    expect([c.closed, d.closed, parked(d), await c.take(), await kept]).toEqual([false, false, 0, 1, true]);
  });

  test("is aborted by the abort of one source, and closes the others", async () => {
    const [a, b] = [channel<number>(), channel<number>()];
    const merged = merge([a, b]);
    const take = merged.take();
    const error = new Error("gone");
    await turn();
    a.abort(error);
    await expect(take).rejects.toBe(error);
    await turns();
    expect([b.reason, parked(b)]).toEqual([error, 0]);
  });

  test("is aborted when its scope is cancelled, even before the first step, and no value is lost", async () => {
    const a = channel<number>(1);
    a.tryGive(1);
    const made: Channel<number>[] = [];
    const body = ({ cancel }: { cancel(): void }): void => {
      made.push(merge([a], { closeSource: false }));
      cancel();
    };
    expect(await codeOf(scope(body))).toBe("CANCELLED");
    expect(await codeOf((made[0] as Channel<number>).take())).toBe("CANCELLED");
    expect([a.tryTake(), parked(a)]).toEqual([1, 0]);
  });

  test("may have one source twice, and 1,000 sources", async () => {
    const a = channel<number>();
    const twice = merge([a, a]);
    const gives = [a.give(1), a.give(2)];
    expect([await twice.take(), await twice.take(), ...(await Promise.all(gives))]).toEqual([1, 2, true, true]);
    twice.close();
    const many = Array.from({ length: 1000 }, (_, i) => {
      const source = channel<number>(1);
      source.tryGive(i);
      return source.close();
    });
    const seen = new Set<number>();
    for await (const value of merge(many)) seen.add(value);
    expect(seen.size).toBe(1000);
  });

  test("has the options of a channel, and refuses what it does not know", () => {
    expect(merge([channel<number>()], { name: "all" }).name).toBe("all");
    expect(codeThrown(() => merge(5 as never))).toBe("NOT_A_CHANNEL");
    expect(codeThrown(() => merge([5] as never))).toBe("NOT_A_CHANNEL");
    expect(codeThrown(() => merge([], { bufer: 1 } as never))).toBe("UNKNOWN_OPTION");
    expect(codeThrown(() => merge([], { buffer: -1 }))).toBe("BAD_CAPACITY");
    expect(codeThrown(() => merge([], { closeSource: 1 as never }))).toBe("BAD_OPTION");
  });
});
