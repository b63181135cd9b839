/**
 * The contract: values, their order, who gets them, and the numbers.
 */
import { CLOSED, dropping, EMPTY, sliding, unbounded } from "@good-place/channel";
import { expect } from "vitest";
import { all, eventually, type Fact, fact, failureOf } from "./maker.js";

export const values: readonly Fact[] = [
  fact("values are taken in the order in which they were given, buffered and parked alike", function* (maker) {
    for (const capacity of "rendezvous" in maker.lacks ? [1, 2, 8] : [0, 1, 2, 8]) {
      const { near, far } = maker.make<number>(capacity);
      const gives = [1, 2, 3, 4, 5].map((i) => near.give(i));
      const got = [];
      for (let i = 0; i < 5; i++) got.push(yield* far.take());
      expect(got).toEqual([1, 2, 3, 4, 5]);
      expect(yield* all(gives)).toEqual([true, true, true, true, true]);
    }
  }),

  fact("values come in order the other way too", function* (maker) {
    const { near, far } = maker.make<number>(2);
    const gives = [1, 2, 3, 4].map((i) => far.give(i));
    expect(yield* all([1, 2, 3, 4].map(() => near.take()))).toEqual([1, 2, 3, 4]);
    expect(yield* all(gives)).toEqual([true, true, true, true]);
  }),

  fact("takers are served in the order in which they came", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const takes = [far.take(), far.take(), far.take()];
    yield* far.state();
    for (const i of [1, 2, 3]) expect(yield* near.give(i)).toBe(true);
    expect(yield* all(takes)).toEqual([1, 2, 3]);
  }),

  fact(
    "a rendezvous give waits for its taker",
    function* (maker) {
      const { near, far } = maker.make<number>(0);
      expect(yield* near.tryGive(1)).toBe("full");
      const give = near.give(2);
      expect(yield* near.tryGive(3)).toBe("full");
      expect(yield* far.take()).toBe(2);
      expect(yield* give).toBe(true);
      const take = far.take();
      expect(
        yield* eventually(
          () => near.tryGive(4),
          (answer) => answer === "ok",
        ),
      ).toBe("ok");
      expect(yield* take).toBe(4);
    },
    "rendezvous",
  ),

  fact("a parked giver owns the slot that a take frees: a later tryGive does not barge", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const gives = [near.give(1), near.give(2)];
    expect(yield* far.take()).toBe(1);
    expect(yield* near.tryGive(3)).toBe("full");
    expect(yield* far.take()).toBe(2);
    expect(yield* all(gives)).toEqual([true, true]);
  }),

  fact("a parked taker owns the next value: a later tryTake does not barge", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const first = far.take();
    yield* far.state();
    expect(yield* near.give(1)).toBe(true);
    expect(yield* far.tryTake()).toBe(EMPTY);
    expect(yield* first).toBe(1);
  }),

  fact("null, undefined, NaN and false are values like any other, buffered and handed over", function* (maker) {
    const odd = [null, undefined, Number.NaN, false, ""];
    const { near, far } = maker.make<unknown>(8);
    for (const value of odd) expect(yield* near.give(value)).toBe(true);
    expect(yield* all(odd.map(() => far.take()))).toEqual(odd);
    expect(yield* far.tryTake()).toBe(EMPTY);
    const takes = odd.map(() => far.take());
    for (const value of odd) expect(yield* near.give(value)).toBe(true);
    expect(yield* all(takes)).toEqual(odd);
  }),

  fact("tryGive answers full when a give would wait, tryTake EMPTY when a take would", function* (maker) {
    const { near, far } = maker.make<number>(1);
    expect(yield* far.tryTake()).toBe(EMPTY);
    expect(yield* near.tryGive(1)).toBe("ok");
    expect(yield* near.tryGive(2)).toBe("full");
    expect(
      yield* eventually(
        () => far.tryTake(),
        (value) => value !== EMPTY,
      ),
    ).toBe(1);
    expect(yield* far.tryTake()).toBe(EMPTY);
  }),

  fact("each value goes to one taker, wherever the takers are", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const takes = [near.take(), far.take(), near.take(), far.take(), near.take(), far.take()];
    const gives = [0, 1, 2].flatMap((i) => [near.give(i), far.give(10 + i)]);
    expect((yield* all(takes)).sort()).toEqual([0, 1, 10, 11, 12, 2]);
    expect(yield* all(gives)).toEqual([true, true, true, true, true, true]);
  }),

  fact("1,025 and more parked takes all get their value", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const takes = Array.from({ length: 3000 }, () => far.take());
    yield* far.state();
    const expected = Array.from({ length: 3000 }, (_, i) => i);
    const gives = expected.map((i) => near.give(i));
    expect(yield* all(takes)).toEqual(expected);
    expect((yield* all(gives)).every((accepted) => accepted)).toBe(true);
  }),

  fact("1,025 and more parked gives are all taken, in order", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const expected = Array.from({ length: 3000 }, (_, i) => i);
    const gives = expected.map((i) => near.give(i));
    const got = [];
    for (const _ of expected) got.push(yield* far.take());
    expect(got).toEqual(expected);
    expect((yield* all(gives)).every((accepted) => accepted)).toBe(true);
  }),

  fact("maxParked refuses one more parked give or take with TOO_MANY_PARKED", function* (maker) {
    const { near, far } = maker.make<number>(1, { maxParked: 1 });
    expect(yield* near.give(1)).toBe(true);
    const parked = near.give(2);
    expect(yield* failureOf(near.give(3))).toBe("TOO_MANY_PARKED");
    expect([yield* far.take(), yield* far.take(), yield* parked]).toEqual([1, 2, true]);
    const take = far.take();
    expect(yield* failureOf(far.take())).toBe("TOO_MANY_PARKED");
    expect(yield* near.give(4)).toBe(true);
    expect(yield* take).toBe(4);
  }),

  fact(
    "statistics count what is buffered, parked, given, taken and dropped apart",
    function* (maker) {
      const { near, far } = maker.make<number>(2);
      const gives = [0, 1, 2, 3].map((i) => near.give(i));
      const full = { capacity: 2, size: 2, peak: 2, parkedGives: 2, parkedTakes: 0, given: 2, taken: 0, dropped: 0 };
      expect(yield* near.state()).toEqual({ ...full, closed: false, reason: undefined });
      for (const _ of gives) yield* far.take();
      const take = far.take();
      expect(yield* far.state()).toMatchObject({ size: 0, peak: 2, parkedTakes: 1, given: 4, taken: 4 });
      yield* near.give(4);
      expect(yield* take).toBe(4);
    },
    "statistics of both ends",
  ),

  fact(
    "sliding drops the oldest, dropping the newest, and both report what they drop; their gives never wait",
    function* (maker) {
      const slides = maker.make<number>(sliding(2));
      const drops = maker.make<number>(dropping(2));
      for (const { near } of [slides, drops]) {
        for (const i of [1, 2, 3]) expect(yield* near.give(i)).toBe(true);
        expect(yield* near.tryGive(4)).toBe("ok");
      }
      expect([yield* slides.far.take(), yield* slides.far.take(), yield* slides.far.tryTake()]).toEqual([3, 4, EMPTY]);
      expect([yield* drops.far.take(), yield* drops.far.take(), yield* drops.far.tryTake()]).toEqual([1, 2, EMPTY]);
      expect([slides.lost, drops.lost]).toEqual([
        [1, 2],
        [3, 4],
      ]);
      for (const { near } of [slides, drops]) {
        expect(yield* near.state()).toMatchObject({ given: 4, taken: 2, dropped: 2 });
      }
    },
    "rules",
  ),

  fact(
    "unbounded never lets a give wait",
    function* (maker) {
      const { near, far } = maker.make<number>(unbounded());
      for (let i = 0; i < 3000; i++) expect(yield* near.tryGive(i)).toBe("ok");
      for (let i = 0; i < 3000; i++) expect(yield* far.take()).toBe(i);
    },
    "rules",
  ),
];

export const iteration: readonly Fact[] = [
  fact(
    "for await ends when the channel is closed and drained, and skips no value",
    function* (maker) {
      const { near, far } = maker.make<unknown>(4);
      for (const value of [1, undefined, null, 2]) yield* near.give(value);
      yield* near.close();
      expect(yield* far.iterate()).toEqual([1, undefined, null, 2]);
      expect(yield* far.take()).toBe(CLOSED);
    },
    "for await",
  ),

  fact(
    "leaving a for await loop does not close the channel, nor takes a value too many",
    function* (maker) {
      const { near, far } = maker.make<number>(2);
      for (const i of [1, 2]) yield* near.give(i);
      expect(yield* far.iterate(1)).toEqual([1]);
      expect(yield* far.take()).toBe(2);
      expect(yield* near.give(3)).toBe(true);
    },
    "for await",
  ),

  fact(
    "for await on an aborted channel throws the error of the abort",
    function* (maker) {
      const { near, far } = maker.make<number>(2);
      const loop = far.iterate();
      yield* near.abort("gone");
      expect(yield* failureOf(loop)).toBe("gone");
    },
    "for await",
  ),
];
