import { channel, dropping, EMPTY, fixed, sliding, unbounded } from "@good-place/channel";
import { expect, test } from "vitest";
import { codeThrown, collectingUnhandled } from "./turn.js";

test("sliding drops the oldest, reports it and counts it", async () => {
  const lost: number[] = [];
  const jobs = channel<number>(sliding(2), { onUndelivered: (job) => lost.push(job) });
  for (const i of [1, 2, 3, 4]) expect(jobs.tryGive(i)).toBe("ok");
  expect(lost).toEqual([1, 2]);
  expect([jobs.tryTake(), jobs.tryTake(), jobs.tryTake()]).toEqual([3, 4, EMPTY]);
  expect(jobs.statistics()).toMatchObject({ given: 4, taken: 2, dropped: 2 });
});

test("dropping drops the newest, reports it, and the give still answers true", async () => {
  const lost: number[] = [];
  const jobs = channel<number>(dropping(1), { onUndelivered: (job) => lost.push(job) });
  expect(await jobs.give(1)).toBe(true);
  expect(await jobs.give(2)).toBe(true);
  expect(jobs.tryGive(3)).toBe("ok");
  expect(lost).toEqual([2, 3]);
  expect([jobs.tryTake(), jobs.tryTake()]).toEqual([1, EMPTY]);
});

test("unbounded never lets a give wait", async () => {
  const jobs = channel<number>(unbounded());
  for (let i = 0; i < 5000; i++) expect(jobs.tryGive(i)).toBe("ok");
  for (let i = 0; i < 5000; i++) expect(jobs.tryTake()).toBe(i);
});

test("fixed(0) is a rendezvous: a give waits for its taker", () => {
  const jobs = channel<number>(fixed(0));
  expect(jobs.tryGive(1)).toBe("full");
  void jobs.take();
  expect(jobs.tryGive(1)).toBe("ok");
});

test("an onUndelivered that throws is reported as unhandled, and the give succeeds", async () => {
  await collectingUnhandled(async (errors) => {
    const error = new Error("no");
    const jobs = channel<number>(dropping(1), {
      onUndelivered() {
        throw error;
      },
    });
    jobs.tryGive(1);
    expect(await jobs.give(2)).toBe(true);
    expect(errors).toEqual([error]);
  });
});

test("a buffer needs a whole capacity that can hold something, however it was made", () => {
  for (const make of [() => sliding(0), () => dropping(-1), () => fixed(1.5), () => sliding(Number.NaN)]) {
    expect(codeThrown(make)).toBe("BAD_CAPACITY");
  }
  expect(codeThrown(() => channel({ rule: "sliding", capacity: 0 }))).toBe("BAD_CAPACITY");
  expect(codeThrown(() => channel({ rule: "shrinking", capacity: 1 } as never))).toBe("BAD_CAPACITY");
});

test("a buffer keeps its order and lets go of what was taken through many rounds of growing", () => {
  const jobs = channel<number>(unbounded());
  let next = 0;
  let expected = 0;
  for (let round = 1; round < 200; round++) {
    for (let i = 0; i < round; i++) jobs.tryGive(next++);
    for (let i = 0; i < round - 1; i++) expect(jobs.tryTake()).toBe(expected++);
  }
  expect(jobs.statistics().size).toBe(next - expected);
});
