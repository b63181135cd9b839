/**
 * Defects that other channel systems have or had, as tests that this one has to pass. Those that every kind of channel is
 * held against are facts of test/contract/channel: the select give that hangs though a taker waits, ghosts of cancelled
 * gives, buffers dropped by a close, the 1,025th operation, null and undefined as items.
 */
import {
  CLOSED,
  channel,
  EMPTY,
  go,
  otherwise,
  scope,
  select,
  sleep,
  timeout,
  withDeadline,
} from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, collectingUnhandled, turn, turns } from "./turn.js";

describe("stale wake-ups (Janet #1405, #1705)", () => {
  test("a fiber that waits elsewhere is not woken by the channels of a select that it has lost", async () => {
    const [a, b, gate] = [channel<number>(), channel<number>(), channel<string>()];
    const seen: unknown[] = [];
    const fiber = go(function* () {
      seen.push((yield* select([a, [b, 1], timeout(0)])).tag);
      seen.push((yield* select([a, [b, 1], timeout(1)])).tag);
      seen.push(yield* gate.take());
    });
    while (seen.length < 2) await turn();
    expect([a.tryGive(1), b.tryTake()]).toEqual(["full", EMPTY]);
    a.close();
    b.close();
    await turns();
    expect(seen).toEqual(["timeout", "timeout"]);
    gate.tryGive("gate");
    await fiber;
    expect(seen).toEqual(["timeout", "timeout", "gate"]);
  });

  test("a cancelled giver that still sleeps in its finally is not woken by a later take", async () => {
    const [jobs, gate] = [channel<number>(), channel<string>()];
    const seen: unknown[] = [];
    const fiber = go(function* () {
      try {
        yield* jobs.give(1);
      } finally {
        seen.push(yield* gate.take());
      }
    });
    await turn();
    fiber.cancel();
    await turn();
    const take = jobs.take();
    await turns();
    expect([seen, jobs.statistics().parkedTakes]).toEqual([[], 1]);
    gate.tryGive("gate");
    expect(await codeOf(fiber)).toBe("CANCELLED");
    jobs.close();
    expect([seen, await take]).toEqual([["gate"], CLOSED]);
  });
});

describe("values lost on cancel (Janet, Kotlin #1813, #4337)", () => {
  test("a value handed to a select in the step of its cancel reaches the body", async () => {
    const jobs = channel<number>();
    const got: unknown[] = [];
    const fiber = go(function* () {
      const hit = yield* select([jobs, timeout(10_000)]);
      got.push(hit.tag === "take" && hit.value);
      yield* sleep(0);
      got.push("too far");
    });
    await turn();
    expect(jobs.tryGive(1)).toBe("ok");
    fiber.cancel();
    expect([await codeOf(fiber), got]).toEqual(["CANCELLED", [1]]);
  });

  test("a value handed over in the step in which a sibling fails reaches the body before its cancel", async () => {
    const jobs = channel<number>();
    const got: unknown[] = [];
    const failing = scope(function* () {
      void go(function* () {
        got.push(yield* jobs.take());
        yield* sleep(10_000);
      });
      yield* sleep(0);
      jobs.tryGive(1);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(got).toEqual([1]);
  });

  test("a deadline that ends in the step of a hand-over loses no value", async () => {
    const jobs = channel<number>(1);
    let [given, taken] = [0, 0];
    for (let i = 0; i < 200; i++) {
      const late = withDeadline(1, () => jobs.take());
      const timer = new Promise<void>((fired) => {
        setTimeout(() => {
          if (jobs.tryGive(i) === "ok") given++;
          fired();
        }, 1);
      });
      if ((await codeOf(late)) === undefined) taken++;
      await timer;
      if (jobs.tryTake() !== EMPTY) taken++;
    }
    expect(given).toBe(200);
    expect(taken).toBe(given);
  });
});

describe("supervisors (Janet: a closed one ends the whole loop)", () => {
  test("a fiber whose supervisor has closed ends as usual, its error goes to its scope, and the loop goes on", async () => {
    const closed = { supervisor: channel<unknown>().close() };
    const seen: unknown[] = [];
    const failing = scope(function* () {
      seen.push(yield* go(() => "ok", closed));
      void go(function* () {
        yield "a yield that nobody hears";
        throw "escalated";
      }, closed);
      yield* sleep(10_000);
    });
    expect([await codeOf(failing), seen, await go(() => "alive")]).toEqual(["escalated", ["ok"], "alive"]);
  });

  test("an aborted supervisor is as good as a closed one", async () => {
    await collectingUnhandled(async (errors) => {
      void go(() => Promise.reject("no"), { supervisor: channel<unknown>().abort("gone") });
      await turns();
      expect([errors, await go(() => "alive")]).toEqual([["no"], "alive"]);
    });
  });
});

describe("control hidden in values and answers (redux-saga's END, trio #1626)", () => {
  test("a value that looks like a hit, a signal or an end is a value like any other", async () => {
    const odd = [
      { tag: "closed", index: 0 },
      { done: true, value: undefined },
      { tag: "ok" },
      Symbol("closed"),
      otherwise,
    ];
    const any = channel<unknown>(8);
    for (const value of odd) await any.give(value);
    any.close();
    const got: unknown[] = [];
    for await (const value of any) got.push(value);
    expect(got).toEqual(odd);
  });

  test("an operation that is ready succeeds under a deadline and beside a timeout that are over", async () => {
    const jobs = channel<number>(2);
    for (const i of [1, 2]) jobs.tryGive(i);
    expect(await withDeadline(0, jobs.take())).toBe(1);
    expect(await select([timeout(0), jobs])).toMatchObject({ tag: "take", value: 2 });
  });
});

describe("re-entrant calls (effection, thi.ng: growing stacks)", () => {
  test("a chain of 50,000 fibers, each woken by the one before, does not grow the stack", async () => {
    const line = Array.from({ length: 50_001 }, () => channel<number>());
    for (let i = 0; i < 50_000; i++) {
      const [from, to] = [line[i], line[i + 1]] as [(typeof line)[number], (typeof line)[number]];
      void go(function* () {
        yield* to.give(((yield* from.take()) as number) + 1);
      });
    }
    await turns();
    line[0]?.tryGive(0);
    expect(await line[50_000]?.take()).toBe(50_000);
  });

  test("a give wakes its taker in a later step, never inside the call", async () => {
    const jobs = channel<number>();
    const seen: string[] = [];
    const fiber = go(function* () {
      yield* jobs.take();
      seen.push("taker");
    });
    await turn();
    jobs.tryGive(1);
    seen.push("giver");
    await fiber;
    expect(seen).toEqual(["giver", "taker"]);
  });
});
