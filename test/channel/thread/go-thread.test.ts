import { channel, type Fiber, go, onUnhandled, scope, select, sleep, supervise } from "@good-place/channel";
import {
  goThread,
  type ThreadChannel,
  type ThreadError,
  type ThreadOptions,
  threadChannel,
} from "@good-place/channel/thread";
import { describe, expect, test } from "vitest";
import { codeThrown, collectingUnhandled } from "../turn.js";

const bodies = new URL("./bodies.mjs", import.meta.url);

function run(body: string, input: object = {}, options: ThreadOptions = {}): Fiber<unknown> {
  return goThread(bodies, { body, ...input }, options);
}

async function failure(fiber: PromiseLike<unknown>): Promise<ThreadError> {
  return await fiber.then(
    () => expect.unreachable("it did not fail"),
    (error: ThreadError) => error,
  );
}

describe("a thread's body", () => {
  test("is a generator, async or plain function, gets its input and fiber, and its result comes back", async () => {
    const all = [run("double", { value: 21 }), run("plain", { value: new Map([[1, 2]]) })];
    expect(await Promise.all(all)).toEqual([42, new Map([[1, 2]])]);
    expect(await run("async", { value: 1 }, { name: "worker" })).toEqual([1, "worker", false]);
  });

  test("the input is what it was when goThread was called", async () => {
    const input = { body: "plain", value: [1] };
    const fiber = goThread(bodies, input);
    input.value.push(2);
    expect(await fiber).toEqual([1]);
  });

  test("its fiber has a name and a path, is joined with yield*, and is a clause of a select", async () => {
    const [name, hit] = await scope(
      function* outer({ go }) {
        const fiber = yield* go(() => [run("double", { value: 2 })]);
        return [fiber[0]?.path, yield* select([fiber[0] as Fiber<unknown>])] as const;
      },
      { name: "outer" },
    );
    expect(name).toBe("outer/bodies.mjs");
    expect(hit).toEqual({ tag: "join", index: 0, value: 4 });
  });

  test("misuse throws: what is no URL, unknown options, and times that are none", () => {
    expect(codeThrown(() => goThread("./work.js"))).toBe("NOT_A_URL");
    expect(codeThrown(() => goThread(undefined as never))).toBe("NOT_A_URL");
    expect(codeThrown(() => goThread(bodies, 1, { graceMS: 1 } as never))).toBe("UNKNOWN_OPTION");
    expect(codeThrown(() => goThread(bodies, 1, { graceMs: -1 }))).toBe("BAD_TIME");
    expect(codeThrown(() => threadChannel(-1))).toBe("BAD_CAPACITY");
    expect(codeThrown(() => threadChannel(1, { nam: "x" } as never))).toBe("UNKNOWN_OPTION");
  });
});

describe("a thread that fails", () => {
  test("an error of the body comes with its class, name, message, code, stack, properties and cause", async () => {
    const error = await failure(run("fails"));
    expect(error).toMatchObject({ name: "ThreadError", code: "THREAD_FAILED" });
    const cause = error.cause as TypeError & { cause: RangeError };
    expect(cause).toBeInstanceOf(TypeError);
    expect(cause).toMatchObject({ name: "TypeError", message: "boo", code: "BOO", detail: { n: 1 } });
    expect(cause.stack).toContain("bodies.mjs");
    expect(cause.cause).toBeInstanceOf(RangeError);
    expect((await failure(run("rejects"))).cause).toMatchObject({ message: "rejected" });
    expect((await failure(run("throwsText"))).cause).toBe("just text");
  });

  test("what nobody in it catches ends it with THREAD_CRASHED, even where that cannot be cloned", async () => {
    const error = await failure(run("uncaught"));
    expect(error).toMatchObject({ code: "THREAD_CRASHED", cause: { message: "out of nowhere", code: "NOWHERE" } });
    expect(await failure(run("unhandled"))).toMatchObject({
      code: "THREAD_CRASHED",
      cause: { message: "nobody waits" },
    });
  });

  test("a module that is missing, broken or without a body is named by its code", async () => {
    const data = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
    const missing = await failure(goThread(new URL("./missing.mjs", import.meta.url)));
    expect(missing).toMatchObject({ code: "THREAD_MODULE", cause: expect.any(Error) });
    expect(await failure(goThread(data("export default function (")))).toMatchObject({ code: "THREAD_MODULE" });
    const throwing = await failure(goThread(data("throw new Error('while loading')")));
    expect(throwing).toMatchObject({ code: "THREAD_MODULE", cause: { message: "while loading" } });
    expect(await failure(goThread(data("export const body = 1")))).toMatchObject({ code: "NOT_A_BODY" });
    expect(await failure(goThread(data("export default 5")))).toMatchObject({ code: "NOT_A_BODY" });
  });

  test("an input or a result that cannot be cloned is UNCLONEABLE", async () => {
    expect(await failure(run("plain", { value: () => {} }))).toMatchObject({ code: "UNCLONEABLE" });
    expect(await failure(run("uncloneable"))).toMatchObject({ code: "UNCLONEABLE" });
  });

  test("it fails its scope, which cancels the other threads of it", async () => {
    const started = threadChannel<boolean>();
    let other: Fiber<unknown> | undefined;
    const failing = scope(({ go }) => {
      void go(function* starting() {
        other = run("patient", { started, ended: threadChannel(1) });
        yield* started.take();
        void run("rejects");
      });
    });
    await expect(failing).rejects.toMatchObject({ code: "THREAD_FAILED" });
    expect(other?.status).toBe("cancelled");
  });

  test("a fiber in it that fails unawaited is reported here, with the path through the thread", async () => {
    const reports: unknown[] = [];
    const restore = onUnhandled((error, path) => reports.push([(error as Error).message, path]));
    await run("forgets", {}, { name: "thread" });
    restore();
    expect(reports).toEqual([["lost", "thread/lost"]]);
  });
});

