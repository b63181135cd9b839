import {
  type Channel,
  CLOSED,
  channel,
  go,
  type PipelineOptions,
  pipe,
  pipeline,
  scope,
  sleep,
  until,
} from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, collectingUnhandled, turn, turns } from "./turn.js";

/** A source with the values, given one after the other, then closed. `given` counts what was accepted. */
function counting(count: number): { source: Channel<number>; given: () => number } {
  const source = channel<number>();
  let given = 0;
  void go(function* () {
    for (let i = 0; i < count; i++) if (yield* source.give(i)) given++;
    source.close("counted");
  });
  return { source, given: () => given };
}

async function all<T>(from: Channel<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const value of from) seen.push(value);
  return seen;
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("a pipeline", () => {
  test.each([
    ["a plain function", (n: number) => n * 2],
    ["an async function", async (n: number) => n * 2],
    ["a function that returns an operation", (n: number) => until(Promise.resolve(n * 2))],
    [
      "a generator function",
      function* (n: number) {
        yield* sleep(0);
        return n * 2;
      },
    ],
  ])("runs %s", async (_, fn) => {
    const out = pipe(counting(5).source, pipeline(2, fn as (n: number) => number));
    expect([await all(out), out.reason]).toEqual([[0, 2, 4, 6, 8], "counted"]);
  });

  test("gives results in the order of the values, however long each takes, and works on n at a time", async () => {
    const [gates, begun]: [Map<number, () => void>, number[]] = [new Map(), []];
    const fn = (n: number): Promise<number> => {
      begun.push(n);
      return new Promise((resolve) => gates.set(n, () => resolve(n)));
    };
    const out = pipe(counting(6).source, pipeline(3, fn, { buffer: 9 }));
    await turns();
    expect(begun).toEqual([0, 1, 2]);
    for (const n of [2, 1]) gates.get(n)?.();
    await turns();
    expect([begun, out.statistics().size]).toEqual([[0, 1, 2], 0]);
    gates.get(0)?.();
    await turns();
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    for (const n of [5, 3, 4]) gates.get(n)?.();
    expect(await all(out)).toEqual(numbers(6));
  });

  test("with ordered: false gives each result when it is there", async () => {
    const gates = new Map<number, () => void>();
    const fn = (n: number): Promise<number> => new Promise((resolve) => gates.set(n, () => resolve(n)));
    const out = pipe(counting(3).source, pipeline(3, fn, { ordered: false }));
    await turns();
    const seen: unknown[] = [];
    for (const n of [2, 0, 1]) {
      gates.get(n)?.();
      seen.push(await out.take());
    }
    expect([seen, await out.take()]).toEqual([[2, 0, 1], CLOSED]);
  });

  test("holds one value a worker while nobody takes the results", async () => {
    const { source, given } = counting(50);
    const out = pipe(
      source,
      pipeline(3, (n) => n),
    );
    await turns();
    expect(given()).toBe(3);
    expect(await all(out)).toEqual(numbers(50));
  });

  test("chains: each stage takes up what the one before gives, through as many as there are", async () => {
    const sink = channel<string>(2);
    const moving = pipe(
      counting(20).source,
      pipeline(3, async (n) => n + 1),
      pipeline(2, (n) => n * 10),
      pipeline(1, (n) => `${n}`),
      sink,
    );
    expect(await all(sink)).toEqual(numbers(20).map((n) => `${(n + 1) * 10}`));
    await moving;
  });

  test("moves 100,000 values through three stages", async () => {
    const add = pipeline(4, (n: number) => n + 1);
    const out = pipe(counting(100_000).source, add, add, add);
    const last = go(function* () {
      let count = 0;
      for (let value = yield* out.take(); value !== CLOSED; value = yield* out.take()) {
        if (value !== count + 3) throw new Error(`${value} came as number ${count}`);
        count++;
      }
      return count;
    });
    expect(await last).toBe(100_000);
  });

  test("of a million workers starts only as many as there is work for", async () => {
    const out = pipe(
      counting(10).source,
      pipeline(1_000_000, (n) => n),
    );
    expect(await all(out)).toEqual(numbers(10));
  });
});

