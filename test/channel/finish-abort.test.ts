import { CLOSED, channel, go, lazy, select, sliding } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, turn, turns } from "./turn.js";

describe("finish", () => {
  test("a select whose give clause is the last that an end waits for keeps the value that another clause has got", async () => {
    const [jobs, both] = [channel<number>(), channel<number>()];
    const hit = select([jobs, [both, 1], both]);
    await turns();
    const finished = both.finish();
    expect(jobs.tryGive(3)).toBe("ok");
    expect(await hit).toMatchObject({ tag: "take", index: 0, value: 3 });
    await finished;
  });

  test("a select that is cancelled then is cancelled, and not told of the end", async () => {
    const [jobs, both] = [channel<number>(), channel<number>()];
    const fiber = go(() => select([jobs, [both, 1], both]));
    await turns();
    void both.finish();
    fiber.cancel();
    expect(await codeOf(fiber)).toBe("CANCELLED");
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
});

describe("abort", () => {
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
