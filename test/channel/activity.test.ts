import {
  activity,
  channel,
  go,
  type Leak,
  onLeak,
  scope,
  select,
  sleep,
  timeout,
  traceStarts,
} from "@good-place/channel";
import { expect, onTestFinished, test } from "vitest";
import { codeThrown, turns } from "./turn.js";

test("activity lists each living fiber of a scope with what it waits for, scopes in it included", async () => {
  const jobs = channel<number>(0, { name: "jobs" });
  const held = scope(
    function* ({ go }) {
      void go(() => jobs.take(), { name: "taker" });
      void go(() => select([channel({ rule: "fixed", capacity: 0 }, { name: "other" }), timeout(10_000)]), {
        name: "chooser",
      });
      void go(() => scope(() => sleep(10_000), { name: "inner" }), { name: "nest" });
      void go(({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", reject)), { name: "async" });
      yield* sleep(10_000);
    },
    { name: "office" },
  );
  await turns();
  const here = activity().filter(({ name }) => name.startsWith("office"));
  expect(here.map(({ name, on }) => `${name}: ${on}`)).toEqual([
    expect.stringMatching(/^office\/.*: a sleep of 10000 ms$/),
    "office/taker: a take from channel jobs",
    "office/chooser: a select of a take from channel other, a timeout of 10000 ms",
    "office/nest: scope office/inner",
    "office/async: an async function",
    expect.stringMatching(/^office\/inner\/.*: a sleep of 10000 ms$/),
  ]);
  expect(here.every(({ since, forMs }) => since > 0 && forMs >= 0)).toBe(true);
  for (const { fiber } of here) fiber.cancel();
  await held.then(null, () => {});
  expect(activity().filter(({ name }) => name.startsWith("office"))).toEqual([]);
});

test("activity of a scope leaves out what is outside, and what has ended", async () => {
  const outside = go(() => sleep(10_000));
  await scope(function* (here) {
    const short = here.go(() => 1);
    const long = here.go(() => sleep(10_000), { name: "long" });
    yield* short;
    expect(activity(here).map(({ name }) => name.split("/").at(-1))).toEqual(["body", "long"]);
    long.cancel();
  }).then(null, () => {});
  outside.cancel();
});

test("a fiber that waits for a give is listed with the channel, and where it was started while starts are traced", async () => {
  traceStarts(true);
  onTestFinished(() => traceStarts(false));
  const full = channel<number>(0, { name: "full" });
  const giver = go(() => full.give(1), { name: "giver" });
  await turns();
  const found = activity().find(({ fiber }) => fiber === giver);
  expect(found).toMatchObject({ name: "giver", on: "a give to channel full" });
  expect(found?.startedAt).toMatch(/activity\.test\.ts.*:\d+:\d+$/);
  giver.cancel();
});

test("activity of what is no scope is refused", () => {
  expect(codeThrown(() => activity({} as never))).toBe("NOT_A_SCOPE");
  expect(codeThrown(() => onLeak(5 as never))).toBe("NOT_A_HANDLER");
  expect(codeThrown(() => onLeak(() => {}, { afterMs: -1 }))).toBe("BAD_TIME");
});

test("a scope whose body has ended, and whose fibers wait where they waited then, is told as a leak", async () => {
  const leaks = channel<Leak>(1);
  onTestFinished(onLeak((leak) => void leaks.tryGive(leak), { afterMs: 1 }));
  const never = channel<number>(0, { name: "never" });
  const held = scope(({ go }) => void go(() => never.take(), { name: "forgotten" }), { name: "leaky" });
  const leak = await leaks.take();
  expect(leak).toMatchObject({
    scope: "leaky",
    parked: [{ name: "leaky/forgotten", on: "a take from channel never" }],
  });
  never.close();
  await held;
});

test("a scope whose fibers go on after its body is no leak", async () => {
  const leaks = channel<Leak>(1);
  onTestFinished(onLeak((leak) => void leaks.tryGive(leak), { afterMs: 5 }));
  await scope(({ go }) => {
    void go(function* () {
      for (let i = 0; i < 30; i++) yield* sleep(1);
    });
  });
  expect(leaks.tryTake()).not.toMatchObject({ scope: "scope" });
});
