/**
 * The host gets its turn after a few slow steps, from the first turn on.
 */
import { channel, go } from "@good-place/channel";
import { expect, test } from "vitest";
import { hostTurn, turns } from "./turn.js";

function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** How many slow steps ran between one turn of the host and the next, at most. */
async function most(steps: () => number): Promise<number> {
  let most = 0;
  for (let i = 0; i < 10; i++) {
    const before = steps();
    await hostTurn();
    most = Math.max(most, steps() - before);
  }
  return most;
}

test("slow steps of fibers give way to the host after a few of them", async () => {
  await turns();
  let steps = 0;
  const fibers = [0, 1, 2].map(() =>
    go(function* () {
      for (;;) {
        work(1);
        steps++;
        yield "next";
      }
    }),
  );
  expect(await most(() => steps)).toBeLessThan(20);
  for (const fiber of fibers) fiber.cancel();
});

test("slow steps between awaited operations give way to the host after a few of them", async () => {
  await turns();
  const jobs = channel<number>(1);
  let steps = 0;
  let stopped = false;
  const looping = (async () => {
    while (!stopped) {
      work(1);
      steps++;
      await jobs.give(1);
      await jobs.take();
    }
  })();
  expect(await most(() => steps)).toBeLessThan(20);
  stopped = true;
  await looping;
});
