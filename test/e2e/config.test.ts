import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startServer } from "./harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000 });

interface Report {
  totals: { keys: string[]; ms: number }[];
}

test("what is set counts at once: the day begins where it says, and times are those of its zone", async () => {
  const server = await startServer(undefined, { TZ: "UTC" });
  await server.json("add", "acme/site/night", "2026-01-05", "23:00-23:30");
  await server.json("add", "acme/site/night", "2026-01-06", "1:00-2:00", "+css");
  const day = (...more: string[]): Promise<Report> => server.json("report", "2026-01-05", "--by", "day", ...more);
  expect((await day()).totals).toMatchObject([{ ms: 1_800_000 }]);
  // The period begins and ends where its days do.
  const late = [{ keys: ["2026-01-05"], ms: 5_400_000 }];
  expect((await day("--day-start", "4:00")).totals).toMatchObject(late);
  expect(await server.json("config", "set", "day-start", "4:00")).toEqual({ settings: { "day-start": "4:00" } });
  expect((await day()).totals).toMatchObject(late);
  await server.json("config", "set", "zone", "Asia/Tokyo");
  await server.json("add", "acme/site/day", "2026-01-07", "9:00-10:00");
  expect(await server.json("last", "-n", "1")).toMatchObject({ intervals: [{ start: "2026-01-07T00:00:00.000Z" }] });
  expect(await server.json("config", "rm", "zone")).toEqual({ settings: { "day-start": "4:00" } });
  const css = await server.json<{ intervals: { handle: string }[] }>("log", "2026-01", "tag:css");
  expect(css.intervals.map(({ handle }) => handle)).toEqual(["acme/site/night"]);
  expect(await server.neil("log", "2026-01", "tga:css")).toMatchObject({ exit: 2 });
  await server.end();
});

test("a setting that cannot be is refused and changes nothing, and a file that is damaged is named", async () => {
  const server = await startServer();
  const file = join(server.home, "settings.json");
  await server.json("config", "set", "day-start", "5:00");
  const before = readFileSync(file, "utf8");
  for (const [words, said] of [
    [["set", "day-strat", "4:00"], 'did you mean "day-start"?'],
    [["set", "day-start", "24:00"], "day-start takes a time of the day, like 4:00"],
    [["set", "zone", "Mars/Olympus"], "zone takes a zone of the IANA list"],
    [["set", "zone"], "takes a name and a value"],
    [["get", "zone"], "list, set and rm"],
  ] as const) {
    const { exit, stderr } = await server.neil("config", ...words);
    expect(exit).toBe(2);
    expect(stderr).toContain(said);
  }
  expect(readFileSync(file, "utf8")).toBe(before);
  for (const damaged of ["{", '{"day-start":"noon"}']) {
    writeFileSync(file, damaged);
    const { exit, stderr } = await server.neil("log");
    expect(exit).toBe(2);
    expect(stderr).toContain("settings.json");
    expect(stderr.trim().split("\n")).toHaveLength(2);
  }
  await server.end();
});
