/** Levels named on confirm, on a real disk: what is killed, and what a mansion says of itself. */

import { openMansion } from "@good-place/mansion";
import { acts, payload, shawn } from "@good-place/shawn";
import { expect, test } from "vitest";
import { collect, helper, tempFolder } from "./fixtures.js";

const count = acts<{ last: number }>()("count", payload<number>()).does({
  update(envelope, n) {
    envelope.last = n;
  },
});

test("a process that is killed has all that disk has answered, and of what memory has answered it lacks at most the end", async () => {
  const path = tempFolder();
  let kept = 0;
  for (let round = 0; round < 10; round++) {
    const process = helper("levels.mjs", [path]);
    for (let lines = 0; lines < 2 + round; lines++) kept = Number(await process.line());
    await process.kill();
    for (const line of await process.rest()) kept = Number(line);
    await using mansion = await openMansion({ path });
    const found = (await collect(mansion.journal("numbers"))).map((each) => each.payload);
    expect(found).toStrictEqual(found.map((_, index) => index + 1));
    expect(found.length).toBeGreaterThanOrEqual(kept);
  }
});

test("a mansion of durability disk can be asked for it, one of memory and a journal of the past cannot", async () => {
  const path = tempFolder();
  for (const [durability, sum] of [
    ["disk", 1],
    ["memory", 0],
  ] as const) {
    await using mansion = await openMansion({ path, durability });
    const journal = mansion.journal(durability);
    expect(journal).toMatchObject({ durability, where: `journal "${durability}" in ${path}` });
    const store = shawn({ last: 0 }, { acts: [count], journal, onError: () => undefined });
    await store.settled();
    const asked = async (): Promise<void> => store.confirmAt("disk", count(1));
    if (sum === 1) await asked();
    else await expect(asked()).rejects.toMatchObject({ code: "NOT_DURABLE" });
    expect([store.envelope.last, (await collect(journal)).length]).toStrictEqual([sum, sum]);
    expect(journal.until(0).durability).toBeUndefined();
    await store.dismiss();
  }
});
