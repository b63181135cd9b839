import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "./harness.js";

interface Sum {
  ms: number;
  billedMs: number;
  money: Record<string, number>;
}
interface Report extends Sum {
  totals: (Sum & { keys: string[] })[];
}

// In Prague: an evening over midnight, the night in which the clock goes back, and a day of another client.
const WORK = `i 2026-10-05 22:00:00 acme:site:header  fix the menu  ; css:, html:
o 2026-10-06 01:10:00
i 2026-10-25 01:00:00 acme:site:night
o 2026-10-25 04:00:00
i 2026-10-26 09:00:00 beta:api:auth  ; css:
o 2026-10-26 09:20:00
`;
const zone = ["--tz", "Europe/Prague"];

describe("the books", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
    const file = join(server.home, "work.timeclock");
    writeFileSync(file, WORK);
    await server.json("import", "timeclock", file, ...zone);
  });
  afterAll(async () => {
    await server.end();
  });

  test("a report splits days by its zone, and the night in which the clock goes back has its hour more", async () => {
    const days = async (tz: string): Promise<unknown> =>
      (await server.json<Report>("report", "2026-10", "--by", "day", "--tz", tz)).totals.map(({ keys, ms }) => [
        ...keys,
        ms / 60_000,
      ]);
    expect(await days("Europe/Prague")).toEqual([
      ["2026-10-05", 120],
      ["2026-10-06", 70],
      ["2026-10-25", 240],
      ["2026-10-26", 20],
    ]);
    expect(await days("America/New_York")).toEqual([
      ["2026-10-05", 190],
      ["2026-10-24", 240],
      ["2026-10-26", 20],
    ]);
  });

  test("a report by client and tag in the terminal", async () => {
    const { stdout, exit } = await server.neil(
      "report",
      "2026-10",
      "--by",
      "client,tag",
      "--chart",
      "--round",
      "15m",
      ...zone,
    );
    expect([exit, stdout]).toEqual([
      0,
      `client  tag     time  billed
acme    (none)  4:00    4:00  ${"█".repeat(30)}
acme    css     3:10    3:15  ${"█".repeat(23)}▊
acme    html    3:10    3:15  ${"█".repeat(23)}▊
beta    css     0:20    0:30  ██▌
------------------------------------------------------------
4 tags          7:30    7:45
an interval counts under each of its tags, in the sum once
`,
    ]);
  });

  test("rates have their day, follow their client when it is renamed, and are taken back by undo", async () => {
    await server.json("rate", "set", "default", "60EUR/h", ...zone);
    await server.json("rate", "set", "acme", "120.50 EUR", "--from", "2026-10-06", ...zone);
    expect(await server.json("rate", "set", "acme", "90EUR/h", "--from", "2026-10-06", ...zone)).toMatchObject({
      replaced: { currency: "EUR", minor: 12_050 },
    });
    const money = async (): Promise<unknown> =>
      (await server.json<Report>("report", "--by", "day", "--money", ...zone)).totals.map((total) => total.money.EUR);
    // 3:10 at 60, for the interval began before the new rate; 4 hours at 90; 20 minutes at 60.
    expect(await money()).toEqual([12_000, 7000, 36_000, 2000]);
    expect(await server.neil("client", "rename", "acme", "corp")).toMatchObject({ exit: 0 });
    expect(await money()).toEqual([12_000, 7000, 36_000, 2000]);
    expect((await server.neil("rate")).stdout).toBe(
      "for             rate  from\ndefault  60.00 EUR/h  always\ncorp     90.00 EUR/h  2026-10-06\n",
    );
    await server.neil("undo");
    await server.neil("undo");
    expect((await server.neil("rate")).stdout).toContain("acme     120.50 EUR/h  2026-10-06");
  });

  test("a budget says what is used of it, and when it is over", async () => {
    await server.json("budget", "set", "beta", "15m");
    await server.json("budget", "set", "acme/site", "1000EUR");
    const { budgets } = await server.json<{ budgets: object[] }>("budget", ...zone);
    expect(budgets).toMatchObject([
      { scope: "acme/site", limit: { currency: "EUR", minor: 100_000 } },
      { scope: "beta", limit: { ms: 900_000 }, used: 1_200_000 },
    ]);
    expect((await server.neil("budget")).stdout).toMatch(/beta +0:20 +0:15 h +133 % +█+ over\n/);
    await server.json("budget", "rm", "beta");
    expect((await server.json<{ budgets: object[] }>("budget")).budgets).toHaveLength(1);
    expect(await server.neil("budget", "rm", "beta")).toMatchObject({ exit: 1 });
  });

  test("an export has each interval in the period in which it begins, and leaves a file that is there alone", async () => {
    const starts = async (period: string): Promise<number> =>
      (JSON.parse((await server.neil("export", "json", period, ...zone)).stdout) as unknown[]).length;
    expect([await starts("2026-10-05"), await starts("2026-10-06"), await starts("2026-10")]).toEqual([1, 0, 3]);
    const file = join(server.home, "out.csv");
    expect(await server.neil("export", "csv", "client:beta", "--output", file)).toMatchObject({ exit: 0, stdout: "" });
    expect(readFileSync(file, "utf8").split("\r\n")).toHaveLength(3);
    expect(await server.neil("export", "csv", "--output", file)).toMatchObject({ exit: 2 });
    expect(readFileSync(file, "utf8").split("\r\n")).toHaveLength(3);
    expect(await server.neil("export", "csv", "--output", file, "--force")).toMatchObject({ exit: 0 });
  });

  test.each<[args: string[], hint: string]>([
    [["report", "2026-99"], "is no period"],
    [["report", "clinet:acme"], "did you mean client:?"],
    [["report", "--by", "dya"], 'did you mean "day"'],
    [["report", "--round", "15"], "--round takes a unit"],
    [["report", "--day-start", "25:00"], "--day-start takes a time"],
    [["export", "cvs"], 'did you mean "csv"'],
    [["export", "json", "--output", "/nowhere/at/all"], "cannot be written"],
    [["rate", "set", "acme"], "rate set takes HANDLE AMOUNT/h"],
    [["rate", "set", "acme", "60XQX/h"], "a rate is an amount"],
    [["rate", "sett", "acme", "1EUR"], 'did you mean "set"'],
    [["budget", "set", "acme", "much"], "a budget is hours or an amount"],
    [["budget", "set", "acme", "4h", "--per", "moon"], "--per takes all, week"],
    [["completion", "tcsh"], "completion takes bash, zsh, fish"],
  ])("%j exits with 2 and says how to mend it in two lines", async (args, hint) => {
    const { exit, stdout, stderr } = await server.neil(...args);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toContain(hint);
    expect(stderr.trim().split("\n")).toHaveLength(2);
  });

  test("a rate for what is not there is refused", async () => {
    const { exit, stderr } = await server.neil("rate", "set", "nobody", "5EUR/h");
    expect([exit, stderr]).toEqual([1, expect.stringContaining("no client, project or task nobody")]);
  });
});