describe("a cancelled thread", () => {
  test("runs its finally blocks, and its fiber ends when it is gone", async () => {
    const [started, ended] = [threadChannel<boolean>(), threadChannel<string>(1)];
    const fiber = run("patient", { started, ended });
    await started.take();
    fiber.cancel("enough");
    await expect(fiber).rejects.toMatchObject({ code: "CANCELLED", reason: "enough" });
    expect(ended.tryTake()).toBe("ended in order");
  });

  test("tells an async body by its signal", async () => {
    const started = threadChannel<boolean>();
    const fiber = run("told", { started });
    await started.take();
    fiber.cancel("enough");
    await expect(fiber).rejects.toMatchObject({ code: "CANCELLED", reason: "enough" });
  });

  test("that does not listen is ended when the grace is over", async () => {
    const started = threadChannel<boolean>(1);
    const fiber = run("stubborn", { started }, { graceMs: 20 });
    fiber.cancel("before its body has begun");
    await expect(fiber).rejects.toMatchObject({ code: "CANCELLED" });
    const again = run("stubborn", { started }, { graceMs: 20 });
    expect(await started.take()).toBe(true);
    again.cancel("enough");
    await expect(again).rejects.toMatchObject({ code: "CANCELLED", reason: "enough" });
  });

  test("whose finally throws fails with that, and the cancel as its cause", async () => {
    const started = threadChannel<boolean>();
    const fiber = run("cleansBadly", { started });
    await started.take();
    fiber.cancel();
    expect(await failure(fiber)).toMatchObject({ code: "THREAD_FAILED", cause: { message: "while cleaning" } });
  });

  test("what an ended body leaves behind is ended when the grace is over; what it gave before has arrived", async () => {
    const to = threadChannel<string>(1);
    expect(await run("leavesWork", { to }, { graceMs: 20 })).toBe("returned");
    expect(to.tryTake()).toBe("given before the end");
  });
});

