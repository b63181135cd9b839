import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { newHome, run, type Server, startServer } from "./harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000 });

describe("options that every command takes", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
    await server.json("start", "acme/site/header", "a note", "--create");
    await server.json("rate", "set", "acme", "60EUR/h");
    await server.json("budget", "set", "acme", "40h");
  });
  afterAll(async () => {
    await server.end();
  });

  test("--quiet says nothing but errors, and the exit code is the same", async () => {
    for (const words of [
      ["status"],
      ["report"],
      ["export", "csv"],
      ["log"],
      ["help"],
      ["prompt"],
      ["version"],
      ["complete", "s"],
    ]) {
      expect([words, await server.neil(...words, "--quiet")]).toEqual([words, { exit: 0, stdout: "", stderr: "" }]);
    }
    const home = newHome();
    expect(await run(["--quiet", "start", "a/b/c"], { NEIL_HOME: home })).toMatchObject({ exit: 4, stdout: "" });
    // A notice is no error.
    await server.json("stop");
    expect(await server.neil("--quiet")).toEqual({ exit: 1, stdout: "", stderr: "" });
    const refused = await server.neil("stop", "--quiet");
    expect(refused).toMatchObject({ exit: 1, stdout: "" });
    expect(refused.stderr).toMatch(/^neil: [^\n]+\n {6}[^\n]+\n$/);
    await server.json("resume");
  });

  test("--plain draws nothing", async () => {
    expect((await server.neil("report", "--chart")).stdout).toContain("█");
    expect((await server.neil("report", "--chart", "--plain")).stdout).not.toContain("█");
  });

  test("--server goes before NEIL_URL, and that before the setting; what is no place is refused", async () => {
    const env = { NEIL_HOME: server.home, NEIL_URL: "127.0.0.1:1" };
    expect(await run(["status"], env)).toMatchObject({ exit: 4 });
    expect(await run(["status", "--server", server.rpc], env)).toMatchObject({ exit: 0 });
    expect(await run(["--server", server.rpc, "status"], env)).toMatchObject({ exit: 0 });
    expect(await run(["--server", "nowhere"], env)).toMatchObject({ exit: 2, stdout: "" });
    await server.json("config", "set", "server", server.rpc);
    expect(await run(["status"], { NEIL_HOME: server.home, NEIL_URL: "" })).toMatchObject({ exit: 0 });
    expect(await run(["status"], env)).toMatchObject({ exit: 4 });
    await server.json("config", "rm", "server");
  });

  test("--profile is a folder of its own beside the home's, with its own data", async () => {
    const profile = `${server.home}-work`;
    const other = await startServer(server.home, { NEIL_PROFILE: "work" });
    expect(existsSync(join(profile, "client.json"))).toBe(true);
    await other.json("start", "other/site/task");
    const status = await server.json<{ running: { handle: string } }>(
      "status",
      "--profile",
      "work",
      "--server",
      other.rpc,
    );
    expect(status.running.handle).toBe("other/site/task");
    expect((await server.json<{ running: { handle: string } }>("status")).running.handle).toBe("acme/site/header");
    const { stdout } = await run(["prompt"], { NEIL_HOME: server.home, NEIL_PROFILE: "work" });
    expect(stdout).toContain("other/site/task");
    // The keys of one do not open the other.
    expect(await server.neil("status", "--profile", "work")).toMatchObject({ exit: 6 });
    expect(await server.neil("--profile", "../x")).toMatchObject({ exit: 2, stdout: "" });
    expect(await other.end()).toBe(0);
  });

  test("--dry-run writes nothing, whatever would be written", async () => {
    // What runs is used of a budget meanwhile.
    await server.json("stop");
    const seen = async () => [
      await server.json("log", "--acts", "-n", "1000"),
      await server.json("rate"),
      await server.json("budget"),
      await server.json("config"),
      await server.json("pair", "list"),
    ];
    const before = await seen();
    const { key } = JSON.parse((await run(["pair", "--json"], { NEIL_HOME: newHome() })).stdout) as { key: string };
    for (const words of [
      ["rate", "set", "acme", "70EUR/h"],
      ["rate", "rm", "acme"],
      ["budget", "set", "default", "100h"],
      ["config", "set", "zone", "Asia/Tokyo"],
      ["config", "week-start", "sunday"],
      ["pair", "accept", "laptop", key],
      ["resume"],
      ["client", "add", "beta"],
    ]) {
      expect([words, await server.json(...words, "--dry-run")]).toMatchObject([words, { dryRun: true }]);
    }
    // It is judged all the same.
    expect(await server.neil("rate", "rm", "default", "--dry-run")).toMatchObject({ exit: 1, stdout: "" });
    expect(await seen()).toEqual(before);
  });

  test("they stand in the help of every command, and complete before it and behind it", async () => {
    const names = ["json", "tz", "server", "profile", "quiet", "plain", "no-color", "yes", "help"].map(
      (name) => `--${name}`,
    );
    for (const words of [["help"], ["help", "stop"], ["start", "--help"]]) {
      const { stdout } = await server.neil(...words);
      for (const name of names) expect(stdout, `${words}`).toContain(name);
    }
    const candidates = async (...words: string[]) =>
      (await server.neil("complete", "--", ...words)).stdout.split("\n").filter(Boolean);
    expect(await candidates("--")).toEqual([...names].sort());
    expect(await candidates("stop", "--p")).toEqual(["--plain", "--profile"]);
    expect(await candidates("--quiet", "--tz", "UTC", "vers")).toEqual(["version"]);
    expect(await server.neil("stop", "--quite")).toMatchObject({ exit: 2, stderr: expect.stringContaining("--quiet") });
  });

  test("an old code may stand behind options too", async () => {
    expect(await server.json("--tz", "UTC", "ll")).toMatchObject({ clients: [{ handle: "acme" }] });
  });
});

