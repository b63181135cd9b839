import { channel, go, now, sleep } from "@good-place/channel";
import { simulate } from "@good-place/channel/simulation";
import { acts, type CocoonOptions, cocoon, type Failure, type Follow, payload, shawn } from "@good-place/shawn";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown } from "./office.js";

interface Log {
  seen: unknown[];
}
const act = acts<Log>();
const note = act("note", payload<unknown>()).does({ update: (log, word) => void log.seen.push(word) });
const start = act("start", payload<() => Follow>()).does({ watch: (_, make) => make() });

// A store, what its onError has got, and a cocoon that notes and fails so often, at these times, before it succeeds.
function prepared(failures: number, options: CocoonOptions, runsMs = 0) {
  const told: Failure[] = [];
  const log = shawn<Log>(
    { seen: [] },
    { acts: [note, start], onError: (failure) => void told.push(failure), log: () => {} },
  );
  let runs = 0;
  const failing = cocoon(function* () {
    yield note(now());
    if (runsMs > 0) yield* sleep(runsMs);
    if (++runs <= failures) throw new Error(`failure ${runs}`);
    return `run ${runs}`;
  }, options);
  return { log, told, begin: () => log.confirm(start(() => failing)) };
}
const restarts = (told: Failure[]) => told.map(({ error, restartMs }) => [(error as Error).message, restartMs]);

describe("a cocoon that is started anew", () => {
  test("by default is not", async () => {
    const { log, told, begin } = prepared(1, {});
    begin();
    expect((await log.admit()).slice(1)).toEqual([]);
    expect(restarts(told)).toEqual([["failure 1", undefined]]);
  });

  test("has one product, and what its failed runs emitted stays", () =>
    simulate({}, async () => {
      const { log, told, begin } = prepared(1, { restart: true });
      begin();
      expect(await log.admit()).toEqual([{ seen: [0, 0] }, "run 2"]);
      expect(restarts(told)).toEqual([["failure 1", 0]]);
      expect(told[0]).toMatchObject({ phase: "cocoon", cocoon: "start", act: { name: "start" } });
    }));

  test("fails for good with the failure that comes too often within its time", () =>
    simulate({}, async () => {
      const { log, told, begin } = prepared(9, { restart: { restarts: 2, withinMs: 100 } }, 40);
      begin();
      expect((await log.admit()).slice(1)).toEqual([]);
      expect(restarts(told)).toEqual([
        ["failure 1", 0],
        ["failure 2", 0],
        ["failure 3", undefined],
      ]);
      const slow = prepared(9, { restart: { restarts: 2, withinMs: 100 } }, 60);
      slow.begin();
      expect((await slow.log.admit()).slice(1)).toEqual(["run 10"]);
    }));

  test("waits longer from failure to failure, and begins again after a long run", () =>
    simulate({}, async () => {
      const backoff = { minMs: 10, maxMs: 50, factor: 3, jitter: 0 };
      const restart = { restarts: Number.POSITIVE_INFINITY, backoff };
      const { log, told, begin } = prepared(4, { restart });
      begin();
      expect((await log.admit())[0].seen).toEqual([0, 10, 40, 90, 140]);
      const long = prepared(3, { restart }, 50);
      long.begin();
      await long.log.admit();
      expect([told, long.told].map((all) => all.map(({ restartMs }) => restartMs))).toEqual([
        [10, 30, 50, 50],
        [10, 10, 10],
      ]);
    }));

  test("is one living cocoon for admit, key and policy, also while it waits", () =>
    simulate({}, async () => {
      const restart = { backoff: { minMs: 100, jitter: 0 } };
      const { log, begin } = prepared(1, { policy: "leading", restart }, 10);
      begin();
      await sleep(50);
      expect(log.living).toMatchObject([{ key: "start", act: { name: "start" }, since: 0, restarts: 0 }]);
      begin();
      await sleep(65);
      expect(log.living).toMatchObject([{ since: 0, restarts: 1 }]);
      begin();
      expect(await log.admit()).toEqual([{ seen: [0, 110] }, "run 2"]);
    }));

  test("is not when it is cancelled, and a cancel while it waits ends it", () =>
    simulate({}, async () => {
      const restart = { restarts: 9, backoff: { minMs: 100, jitter: 0 } };
      const { log, told, begin } = prepared(1, { policy: "latest", restart });
      begin();
      await sleep(50);
      begin();
      expect((await log.admit()).slice(1)).toEqual(["run 2"]);
      expect([told.length, now()]).toEqual([1, 50]);
      const waiting = prepared(1, { restart });
      waiting.begin();
      await sleep(10);
      await waiting.log.dismiss();
      expect([now(), waiting.log.living]).toEqual([60, []]);
    }));

  test("without onError fails the admit with its last failure only", async () => {
    const log = shawn<Log>({ seen: [] }, { acts: [note, start] });
    let runs = 0;
    const failing = cocoon(() => Promise.reject(`failure ${++runs}`), { restart: { restarts: 2 } });
    log.confirm(start(() => failing));
    expect(await codeOf(log.admit())).toBe("failure 3");
    expect(await log.admit()).toEqual([{ seen: [] }]);
  });

  test("leaves nothing of a failed run behind: its fibers have ended, its signal has aborted", () =>
    simulate({}, async () => {
      const signals: AbortSignal[] = [];
      const log = shawn<Log>({ seen: [] }, { acts: [note, start] });
      const failing = cocoon(
        function* (cx) {
          const again = signals.push(cx.signal) > 1;
          void go(function* child() {
            try {
              yield* sleep(100);
              yield* cx.emerge(note("never"));
            } finally {
              log.confirm(note("child ended"));
            }
          });
          yield* sleep(1);
          if (!again) throw new Error("once");
          return [signals.map(({ aborted }) => aborted), log.envelope.seen.length];
        },
        { restart: true },
      );
      log.confirm(start(() => failing));
      const [{ seen }, product] = await log.admit();
      expect(product).toEqual([[true, false], 1]);
      expect(seen).toEqual(["child ended", "never", "child ended"]);
    }));
});

test("wrong restarts have codes", () => {
  const code = (restart: unknown) => codeThrown(() => cocoon(() => {}, { restart: restart as true }));
  expect([code("yes"), code({ times: 3 }), code({ restarts: -1 }), code({ withinMs: 0 })]).toEqual([
    "BAD_OPTION",
    "UNKNOWN_OPTION",
    "BAD_OPTION",
    "BAD_TIME",
  ]);
  expect(code({ backoff: { minMs: 0 } })).toBe("BAD_TIME");
});

test("a queue waits until the cocoon before has failed for good", async () => {
  const gate = channel<boolean>();
  const log = shawn<Log>({ seen: [] }, { acts: [note, start], onError: () => note("failed") });
  const options = { policy: "queue", restart: true } as const;
  const first = cocoon(function* () {
    if (yield* gate.take()) throw new Error("as it was told");
  }, options);
  const second = cocoon(() => log.envelope.seen.length, options);
  log.confirm(
    start(() => first),
    start(() => second),
  );
  await gate.give(true);
  await gate.give(true);
  expect((await log.admit()).slice(1)).toEqual([2]);
});
