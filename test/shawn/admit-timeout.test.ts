import { CLOSED, channel, go, now, scope, sleep, traceStarts } from "@good-place/channel";
import { simulate } from "@good-place/channel/simulation";
import { AdmitTimeoutError, acts, cocoon, type Follow, payload, shawn } from "@good-place/shawn";
import { describe, expect, onTestFinished, test } from "vitest";
import { codeOf, codeThrown, MemoryJournal } from "./office.js";

interface Log {
  seen: unknown[];
}
const act = acts<Log>();
const start = act("start", payload<() => Follow>()).does({ watch: (_, make) => make() });
const fresh = (rest = {}) => shawn<Log>({ seen: [] }, { acts: [start], ...rest });
const lasting = (ms: number, key: string) =>
  start(() =>
    cocoon(
      function* () {
        yield* sleep(ms);
        return key;
      },
      { key },
    ),
  );

describe("admit with a time limit", () => {
  test("fails with ADMIT_TIMEOUT, which names each living cocoon; they live on, and nothing is lost", () =>
    simulate({}, async () => {
      const log = fresh();
      log.confirm(lasting(10, "short"), lasting(100, "long"), lasting(200, "longer"));
      await sleep(20);
      const error = await log.admit({ timeoutMs: 30 }).then(null, (error: unknown) => error);
      expect(error).toBeInstanceOf(AdmitTimeoutError);
      expect(error).toMatchObject({
        code: "ADMIT_TIMEOUT",
        living: [
          { key: "long", act: { name: "start", meta: { seq: 2 } }, since: 0, restarts: 0 },
          { key: "longer", act: { meta: { seq: 3 } } },
        ],
      });
      expect((error as Error).message).toContain("long of act start (2), for 50 ms");
      expect(now()).toBe(50);
      expect((await log.admit({ timeoutMs: 1000 })).slice(1)).toEqual(["short", "long", "longer"]);
      expect(now()).toBe(200);
    }));

  test("that is 0 gives what is there at once", () =>
    simulate({}, async () => {
      const log = fresh();
      expect(await log.admit({ timeoutMs: 0 })).toEqual([{ seen: [] }]);
      log.confirm(lasting(1, "one"));
      expect(await codeOf(log.admit({ timeoutMs: 0 }))).toBe("ADMIT_TIMEOUT");
      await log.dismiss();
    }));

  test("goes on for cocoons that start meanwhile, but not beyond its time", () =>
    simulate({}, async () => {
      const log = fresh();
      const again = start(async function* (): AsyncGenerator<ReturnType<typeof start>, void, never> {
        await sleep(10);
        yield again;
      });
      log.confirm(again);
      expect(await codeOf(log.admit({ timeoutMs: 95 }))).toBe("ADMIT_TIMEOUT");
      expect(now()).toBe(95);
      await log.dismiss();
    }));

  test("says where the cocoons were started, while starts are traced", async () => {
    traceStarts(true);
    onTestFinished(() => traceStarts(false));
    const log = fresh();
    log.confirm(lasting(100_000, "traced"));
    const [living] = log.living;
    expect(living?.startedAt).toMatch(/admit-timeout\.test\.ts(\?\S*)?:\d+:\d+$/);
    expect(await codeOf(log.admit({ timeoutMs: 0 }))).toBe("ADMIT_TIMEOUT");
    await log.dismiss();
  });

  test("fails while the journal is still being replayed", async () => {
    const replay = channel<never>();
    const journal = new (class extends MemoryJournal {
      // biome-ignore lint/correctness/useYield: it is about a replay that does not end
      override async *replay(): AsyncGenerator<never, void, unknown> {
        for await (const _ of replay);
      }
    })();
    const log = fresh({ journal });
    await expect(log.admit({ timeoutMs: 1 })).rejects.toThrow("the journal is still being replayed");
    replay.close();
    expect(await log.admit()).toEqual([{ seen: [] }]);
  });
});

describe("an admit that is given up", () => {
  test.each(["by its signal", "with its fiber", "with its scope"])("%s takes no products and no failures", (how) =>
    simulate({}, async () => {
      const log = fresh();
      const gate = channel<string>();
      log.confirm(start(() => [cocoon(() => gate.take()), cocoon(() => Promise.reject("no"))]));
      const aborter = new AbortController();
      const wait = {
        "by its signal": () => log.admit({ signal: aborter.signal }),
        "with its fiber": () => go(() => log.admit()),
        "with its scope": () =>
          scope(function* ({ signal }) {
            aborter.signal.addEventListener("abort", () => waiting.cancel(aborter.signal.reason));
            const waiting = go(() => log.admit({ signal }));
            yield* waiting;
          }),
      }[how] as () => PromiseLike<unknown> & { cancel?(reason: unknown): void };
      const waiting = wait();
      const outcome = codeOf(waiting);
      await sleep(1);
      aborter.abort(new Error("given up"));
      waiting.cancel?.("given up");
      expect(await outcome).not.toBe(undefined);
      expect(await gate.give("late")).toBe(true);
      expect(await codeOf(log.admit())).toBe("no");
      expect((await log.admit()).slice(1)).toEqual(["late"]);
    }),
  );
});

test("wrong options of admit have codes", () => {
  const log = fresh();
  expect(codeThrown(() => log.admit({ timeoutMS: 5 } as never))).toBe("UNKNOWN_OPTION");
  expect(codeThrown(() => log.admit({ timeoutMs: -1 }))).toBe("BAD_TIME");
  expect(codeThrown(() => log.admit(5 as never))).toBe("BAD_OPTION");
  expect(log.flow.tryTake()).not.toBe(CLOSED);
});
