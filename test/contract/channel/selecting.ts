/**
 * The contract: a select waits for the first of its clauses, commits exactly one, and leaves nothing behind.
 */
import { CLOSED, EMPTY } from "@good-place/channel";
import { expect } from "vitest";
import { selectAt } from "./end.js";
import { all, eventually, type Fact, fact, failureOf } from "./maker.js";

export const choice: readonly Fact[] = [
  fact("the first ready clause in the list wins", function* (maker) {
    const [a, b] = [maker.make<number>(1), maker.make<number>(1)];
    yield* a.near.give(1);
    yield* b.near.give(2);
    expect(yield* selectAt(b.near, [b.near, a.near])).toEqual({ tag: "take", index: 0, value: 2 });
    expect(yield* selectAt(b.near, [b.near, a.near])).toEqual({ tag: "take", index: 1, value: 1 });
  }),

  fact("rselect lets every ready clause win sometimes", function* (maker) {
    const [a, b] = [maker.make<number>(100), maker.make<number>(100)];
    for (const { near } of [a, b]) yield* all(Array.from({ length: 100 }, (_, i) => near.give(i)));
    const wins = [0, 0];
    for (let i = 0; i < 100; i++) {
      const { index } = yield* selectAt(a.near, [a.near, b.near], { random: true });
      wins[index] = (wins[index] ?? 0) + 1;
    }
    expect(Math.min(...wins)).toBeGreaterThan(0);
  }),

  fact("a ready clause beats otherwise and a timeout of 0, wherever they stand", function* (maker) {
    const { near } = maker.make<number>(1);
    yield* near.give(1);
    expect((yield* selectAt(near, ["otherwise", { timeoutMs: 0 }, near])).tag).toBe("take");
    expect(yield* selectAt(near, ["otherwise", near])).toEqual({ tag: "otherwise", index: 0 });
    expect(yield* selectAt(near, [near, { timeoutMs: 0 }])).toEqual({ tag: "timeout", index: 1 });
    expect(yield* selectAt(near, [{ timeoutMs: 0 }, "otherwise", near])).toEqual({ tag: "timeout", index: 0 });
  }),

  fact("a timeout commits when nothing else does, and leaves nothing parked", function* (maker) {
    const [a, b] = [maker.make<number>(1), maker.make<number>(1)];
    yield* b.far.give(0);
    expect(yield* selectAt(a.far, [a.far, [b.far, 1], { timeoutMs: 1 }])).toEqual({ tag: "timeout", index: 2 });
    yield* a.near.give(5);
    expect(yield* a.far.take()).toBe(5);
    expect([yield* b.near.take(), yield* b.near.tryTake()]).toEqual([0, EMPTY]);
  }),

  fact("null and false disable a clause and keep the indexes of the others", function* (maker) {
    const { far } = maker.make<number>(1);
    yield* far.give(1);
    expect(yield* selectAt(far, [null, false, far])).toEqual({ tag: "take", index: 2, value: 1 });
    expect(yield* failureOf(selectAt(far, [null, false]))).toBe("NO_CLAUSES");
    expect(yield* failureOf(selectAt(far, []))).toBe("NO_CLAUSES");
  }),

  fact("a closed channel makes take and give clauses ready with closed, before they park and while", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.close();
    for (const end of [near, far]) {
      expect(yield* end.take()).toBe(CLOSED);
      expect(yield* selectAt(end, [end])).toEqual({ tag: "closed", index: 0 });
      expect(yield* selectAt(end, [null, [end, 1]])).toEqual({ tag: "closed", index: 1 });
    }
    const [a, b] = [maker.make<number>(1), maker.make<number>(1)];
    yield* b.far.give(0);
    const parked = [selectAt(a.far, [a.far]), selectAt(b.far, [[b.far, 1]])];
    yield* a.far.state();
    yield* a.near.close();
    yield* b.near.close();
    expect((yield* all(parked)).map(({ tag }) => tag)).toEqual(["closed", "closed"]);
    expect([yield* b.near.take(), yield* b.near.take()]).toEqual([0, CLOSED]);
  }),

  fact("a value left in a closed channel is taken before closed is answered", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.give(1);
    yield* near.close();
    expect(yield* selectAt(far, [far])).toEqual({ tag: "take", index: 0, value: 1 });
    expect(yield* selectAt(far, [far])).toEqual({ tag: "closed", index: 0 });
  }),
];

