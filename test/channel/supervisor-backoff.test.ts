import {
  type Channel,
  type ChildSpec,
  channel,
  type SupervisorEvent,
  sleep,
  supervise,
  supervisor,
  unbounded,
} from "@good-place/channel";
import { explore } from "@good-place/channel/simulation";
import { expect, test } from "vitest";
import { Levers } from "./levers.js";
import { watchingTimers } from "./timers.js";
import { codeOf, turn, turns } from "./turn.js";

type Told = { readonly tag: string; readonly delayMs?: number };

/** The delays that a child with this backoff is given, when it fails at once each time. */
async function delaysOf(backoff: object, failures: number): Promise<number[]> {
  const events = channel<Told>(unbounded());
  const children = [{ name: "a", backoff, start: () => Promise.reject(new Error("no")) }];
  const tree = supervisor({ events, intensity: { restarts: failures }, children });
  expect(await codeOf(tree)).toBe("INTENSITY");
  return delaysIn(events);
}

function delaysIn(events: Channel<Told>): number[] {
  const delays: number[] = [];
  for (let event = events.tryTake(); typeof event === "object"; event = events.tryTake()) {
    if (event.tag === "restarting") delays.push(event.delayMs as number);
  }
  return delays;
}

test("delays grow by the factor up to maxMs, and each failure counts once, however long the wait", async () => {
  expect(await delaysOf({ minMs: 0.5, maxMs: 3, factor: 2, jitter: 0 }, 5)).toEqual([0.5, 1, 2, 3, 3]);
});

test("jitter takes off at most its share of the delay", async () => {
  const delays = await delaysOf({ minMs: 2, maxMs: 2, jitter: 0.5 }, 20);
  expect(delays).toHaveLength(20);
  expect(delays.every((delay) => delay > 1 && delay <= 2)).toBe(true);
  expect(new Set(delays).size).toBeGreaterThan(1);
});

test("a child that has run for maxMs begins again at minMs", async () => {
  let lives = 0;
  const start: ChildSpec["start"] = function* () {
    // The time that passes is what the test is about.
    if (++lives === 3) yield* sleep(80);
    throw new Error("again");
  };
  const backoff = { minMs: 1, maxMs: 50, factor: 3, jitter: 0 };
  const events = channel<Told>(unbounded());
  const tree = supervisor({ events, intensity: { restarts: 4 }, children: [{ name: "a", start, backoff }] });
  expect(await codeOf(tree)).toBe("INTENSITY");
  expect(delaysIn(events)).toEqual([1, 3, 1, 3]);
});

test("a sibling is restarted while a child waits for its backoff", async () => {
  const levers = new Levers();
  const children = [levers.child("a", { backoff: { minMs: 60_000 } }), levers.child("b")];
  const tree = supervisor({ intensity: { restarts: 9 }, children });
  await tree.waitReady();
  levers.break("a");
  levers.break("b");
  await turns();
  expect(levers.since()).toBe("+a +b -a -b +b");
  expect(tree.children()[0]).toMatchObject({ status: "waiting", fiber: null });
  tree.cancel();
  expect(await codeOf(tree)).toBe("CANCELLED");
});

test("a cancel during a backoff ends the tree at once", async () => {
  const levers = new Levers();
  const children = [levers.child("a", { backoff: { minMs: 60_000 } }), levers.child("b")];
  const tree = supervisor({ strategy: "one-for-all", children });
  await tree.waitReady();
  levers.break("a");
  await turns();
  tree.cancel();
  expect([await codeOf(tree), levers.since()]).toEqual(["CANCELLED", "+a +b -a -b"]);
});

test("stopping a child in its backoff calls the restart off; those that waited with it start at once", async () => {
  for (const [strategy, log] of [
    ["one-for-one", "+a +b +c -b"],
    ["one-for-all", "+a +b +c -b -c -a +a +c"],
    ["rest-for-one", "+a +b +c -b -c +c"],
  ] as const) {
    const levers = new Levers();
    const [a, c] = [levers.child("a"), levers.child("c")];
    const tree = supervisor({ strategy, children: [a, levers.child("b", { backoff: { minMs: 60_000 } }), c] });
    await tree.waitReady();
    levers.break("b");
    await turns();
    await tree.stop("b");
    await turn();
    expect([levers.since(), tree.children().map(({ name, status }) => [name, status])]).toEqual([
      log,
      [
        ["a", "running"],
        ["c", "running"],
      ],
    ]);
    tree.cancel();
  }
});

test("under rest-for-one the failure of an earlier child takes over a restart that waits", async () => {
  const levers = new Levers();
  const children = [
    levers.child("a", { backoff: { minMs: 1, jitter: 0 } }),
    levers.child("b", { backoff: { minMs: 60_000 } }),
    levers.child("c"),
  ];
  const tree = supervisor({ strategy: "rest-for-one", intensity: { restarts: 2 }, children });
  await tree.waitReady();
  levers.break("b");
  await turns();
  levers.break("a");
  await turns();
  // Added behind them, it is up when they are.
  await tree.start(levers.child("d"));
  expect(levers.since()).toBe("+a +b +c -b -c -a +a +b +c +d");
  tree.cancel();
});

test("a restart that came due while an earlier child failed is taken over by that one", () =>
  explore(
    async () => {
      const levers = new Levers();
      const release = channel<void>(1);
      const slow: ChildSpec = {
        name: "slow",
        *start() {
          try {
            yield* channel().take();
          } finally {
            yield* release.take();
          }
        },
      };
      const a = levers.child("a", { backoff: { minMs: 60_000 } });
      const b = levers.child("b", { backoff: { minMs: 20, jitter: 0 } });
      const events = channel<SupervisorEvent>();
      const children = [a, slow, b];
      const tree = supervisor({ strategy: "rest-for-one", intensity: { restarts: 9 }, events, children });
      // While the tree waits for the slow child it works off nothing else: first "a" fails, then the backoff of "b" is over.
      const stopped = new Promise((resolve) => {
        void supervise(events, ({ tag, child }) => {
          if (tag !== "restarting" || child !== "b") return;
          resolve(tree.stop("slow"));
          levers.break("a");
        });
      });
      await tree.waitReady();
      await sleep(1);
      levers.break("b");
      await sleep(40);
      release.tryGive(undefined);
      await stopped;
      await sleep(1);
      expect([levers.since(), tree.children().map(({ status }) => status)]).toEqual([
        "+a +b -b -a",
        ["waiting", "waiting"],
      ]);
      tree.cancel();
    },
    { runs: 100 },
  ));

test("a tree that has ended leaves no timer behind", async () => {
  await watchingTimers(async (delays) => {
    const levers = new Levers();
    const prompt: ChildSpec = {
      name: "prompt",
      readyMs: 60_000,
      start(fiber) {
        fiber.ready();
        return channel().take();
      },
    };
    const backoff = { minMs: 70_000, maxMs: 70_000, jitter: 0 };
    const tree = supervisor({ children: [prompt, levers.child("a", { backoff })] });
    await tree.waitReady();
    levers.break("a");
    await turns();
    const never = codeOf(tree.start(levers.child("never", { readyMs: 60_000 })));
    await turns();
    expect(delays()).toEqual([70_000, 60_000]);
    tree.cancel();
    expect([await codeOf(tree), await never, delays()]).toEqual(["CANCELLED", "SUPERVISOR_ENDED", []]);
  });
});
