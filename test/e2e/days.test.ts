import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { newHome, type Server, startServer } from "./harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000 });

interface Work {
  interval: string;
  rev: number;
  handle: string;
  start: string;
  end: string | null;
  note: string;
  tags: string[];
  ms: number;
}
interface Last {
  intervals: Work[];
}
interface Problem {
  error: { code: string; message: string; advice: string };
}

/** A server whose clock the test sets, as that of every command. */
async function atTime(iso: string, home = newHome()): Promise<Server & { setClock(iso: string): void }> {
  const clock = join(home, "clock");
  const setClock = (time: string): void => writeFileSync(clock, time);
  setClock(iso);
  const server = await startServer(home, { NEIL_CLOCK: clock, NEIL_BEAT_MS: "50", TZ: "Europe/Prague" });
  return { ...server, setClock };
}

describe("a day with Neil", () => {
  let server: Awaited<ReturnType<typeof atTime>>;
  beforeAll(async () => {
    server = await atTime("2026-10-07T07:00:00Z");
  });
  afterAll(async () => {
    await server.end();
  });

  test("the codes of the first version, backdating, a switch and a stop make one timeline", async () => {
    await server.json("sa", "acme/site/header", "fix", "+css", "--at", "-30m");
    server.setClock("2026-10-07T07:03:00Z");
    await server.json("switch", "int/mail/inbox", "--at", "9:01");
    server.setClock("2026-10-07T07:05:00Z");
    await server.json("so", "answered", "done");
    const { intervals } = await server.json<Last>("last");
    expect(
      intervals.map(({ handle, start, end, note }) => [handle, start.slice(11, 16), end?.slice(11, 16), note]),
    ).toEqual([
      ["int/mail/inbox", "07:01", "07:05", "answered"],
      ["acme/site/header", "06:30", "07:01", "fix"],
    ]);
  });

  test("add, gaps, fill, split, join, move, note, tag and rm change it, and --dry-run does not", async () => {
    await server.json("add", "a/s/h", "yesterday", "9:00-10:00", "call");
    await server.json("add", "acme/site/header", "yesterday", "11:00", "+1h30");
    expect(await server.json("gaps", "yesterday")).toMatchObject({ gaps: [{ ms: 3_600_000 }] });
    await server.json("fill", "1", "int/mail/letters", "--period", "yesterday");
    await server.json("split", "@3", "yesterday 11:30");
    await server.json("note", "@3", "menu");
    await server.json("tag", "@3", "+css", "+late", "-late");
    const before = await server.json<Last>("last");
    expect(before.intervals.map(({ handle, ms, note }) => [handle, ms / 60_000, note])).toEqual([
      ["int/mail/inbox", 4, "answered"],
      ["acme/site/header", 31, "fix"],
      ["acme/site/header", 60, "menu"],
      ["acme/site/header", 30, ""],
      ["int/mail/letters", 60, ""],
      ["acme/site/header", 60, "call"],
    ]);
    expect(before.intervals[2]?.tags).toEqual(["css"]);
    expect(await server.json("rm", "@1", "@2", "--dry-run")).toMatchObject({ dryRun: true, removed: [{}, {}] });
    expect(await server.json<Last>("last")).toEqual(before);
    await server.json("join", "@3", "@4");
    await server.json("move", "@3", "+15m");
    await server.json("rm", "@4");
    const { intervals } = await server.json<Last>("last");
    expect(intervals.slice(2).map(({ start, ms }) => [start.slice(11, 16), ms / 60_000])).toEqual([
      ["09:15", 90],
      ["07:00", 60],
    ]);
  });

  test("an interval that was changed since it was seen is not changed unseen", async () => {
    const [work] = (await server.json<Last>("last")).intervals;
    await server.json("note", "@1", "other");
    const { error } = await server.json<Problem>(
      "edit",
      work?.interval ?? "",
      "--note",
      "mine",
      "--rev",
      `${work?.rev}`,
    );
    expect(error.code).toBe("CONFLICT");
    expect(error.message).toContain("interval/edit");
  });

  test("undo and redo go through a restart, and the log names the device and what was undone", async () => {
    const before = await server.json<Last>("last");
    await server.end();
    // Its heart does not beat while this test moves the clock: nobody is away here.
    const clock = { NEIL_CLOCK: join(server.home, "clock"), NEIL_BEAT_MS: "86400000", TZ: "Europe/Prague" };
    server = { ...(await startServer(server.home, clock)), setClock: server.setClock };
    await server.neil("undo", "2");
    const { acts } = await server.json<{ acts: { act: string; by: string; state: string }[] }>(
      "log",
      "--acts",
      "-n",
      "3",
    );
    expect(acts.map(({ act, by, state }) => [act, by, state])).toEqual([
      ["interval/edit", "this machine", "undone"],
      ["interval/remove", "this machine", "undone"],
      ["interval/edit", "this machine", "done"],
    ]);
    expect((await server.json<Last>("last")).intervals).toHaveLength(before.intervals.length + 1);
    await server.neil("redo", "2");
    const plain = ({ intervals }: Last): object[] => intervals.map(({ rev: _, ...work }) => work);
    expect(plain(await server.json<Last>("last"))).toEqual(plain(before));
    expect(await server.neil("redo")).toMatchObject({ exit: 1, stdout: "" });
  });

  test("resume lets the last interval go on, continue starts its task anew, cancel forgets it", async () => {
    await server.json("task", "reopen", "int/mail/inbox");
    await server.json("resume");
    expect((await server.neil()).stdout).toContain("int/mail/inbox");
    await server.json("stop", "--at", "9:04");
    await server.json("continue");
    expect(await server.neil("cancel")).toMatchObject({ exit: 0 });
    expect(await server.neil()).toMatchObject({ exit: 1 });
  });

  test("the status file answers prompt without a server, for tmux, waybar and a format of one's own", async () => {
    await server.json("start", "acme/site/footer", "a & b", "--at", "9:04");
    server.setClock("2026-10-07T08:09:00Z");
    const told = async (...args: string[]): Promise<string> => (await server.neil("prompt", ...args)).stdout.trim();
    expect(await told()).toMatch(/^1:05 acme\/site\/footer/);
    expect(await told("--format", "{dur} {name} {nothing}")).toBe("1:05 footer {nothing}");
    expect(JSON.parse(await told("--format", "waybar"))).toMatchObject({ tooltip: "acme/site/footer: a &amp; b" });
    expect(await server.neil("prompt", "--colour", "x")).toMatchObject({ exit: 2, stdout: "" });
  });

  test("what is wrong is one line, how to mend it another, and nothing is written", async () => {
    const acts = async (): Promise<unknown> => await server.json("log", "--acts", "-n", "1000");
    const before = await acts();
    const wrong: [exit: number, ...args: string[]][] = [
      [2, "add", "acme/site/header", "25:00-26:00"],
      [2, "add", "acme/site/header", "9:00"],
      [2, "add", "acme", "9:00-9:30"],
      [3, "add", "acme/site/header", "9:00-9:30"],
      [3, "add", "acme/site/header", "2026-10-08", "9:00-9:30"],
      [2, "start", "acme/site/header", "--at", "soon"],
      [2, "start", "acme/site/header", "--tz", "Mars/Olympus"],
      [3, "start", "acme/site/header"],
      [3, "switch", "acmee/site/header"],
      [2, "stop", "--att", "9:00"],
      [3, "stop", "--at", "8:00"],
      [2, "edit", "@1"],
      [1, "edit", "@99", "--note", "x"],
      [2, "edit", "what?", "--note", "x"],
      [2, "edit", "@1", "--note", "x", "--rev", "y"],
      [3, "split", "@2", "7:00"],
      [2, "join", "@1"],
      [1, "rm", "@0", "@77"],
      [2, "move", "@2", "+soon"],
      [2, "log", "lastmoon"],
      [2, "todo", "colour:red"],
      [2, "todo", "note:/(/"],
      [1, "fill", "9", "acme/site/header"],
      [2, "undo", "-1"],
      [1, "task", "done", "acme/site/nothing"],
      [2, "task", "finish", "acme/site/header"],
      [3, "task", "cancel", "acme/site/header"],
      [3, "client", "rm", "acme"],
      [3, "client", "rename", "acme", "int"],
      [2, "away", "sleep"],
      [1, "away", "keep"],
      [2, "tag", "css"],
      [2, "inbox", "burn"],
      [2, "pair", "join", "nowhere", "x"],
      [2, "serve", "--rpc-port", "x"],
    ];
    for (const [exit, ...args] of wrong) {
      const ran = await server.neil(...args);
      expect({ args, exit: ran.exit, stdout: ran.stdout }).toEqual({ args, exit, stdout: "" });
      expect(ran.stderr, args.join(" ")).toMatch(/^neil: [^\n]+\n {6}[^\n]+\n$/);
    }
    expect(await acts()).toEqual(before);
  });
});

