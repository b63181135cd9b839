import { CLOSED, channel, go, type Op, select, sleep } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, turns } from "./turn.js";

describe("an operation", () => {
  test("starts when it is called, also where nobody waits for it", async () => {
    const jobs = channel<number>(1);
    void jobs.give(1);
    expect(jobs.statistics().size).toBe(1);
    await go(() => {
      void jobs.take();
      void jobs.take();
    });
    expect(jobs.statistics()).toMatchObject({ size: 0, taken: 1, parkedTakes: 1 });
  });

  test("gives the same outcome however often it is asked, by await and by yield*", async () => {
    const jobs = channel<number>(1);
    const parked = jobs.take();
    jobs.tryGive(1);
    jobs.tryGive(2);
    const ready = jobs.take();
    const gone = channel<number>().abort(new Error("gone")).take();
    const inFiber = go(function* () {
      return [yield* parked, yield* ready, yield* parked, yield* ready];
    });
    expect([await inFiber, await parked, await ready, await parked]).toEqual([[1, 2, 1, 2], 1, 2, 1]);
    expect([await codeOf(gone), await codeOf(gone)]).toEqual([new Error("gone"), new Error("gone")]);
  });

  test("that fails is the matter of those who ask: unasked it ends no process", async () => {
    const jobs = channel<number>();
    const asked: Op<unknown>[] = [jobs.take(), select([jobs]), sleep(10_000, { signal: AbortSignal.abort("no") })];
    void jobs.take();
    void select([jobs, channel<number>()]);
    jobs.abort(new Error("gone"));
    void jobs.take();
    await turns();
    expect(await Promise.all(asked.map(codeOf))).toEqual([new Error("gone"), new Error("gone"), "no"]);
  });
});

describe("a channel's reason", () => {
  test("is what the first close, finish or abort gave, and undefined before", () => {
    const [open, closed, finished, aborted] = Array.from({ length: 4 }, () => channel<number>(1));
    closed?.close("closed");
    void finished?.finish("finished");
    aborted?.abort("aborted");
    const all = [open, closed, finished, aborted];
    expect(all.map((each) => each?.reason)).toEqual([undefined, "closed", "finished", "aborted"]);
    expect(all.map((each) => each?.closed)).toEqual([false, true, true, true]);
    expect(closed?.tryTake()).toBe(CLOSED);
  });
});