describe("the output of a pipeline that is closed by its reader", () => {
  test("cancels the works and closes the source, on through a chain", async () => {
    const ended: number[] = [];
    const { source, given } = counting(50);
    const out = pipe(
      source,
      pipeline(2, function* (n) {
        try {
          yield* sleep(60_000);
          return n;
        } finally {
          ended.push(n);
        }
      }),
      pipeline(2, (n) => n),
    );
    await turns();
    out.close("enough");
    await turns();
    expect([ended, source.reason, given(), source.statistics().parkedTakes]).toEqual([[0, 1], "enough", 2, 0]);
  });

  test("tells an async work by its signal, waits for its end, and reports what it still made", async () => {
    const lost: number[] = [];
    const { source } = counting(1);
    const fn = (n: number, { signal }: { signal: AbortSignal }): Promise<number> =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve(n + 100)));
    const ended = scope(function* () {
      const out = pipe(source, pipeline<number, number>(1, fn, { onUndelivered: (value) => void lost.push(value) }));
      yield* sleep(1);
      out.close();
    });
    await ended;
    expect(lost).toEqual([100]);
  });

  test("reports each finished result that was not given, and leaves the source with closeSource: false", async () => {
    const lost: number[] = [];
    const source = channel<number>(9);
    for (let i = 0; i < 5; i++) source.tryGive(i);
    const options: PipelineOptions<number> = { onUndelivered: (value) => lost.push(value), closeSource: false };
    const out = pipe(
      source,
      pipeline(3, (n) => n, options),
    );
    await turns();
    out.close();
    await turns();
    expect(lost.sort()).toEqual([0, 1, 2]);
    expect([source.closed, source.tryTake(), source.statistics().parkedTakes]).toEqual([false, 3, 0]);
  });
});

describe("an error of a work", () => {
  const boom = new Error("boom");
  const failing = (n: number): number => {
    if (n === 2) throw boom;
    return n;
  };

  test.each([
    ["throws at once", failing],
    ["rejects", async (n: number) => failing(n)],
    [
      "throws in a generator",
      function* (n: number) {
        yield* sleep(0);
        return failing(n);
      },
    ],
  ])("that %s aborts the output, cancels the other works and closes the source", async (_, fn) => {
    await collectingUnhandled(async (errors) => {
      const { source } = counting(50);
      const out = pipe(source, pipeline(3, fn as typeof failing));
      await expect(all(out)).rejects.toBe(boom);
      await turns();
      expect([source.reason, source.statistics().parkedGives, errors]).toEqual([boom, 0, []]);
    });
  });

  test("fails the scope of the stage, once, though a reader in the scope has it too", async () => {
    await collectingUnhandled(async (errors) => {
      let further: readonly unknown[] = [];
      const failed = scope(function* (inner) {
        further = inner.errors;
        const out = pipe(counting(50).source, pipeline(3, failing));
        for (let value = yield* out.take(); value !== CLOSED; value = yield* out.take());
      });
      await expect(failed).rejects.toBe(boom);
      await turns();
      expect([further, errors]).toEqual([[], []]);
    });
  });

  test("reaches readers outside of the scope, also through further stages and a sink", async () => {
    const sink = channel<number>();
    const { promise, resolve } = deferred<Channel<number>>();
    const failed = scope(() => {
      resolve(
        pipe(
          counting(50).source,
          pipeline(1, async (n) => n),
          pipeline(1, failing),
        ),
      );
      void pipe(
        counting(50).source,
        pipeline(1, failing),
        pipeline(1, async (n) => n),
        sink,
      );
    });
    const ends = Promise.allSettled([all(await promise), all(sink)]);
    await expect(failed).rejects.toBe(boom);
    const errors = (await ends).map((end) => end.status === "rejected" && end.reason);
    expect(errors.map((error) => error.reason ?? error)).toEqual([boom, boom]);
  });

  test("at the root is unhandled when the reader has gone, and a second one always", async () => {
    await collectingUnhandled(async (errors) => {
      const second = new Error("second");
      const out = pipe(
        counting(3).source,
        pipeline(2, function* (n) {
          try {
            yield* sleep(n === 0 ? 60_000 : 0);
            throw boom;
          } finally {
            if (n === 0) yield* until(Promise.reject(second));
          }
        }),
      );
      await expect(all(out)).rejects.toBe(boom);
      await turns();
      expect(errors).toEqual([second]);
      const late = pipe(
        counting(1).source,
        pipeline(1, function* () {
          try {
            yield* sleep(60_000);
          } finally {
            yield* until(Promise.reject(boom));
          }
        }),
      );
      await turns();
      late.close();
      await turns(8);
      expect(errors).toEqual([second, boom]);
    });
  });

  test("is none when the source is aborted: the output is, and the works are cancelled", async () => {
    const source = channel<number>(1);
    const out = pipe(
      source,
      pipeline(2, () => sleep(60_000)),
    );
    source.tryGive(1);
    await turns();
    source.abort(boom);
    await expect(out.take()).rejects.toBe(boom);
    await turns();
  });
});