describe("nights in which the clocks change", () => {
  // A night from 22:00 to 6:00, and the days on both sides as `log` counts them.
  test.each([
    ["Europe/Prague", "2026-03-28", 7],
    ["Europe/Prague", "2026-10-24", 9],
    ["America/New_York", "2026-03-07", 7],
    ["America/New_York", "2025-11-01", 9],
    ["Australia/Lord_Howe", "2026-10-03", 7.5],
    ["Australia/Lord_Howe", "2026-04-04", 8.5],
  ])(
    "in %s after %s a night from 22:00 to 6:00 took %d hours, two of them on the first day",
    async (zone, day, hours) => {
      const server = await atTime("2026-12-01T12:00:00Z");
      await server.json("add", "night/shift/guard", day, "22:00-6:00", "--tz", zone);
      const log = await server.json<{ days: { date: string; ms: number }[] }>("log", `${day}..`, "--tz", zone);
      expect(log.days.map(({ ms }) => ms / 3_600_000)).toEqual([2, hours - 2]);
      expect(log.days[0]?.date).toBe(day);
      expect(await server.end()).toBe(0);
    },
  );

  test("a time that came twice is the earlier one with a notice, one that was left out is refused", async () => {
    const server = await atTime("2026-12-01T12:00:00Z");
    const twice = await server.neil("add", "night/shift/guard", "2026-10-25", "2:30-5:00");
    expect(twice).toMatchObject({ exit: 0 });
    expect(twice.stderr).toContain("twice");
    const never = await server.neil("add", "night/shift/guard", "2026-03-29", "2:30-5:00");
    expect(never).toMatchObject({ exit: 2, stdout: "" });
    expect(never.stderr).toContain("did not exist");
    expect(await server.end()).toBe(0);
  });
});