export const commit: readonly Fact[] = [
  fact(
    "a select give with a parked taker hands over and goes on",
    function* (maker) {
      const { near, far } = maker.make<number>(0);
      const taken = far.take();
      yield* far.state();
      expect(yield* selectAt(near, [[near, 7]])).toEqual({ tag: "give", index: 0 });
      expect(yield* taken).toBe(7);
    },
    "rendezvous",
  ),

  fact("a parked select give is served by a later take", function* (maker) {
    const { near, far } = maker.make<number>(1);
    yield* near.give(0);
    const hit = selectAt(near, [[near, 7]]);
    expect([yield* far.take(), yield* far.take()]).toEqual([0, 7]);
    expect(yield* hit).toEqual({ tag: "give", index: 0 });
  }),

  fact("the loser of two parked give clauses leaves no value behind", function* (maker) {
    const [a, b] = [maker.make<number>(1), maker.make<number>(1)];
    for (const { near } of [a, b]) yield* near.give(0);
    const hit = selectAt(a.near, [
      [a.near, 1],
      [b.near, 2],
    ]);
    expect([yield* b.far.take(), yield* b.far.take()]).toEqual([0, 2]);
    expect(yield* hit).toEqual({ tag: "give", index: 1 });
    yield* a.near.close();
    expect(yield* all([a.far.take(), a.far.take()])).toEqual([0, CLOSED]);
    expect(yield* b.far.tryTake()).toBe(EMPTY);
  }),

  fact(
    "a take and a give of one select on one channel never match each other",
    function* (maker) {
      const { near, far } = maker.make<number>(0);
      const hit = selectAt(near, [near, [near, 1]]);
      yield* maker.settle();
      expect(yield* far.take()).toBe(1);
      expect(yield* hit).toEqual({ tag: "give", index: 1 });
      const other = selectAt(near, [near, [near, 2]]);
      yield* maker.settle();
      expect(yield* far.give(3)).toBe(true);
      expect(yield* other).toEqual({ tag: "take", index: 0, value: 3 });
    },
    "rendezvous",
  ),

  fact(
    "two selects that both give and take on one channel match with each other",
    function* (maker) {
      const { near } = maker.make<string>(0);
      const first = selectAt(near, [near, [near, "first"]]);
      const second = selectAt(near, [near, [near, "second"]]);
      expect([yield* first, yield* second]).toMatchObject([{ tag: "give" }, { tag: "take", value: "first" }]);
    },
    "rendezvous",
  ),

  fact(
    "a channel may stand in several clauses, and a select that was served once takes nothing more",
    function* ({ make }) {
      const [a, b] = [make<number>(2), make<number>(1)];
      const hit = selectAt(a.far, [a.far, b.far, a.far]);
      yield* a.far.state();
      for (const i of [1, 2]) expect(yield* a.near.give(i)).toBe(true);
      expect(yield* hit).toEqual({ tag: "take", index: 0, value: 1 });
      expect(yield* b.near.give(3)).toBe(true);
      expect([yield* a.far.take(), yield* a.far.tryTake(), yield* b.far.take()]).toEqual([2, EMPTY, 3]);
    },
  ),

  fact("a select over 1,000 channels in a loop leaves nothing parked", function* (maker) {
    const channels = Array.from({ length: 1000 }, () => maker.make<number>(1));
    const clauses = channels.map(({ far }) => far);
    const [some] = clauses as [(typeof clauses)[number], ...typeof clauses];
    for (let i = 0; i < 30; i++) {
      const hit = selectAt(some, clauses);
      const index = (i * 37) % 1000;
      yield* (channels[index] as (typeof channels)[number]).near.give(i);
      expect(yield* hit).toEqual({ tag: "take", index, value: i });
    }
    for (const { near } of channels) yield* near.give(-1);
    expect(yield* all(clauses.map((far) => far.take()))).toEqual(channels.map(() => -1));
  }),

  fact("finish settles when the last parked select commits elsewhere", function* (maker) {
    const [a, b] = [maker.make<number>(1), maker.make<number>(1)];
    yield* a.near.give(0);
    const hit = selectAt(a.near, [[a.near, 1], b.near]);
    yield* maker.settle();
    const finished = a.near.finish();
    yield* b.far.give(2);
    expect(yield* hit).toEqual({ tag: "take", index: 1, value: 2 });
    expect([yield* a.far.take(), yield* a.far.take()]).toEqual([0, CLOSED]);
    yield* finished;
  }),

  fact("a select in line is served in its turn", function* (maker) {
    const { near, far } = maker.make<number>(1);
    const line = [far.take(), selectAt(far, [far]), far.take()] as const;
    yield* far.state();
    for (const i of [1, 2, 3]) yield* near.give(i);
    expect([yield* line[0], (yield* line[1]).value, yield* line[2]]).toEqual([1, 2, 3]);
  }),

  fact("maxParked counts the clauses of selects", function* (maker) {
    const { near, far } = maker.make<number>(1, { maxParked: 1 });
    const parked = far.take();
    expect(yield* failureOf(selectAt(far, [far]))).toBe("TOO_MANY_PARKED");
    yield* near.give(1);
    expect(yield* parked).toBe(1);
    const hit = selectAt(far, [far]);
    expect(yield* failureOf(far.take())).toBe("TOO_MANY_PARKED");
    yield* near.give(2);
    expect((yield* hit).value).toBe(2);
  }),

  fact("a lazy value is made only when its clause commits, and once", function* (maker) {
    const [a, b] = [maker.make<string>(1), maker.make<string>(1)];
    const { near } = a;
    const before = (yield* near.made()).length;
    yield* near.give("full");
    yield* b.near.give("ready");
    yield* selectAt(near, [[near, "lazy", "lost"], b.near]);
    const hit = selectAt(near, [[near, "lazy", "parked"]]);
    expect((yield* near.made()).slice(before)).toEqual([]);
    expect([yield* a.far.take(), yield* a.far.take()]).toEqual(["full", "parked"]);
    expect((yield* hit).tag).toBe("give");
    expect(
      (yield* eventually(
        () => near.made(),
        (made) => made.length > before,
      )).slice(before),
    ).toEqual(["parked"]);
  }),
];