describe("a week", () => {
  test("begins where it is set in periods, reports and budgets; a week with a number begins on Monday", async () => {
    const home = newHome();
    const clock = join(home, "clock");
    // Monday, 12 October 2026.
    writeFileSync(clock, "2026-10-12T12:00:00Z");
    const server = await startServer(home, { NEIL_CLOCK: clock, TZ: "UTC" });
    for (const day of ["2026-10-10", "2026-10-11", "2026-10-12"])
      await server.json("add", "acme/site/header", day, "9:00-10:00");
    await server.json("budget", "set", "acme", "40h", "--per", "week");
    const hours = async () => {
      const weeks = await server.json<{ totals: { keys: string[]; ms: number }[] }>("report", "--by", "week");
      const sum = async (period: string) => (await server.json<{ ms: number }>("report", period)).ms / 3_600_000;
      const [budget] = (await server.json<{ budgets: { usedMs: number }[] }>("budget")).budgets;
      return {
        weeks: weeks.totals.map(({ keys, ms }) => [keys[0], ms / 3_600_000]),
        periods: await Promise.all(["week", "lastweek", "2026-W42"].map(sum)),
        budget: (budget?.usedMs ?? 0) / 3_600_000,
      };
    };
    expect(await hours()).toEqual({
      weeks: [
        ["2026-W41", 2],
        ["2026-W42", 1],
      ],
      periods: [1, 2, 1],
      budget: 1,
    });
    await server.json("config", "week-start", "sunday");
    const sunday = [
      ["2026-10-04..2026-10-10", 1],
      ["2026-10-11..2026-10-17", 2],
    ];
    expect(await hours()).toEqual({ weeks: sunday, periods: [2, 1, 1], budget: 2 });
    // As it is named it can be typed.
    expect(await server.json("report", "2026-10-11..2026-10-17")).toMatchObject({ ms: 7_200_000 });
    await server.json("config", "set", "week-start", "saturday");
    expect(await hours()).toEqual({ weeks: [["2026-10-10..2026-10-16", 3]], periods: [3, 0, 1], budget: 3 });
    expect(await server.neil("config", "week-start", "friday")).toMatchObject({ exit: 2, stdout: "" });
    expect(await server.end()).toBe(0);
  });
});

