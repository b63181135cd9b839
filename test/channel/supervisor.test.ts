import { type ChildSpec, channel, go, SupervisorError, type SupervisorSpec, supervisor } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { Levers } from "./levers.js";
import { codeOf, collectingUnhandled, turn, turns } from "./turn.js";

/** A running tree of three levers, with its first starts taken off the log. */
async function threeOf(strategy: SupervisorSpec["strategy"], more: Partial<SupervisorSpec> = {}) {
  const levers = new Levers();
  const tree = supervisor({ strategy, children: levers.children("a", "b", "c"), ...more });
  await turns();
  levers.since();
  return { levers, tree };
}

describe("strategies", () => {
  test("children start in the order of the list and stop in the reverse order", async () => {
    const levers = new Levers();
    const tree = supervisor({ children: levers.children("a", "b", "c") });
    await turns();
    expect(levers.since()).toBe("+a +b +c");
    tree.cancel("enough");
    expect(await tree.then(null, (error) => [error.code, error.reason])).toEqual(["CANCELLED", "enough"]);
    expect(levers.since()).toBe("-c -b -a");
  });

  test("one-for-one, the default, restarts the failed child alone", async () => {
    const { levers, tree } = await threeOf(undefined);
    levers.break("b");
    await turns();
    expect(levers.since()).toBe("-b +b");
    expect(tree.children().map(({ name, status, restarts }) => [name, status, restarts])).toEqual([
      ["a", "running", 0],
      ["b", "running", 1],
      ["c", "running", 0],
    ]);
    tree.cancel();
  });

  test("one-for-all stops the others in reverse and starts all in the order of the list", async () => {
    const { levers, tree } = await threeOf("one-for-all");
    levers.break("b");
    await turns();
    expect(levers.since()).toBe("-b -c -a +a +b +c");
    tree.cancel();
  });

  test("rest-for-one takes along those after the failed child, and no other", async () => {
    const { levers, tree } = await threeOf("rest-for-one");
    levers.break("b");
    await turns();
    expect(levers.since()).toBe("-b -c +b +c");
    tree.cancel();
  });

  test("a group restart drops temporary children and starts ended transient ones again", async () => {
    const levers = new Levers();
    const children = [
      levers.child("a", { restart: "transient" }),
      levers.child("b"),
      levers.child("c", { restart: "temporary" }),
    ];
    const tree = supervisor({ strategy: "one-for-all", children });
    await turns();
    levers.end("a");
    await turns();
    expect(tree.children()[0]).toMatchObject({ name: "a", status: "ended", fiber: null });
    levers.since();
    levers.break("b");
    await turns();
    expect(levers.since()).toBe("-b -c +a +b");
    expect(tree.children().map(({ name }) => name)).toEqual(["a", "b"]);
    tree.cancel();
  });

  test("two failures in one turn are one restart under one-for-all and two under one-for-one", async () => {
    for (const [strategy, ending] of [
      ["one-for-all", undefined],
      ["one-for-one", "INTENSITY"],
    ] as const) {
      const { levers, tree } = await threeOf(strategy);
      const ended = codeOf(tree);
      levers.break("a");
      levers.break("c");
      const done = await Promise.race([ended, turns(20)]);
      expect([strategy, done]).toEqual([strategy, ending]);
      tree.cancel();
    }
  });

  test("fibers that a child has started end with its life, and their errors are its own", async () => {
    const seen: string[] = [];
    const jobs = channel<string>();
    const start: ChildSpec["start"] = function* () {
      void go(function* helper() {
        try {
          seen.push("helper starts");
          if ((yield* jobs.take()) === "bad") throw new Error("helper broke");
        } finally {
          seen.push("helper ends");
        }
      });
      yield* channel().take();
    };
    const tree = supervisor({ children: [{ name: "team", start }] });
    await turns();
    expect(await jobs.give("bad")).toBe(true);
    await turns();
    expect([seen, tree.children()[0]?.restarts]).toEqual([["helper starts", "helper ends", "helper starts"], 1]);
    tree.cancel();
    await codeOf(tree);
    expect([seen.at(-1), jobs.statistics().parkedTakes]).toEqual(["helper ends", 0]);
  });
});

