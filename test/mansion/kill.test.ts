/** SIGKILL at any time: what was acknowledged is there, without a gap, and an append is there wholly or not at all. */

import { existsSync } from "node:fs";
import { openMansion } from "@good-place/mansion";
import { expect, test } from "vitest";
import { collect, helper, tempFolder } from "./fixtures.js";

// In memory where there is such a folder: a killed process does not tell it from a disk, and 200 rounds of syncs are long.
const under = existsSync("/dev/shm") ? "/dev/shm" : undefined;

test("a process killed during a stream of appends loses no acknowledged record, in 200 kills in a row", {
  timeout: 1_200_000,
}, async () => {
  // Each lane in folders of its own: most of a round is the start of a process, which needs one core.
  const acknowledged = await Promise.all([killed(0, 100), killed(100, 200)]);
  expect(acknowledged[0] + acknowledged[1]).toBeGreaterThan(3000);
});

// Gives how many records were acknowledged.
async function killed(from: number, to: number): Promise<number> {
  let path = "";
  let acknowledged = 0;
  let all = 0;
  for (let round = from; round < to; round++) {
    // A new one now and then: what was written once is read twice in every round.
    if (round % 20 === 0) {
      path = tempFolder(under);
      all += acknowledged;
      acknowledged = 0;
    }
    const writer = helper("stream.mjs", [path]);
    for (let lines = 0; lines < 3 + ((round * 11) % 47); lines++) await writer.line();
    await writer.kill();
    for (const line of await writer.rest()) acknowledged = Math.max(acknowledged, Number(line.split(" ")[1]));
    await using mansion = await openMansion({ path });
    const found = await collect(mansion.journal("office"));
    expect(found.map((each) => each.seq)).toStrictEqual(found.map((_, index) => index + 1));
    expect(found.length).toBeGreaterThanOrEqual(acknowledged);
    // Each record says with which one its append ended: the last append is there as a whole.
    expect(found.at(-1)?.payload).toMatchObject({ last: found.length });
  }
  return all + acknowledged;
}
