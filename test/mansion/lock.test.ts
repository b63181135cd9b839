/** One writer: who comes second is refused with the holder's name, and a lock left behind is taken over by one. */

import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { openMansion } from "@good-place/mansion";
import { expect, test } from "vitest";
import { attempt, type Helper, helper, records, tempFolder } from "./fixtures.js";

test("a second open in the same process is refused with MANSION_LOCKED and the holder", async () => {
  const path = tempFolder();
  const before = Date.now();
  await using _ = await openMansion({ path });
  const refusal = await openMansion({ path }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "MANSION_LOCKED", path, holder: { pid: process.pid, host: hostname() } });
  const { since } = (refusal as { holder: { since: number } }).holder;
  expect(since).toBeGreaterThanOrEqual(before);
  expect(since).toBeLessThanOrEqual(Date.now());
});

test("an open in another process is refused with the pid of the holder, by whatever name the folder has", async () => {
  const path = tempFolder();
  const alias = join(tempFolder(), "alias");
  symlinkSync(path, alias);
  await using _ = await openMansion({ path });
  expect(await helper("hold.mjs", [path]).line()).toBe(`MANSION_LOCKED ${process.pid}`);
  expect(await helper("hold.mjs", [alias]).line()).toBe(`MANSION_LOCKED ${process.pid}`);
});

test("close gives up the lock and leaves no lock file", async () => {
  const path = tempFolder();
  await (await openMansion({ path })).close();
  expect(lockFiles(path)).toStrictEqual([]);
  const other = helper("hold.mjs", [path]);
  expect(await other.line()).toBe("held");
  await expect(openMansion({ path })).rejects.toMatchObject({ holder: { pid: other.process.pid } });
  other.tell("close");
  await other.rest();
  await (await openMansion({ path })).close();
  expect(lockFiles(path)).toStrictEqual([]);
});

test("an open that fails gives up the lock", async () => {
  const path = tempFolder();
  writeFileSync(join(path, "data.mdb"), "no data file");
  await expect(openMansion({ path })).rejects.toMatchObject({ code: "MANSION_CORRUPT" });
  expect(lockFiles(path)).toStrictEqual([]);
});

test("the lock of a killed process is taken over, again and again", async () => {
  const path = tempFolder();
  for (let round = 0; round < 3; round++) {
    const other = helper("hold.mjs", [path]);
    expect(await other.line()).toBe("held");
    await other.kill();
    expect(lockFiles(path)).toStrictEqual(["lock"]);
  }
  await using mansion = await openMansion({ path });
  await mansion.journal("office").append(records(1, 2));
  expect(lockFiles(path)).toStrictEqual(["lock"]);
});

test.runIf(process.platform === "linux")(
  "the lock of a process whose pid was given out again is taken over",
  async () => {
    const path = tempFolder();
    const mansion = await openMansion({ path });
    const entry = JSON.parse(readFileSync(join(path, "lock"), "utf8"));
    await mansion.close();
    writeFileSync(join(path, "lock"), JSON.stringify({ ...entry, token: "gone", start: "1" }));
    await (await openMansion({ path })).close();
    writeFileSync(join(path, "lock"), JSON.stringify({ ...entry, token: "rebooted", boot: "another boot" }));
    await (await openMansion({ path })).close();
    expect(lockFiles(path)).toStrictEqual([]);
  },
);

test("a lock that cannot be judged from here is respected: another host, or no holder in it", async () => {
  const path = tempFolder();
  const away = { token: "away", pid: 1, host: "elsewhere.example", since: 5, start: "", boot: "", space: "" };
  writeFileSync(join(path, "lock"), JSON.stringify(away));
  await expect(openMansion({ path })).rejects.toMatchObject({ code: "MANSION_LOCKED", holder: { host: away.host } });
  writeFileSync(join(path, "lock"), "");
  await expect(openMansion({ path })).rejects.toMatchObject({ code: "MANSION_LOCKED", holder: undefined });
});

test("a takeover that was itself killed half way is taken over", async () => {
  const path = tempFolder();
  const stale = await staleEntry();
  writeFileSync(join(path, "lock"), JSON.stringify({ ...stale, token: "first" }));
  writeFileSync(join(path, "lock.first.next"), JSON.stringify({ ...stale, token: "second" }));
  writeFileSync(join(path, "lock.second.next"), JSON.stringify({ ...stale, token: "third" }));
  writeFileSync(join(path, "lock.fourth.draft"), JSON.stringify({ ...stale, token: "fourth" }));
  await using _ = await openMansion({ path });
  expect(lockFiles(path)).toStrictEqual(["lock"]);
  expect(JSON.parse(readFileSync(join(path, "lock"), "utf8"))).toMatchObject({ pid: process.pid });
});

test("of four processes that race for a stale lock exactly one gets it, in each of 80 rounds", async () => {
  const stale = await staleEntry();
  const racers = Array.from({ length: 4 }, () => helper("race.mjs", []));
  await Promise.all(racers.map((racer) => racer.line()));
  const parent = tempFolder();
  for (let round = 0; round < 80; round++) {
    const path = join(parent, String(round));
    mkdirSync(path);
    writeFileSync(join(path, "lock"), JSON.stringify({ ...stale, token: "a" }));
    if (round % 2) writeFileSync(join(path, "lock.a.next"), JSON.stringify({ ...stale, token: "b" }));
    const answers = await ask(racers, path);
    expect(answers.sort(), `round ${round}`).toStrictEqual([...Array(3).fill("MANSION_LOCKED"), "held"]);
    await ask(racers, "end");
    expect(lockFiles(path)).toStrictEqual([]);
  }
});

test("processes that open and close one folder all the time never hold it together", async () => {
  const path = tempFolder();
  const racers = Array.from({ length: 3 }, () => helper("race.mjs", []));
  await Promise.all(racers.map((racer) => racer.line()));
  let held = 0;
  const run = async (racer: Helper) => {
    for (let round = 0; round < 60; round++) {
      const [answer] = await ask([racer], path);
      if (answer === "held") expect(++held).toBe(1);
      else expect(answer).toBe("MANSION_LOCKED");
      if (answer === "held") held--;
      await ask([racer], "end");
    }
  };
  await Promise.all(racers.map(run));
  expect((await attempt(path)).error).toBeUndefined();
});

// What a process leaves that is gone for good.
async function staleEntry(): Promise<object> {
  const path = tempFolder();
  const other = helper("hold.mjs", [path]);
  await other.line();
  await other.kill();
  return JSON.parse(readFileSync(join(path, "lock"), "utf8"));
}

async function ask(racers: readonly Helper[], text: string): Promise<string[]> {
  for (const racer of racers) racer.tell(text);
  return Promise.all(racers.map((racer) => racer.line()));
}

function lockFiles(path: string): string[] {
  return readdirSync(path).filter((name) => name === "lock" || /^lock\..*\.(next|draft)$/.test(name));
}
