/**
 * The contract: what close, finish and abort do to what is buffered, parked and still to come.
 */
import { CLOSED } from "@good-place/channel";
import { expect } from "vitest";
import { type End, selectAt } from "./end.js";
import { all, eventually, type Fact, fact, failureOf } from "./maker.js";

// What an end knows of the close, once the news has come to it.
function* closedState(end: End<unknown>): Generator<unknown, { closed: boolean; reason: unknown }, unknown> {
  const { closed, reason } = yield* eventually(
    () => end.state(),
    (state) => state.closed && state.reason !== undefined,
  );
  return { closed, reason };
}

export const closing: readonly Fact[] = [
  fact("take on a closed channel drains what is buffered, then answers CLOSED", function* (maker) {
    const { near, far } = maker.make<number>(2);
    yield* near.give(1);
    yield* near.give(2);
    yield* near.close("enough");
    expect([yield* far.take(), yield* far.take(), yield* far.take()]).toEqual([1, 2, CLOSED]);
    expect(yield* far.tryTake()).toBe(CLOSED);
    for (const end of [near, far]) expect(yield* closedState(end)).toEqual({ closed: true, reason: "enough" });
  }),

  fact("a close at the taker's end reaches the giver", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.give(1);
    const parked = near.give(2);
    yield* far.close("no more");
    expect(yield* parked).toBe(false);
    expect(yield* near.give(3)).toBe(false);
    expect([yield* far.take(), yield* far.take()]).toEqual([1, CLOSED]);
    expect(yield* closedState(near)).toEqual({ closed: true, reason: "no more" });
  }),

  fact("give and tryGive on a closed channel answer false and closed, and throw nothing", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.close();
    expect([yield* near.give(1), yield* near.tryGive(1)]).toEqual([false, "closed"]);
    expect(
      yield* eventually(
        () => far.tryGive(2),
        (answer) => answer === "closed",
      ),
    ).toBe("closed");
    expect(yield* far.give(2)).toBe(false);
    expect(yield* far.take()).toBe(CLOSED);
  }),

  fact("close refuses parked gives with false, and their values are never seen", function* (maker) {
    const { near, far } = maker.make<number>(1);
    expect(yield* near.give(1)).toBe(true);
    const parked = [near.give(2), near.give(3)];
    yield* near.close();
    expect(yield* all(parked)).toEqual([false, false]);
    expect([yield* far.take(), yield* far.take()]).toEqual([1, CLOSED]);
  }),

  fact("close wakes parked takes with CLOSED, at both ends", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const parked = [near.take(), far.take(), far.take()];
    yield* far.state();
    yield* near.close();
    expect(yield* all(parked)).toEqual([CLOSED, CLOSED, CLOSED]);
  }),

  fact("closing twice is nothing, and keeps the first reason", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.close("first");
    yield* near.close("second");
    expect(yield* far.take()).toBe(CLOSED);
    yield* far.close("third");
    for (const end of [near, far]) expect((yield* closedState(end)).reason).toBe("first");
  }),

  fact(
    "a close in the middle of many gives loses none that was accepted and shows none that was refused",
    function* ({ make }) {
      const { near, far } = make<number>(3);
      const gives = Array.from({ length: 50 }, (_, i) => near.give(i));
      for (let i = 0; i < 10; i++) expect(yield* far.take()).toBe(i);
      yield* far.close();
      const accepted = (yield* all(gives)).filter((each) => each).length;
      const rest: unknown[] = [];
      for (let value = yield* far.take(); value !== CLOSED; value = yield* far.take()) rest.push(value);
      expect(rest).toEqual(Array.from({ length: accepted - 10 }, (_, i) => 10 + i));
    },
  ),
];

