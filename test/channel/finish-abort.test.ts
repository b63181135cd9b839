import { CLOSED, channel, go, lazy, select, sliding } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, turn } from "./turn.js";

describe("finish", () => {
  test("finish refuses new gives and lets parked and buffered values drain", async () => {
    const jobs = channel<number>(1);
    const gives = [jobs.give(1), jobs.give(2), jobs.give(3)];
    const finished = jobs.finish("done");
    expect(jobs.tryGive(4)).toBe("closed");
    expect([await jobs.take(), await jobs.take(), await jobs.take(), await jobs.take()]).toEqual([1, 2, 3, CLOSED]);
    expect(await Promise.all(gives)).toEqual([true, true, true]);
    await finished;
    expect(jobs.reason).toBe("done");
  });

  test("finish on an empty channel settles at once and wakes parked takes with CLOSED", async () => {
    const jobs = channel<number>();
    const take = jobs.take();
    await jobs.finish();
    expect(await take).toBe(CLOSED);
  });

  test("finish on a closed channel settles when its buffer is drained", async () => {
    const jobs = channel<number>(1);
    jobs.tryGive(1);
    const finished = jobs.close().finish();
    expect(jobs.tryTake()).toBe(1);
    await finished;
  });

  test("finish settles when the last parked giver withdraws", async () => {
    const jobs = channel<number>();
    const giver = go(() => jobs.give(1));
    await turn();
    const finished = jobs.finish();
    giver.cancel();
    await finished;
    expect(jobs.tryTake()).toBe(CLOSED);
  });

  test("finish settles when the last parked select commits elsewhere", async () => {
    const jobs = channel<number>();
    const other = channel<number>();
    const hit = select([[jobs, 1], other]);
    const finished = jobs.finish();
    other.tryGive(2);
    await finished;
    expect((await hit).tag).toBe("take");
  });

  test("finish waits for the value of a select that gives twice on one channel", async () => {
    const jobs = channel<number>(1);
    jobs.tryGive(0);
    const hit = select([
      [jobs, 1],
      [jobs, 2],
    ]);
    let finished = false;
    jobs.finish().then(() => {
      finished = true;
    });
    expect(jobs.tryTake()).toBe(0);
    await turn();
    expect(finished).toBe(false);
    expect([jobs.tryTake(), jobs.tryTake()]).toEqual([1, CLOSED]);
    expect(await hit).toMatchObject({ tag: "give", index: 0 });
  });

  test("close during finish refuses the parked gives and settles the finish", async () => {
    const jobs = channel<number>();
    const give = jobs.give(1);
    const finished = jobs.finish();
    jobs.close();
    await finished;
    expect(await give).toBe(false);
  });

  test("abort during finish fails the finish with the error", async () => {
    const jobs = channel<number>(1);
    jobs.tryGive(1);
    const finished = jobs.finish();
    const error = new Error("lost");
    jobs.abort(error);
    await expect(finished).rejects.toBe(error);
    await expect(jobs.finish()).rejects.toBe(error);
  });
});

describe("abort", () => {
  test("abort hands what is buffered and parked to onUndelivered, refuses gives and fails takes", async () => {
    const lost: number[] = [];
    const jobs = channel<number>(1, { onUndelivered: (job) => lost.push(job) });
    const gives = [jobs.give(1), jobs.give(2)];
    const error = Object.assign(new Error("gone"), { code: "GONE" });
    jobs.abort(error);
    expect(lost).toEqual([1, 2]);
    expect(await Promise.all(gives)).toEqual([true, false]);
    expect(await codeOf(jobs.take())).toBe("GONE");
    expect(codeThrown(() => jobs.tryTake())).toBe("GONE");
    expect(jobs.tryGive(3)).toBe("closed");
    expect(jobs.statistics().dropped).toBe(2);
  });

  test("abort fails parked takes and selects", async () => {
    const jobs = channel<number>();
    const waiting = [jobs.take(), select([jobs])];
    const error = new Error("gone");
    jobs.abort(error);
    for (const op of waiting) await expect(op).rejects.toBe(error);
  });

  test("abort of a closed channel drops what was not drained, and is nothing once it is empty", async () => {
    const lost: number[] = [];
    const full = channel<number>(1, { onUndelivered: (job) => lost.push(job) });
    full.tryGive(1);
    full.close().abort(new Error("gone"));
    expect(lost).toEqual([1]);
    const empty = channel<number>().close().abort(new Error("gone"));
    expect(await empty.take()).toBe(CLOSED);
  });

  test("abort reports the value of a parked select give, but makes no lazy one", async () => {
    const lost: unknown[] = [];
    const jobs = channel<unknown>(0, { onUndelivered: (job) => lost.push(job) });
    const plain = select([[jobs, 1]]);
    const unmade = select([[jobs, lazy(() => lost.push("made"))]]);
    jobs.abort(new Error("gone"));
    expect(lost).toEqual([1]);
    expect([(await plain).tag, (await unmade).tag]).toEqual(["closed", "closed"]);
  });

  test("onUndelivered may close, abort, give and take on its own channel", async () => {
    const seen: unknown[] = [];
    const jobs = channel<number>(3, {
      onUndelivered(job) {
        jobs.close();
        jobs.abort("again");
        seen.push(
          job,
          jobs.tryGive(9),
          codeThrown(() => jobs.tryTake()),
        );
      },
    });
    for (const i of [1, 2]) jobs.tryGive(i);
    jobs.abort("first");
    expect(seen).toEqual([1, "closed", "first", 2, "closed", "first"]);
  });

  test("onUndelivered of a sliding channel may close it: the newest value stays to be taken", () => {
    const jobs = channel<number>(sliding(1), { onUndelivered: () => void jobs.close() });
    jobs.tryGive(1);
    expect(jobs.tryGive(2)).toBe("ok");
    expect([jobs.tryTake(), jobs.tryTake()]).toEqual([2, CLOSED]);
  });
});
