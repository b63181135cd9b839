/**
 * What Neil says: that it fits, stands in columns, is the same in each command, and tells where to look.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { newHome, run, type Server, startServer } from "./harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000 });

describe("help", () => {
  const env = { NEIL_HOME: newHome() };

  test("lists the commands in groups, each in a line that fits", async () => {
    const { stdout } = await run(["help"], env);
    const lines = stdout.split("\n");
    expect(lines.filter((line) => line.length > 76)).toEqual([]);
    for (const heading of ["The timer:", "What was done:", "Clients, projects, tasks:"])
      expect(lines).toContain(heading);
    const { commands } = JSON.parse((await run(["help", "--json"], env)).stdout) as { commands: { name: string }[] };
    for (const { name } of commands) {
      expect(
        lines.filter((line) => line.startsWith(`  ${name} `)),
        name,
      ).toHaveLength(1);
    }
  });

  test("of each command fits too, and has its usage and what a filter is", async () => {
    for (const name of ["log", "report", "invoice", "export", "import", "pair"]) {
      const { stdout } = await run(["help", name], env);
      expect(stdout).toMatch(new RegExp(`^npx neil ${name}\\s`));
      expect(
        stdout.split("\n").filter((line) => line.length > 76),
        name,
      ).toEqual([]);
    }
    expect((await run(["help", "log"], env)).stdout.replace(/\s+/g, " ")).toContain(
      "FILTER: client:acme project:site task:header",
    );
  });
});

describe("what is said", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer(newHome(), { TZ: "Europe/Prague" });
    await server.json("add", "acme/site/日本語", "2026-10-05", "9:00-10:00", "wide");
    await server.json("add", "acme/site/e", "2026-10-05", "10:00-10:30");
  });
  afterAll(async () => {
    await server.end();
  });

  test("columns stand under each other, wide characters and what runs too", async () => {
    const rows = (await server.neil("list")).stdout.split("\n");
    expect(rows).toContain("acme/site/e       1x 30m");
    expect(rows).toContain("acme/site/日本語  1x 1h00");
    await server.json("start", "acme/site/e");
    const last = (await server.neil("last")).stdout.trimEnd().split("\n");
    expect(last.at(-1)).toContain("-now ");
    expect(new Set(last.map((line) => line.indexOf("acme/site/"))).size).toBe(1);
    const stopped = await server.neil("switch", "acme/site/日本語");
    expect(stopped.stdout).toMatch(/^acme\/site\/e stopped after \d+s\n/);
    await server.json("stop");
  });

  test.each<[exit: number, said: string, ...args: string[]]>([
    [1, "npx neil start client/project/task", "cancel"],
    [1, "no interval fits", "last", "tag:none"],
    [1, "no interval fits", "log", "2026-10", "tag:none"],
    [0, "nothing waited for the server", "sync"],
    [1, "the inbox is empty", "inbox", "drop", "all"],
    [1, "list, rate or budget", "rate", "rm", "acme"],
    [2, "undo takes a number", "undo", "x"],
    [2, "another last part", "task", "rename", "acme/site/e", "acme/other/f"],
    [3, "still has 1 project or invoice", "client", "rm", "acme"],
    [2, "--vat-id, --country, --legal\n", "client", "edit", "acme"],
    [2, "there is no such folder", "export", "csv", "--output", "no-such-folder/x.csv"],
    [2, "like Europe/Prague", "config", "zone", "Mars"],
    [2, 'got "{dru}"', "prompt", "--format", "{dru}"],
    [2, 'got "tmxu"', "prompt", "--format", "tmxu"],
  ])("ends with %d, and says %j", async (exit, said, ...args) => {
    const { stdout, stderr, exit: was } = await server.neil(...args);
    expect({ said: stdout + stderr, exit: was }).toEqual({ said: expect.stringContaining(said), exit });
  });

  test("a new name may be written whole", async () => {
    expect(await server.neil("task", "rename", "acme/site/e", "acme/site/f")).toMatchObject({ exit: 0 });
    expect((await server.neil("list")).stdout).toContain("acme/site/f ");
  });

  test("config shows one setting, and sets it", async () => {
    expect((await server.neil("config", "week-start")).stdout).toMatch(/^week-start +monday .*\n$/);
    await server.json("config", "week-start", "sunday");
    expect((await server.neil("config", "week-start")).stdout).toMatch(/^week-start +sunday /);
    expect((await server.neil("config")).stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });
});