describe("a filter", () => {
  let server: Server;
  beforeAll(async () => {
    const home = newHome();
    const clock = join(home, "clock");
    writeFileSync(clock, "2026-10-14T12:00:00Z");
    server = await startServer(home, { NEIL_CLOCK: clock, TZ: "UTC" });
    await server.json("add", "acme/site/header", "2026-10-05", "9:00-10:00", "the", "menu", "+css");
    await server.json("add", "acme/site/footer", "2026-10-12", "9:00-10:00", "icons", "+css", "+late");
    await server.json("add", "beta/api/auth", "2026-10-13", "9:00-10:00", "tokens", "and", "MENUS");
    await server.json("add", "beta/api/header", "2026-10-14", "9:00-10:00");
    await server.json("task", "done", "acme/site/footer");
    await server.json("task", "add", "beta/api/new", "--note", "menu of the future");
  });
  afterAll(async () => {
    await server.end();
  });

  const HEADER = "acme/site/header";
  const FOOTER = "acme/site/footer";
  const AUTH = "beta/api/auth";
  const OTHER = "beta/api/header";

  test.each<[filter: string[], intervals: string[]]>([
    [["client:acme"], [HEADER, FOOTER]],
    [["client:-acme"], [AUTH, OTHER]],
    [["project:api", "task:header"], [OTHER]],
    [["tag:css"], [HEADER, FOOTER]],
    [["tag:css", "tag:-late"], [HEADER]],
    [["since:2026-10-12"], [FOOTER, AUTH, OTHER]],
    [["until:2026-10-12"], [HEADER, FOOTER]],
    [["since:yesterday", "until:yesterday"], [AUTH]],
    [["note:menu"], [HEADER, AUTH]],
    [["note:/^the m|tok.*s$/"], [HEADER, AUTH]],
    [["note:-/menu/", "client:beta"], [OTHER]],
    [["client:acme", "header"], [HEADER]],
  ])("%j is the same intervals in last, log, report and export", async (filter, expected) => {
    const last = await server.json<{ intervals: { handle: string }[] }>("last", ...filter);
    expect(last.intervals.map(({ handle }) => handle).reverse()).toEqual(expected);
    const log = await server.json<{ intervals: { handle: string }[] }>("log", "all", ...filter);
    expect(log.intervals.map(({ handle }) => handle)).toEqual(expected);
    const report = await server.json<{ totals: { keys: string[] }[] }>("report", "--by", "task", ...filter);
    expect(report.totals.map(({ keys }) => keys[0]).sort()).toEqual([...expected].sort());
    const { stdout } = await server.neil("export", "json", ...filter);
    const exported = JSON.parse(stdout) as { client: string; project: string; task: string }[];
    expect(exported.map(({ client, project, task }) => `${client}/${project}/${task}`)).toEqual(expected);
  });

  test.each<[filter: string[], tasks: string[]]>([
    [["client:-acme"], [AUTH, OTHER, "beta/api/new"]],
    [["state:completed"], [FOOTER]],
    [
      ["state:-completed", "header"],
      [HEADER, OTHER],
    ],
    [["tag:css"], [FOOTER, HEADER]],
    // One interval has to fit all of it.
    [["tag:css", "since:2026-10-12"], [FOOTER]],
    [["until:2026-10-12", "client:acme", "task:header"], [HEADER]],
    [["note:/future/"], ["beta/api/new"]],
  ])("%j is the same tasks in list, overview and todo", async (filter, expected) => {
    const handles = async (command: string) => {
      const { tasks } = await server.json<{ tasks: { handle: string }[] }>(command, ...filter);
      return tasks.map(({ handle }) => handle).sort();
    };
    expect(await handles("list")).toEqual([...expected].sort());
    expect(await handles("overview")).toEqual([...expected].sort());
    if (filter.some((word) => word.startsWith("state:"))) return;
    expect(await handles("todo")).toEqual(expected.filter((handle) => handle !== FOOTER).sort());
  });

  test("last keeps the places of all, and overview shows the intervals that fit", async () => {
    const last = await server.json<{ intervals: { place: string }[] }>("last", "tag:css", "-n", "1");
    expect(last.intervals).toMatchObject([{ place: "@3", handle: FOOTER }]);
    expect(last.intervals).toHaveLength(1);
    const { tasks } = await server.json<{ tasks: { intervals: object[] }[] }>(
      "overview",
      "since:2026-10-12",
      "task:header",
    );
    expect(tasks).toMatchObject([{ handle: OTHER, intervals: [{ handle: OTHER }] }]);
    expect(await server.json("client", "list", "since:2026-10-13")).toMatchObject({ clients: [{ handle: "beta" }] });
  });

  test("log without a period is today's, unless since: or until: says another", async () => {
    const log = async (...words: string[]) =>
      (await server.json<{ intervals: object[] }>("log", ...words)).intervals.length;
    expect([await log(), await log("since:mon"), await log("lastweek", "since:2026-10-05")]).toEqual([1, 3, 1]);
  });

  test("that makes no sense there is refused with the reason", async () => {
    for (const [reason, ...words] of [
      ["is of tasks", "last", "state:active"],
      ["is of tasks", "log", "state:active"],
      ["is of tasks", "report", "state:active"],
      ["is of tasks", "export", "csv", "state:active"],
      ["what is to be done is active", "todo", "state:completed"],
      ["there is no state done", "list", "state:done"],
      ["did you mean since:", "last", "sinc:mon"],
      ["needs a value", "report", "tag:"],
      ["no regular expression", "last", "note:/(/"],
      ["cannot be turned round", "log", "since:-mon"],
      ["ends before it begins", "log", "since:today", "until:yesterday"],
      ["is no period", "list", "since:moon"],
    ] as const) {
      const { exit, stdout, stderr } = await server.neil(...words);
      expect({ words, exit, stdout }).toEqual({ words, exit: 2, stdout: "" });
      expect(stderr, words.join(" ")).toContain(reason);
    }
  });
});
