import { channel, sleep } from "@good-place/channel";
import { type Act, acts, type Cx, cocoon, type Follow, payload, shawn } from "@good-place/shawn";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, turns } from "./office.js";

interface Log {
  seen: unknown[];
}
const act = acts<Log>();
const note = act("note", payload<unknown>()).does({ update: (log, word) => void log.seen.push(word) });
const start = act("start", payload<(cx: Cx<Log>) => Follow>()).does({ watch: (_, make, cx) => make(cx) });
const fresh = (rest = {}) => shawn<Log>({ seen: [] }, { acts: [note, start], ...rest });

describe("admit", () => {
  test("without cocoons it gives the envelope at once", async () => {
    const log = fresh();
    log.confirm(note(1));
    expect(await log.admit()).toEqual([{ seen: [1] }]);
  });

  test("products come in the order of the starts, one each, undefined included", async () => {
    const log = fresh();
    const late = (ms: number, value: unknown) =>
      start(() =>
        cocoon(function* () {
          yield* sleep(ms);
          return value;
        }),
      );
    log.confirm(late(10, "slow"), late(0, undefined), late(1, null));
    expect((await log.admit()).slice(1)).toEqual(["slow", undefined, null]);
    expect((await log.admit()).slice(1)).toEqual([]);
  });

  test("it waits for cocoons that follow from cocoons", async () => {
    const log = fresh();
    const nested = (depth: number): Act =>
      start(async function* () {
        await sleep(0);
        if (depth > 0) yield nested(depth - 1);
        return depth;
      });
    log.confirm(nested(5));
    expect((await log.admit()).slice(1)).toEqual([5, 4, 3, 2, 1, 0]);
  });

  test("a cancelled cocoon has no product", async () => {
    const log = fresh();
    const make = (value: string) =>
      start(() =>
        cocoon(
          function* () {
            yield* sleep(1);
            return value;
          },
          { policy: "latest" },
        ),
      );
    log.confirm(make("first"), make("second"));
    expect((await log.admit()).slice(1)).toEqual(["second"]);
  });

  test("it rejects with a kept failure, and gives the products to the next", async () => {
    const log = fresh();
    log.confirm(start(() => [cocoon(() => Promise.reject("no")), cocoon(() => 1)]));
    expect(await codeOf(log.admit())).toBe("no");
    expect((await log.admit()).slice(1)).toEqual([1]);
  });

  test("fibers can yield* it", async () => {
    const { go } = await import("@good-place/channel");
    const log = fresh();
    log.confirm(start(() => cocoon(() => 7)));
    expect(
      await go(function* () {
        return (yield* log.admit())[1];
      }),
    ).toBe(7);
  });
});

describe("dismiss", () => {
  test("it cancels the cocoons, waits for their finally blocks, and closes the flows", async () => {
    const log = fresh();
    const ended: string[] = [];
    log.confirm(
      start(function* () {
        try {
          yield* sleep(10_000);
        } finally {
          yield* sleep(0);
          ended.push("generator");
        }
      }),
      // biome-ignore lint/correctness/useYield: it is cancelled before it would
      start(async function* (cx) {
        try {
          await cx.sleep(10_000);
        } finally {
          ended.push("async generator");
        }
      }),
      start(() => cocoon(async (cx) => cx.sleep(10_000).then(null, () => ended.push("async function")))),
    );
    await turns();
    await log.dismiss("closing");
    expect(ended.sort()).toEqual(["async function", "async generator", "generator"]);
    expect([log.flow.closed, log.threadFlow.closed, log.flow.reason]).toEqual([true, true, "closing"]);
  });

  test("afterwards confirm throws DISMISSED, and an emergence fails", async () => {
    const log = fresh();
    await log.dismiss();
    expect(codeThrown(() => log.confirm(note(1)))).toBe("DISMISSED");
    expect(codeThrown(() => log.replay([]))).toBe("DISMISSED");
    expect(log.envelope.seen).toEqual([]);
    await log.dismiss("again");
  });

  test("a waiting admit gives what there is", async () => {
    const log = fresh();
    const gate = channel<never>();
    log.confirm(start(() => [cocoon(() => 1), cocoon(() => gate.take())]));
    const waiting = log.admit();
    await turns();
    await log.dismiss();
    expect((await waiting).slice(1)).toEqual([1]);
  });

  test("what a cancelled cocoon still emits is dropped", async () => {
    const log = fresh();
    log.confirm(
      start(function* () {
        try {
          yield* sleep(10_000);
        } finally {
          yield note("late");
        }
      }),
    );
    await turns();
    await log.dismiss();
    expect(log.envelope.seen).toEqual([]);
  });

  test("a finally that throws during dismiss reaches onError", async () => {
    const failures: unknown[] = [];
    const log = fresh({ onError: ({ error }: { error: unknown }) => void failures.push(error) });
    log.confirm(
      start(function* () {
        try {
          yield* sleep(10_000);
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: the point of the test
          throw "late";
        }
      }),
    );
    await turns();
    await log.dismiss();
    expect(failures).toEqual(["late"]);
  });

  test("an effect's signal aborts when the store is dismissed; await using dismisses", async () => {
    let signal: AbortSignal | undefined;
    const watching = act("watching").does({
      effect: (_, __, cx) => {
        signal = cx.signal;
      },
    });
    const log = shawn<Log>({ seen: [] }, { acts: [watching] });
    log.confirm(watching());
    expect(signal?.aborted).toBe(false);
    await log[Symbol.asyncDispose]();
    expect([signal?.aborted, (signal as AbortSignal).reason.code]).toEqual([true, "DISMISSED"]);
  });

  test("a subscriber that dismisses ends what would follow in later batches", async () => {
    const log = fresh();
    log.subscribe(() => {
      log.confirm(note("queued"));
      void log.dismiss();
    });
    log.confirm(note("first"));
    expect(log.envelope.seen).toEqual(["first"]);
    await log.dismiss();
  });
});

test("cx lends the store's clock, chance, ids and log, and the envelope as it is now", async () => {
  const words: unknown[] = [];
  let id = 0;
  const log = fresh({
    now: () => 5,
    random: () => 0.5,
    id: () => `id${++id}`,
    log: (...all: unknown[]) => words.push(all),
  });
  log.confirm(
    start(async function* (cx) {
      const before = cx.envelope.seen.length;
      yield note("x");
      cx.log("seen", before, cx.envelope.seen.length);
      return [cx.now(), cx.random(), cx.id()];
    }),
  );
  expect((await log.admit())[1]).toEqual([5, 0.5, "id3"]);
  expect(words).toEqual([["seen", 0, 1]]);
});
