import {
  type ChildSpec,
  channel,
  type Fiber,
  go,
  type SupervisorError,
  type SupervisorTree,
  sleep,
  supervisor,
} from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { Levers } from "./levers.js";
import { codeOf, collectingUnhandled, turns } from "./turn.js";

/** A child that is ready when the test says so. */
function late(name: string, log: string[], more: Partial<ChildSpec> = {}) {
  let fiber: Fiber<unknown> | undefined;
  const start: ChildSpec["start"] = function* (own) {
    fiber = own;
    log.push(`+${name}`);
    yield* channel().take();
  };
  const spec: ChildSpec = { name, start, readyMs: 60_000, ...more };
  return { spec, ready: () => fiber?.ready() };
}

describe("readiness", () => {
  test("the next child starts when the one before it has said that it is ready", async () => {
    const levers = new Levers();
    const db = late("db", levers.log);
    const tree = supervisor({ children: [db.spec, levers.child("web")] });
    let up = false;
    const ready = go(function* () {
      yield* tree.waitReady();
      up = true;
    });
    await turns();
    expect([levers.since(), up, tree.children().map(({ status }) => status)]).toEqual([
      "+db",
      false,
      ["starting", "waiting"],
    ]);
    db.ready();
    await ready;
    expect([levers.since(), tree.children().map(({ status }) => status)]).toEqual(["+web", ["running", "running"]]);
    tree.cancel();
  });

  test.each([
    ["is late", "NOT_READY", { readyMs: 1 }],
    ["ends before it is ready", "NOT_READY", { start: () => 1 }],
    ["is cancelled before it is ready", "NOT_READY", { start: (fiber: Fiber<unknown>) => fiber.cancel() }],
    [
      "fails before it is ready",
      "boom",
      { start: () => Promise.reject(Object.assign(new Error("no"), { code: "boom" })) },
    ],
  ])("a child of the list that %s fails the tree with START_FAILED, its cause %s", async (_, cause, more) => {
    const levers = new Levers();
    const children = [levers.child("a"), late("b", levers.log, more).spec, levers.child("c")];
    const error = await supervisor({ children }).then(null, (thrown) => thrown);
    expect([error.code, error.child, error.cause.code]).toEqual(["START_FAILED", "b", cause]);
    expect(levers.since().replace(" +b", "")).toBe("+a -a");
  });

  test("a start that fails during a restart counts as a failure, and is tried again until the intensity is used up", async () => {
    let starts = 0;
    const levers = new Levers();
    const start: ChildSpec["start"] = function* (fiber) {
      if (++starts > 1) throw new Error(`start ${starts}`);
      fiber.ready();
      yield* channel().take();
    };
    const children = [levers.child("a"), { name: "b", start, readyMs: 60_000 }, levers.child("c")];
    const tree = supervisor({ strategy: "rest-for-one", intensity: { restarts: 3 }, children });
    await tree.waitReady();
    levers.break("a");
    const error = (await tree.then(null, (thrown) => thrown)) as SupervisorError;
    expect([error.code, error.child, (error.cause as Error).message, starts]).toEqual(["INTENSITY", "b", "start 4", 4]);
    // "a" came up with the first try and stayed, for "b" fails after it.
    expect(levers.since()).toBe("+a +c -a -c +a -a");
  });

  test("a child whose start returns a tree is ready when the tree is", async () => {
    const levers = new Levers();
    const inner = late("inner", levers.log);
    const start = (): SupervisorTree => supervisor({ children: [inner.spec] });
    const tree = supervisor({ children: [{ name: "nested", start, readyMs: 60_000 }, levers.child("after")] });
    await turns();
    expect(levers.since()).toBe("+inner");
    inner.ready();
    await tree.waitReady();
    expect(levers.since()).toBe("+after");
    tree.cancel();
  });

  test("ready() of a fiber that nobody waits for is nothing", async () => {
    const fiber = go((own) => {
      own.ready();
      return 1;
    });
    expect(await fiber).toBe(1);
    fiber.ready();
  });

  test("a cancel while a child gets ready ends the wait and stops the child", async () => {
    const levers = new Levers();
    const tree = supervisor({ children: [levers.child("a", { readyMs: Number.POSITIVE_INFINITY })] });
    await turns();
    tree.cancel();
    expect([await codeOf(tree), levers.since()]).toEqual(["CANCELLED", "+a -a"]);
  });
});