describe("a pipeline whose scope is cancelled", () => {
  test.each([0, 1, 2, 3, 5, 8])(
    "after %i turns has aborted its output, closed the source and lost no value",
    async (count) => {
      const [begun, lost, seen]: [number[], number[], number[]] = [[], [], []];
      const source = channel<number>(2);
      const outs: Channel<number>[] = [];
      const cancelled = scope(function* ({ cancel }) {
        const fn = function* (n: number): Generator<unknown, number, never> {
          begun.push(n);
          if (n % 3 === 0) yield* sleep(0);
          return n;
        };
        outs.push(pipe(source, pipeline(3, fn, { onUndelivered: (value) => lost.push(value) })));
        for (let i = 0; i < 6; i++) source.tryGive(i);
        yield* until(turns(count));
        cancel();
      });
      const out = outs[0];
      if (out !== undefined && count > 2) seen.push((await out.take()) as number);
      expect(await codeOf(cancelled)).toBe("CANCELLED");
      if (outs[0] !== undefined) expect(await codeOf(outs[0].take())).toBe("CANCELLED");
      const left: number[] = [];
      for (let value = source.tryTake(); value !== CLOSED; value = source.tryTake()) left.push(value as number);
      // Each value is in the source, or its work has begun; each result that was made was taken or reported.
      expect([...begun, ...left].sort()).toEqual(numbers(source.statistics().given));
      expect(new Set([...seen, ...lost]).size).toBe(seen.length + lost.length);
      await turn();
    },
  );
});

describe("pipeline refuses", () => {
  test.each([
    ["no number of works", () => pipeline(0, (n) => n), "BAD_LIMIT"],
    ["half a work", () => pipeline(1.5, (n) => n), "BAD_LIMIT"],
    ["no function", () => pipeline(1, 5 as never), "NOT_A_BODY"],
    ["an unknown option", () => pipeline(1, (n) => n, { order: true } as never), "UNKNOWN_OPTION"],
    ["an option that is no flag", () => pipeline(1, (n) => n, { ordered: 1 as never }), "BAD_OPTION"],
    ["a source that is no channel", () => pipeline(1, (n) => n)(5 as never), "NOT_A_CHANNEL"],
  ])("%s", (_, call, code) => {
    expect(codeThrown(call)).toBe(code);
  });

  test("an async generator function, as an error of the work", async () => {
    const out = pipe(counting(1).source, pipeline(1, async function* () {} as never));
    expect(await codeOf(out.take())).toBe("NOT_A_BODY");
  });
});