describe("a thread's supervisor", () => {
  test("gets what the body yields and what it gives in the order of the body", async () => {
    const signals = channel<{ tag: string }>(8);
    await run("mixing", {}, { supervisor: signals });
    const tags = [1, 2, 3, 4].map(() => (signals.tryTake() as { tag: string }).tag);
    expect(tags).toEqual(["yield", "given", "yield", "ok"]);
  });

  test("gets ok, error, cancelled and yield with the thread's fiber", async () => {
    const signals = channel<{ tag: string; fiber: Fiber<unknown>; value?: unknown }>(8);
    const fiber = run("yielding", {}, { supervisor: signals, name: "yielding" });
    await fiber;
    const seen = [1, 2, 3, 4].map(() => signals.tryTake() as { tag: string; fiber: unknown; value: unknown });
    expect(seen.map(({ tag }) => tag)).toEqual(["yield", "yield", "yield", "ok"]);
    expect(seen.map(({ value }) => value)).toEqual([1, { two: 2 }, "function without a name", "end"]);
    for (const signal of seen) expect(signal.fiber).toBe(fiber);
    await run("fails", {}, { supervisor: signals }).then(undefined, () => {});
    expect(await signals.take()).toMatchObject({ tag: "error", error: { code: "THREAD_FAILED" } });
    const cancelled = run("double", { value: 1 }, { supervisor: signals });
    cancelled.cancel("no");
    expect(await signals.take()).toMatchObject({ tag: "cancelled", reason: "no" });
  });

  test("gets what giveSupervisor gives there, with backpressure and an answer", async () => {
    const signals = channel<{ tag: string; fiber: unknown }>();
    const fiber = run("signals", { tags: ["a", "b", "c"] }, { supervisor: signals });
    const first = (await signals.take()) as { tag: string; from: string; fiber: unknown };
    expect([first.tag, first.from, first.fiber === fiber]).toEqual(["a", "there", true]);
    expect(((await signals.take()) as { tag: string }).tag).toBe("b");
    signals.close();
    expect(await fiber).toEqual([true, true, false]);
    expect(await run("signals", { tags: ["a"] })).toEqual([false]);
    expect(await failure(run("badSignal", {}, { supervisor: channel() }))).toMatchObject({
      code: "THREAD_FAILED",
      cause: { code: "UNCLONEABLE" },
    });
  });

  test("takes signals from a pipe and a select there, one at a time, and gives none back", async () => {
    const signals = channel<{ tag: string; fiber: unknown }>();
    const piping = run("pipes", { tags: ["a", "b", "c"] }, { supervisor: signals });
    const tags = [];
    for (let n = 0; n < 5; n++) tags.push(((await signals.take()) as { tag: string }).tag);
    // The "ok" is that of the pipe's own fiber.
    expect(tags).toEqual(["a", "b", "c", "ok", "last"]);
    expect(await piping).toBe(true);
    expect(await signals.take()).toMatchObject({ tag: "ok", fiber: piping });

    const selecting = run("selects", { tags: ["a", "b"] }, { supervisor: signals });
    expect(await signals.take()).toMatchObject({ tag: "a", fiber: selecting });
    // The second waits for a taker, so there is no place for a third.
    expect(await selecting).toEqual(["give", "give", "timeout"]);
    // The end of the thread does not wait, and what was given outlives it.
    expect(await signals.take()).toMatchObject({ tag: "ok" });
    expect(await signals.take()).toMatchObject({ tag: "b" });

    expect(await run("takesSignals", {}, { supervisor: channel(4) })).toBe("SUPERVISED_ELSEWHERE");
  });

  test("confirms or refuses the acts of an emergence there", async () => {
    const signals = channel<{ tag: string; acts: unknown[]; cause?: string; settle?: (error?: unknown) => void }>();
    const answers = [undefined, Object.assign(new Error("no"), { code: "REFUSED_HERE" })];
    const supervising = supervise(signals, ({ tag, acts, cause, settle }) => {
      if (tag !== "emergence") return;
      expect([acts, cause]).toEqual([[{ act: 1 }], "why"]);
      settle?.(answers.shift());
    });
    const acts = [{ act: 1 }];
    expect(await run("emerges", { acts }, { supervisor: signals })).toBe("confirmed");
    expect(await run("emerges", { acts }, { supervisor: signals })).toEqual(["REFUSED_HERE", "no"]);
    signals.close();
    await supervising;
    expect(await run("emerges", { acts })).toEqual(["NO_SUPERVISOR", expect.any(String)]);
  });

  test("hears of the fibers in the thread that inherit it, with their path there", async () => {
    const signals = channel<{ tag: string; path?: string; error?: { code: string } }>(8);
    const fiber = run("nested", {}, { supervisor: signals, name: "outer" });
    expect(await fiber).toBe("outer");
    const inner = await signals.take();
    expect(inner).toMatchObject({ tag: "error", path: "inner", error: { code: "INNER" }, fiber });
    expect(await signals.take()).toMatchObject({ tag: "ok", value: "outer" });
  });
});

describe("a thread that dies", () => {
  test("fails the takes at channels that lived in it with CHANNEL_GONE, and refuses gives", async () => {
    const there = (await run("plain", { value: 1 }).then(() =>
      goThread<ReturnType<typeof threadChannel<number>>>(new URL("./makes.mjs", import.meta.url), null),
    )) as ReturnType<typeof threadChannel<number>>;
    await expect(there.take()).rejects.toMatchObject({ code: "CHANNEL_GONE" });
    expect(await there.give(1)).toBe(false);
    expect(there.closed).toBe(true);
  });

  test("takes its parked gives and takes with it, and what was not accepted goes back to its place", async () => {
    const [from, to, started] = [threadChannel<number>(4), threadChannel<unknown>(), threadChannel<boolean>()];
    const fiber = run("parks", { from, to, started }, { graceMs: 0 });
    await started.take();
    while (to.statistics().parkedGives === 0 || from.statistics().parkedTakes === 0) await sleep(0);
    fiber.cancel();
    await fiber.then(undefined, () => {});
    while (to.statistics().parkedGives > 0 || from.statistics().parkedTakes > 0) await sleep(0);
    expect(await from.give(1)).toBe(true);
    expect([from.tryTake(), to.statistics().parkedGives]).toEqual([1, 0]);
  });

  test("that is cut off fails the takes that wait at channels that live in it", async () => {
    const homes = threadChannel<ThreadChannel<number>>(1);
    const fiber = run("lives", { homes }, { graceMs: 0 });
    const there = (await homes.take()) as ThreadChannel<number>;
    const taken = failure(there.take());
    fiber.cancel();
    expect(await taken).toMatchObject({ code: "CHANNEL_GONE" });
  });

  test("nothing unhandled is left of any of it", async () => {
    await collectingUnhandled(async (errors) => {
      const from = threadChannel<number>();
      const fiber = go(() => run("takes", { from }));
      from.close();
      expect(await fiber).toBe(true);
      expect(errors).toEqual([]);
    });
  });
});