describe("forgotten work", () => {
  test("an absence is noticed, told, and cut by nobody until somebody decides", async () => {
    const server = await atTime("2026-10-07T07:00:00Z");
    await server.json("start", "acme/site/header", "--at", "-10m");
    await told(server, ({ away }) => away.length === 0);
    server.setClock("2026-10-07T07:40:00Z");
    const status = await told(server, ({ away }) => away.length === 1);
    expect(status).toMatchObject({ running: { ms: 3_000_000 }, long: false });
    expect((await server.neil()).stderr).toContain("neil away");
    await server.json("away", "go-on");
    const { intervals } = await server.json<Last>("last");
    expect(intervals.map(({ end }) => end === null)).toEqual([true, false]);
    server.setClock("2026-10-07T18:00:00Z");
    const long = await told(server, ({ long }) => long);
    expect(long.running).not.toBeNull();
    expect(await server.end()).toBe(0);
  });

  test("a machine that was off while work ran is noticed at the next start", async () => {
    const server = await atTime("2026-10-07T07:00:00Z");
    await server.json("start", "acme/site/header");
    expect(await server.end()).toBe(0);
    const again = await atTime("2026-10-07T09:00:00Z", server.home);
    const { away } = await told(again, ({ away }) => away.length === 1);
    expect(away[0]).toMatchObject({ from: "2026-10-07T07:00:00.000Z", to: "2026-10-07T09:00:00.000Z" });
    expect(await again.end()).toBe(0);
  });

  test("a server that stood still for two hours is unreachable meanwhile, and asks about them when it goes on", async () => {
    const server = await atTime("2026-10-07T07:00:00Z");
    await server.json("start", "acme/site/header");
    server.process.kill("SIGSTOP");
    expect(await server.neil("status")).toMatchObject({ exit: 4, stdout: "" });
    server.setClock("2026-10-07T09:00:00Z");
    server.process.kill("SIGCONT");
    const { away, running } = await told(server, ({ away }) => away.length === 1);
    expect(away).toMatchObject([{ from: "2026-10-07T07:00:00.000Z", to: "2026-10-07T09:00:00.000Z" }]);
    expect(running).toMatchObject({ ms: 7_200_000 });
    expect(await server.end()).toBe(0);
  });

  test("a clock that is put back makes no time that is negative or overlaps, and nobody is away", async () => {
    const server = await atTime("2026-10-07T09:00:00Z");
    await server.json("start", "acme/site/header");
    server.setClock("2026-10-07T08:00:00Z");
    expect(await server.json("status")).toMatchObject({ running: { ms: 0 }, away: [] });
    await server.json("stop");
    server.setClock("2026-10-07T09:10:00Z");
    await server.json("start", "acme/site/footer");
    expect((await server.json<Last>("last")).intervals.map(({ start, end }) => [start, end])).toEqual([
      ["2026-10-07T09:10:00.000Z", null],
      ["2026-10-07T09:00:00.000Z", "2026-10-07T09:00:00.000Z"],
    ]);
    expect(await server.neil("doctor")).toMatchObject({ exit: 0 });
    expect(await server.end()).toBe(0);
  });

  interface Told {
    running: { ms: number } | null;
    away: { from: string; to: string }[];
    long: boolean;
  }

  // The server's heart beats in its own time.
  async function told(server: Server, wanted: (status: Told) => boolean): Promise<Told> {
    for (const until = Date.now() + 120_000; ; ) {
      const status = await server.json<Told>("status");
      if (wanted(status) || Date.now() > until) return status;
    }
  }
});
