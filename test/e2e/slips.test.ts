/**
 * Slips that a person makes at the command line, and what must not come of them: a wrong sum, or work that is lost.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { newHome, paired, run, type Server, startServer } from "./harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000 });

interface Work {
  handle: string;
  start: string;
  end: string | null;
  note: string;
}
interface Last {
  intervals: Work[];
}

function told({ intervals }: Last): string[] {
  return intervals.map(({ handle, start, end }) => `${handle} ${start.slice(5, 16)} ${end?.slice(5, 16) ?? "now"}`);
}

async function atNoon(): Promise<{ server: Server; clock: Record<string, string> }> {
  const home = newHome();
  const clock = { NEIL_CLOCK: join(home, "clock"), NEIL_BEAT_MS: "86400000", TZ: "Europe/Prague" };
  writeFileSync(clock.NEIL_CLOCK, "2026-10-07T10:00:00Z");
  return { server: await startServer(home, clock), clock };
}

describe("a slip", () => {
  let server: Server;
  beforeAll(async () => {
    ({ server } = await atNoon());
    await server.json("add", "acme/site/header", "yesterday", "9:00-10:00", "call");
    await server.json("add", "acme/site/header", "yesterday", "22:00-1:00");
  });
  afterAll(async () => {
    await server.end();
  });

  test.each<[exit: number, hint: string, ...args: string[]]>([
    [1, "nothing is running", "rm", "@00"],
    [3, "twice", "rm", "@1", "@1"],
    [3, "twice", "join", "@1", "@1"],
    [2, "exclude each other", "edit", "@1", "--billable", "--unbillable"],
    [2, "needs", "note", "@1"],
    [3, "Acme", "add", "Acme/site/header", "9:00-10:00"],
    [3, "Header", "start", "acme/site/Header"],
    [2, "no stretch", "add", "acme/site/header", "sunset", "7:00-8:00"],
    [2, "1970", "start", "acme/site/header", "--at", "1960-01-01 9:00"],
  ])("is refused with %d, and says %j: neil %s %s %s %s", async (exit, hint, ...args) => {
    const acts = async (): Promise<unknown> => await server.json("log", "--acts", "-n", "1000");
    const before = await acts();
    const ran = await server.neil(...args);
    expect(ran).toMatchObject({ exit, stdout: "", stderr: expect.stringContaining(hint) });
    expect(ran.stderr).toMatch(/^neil: [^\n]+\n {6}[^\n]+\n$/);
    expect(await acts()).toEqual(before);
  });

  test("a name that is meant in other letters is made where it is asked for", async () => {
    expect(await server.neil("add", "Acme/site/header", "9:00-10:00", "--create", "--dry-run")).toMatchObject({
      exit: 0,
    });
  });

  test("the time of an edit or a split is of the day of its interval, where it names none", async () => {
    await server.json("edit", "@2", "--start", "9:15", "--end", "10:30");
    await server.json("edit", "@1", "--end", "0:30");
    await server.json("edit", "@1", "--start", "23:00");
    await server.json("split", "@1", "0:10");
    expect(told(await server.json<Last>("last"))).toEqual([
      "acme/site/header 10-06T22:10 10-06T22:30",
      "acme/site/header 10-06T21:00 10-06T22:10",
      "acme/site/header 10-06T07:15 10-06T08:30",
    ]);
    expect(await server.neil("edit", "@3", "--end", "8:00")).toMatchObject({ exit: 3, stdout: "" });
    const [work] = (await server.json<{ intervals: { interval: string }[] }>("last")).intervals;
    await server.json("edit", work?.interval ?? "", "--end", "0:20");
    await server.json("edit", "@1", "--end", "2026-10-07 0:25");
    expect(told(await server.json<Last>("last"))[0]).toBe("acme/site/header 10-06T22:10 10-06T22:25");
  });

  test("a gap has the number by which fill takes it, also among the longer ones", async () => {
    await server.json("add", "acme/site/header", "2026-09-01", "9:00-10:00");
    await server.json("add", "acme/site/header", "2026-09-01", "10:05-11:00");
    await server.json("add", "acme/site/header", "2026-09-01", "12:00-13:00");
    expect((await server.neil("gaps", "2026-09-01", "--min", "30m")).stdout).toMatch(/^2 .*1h00\n$/);
    await server.json("fill", "2", "int/mail/letters", "--period", "2026-09-01");
    expect(told(await server.json<Last>("log", "2026-09-01"))).toContain("int/mail/letters 09-01T09:00 09-01T10:00");
  });
});

test("a stop that was queued behind a start stops that one, and nothing that another device has begun", async () => {
  const first = await atNoon();
  const { server: alone, home } = await paired(first.server);
  await alone.end();
  const server = await startServer(alone.home, first.clock);
  const laptop = (...args: string[]) => run(args, { NEIL_HOME: home, NEIL_URL: "127.0.0.1:1", ...first.clock });
  await server.json("start", "acme/site/desk", "--at", "-2h");
  const near = (...args: string[]) => run(args, { NEIL_HOME: home, NEIL_URL: server.rpc, ...first.clock });
  // The server is back when the work is to be stopped that it will not have.
  await laptop("start", "acme/site/train");
  expect(await near("stop")).toMatchObject({ exit: 3, stderr: expect.stringContaining("acme/site/desk runs by now") });
  expect(await near("inbox", "drop", "1")).toMatchObject({ exit: 0 });
  for (const args of [
    ["start", "acme/site/train"],
    ["switch", "acme/site/bus"],
    ["stop", "home"],
  ]) {
    expect(await laptop(...args)).toMatchObject({ exit: 0, stderr: expect.stringContaining("queued") });
  }
  const sync = await near("sync", "--json");
  expect(JSON.parse(sync.stdout)).toEqual({ settled: 0, inbox: 3 });
  expect(told(await server.json<Last>("last"))).toEqual(["acme/site/desk 10-07T08:00 now"]);
  // Room is made, and all of it is tried again in its order.
  await server.json("stop", "--at", "-1h");
  const retried = await near("inbox", "retry", "all", "--json");
  expect(JSON.parse(retried.stdout)).toEqual({ settled: 3, inbox: 0 });
  expect(await server.neil()).toMatchObject({ exit: 1 });
  expect((await server.json<Last>("last")).intervals.map(({ handle, note }) => [handle, note])).toContainEqual([
    "acme/site/bus",
    "home",
  ]);
  expect(await server.end()).toBe(0);
});
