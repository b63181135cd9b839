import { type Channel, channel, go, type LifeSignal, type SupervisorEvent, supervisor } from "@good-place/channel";
import { expect, test } from "vitest";
import { Levers } from "./levers.js";
import { codeOf, turns } from "./turn.js";

function drained<T>(events: Channel<T>): T[] {
  const all: T[] = [];
  while (events.statistics().size > 0) all.push(events.tryTake() as T);
  return all;
}

test("events tell each step with supervisor, child, fiber, restarts and time, whatever the channel's capacity", async () => {
  const events = channel<SupervisorEvent>();
  const levers = new Levers();
  const tree = supervisor({ name: "house", events, children: levers.children("a", "b") });
  await turns();
  const fiber = tree.children()[0]?.fiber;
  levers.break("a");
  await turns();
  tree.cancel("enough");
  expect(await codeOf(tree)).toBe("CANCELLED");
  const told = drained(events);
  expect(told.map(({ tag, child, restarts }) => `${child} ${tag} ${restarts}`)).toEqual([
    "a started 0",
    "b started 0",
    "a ended 0",
    "a restarting 0",
    "a started 1",
    "b stopped 0",
    "a stopped 1",
  ]);
  expect(told[2]?.fiber === fiber).toBe(true);
  expect(told[2]).toMatchObject({ tag: "ended", status: "error", errors: [] });
  expect(told[3]).toMatchObject({ supervisor: "house", delayMs: 0, error: { message: "a broke" } });
  expect(told[5]).toMatchObject({ reason: "enough", errors: [] });
  expect(told.every(({ at }, i) => at >= (told[i - 1]?.at ?? 0))).toBe(true);
});

test("every life that started ends or is stopped exactly once", async () => {
  const events = channel<SupervisorEvent>();
  const levers = new Levers();
  const children = levers.children("a", "b", "c");
  const tree = supervisor({ strategy: "rest-for-one", intensity: { restarts: 8 }, events, children });
  const ended = codeOf(tree);
  await tree.waitReady();
  for (const name of "bacabcbac") {
    levers.break(name);
    await turns();
  }
  expect(await ended).toBe("INTENSITY");
  const count = (...tags: string[]): number => told.filter(({ tag }) => tags.includes(tag)).length;
  const told = drained(events);
  expect(count("started")).toBe(count("ended", "stopped"));
  expect([count("restarting"), told.filter(({ tag }) => tag === "escalated").length]).toEqual([8, 1]);
});

test("a closed events channel stops nothing", async () => {
  const levers = new Levers();
  const tree = supervisor({ events: channel().close(), children: levers.children("a") });
  await tree.waitReady();
  levers.break("a");
  await turns();
  expect(tree.children()[0]).toMatchObject({ status: "running", restarts: 1 });
  tree.cancel();
});

test("children report to the supervisor channel of whoever made the tree; the tree itself is silent there", async () => {
  const signals = channel<LifeSignal>();
  const levers = new Levers();
  const fiber = go(() => supervisor({ children: levers.children("a") }), { name: "keeper", supervisor: signals });
  await turns();
  levers.break("a");
  await turns();
  fiber.cancel();
  expect(await codeOf(fiber)).toBe("CANCELLED");
  const told = drained(signals).map((signal) => `${signal.fiber.path} ${signal.tag}`);
  expect(told).toEqual(["supervisor/a error", "supervisor/a cancelled", "keeper cancelled"]);
});
