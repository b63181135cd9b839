import { channel, dropping, fixed, sliding, unbounded } from "@good-place/channel";
import { expect, test } from "vitest";
import { codeThrown, collectingUnhandled } from "./turn.js";

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
