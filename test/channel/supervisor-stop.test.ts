import { type ChildSpec, channel, go, type SupervisorError, sleep, supervisor, unbounded } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { Levers } from "./levers.js";
import { watchingTimers } from "./timers.js";
import { codeOf, collectingUnhandled, turns } from "./turn.js";

describe("stopping", () => {
  test("cancelling the fiber that waits for a tree waits for the finally blocks of its children", async () => {
    const seen: string[] = [];
    const slow = (name: string): ChildSpec => ({
      name,
      *start() {
        try {
          yield* channel().take();
        } finally {
          seen.push(`${name} stops`);
          yield* sleep(1);
          seen.push(`${name} stopped`);
        }
      },
    });
    const fiber = go(() => supervisor({ children: [slow("a"), slow("b")] }));
    await turns();
    fiber.cancel();
    expect(await codeOf(fiber)).toBe("CANCELLED");
    expect(seen).toEqual(["b stops", "b stopped", "a stops", "a stopped"]);
  });

  test("an async body that ignores its signal is abandoned after shutdownMs, and the stop goes on", async () => {
    const levers = new Levers();
    const events = channel<{ tag: string; child: string }>(unbounded());
    const deaf: ChildSpec = { name: "deaf", start: () => new Promise(() => {}), shutdownMs: 1 };
    const tree = supervisor({ events, children: [levers.child("a"), deaf] });
    await turns();
    tree.cancel();
    expect(await codeOf(tree)).toBe("CANCELLED");
    const told: string[] = [];
    for (let event = events.tryTake(); typeof event === "object"; event = events.tryTake()) {
      told.push(`${event.child} ${event.tag}`);
    }
    expect(told).toEqual(["a started", "deaf started", "deaf abandoned", "deaf stopped", "a stopped"]);
    expect(levers.since()).toBe("+a -a");
  });

  test("shutdownMs: 0 lets a finally block run up to its first wait", async () => {
    const seen: string[] = [];
    const tree = supervisor({
      events: channel(unbounded()),
      children: [
        {
          name: "a",
          shutdownMs: 0,
          *start() {
            try {
              yield* channel().take();
            } finally {
              seen.push("begun");
              yield* channel().take();
              seen.push("never");
            }
          },
        },
      ],
    });
    await turns();
    tree.cancel();
    expect([await codeOf(tree), seen]).toEqual(["CANCELLED", ["begun"]]);
  });

  test("an abandoned child, and what a finally throws, is unhandled where the tree has no events", async () => {
    await collectingUnhandled(async (errors) => {
      const start: ChildSpec["start"] = function* () {
        try {
          yield* channel().take();
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: that is what the test is about
          throw new Error("in finally");
        }
      };
      const deaf: ChildSpec = { name: "deaf", start: () => new Promise(() => {}), shutdownMs: 1 };
      const tree = supervisor({ children: [{ name: "bad", start }, deaf] });
      await turns();
      tree.cancel();
      expect(await codeOf(tree)).toBe("CANCELLED");
      expect((errors[0] as SupervisorError).code).toBe("ABANDONED");
      expect((errors[1] as Error).message).toBe("in finally");
    });
  });

  test("a nested tree is bound by its own children alone, unless its shutdownMs says otherwise", async () => {
    const release = channel<void>(2);
    const start: ChildSpec["start"] = function* () {
      try {
        yield* channel().take();
      } finally {
        yield* release.take();
      }
    };
    const nested = (): unknown => supervisor({ children: [{ name: "leaf", start, shutdownMs: 70_000 }] });
    await watchingTimers(async (delays) => {
      for (const [shutdownMs, expected] of [
        [undefined, [70_000, 70_000]],
        [80_000, [80_000, 70_000, 70_000]],
      ] as const) {
        const tree = supervisor({ children: [{ name: "nested", start: nested, shutdownMs }] });
        await turns();
        tree.cancel();
        await turns();
        expect(delays()).toEqual(expected);
        release.tryGive(undefined);
        expect([await codeOf(tree), delays()]).toEqual(["CANCELLED", []]);
      }
    });
  });
});

test("10,000 children start in order, and stop in the reverse order", async () => {
  const log: number[] = [];
  const children = Array.from({ length: 10_000 }, (_, i) => ({
    name: String(i),
    *start() {
      try {
        log.push(i);
        yield* channel().take();
      } finally {
        log.push(i);
      }
    },
  }));
  const tree = supervisor({ children });
  await tree.waitReady();
  tree.cancel();
  expect(await codeOf(tree)).toBe("CANCELLED");
  const order = children.map((_, i) => i);
  expect(log).toEqual([...order, ...order.toReversed()]);
});

describe("who cancels, and when", () => {
  test("a child can cancel its own tree", async () => {
    const levers = new Levers();
    const children: ChildSpec[] = [levers.child("a"), { name: "judas", start: () => tree.cancel("from within") }];
    const tree = supervisor({ children });
    expect(await tree.then(null, (error) => error.reason)).toBe("from within");
    expect(levers.since()).toBe("+a -a");
  });

  test("a child that waits for its own stop is stopped", async () => {
    const tree = supervisor({
      autoShutdown: "never",
      children: [
        {
          name: "a",
          *start() {
            yield* tree.stop("a");
          },
        },
      ],
    });
    await turns();
    expect(tree.children()).toEqual([]);
    tree.cancel();
  });

  test("a tree that is cancelled before its first step, or made with an aborted signal, starts nothing", async () => {
    const levers = new Levers();
    const tree = supervisor({ children: levers.children("a") });
    const ready = codeOf(tree.waitReady());
    tree.cancel();
    expect([await codeOf(tree), await ready]).toEqual(["CANCELLED", "SUPERVISOR_ENDED"]);
    const signal = AbortSignal.abort(new Error("aborted"));
    expect(await supervisor({ children: levers.children("a") }, { signal }).then(null, (error) => error.message)).toBe(
      "aborted",
    );
    expect(levers.since()).toBe("");
  });

  test("the signal of the options stops the tree, which fails with its reason", async () => {
    const levers = new Levers();
    const controller = new AbortController();
    const tree = supervisor({ children: levers.children("a", "b") }, { signal: controller.signal });
    await turns();
    controller.abort("why");
    expect(await tree.then(null, (reason) => reason)).toBe("why");
    expect(levers.since()).toBe("+a +b -b -a");
  });

  test("a cancel while an escalation stops the children does not cut that short, nor hide the failure", async () => {
    const levers = new Levers();
    const stopping = channel<void>(1);
    const slow: ChildSpec = {
      name: "slow",
      *start() {
        try {
          yield* channel().take();
        } finally {
          stopping.tryGive(undefined);
          yield* sleep(1);
          levers.log.push("slow has stopped");
        }
      },
    };
    const children = [levers.child("a"), slow, levers.child("b")];
    const tree = supervisor({ intensity: { restarts: 0 }, children });
    await turns();
    levers.break("b");
    await stopping.take();
    tree.cancel();
    expect([await codeOf(tree), levers.since()]).toEqual(["INTENSITY", "+a +b -b slow has stopped -a"]);
  });

  test("a cancel in the turn of a failure starts nothing anew, and the failure is unhandled for want of a restart", async () => {
    await collectingUnhandled(async (errors) => {
      const levers = new Levers();
      const tree = supervisor({ strategy: "one-for-all", children: levers.children("a", "b") });
      await turns();
      levers.break("a");
      tree.cancel();
      expect(await codeOf(tree)).toBe("CANCELLED");
      expect([levers.since(), (errors[0] as Error).message]).toEqual(["+a +b -a -b", "a broke"]);
    });
  });
});
