import { go, sleep } from "@good-place/channel";
import { epoch, random, uuid } from "@good-place/channel/ambient";
import { quiet, simulate, simulated } from "@good-place/channel/simulation";
import { expect, test } from "vitest";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("in a simulation the time of day, chance and ids follow from its world; outside they are the host's", async () => {
  const run = (seed: number): Promise<unknown[]> =>
    simulate({ seed }, function* () {
      yield* sleep(1500);
      return [epoch(), random(), uuid(), simulated()];
    });
  const [once, again, other] = [await run(1), await run(1), await run(2)];
  expect(once).toEqual(again);
  expect(once.slice(1)).not.toEqual(other.slice(1));
  expect(once).toEqual([1500, expect.any(Number), expect.stringMatching(UUID), true]);
  const before = Date.now();
  expect(epoch()).toBeGreaterThanOrEqual(before);
  expect(uuid()).toMatch(UUID);
  expect(uuid()).not.toBe(uuid());
  expect(simulated()).toBe(false);
});

test("quiet waits until nothing can go on at the moment, promises included, and for no timer", async () => {
  for (let seed = 0; seed < 50; seed++) {
    const seen = await simulate({ seed }, function* () {
      const heard: string[] = [];
      void go(async () => {
        for (let i = 0; i < 5; i++) await Promise.resolve();
        await sleep(0);
        heard.push("now");
        await sleep(1);
        heard.push("later");
      });
      yield* quiet();
      return [...heard];
    });
    expect(seen).toEqual(["now"]);
  }
});