describe("restart", () => {
  test.each([
    ["permanent", "ok", 1],
    ["permanent", "error", 1],
    ["permanent", "cancelled", 1],
    ["transient", "ok", 0],
    ["transient", "error", 1],
    ["transient", "cancelled", 0],
    ["temporary", "ok", 0],
    ["temporary", "error", 0],
    ["temporary", "cancelled", 0],
  ] as const)("a %s child that ends as %s is started anew %d times", async (restart, how, times) => {
    await collectingUnhandled(async () => {
      const levers = new Levers();
      const tree = supervisor({ autoShutdown: "never", children: [levers.child("a", { restart })] });
      await turns();
      if (how === "ok") levers.end("a");
      else if (how === "error") levers.break("a");
      else tree.children()[0]?.fiber?.cancel("from outside");
      await turns();
      expect(levers.since()).toBe(times === 0 ? "+a -a" : "+a -a +a");
      expect(tree.children().map(({ restarts }) => restarts)).toEqual(times === 0 ? [] : [1]);
      tree.cancel();
    });
  });
});

describe("intensity", () => {
  test("one failure too many stops the others in reverse and fails with INTENSITY, its cause the last failure", async () => {
    const { levers, tree } = await threeOf("one-for-one", {
      name: "house",
      intensity: { restarts: 2, withinMs: 60_000 },
    });
    const ended = tree.then(null, (thrown) => thrown);
    for (let i = 0; i < 3; i++) {
      levers.break("b");
      await turns();
    }
    const error = await ended;
    expect(error).toBeInstanceOf(SupervisorError);
    expect(error).toMatchObject({ code: "INTENSITY", child: "b", cause: { message: "b broke" } });
    expect(levers.since()).toBe("-b +b -b +b -b -c -a");
  });

  test("restarts: 0 escalates the first failure, Infinity none of a thousand", async () => {
    const { levers, tree } = await threeOf("one-for-one", { intensity: { restarts: 0 } });
    levers.break("a");
    expect(await codeOf(tree)).toBe("INTENSITY");
    let lives = 0;
    const start = (): unknown => {
      if (++lives <= 1000) throw new Error("again");
      return channel().take();
    };
    const intensity = { restarts: Number.POSITIVE_INFINITY };
    const calm = supervisor({ intensity, children: [{ name: "a", start }] });
    while (lives <= 1000) await turn();
    await turn();
    expect(calm.children()[0]).toMatchObject({ status: "running", restarts: 1000 });
    calm.cancel();
  });

  test("the window slides: what lies further back than withinMs does not count", async () => {
    const restarted = channel<void>(9);
    const jobs = channel<void>(1);
    const start: ChildSpec["start"] = function* () {
      restarted.tryGive(undefined);
      yield* jobs.take();
      throw new Error("again");
    };
    const tree = supervisor({ intensity: { restarts: 1, withinMs: 2 }, children: [{ name: "a", start }] });
    for (let i = 0; i < 4; i++) {
      await restarted.take();
      // The time that passes is what the test is about.
      await new Promise((resolve) => setTimeout(resolve, 10));
      jobs.tryGive(undefined);
    }
    await restarted.take();
    expect(tree.children()[0]?.restarts).toBe(4);
    tree.cancel();
  });

  test("a permanent child that ends normally too often is the cause CHILD_ENDED", async () => {
    const tree = supervisor({ children: [{ name: "short", start: () => 1 }] });
    expect(await tree.then(null, ({ code, cause }) => [code, cause.code])).toEqual(["INTENSITY", "CHILD_ENDED"]);
  });

  test("a nested tree that gives up is a failure like any other, which its parent restarts or escalates", async () => {
    let starts = 0;
    const inner = (): ReturnType<typeof supervisor> =>
      supervisor({
        name: "inner",
        intensity: { restarts: 0 },
        children: [{ name: "bad", start: () => Promise.reject(new Error(`start ${++starts}`)) }],
      });
    const tree = supervisor({ name: "outer", children: [{ name: "nested", start: inner }] });
    const error = (await tree.then(null, (thrown) => thrown)) as SupervisorError;
    const codes = [
      error.code,
      error.child,
      (error.cause as SupervisorError).code,
      (error.cause as SupervisorError).child,
    ];
    expect(codes).toEqual(["INTENSITY", "nested", "INTENSITY", "bad"]);
    expect([((error.cause as Error).cause as Error).message, starts]).toEqual(["start 2", 2]);
  });

  test("failures that a restart follows are not unhandled, and neither is the escalation where somebody waits", async () => {
    await collectingUnhandled(async (errors) => {
      const { levers, tree } = await threeOf("one-for-all");
      levers.break("a");
      levers.break("b");
      await turns();
      levers.break("c");
      expect(await codeOf(tree)).toBe("INTENSITY");
      await turns();
      expect(errors).toEqual([]);
      const alone = await threeOf("one-for-one", { intensity: { restarts: 0 } });
      alone.levers.break("a");
      await turns();
      expect(errors.map((error) => (error as SupervisorError).code)).toEqual(["INTENSITY"]);
    });
  });
});