export const finishing: readonly Fact[] = [
  fact("finish refuses new gives and lets parked and buffered values drain", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const gives = [near.give(1), near.give(2), near.give(3)];
    const finished = near.finish("done");
    expect(yield* near.tryGive(4)).toBe("closed");
    expect(yield* near.give(5)).toBe(false);
    expect(yield* all([far.take(), far.take(), far.take(), far.take()])).toEqual([1, 2, 3, CLOSED]);
    expect(yield* all(gives)).toEqual([true, true, true]);
    yield* finished;
    expect(yield* closedState(far)).toEqual({ closed: true, reason: "done" });
  }),

  fact("finish on an empty channel settles without a taker and wakes parked takes with CLOSED", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const take = far.take();
    yield* far.state();
    yield* near.finish();
    expect(yield* take).toBe(CLOSED);
    yield* maker.make<number>(1).near.finish();
  }),

  fact("finish on a closed channel settles when its buffer is drained", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.give(1);
    yield* near.close();
    const finished = near.finish();
    expect(yield* far.take()).toBe(1);
    yield* finished;
    expect(yield* far.take()).toBe(CLOSED);
  }),

  fact("finish settles when the last parked giver withdraws", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.give(1);
    const giver = near.give(2);
    yield* maker.settle();
    const finished = near.finish();
    yield* giver.cancel();
    expect(yield* failureOf(giver)).toBe("CANCELLED");
    expect(yield* far.take()).toBe(1);
    yield* finished;
    expect(yield* far.take()).toBe(CLOSED);
  }),

  fact("close during finish refuses the parked gives and settles the finish", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.give(1);
    const give = near.give(2);
    const finished = near.finish();
    yield* near.close();
    yield* finished;
    expect(yield* give).toBe(false);
    expect([yield* far.take(), yield* far.take()]).toEqual([1, CLOSED]);
  }),

  fact("abort during finish fails the finish with the error", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.give(1);
    const finished = near.finish();
    yield* near.abort("lost");
    expect(yield* failureOf(finished)).toBe("lost");
    expect(yield* failureOf(near.finish())).toBe("lost");
    expect(yield* failureOf(far.take())).toBe("lost");
  }),
];

export const aborting: readonly Fact[] = [
  fact("abort hands what is buffered and parked to onUndelivered, refuses gives and fails takes", function* (maker) {
    const { near, far, lost } = maker.make<number>(1);
    expect(yield* near.give(1)).toBe(true);
    const parked = near.give(2);
    yield* near.abort("gone");
    expect(yield* parked).toBe(false);
    expect(yield* failureOf(far.take())).toBe("gone");
    expect(yield* failureOf(far.tryTake())).toBe("gone");
    for (const end of [near, far]) expect([yield* end.tryGive(3), yield* end.give(3)]).toEqual(["closed", false]);
    // What is on its way between the ends comes back in its own time.
    yield* eventually(
      () => near.state(),
      () => lost.length >= 2,
    );
    expect([...lost].sort()).toEqual([1, 2]);
  }),

  fact("abort fails parked takes and selects, and later takes the same way", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const waiting = [far.take(), selectAt(far, [far]), near.take()];
    yield* far.state();
    yield* near.abort("gone");
    for (const call of waiting) expect(yield* failureOf(call)).toBe("gone");
    expect(yield* failureOf(far.take())).toBe("gone");
    expect(yield* failureOf(selectAt(far, [far]))).toBe("gone");
  }),

  fact("abort of a closed channel drops what was not drained, and is nothing once it is empty", function* (maker) {
    const full = maker.make<number>(1);
    yield* full.near.give(1);
    yield* full.near.close();
    yield* full.near.abort("gone");
    yield* eventually(
      () => full.near.state(),
      () => full.lost.length > 0,
    );
    expect(full.lost).toEqual([1]);
    const empty = maker.make<number>(1);
    yield* empty.near.close();
    yield* empty.near.abort("gone");
    expect(yield* empty.far.take()).toBe(CLOSED);
  }),

  fact("an abort twice is nothing, and keeps the first error", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.abort("first");
    yield* near.abort("second");
    yield* near.close("third");
    expect(yield* failureOf(far.take())).toBe("first");
    expect((yield* near.state()).reason).toBe("first");
  }),

  fact("a failure that is an error keeps its message and its code at the other end", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const take = far.take();
    yield* near.abort(Object.assign(new Error("the disk is full"), { code: "DISK_FULL" }));
    let thrown: unknown;
    try {
      yield* take;
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ message: "the disk is full" });
    expect(yield* near.tryGive(1)).toBe("closed");
  }),
];
