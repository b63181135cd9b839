/**
 * The contract: a cancel or an aborted signal withdraws what is parked, and never loses or doubles a value.
 */
import { EMPTY } from "@good-place/channel";
import { expect } from "vitest";
import { selectAt } from "./end.js";
import { all, type Fact, fact, failureOf } from "./maker.js";

export const cancelling: readonly Fact[] = [
  fact("a cancelled parked give leaves no ghost, and its value is not taken later", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.give(1);
    const giver = near.give(2);
    yield* maker.settle();
    yield* giver.cancel("enough");
    expect(yield* failureOf(giver)).toBe("CANCELLED");
    const last = near.give(3);
    expect([yield* far.take(), yield* far.take(), yield* far.tryTake()]).toEqual([1, 3, EMPTY]);
    expect(yield* last).toBe(true);
  }),

  fact("a cancelled parked take leaves the value to the next", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const [first, second] = [far.take(), far.take()];
    yield* far.state();
    yield* maker.settle();
    yield* first.cancel();
    expect(yield* failureOf(first)).toBe("CANCELLED");
    expect(yield* near.give(1)).toBe(true);
    expect(yield* second).toBe(1);
  }),

  fact("a giver cancelled in the middle of the line changes nothing for the others", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const gives = [0, 1, 2, 3, 4].map((i) => near.give(i));
    yield* maker.settle();
    const [, , middle] = gives;
    yield* (middle as (typeof gives)[number]).cancel();
    expect(yield* all([far.take(), far.take(), far.take(), far.take()])).toEqual([0, 1, 3, 4]);
    expect(yield* far.tryTake()).toBe(EMPTY);
  }),

  fact("a cancelled select leaves nothing parked", function* (maker) {
    const [a, b] = [maker.make<number>(1), maker.make<number>(1)];
    yield* b.far.give(0);
    const hit = selectAt(a.far, [a.far, [b.far, 1]]);
    yield* a.far.state();
    yield* maker.settle();
    yield* hit.cancel();
    expect(yield* failureOf(hit)).toBe("CANCELLED");
    yield* a.near.give(5);
    expect(yield* a.far.take()).toBe(5);
    expect(yield* b.near.take()).toBe(0);
    expect(yield* b.near.tryTake()).toBe(EMPTY);
  }),

  fact(
    "a value handed over in the moment of a cancel is either kept by its taker or left to the next",
    function* ({ make, settle }) {
      for (let i = 0; i < 20; i++) {
        const { near, far } = make<number>(1);
        const take = far.take();
        yield* far.state();
        yield* settle();
        const [give, cancelled] = [near.give(i), take.cancel()];
        yield* cancelled;
        expect(yield* give).toBe(true);
        const failure = yield* failureOf(take);
        if (failure === undefined) {
          expect(yield* take).toBe(i);
          expect(yield* far.tryTake()).toBe(EMPTY);
        } else {
          expect(failure).toBe("CANCELLED");
          expect(yield* far.take()).toBe(i);
        }
      }
    },
  ),

  fact(
    "a give cancelled in the moment of its take either tells its success or was never taken",
    function* ({ make, settle }) {
      for (let i = 0; i < 20; i++) {
        const { near, far } = make<number>(1);
        yield* near.give(-1);
        const give = near.give(i);
        yield* settle();
        const [take, cancelled] = [far.take(), give.cancel()];
        yield* cancelled;
        expect(yield* take).toBe(-1);
        const failure = yield* failureOf(give);
        yield* near.close();
        const rest = yield* all([far.take(), far.take()]);
        expect(rest.filter((value) => value === i)).toEqual(failure === undefined ? [i] : []);
      }
    },
  ),

  fact("cancelling a call that has ended is nothing", function* (maker) {
    const { near, far } = maker.make<number>(2);
    const give = near.give(1);
    expect(yield* give).toBe(true);
    yield* give.cancel();
    expect([yield* give, yield* far.take()]).toEqual([true, 1]);
  }),
];

export const signals: readonly Fact[] = [
  fact("an operation with an aborted signal takes no effect, not even where it need not wait", function* (maker) {
    const { near, far } = maker.make<number>(2);
    yield* near.give(1);
    const early = { aborted: "stop" };
    expect(yield* failureOf(near.give(2, early))).toBe("stop");
    expect(yield* failureOf(far.take(early))).toBe("stop");
    expect(yield* failureOf(selectAt(far, [far], early))).toBe("stop");
    expect(yield* failureOf(selectAt(near, [[near, 3]], early))).toBe("stop");
    expect([yield* far.take(), yield* far.tryTake()]).toEqual([1, EMPTY]);
  }),

  fact("a parked operation whose signal aborts is withdrawn and fails with the reason", function* (maker) {
    const [a, b] = [maker.make<number>(1), maker.make<number>(1)];
    yield* b.near.give(0);
    const take = a.far.take();
    const hit = selectAt(a.far, [a.far]);
    const give = b.near.give(1);
    yield* a.far.state();
    for (const call of [take, hit, give]) {
      yield* call.abort("stop");
      expect(yield* failureOf(call)).toBe("stop");
    }
    yield* a.near.give(5);
    expect([yield* a.far.take(), yield* b.far.take(), yield* b.far.tryTake()]).toEqual([5, 0, EMPTY]);
  }),

  fact("a signal that aborts after the operation has ended changes nothing", function* (maker) {
    const { near, far } = maker.make<number>(2);
    const give = near.give(1);
    const take = far.take();
    expect([yield* give, yield* take]).toEqual([true, 1]);
    yield* give.abort("late");
    yield* take.abort("late");
    expect([yield* give, yield* take]).toEqual([true, 1]);
  }),
];
