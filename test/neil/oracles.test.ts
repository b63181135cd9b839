/**
 * What other programs make of Neil's files, and Neil of theirs. Skipped with a notice where they are not installed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Entry, namingOf, planned, readings, report, WRITERS, wallOf } from "@good-place/neil/books";
import { describe, expect, test } from "vitest";
import { root } from "../e2e/harness.js";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-12-01T00:00Z");
const zone = "Europe/Prague";

function installed(program: string): boolean {
  const there = spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
  if (!there) console.warn(`${program} is not installed: what it makes of Neil's files is not tested`);
  return there;
}

function ran(program: string, args: readonly string[], env: Record<string, string> = {}): string {
  const { stdout, stderr, status } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, TZ: zone, LC_ALL: "C.UTF-8", ...env },
    timeout: 20_000,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} exited with ${status}: ${stderr}`);
  return stdout;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "neil-oracle-"));
  process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

function written(format: string, entries: readonly Entry[]): string {
  const occasion = { zone, wall: wallOf(zone), now: NOW, title: "all", rates: [] };
  return [...(WRITERS[format]?.(entries, occasion) ?? [])].join("");
}

function read(format: string, text: string): Entry[] {
  const setting = { wall: wallOf(zone), naming: namingOf(format, new Map()), dayBegins: 9 * HOUR };
  const found = readings(format, text, setting) ?? [];
  return planned(found, { format, there: [], now: NOW, longestMs: 24 * HOUR }).fresh.map(({ draft }) => {
    const [client = "", project = "", task = ""] = draft.handle.split("/");
    return { ...draft, client, project, task, zone: "UTC", billable: true };
  });
}

function entry(start: string, end: string, more: Partial<Entry> = {}): Entry {
  const names = { client: "acme", project: "site", task: "header", zone: "UTC", note: "", tags: [], billable: true };
  return { id: start, ...names, start: Date.parse(start), end: Date.parse(end), ...more };
}

// An ordinary day, an odd text, and the nights in which clocks are changed.
const work = [
  entry("2026-03-28T23:30Z", "2026-03-29T02:30Z", { task: "night" }),
  entry("2026-10-05T07:00Z", "2026-10-05T08:30:15Z", { note: 'fix "it" \\ now', tags: ["css", "two words"] }),
  entry("2026-10-05T08:30:15Z", "2026-10-05T10:00Z", { project: "mail", task: "work", tags: ["Ü"] }),
  entry("2026-10-24T21:00Z", "2026-10-25T03:00Z", { task: "night" }),
];
const hours = (ms: number): number => ms / HOUR;

describe.skipIf(!installed("timew"))("timewarrior", () => {
  // Its data as its own folder has it: a file for each month.
  function timew(text: string): (...args: string[]) => string {
    const home = folder();
    mkdirSync(join(home, "data"));
    writeFileSync(join(home, "timewarrior.cfg"), "");
    const months = grouped(text);
    for (const [month, lines] of months) writeFileSync(join(home, "data", `${month}.data`), lines.join(""));
    const tool = (...args: string[]): string => ran("timew", args, { TIMEWARRIORDB: home });
    // The first time it makes its list of tags, and says so.
    tool("tags");
    return tool;
  }

  function grouped(text: string): Map<string, string[]> {
    const months = new Map<string, string[]>();
    for (const line of text.split(/(?<=\n)/)) {
      const month = `${line.slice(4, 8)}-${line.slice(8, 10)}`;
      months.set(month, [...(months.get(month) ?? []), line]);
    }
    return months;
  }

  test("reads the export as what it was, and its own export comes back as the same intervals", () => {
    const told = timew(written("timew", work))("export");
    const items = JSON.parse(told) as { start: string; end: string; tags: string[]; annotation?: string }[];
    const utc = (at: number): string => new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "").concat("Z");
    expect(
      items.map(({ start, end, tags, annotation = "" }) => ({ start, end, tags: tags.sort(), annotation })),
    ).toEqual(
      work.map(({ start, end, note, tags, client, project, task }) => ({
        start: utc(start),
        end: utc(end ?? 0),
        tags: [`${client}/${project}/${task}`, ...tags].sort(),
        annotation: note,
      })),
    );
    const shape = ({ client, project, task, start, end, note, tags }: Entry): object => ({
      handle: [client, project, task].join("/"),
      start,
      end,
      note,
      tags: tags.toSorted(),
    });
    expect(read("timew", told).map(shape)).toEqual(work.map(shape));
  });

  test("counts the same time", () => {
    const tool = timew(written("timew", work));
    const sum = (tag: string): number => {
      const [, h = "", m = "", s = ""] =
        /(\d+):(\d\d):(\d\d)\s*$/.exec(tool("summary", "2026-01-01", "-", "2026-12-31", tag)) ?? [];
      return Number(h) * 3600 + Number(m) * 60 + Number(s);
    };
    const { totals } = report(work, { from: 0, to: NOW, now: NOW, zone, by: ["task"] });
    for (const { keys, ms } of totals) expect([keys[0], sum(keys[0] ?? "")]).toEqual([keys[0], ms / 1000]);
  });
});

describe.skipIf(!installed("hledger"))("hledger", () => {
  const balance = (text: string, ...args: string[]): Map<string, number> => {
    const file = join(folder(), "work.timeclock");
    writeFileSync(file, text);
    const rows = ran("hledger", ["-f", file, "balance", "-N", "-O", "csv", ...args])
      .trim()
      .split("\n")
      .slice(1);
    return new Map(rows.map((row) => [row.split('"')[1] ?? "", Number.parseFloat(row.split('"')[3] ?? "")]));
  };

  test("counts the same hours for each account, but for those that its clock, which knows no zone, skips or repeats", () => {
    const days = work.filter(({ task }) => task !== "night");
    const { totals } = report(days, { from: 0, to: NOW, now: NOW, zone, by: ["task"] });
    const accounts = new Map(
      totals.map(({ keys, ms }) => [(keys[0] ?? "").replace("/work", "").replaceAll("/", ":"), ms]),
    );
    const told = balance(written("timeclock", days));
    expect([...told.keys()].sort()).toEqual([...accounts.keys()].sort());
    for (const [account, ms] of accounts) expect(told.get(account)).toBeCloseTo(hours(ms), 1);
    expect(read("timeclock", written("timeclock", days)).map(({ start, end }) => [start, end])).toEqual(
      days.map(({ start, end }) => [start, end]),
    );
  });

  const real = join(root, "../shared/timedata/timewarrior-2024-04.data");
  test.skipIf(!existsSync(real))("counts the same hours for real intervals of another program", () => {
    const entries = read("timew", readFileSync(real, "utf8"));
    const told = balance(written("timeclock", entries), "--depth", "1");
    const { ms } = report(entries, { from: 0, to: NOW, now: NOW, zone, by: ["client"] });
    expect([...told.keys()]).toEqual(["timew"]);
    expect(told.get("timew")).toBeCloseTo(hours(ms), 1);
  });
});