describe("dynamic children", () => {
  test("a tree with an empty list starts and stops children on demand, and lives until it is cancelled", async () => {
    const levers = new Levers();
    const tree = supervisor({ children: [] });
    const { fiber, ...state } = await tree.start(levers.child("a", { restart: "transient" }));
    expect(state).toMatchObject({ name: "a", status: "running", restarts: 0 });
    expect(fiber?.path).toBe("supervisor/a");
    await tree.start(levers.child("b"));
    await tree.stop("b");
    levers.end("a");
    await turns();
    expect([tree.children(), levers.since()]).toEqual([[], "+a +b -b -a"]);
    await tree.start(levers.child("a"));
    tree.cancel();
    expect([await codeOf(tree), levers.since()]).toEqual(["CANCELLED", "+a -a"]);
  });

  test("start waits until the child is ready; one that does not get ready is none of the tree's", async () => {
    const levers = new Levers();
    const tree = supervisor({ children: [] });
    const slow = late("slow", levers.log);
    const started = tree.start(slow.spec);
    await turns();
    slow.ready();
    expect((await started).status).toBe("running");
    const error = await tree.start(late("never", levers.log, { readyMs: 1 }).spec).then(null, (thrown) => thrown);
    expect([error.code, error.cause.code, tree.children().length]).toEqual(["START_FAILED", "NOT_READY", 1]);
    tree.cancel();
  });

  test("a name that is taken and one that nobody has are refused, and so is everything after the end", async () => {
    const levers = new Levers();
    const tree = supervisor({ children: levers.children("web") });
    expect(await codeOf(tree.start(levers.child("web")))).toBe("DUPLICATE_CHILD");
    const error = await tree.stop("wob").then(null, (thrown) => thrown);
    expect([error.code, error.message]).toEqual(["UNKNOWN_CHILD", expect.stringContaining('did you mean "web"?')]);
    const pending = codeOf(tree.start(late("x", levers.log).spec));
    await turns();
    tree.cancel();
    expect(await codeOf(tree)).toBe("CANCELLED");
    const codes = [await pending, await codeOf(tree.start(levers.child("y"))), await codeOf(tree.stop("web"))];
    expect(codes).toEqual(["SUPERVISOR_ENDED", "SUPERVISOR_ENDED", "SUPERVISOR_ENDED"]);
  });

  test("a start that is withdrawn before its turn starts nothing", async () => {
    const levers = new Levers();
    const tree = supervisor({ children: [] });
    const fiber = go(() => tree.start(levers.child("a")));
    const other = tree.start(levers.child("b"), { signal: AbortSignal.timeout(60_000) });
    fiber.cancel();
    await other;
    expect([await codeOf(fiber), levers.since()]).toEqual(["CANCELLED", "+b"]);
    tree.cancel();
  });

  test("a child that is added while its siblings restart starts after them", async () => {
    const levers = new Levers();
    const children = [levers.child("a", { backoff: { minMs: 1, jitter: 0 } }), levers.child("b")];
    const tree = supervisor({ strategy: "one-for-all", children });
    await tree.waitReady();
    levers.break("a");
    await turns();
    await tree.start(levers.child("c"));
    expect(levers.since()).toBe("+a +b -a -b +a +b +c");
    tree.cancel();
  });

  test("a child that waits for a restart to be over is started also when that restart is called off", async () => {
    const levers = new Levers();
    const children = [levers.child("a", { backoff: { minMs: 60_000 } })];
    const tree = supervisor({ strategy: "one-for-all", children });
    await tree.waitReady();
    levers.break("a");
    await turns();
    const started = tree.start(levers.child("b"));
    await tree.stop("a");
    expect([(await started).status, levers.since()]).toEqual(["running", "+a -a +b"]);
    tree.cancel();
  });

  test("a finally block that asks the stopping tree for a child is refused at once", async () => {
    let code: unknown;
    const levers = new Levers();
    const start: ChildSpec["start"] = function* () {
      try {
        yield* sleep(60_000);
      } finally {
        code = yield* go(() => codeOf(tree.start(levers.child("b"))), { detached: true });
      }
    };
    const tree = supervisor({ children: [{ name: "a", start }] });
    await tree.waitReady();
    tree.cancel();
    expect([await codeOf(tree), code]).toEqual(["CANCELLED", "SUPERVISOR_ENDED"]);
  });
});

describe("the end of a tree", () => {
  test("a tree with children ends when the last of them has ended by itself", async () => {
    const levers = new Levers();
    const children = [levers.child("a", { restart: "transient" }), levers.child("b", { restart: "temporary" })];
    for (const strategy of ["one-for-one", "one-for-all"] as const) {
      const tree = supervisor({ strategy, children });
      await tree.waitReady();
      levers.end("a");
      await turns();
      levers.end("b");
      expect(await tree).toBe(undefined);
    }
  });

  test.each([
    ["never", "abc", undefined],
    ["any-significant", "a", "-a -d -c -b"],
    ["any-significant", "c", undefined],
    ["all-significant", "a", undefined],
    ["all-significant", "ba", "-b -a -d -c"],
  ] as const)("autoShutdown %s: the ends of %s come to %s", async (autoShutdown, ends, log) => {
    const levers = new Levers();
    const significant = autoShutdown !== "never";
    const children = [
      levers.child("a", { restart: "transient", significant }),
      levers.child("b", { restart: "temporary", significant }),
      levers.child("c", { restart: "transient" }),
      levers.child("d"),
    ];
    const tree = supervisor({ autoShutdown, children });
    await tree.waitReady();
    levers.since();
    let over = false;
    void tree.then(
      () => {
        over = true;
      },
      () => {},
    );
    for (const name of ends) levers.end(name);
    await turns(10);
    expect(over).toBe(log !== undefined);
    if (log !== undefined) expect(levers.since()).toBe(log);
    tree.cancel();
  });

  test("stopping the last child by hand does not end the tree", async () => {
    const levers = new Levers();
    const tree = supervisor({ children: levers.children("a") });
    await tree.stop("a");
    expect((await tree.start(levers.child("a"))).status).toBe("running");
    tree.cancel();
  });

  test("the error of a temporary child is unhandled where nobody hears of it", async () => {
    await collectingUnhandled(async (errors) => {
      const levers = new Levers();
      const children = [levers.child("a", { restart: "temporary" })];
      const silent = supervisor({ children });
      await silent.waitReady();
      levers.break("a");
      await silent;
      const heard = supervisor({ children, events: channel(9) });
      await heard.waitReady();
      levers.break("a");
      await heard;
      expect(errors.map((error) => (error as Error).message)).toEqual(["a broke"]);
    });
  });
});
