import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ran, root, type Server, startServer } from "./harness.js";

type Frame = [start: number, stop: number, project: string, id: string, tags: string[], updated: number];
interface Report {
  totals: { keys: string[]; intervals: number; ms: number }[];
  ms: number;
}
interface Imported {
  added: number;
  known: number;
  review: { where: string; why: string; handle: string }[];
  wrong: { where: string }[];
}

const own = join(root, "test/e2e/fixtures/watson-frames.json");
const real = join(root, "../shared/timedata/watson-frames-small-anonymised.json");

describe("neil import", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    await server.end();
  });

  function file(name: string, content: unknown): string {
    const path = join(server.home, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  }

  async function nothingOf(project: string): Promise<void> {
    expect(await server.json<Report>("report", `client:watson`, `project:${project}`)).toMatchObject({ totals: [] });
  }

  test("a frame that is wrong is named, and nothing of its file is imported", async () => {
    const frames = JSON.parse(readFileSync(own, "utf8")) as Frame[];
    const wrong = file("wrong.json", [...frames.slice(0, 2), [1, "x", "p", "id", [], 0]]);
    const { exit, stderr } = await server.neil("import", "watson", wrong);
    expect(exit).toBe(2);
    expect(stderr).toContain(`${wrong}: frame 3: field 2`);
    await nothingOf("garden");
  });

  test("--skip-bad leaves out what is wrong, and says what", async () => {
    const some = file("some.json", [
      [100, 200, "skipped", "good", [], 0],
      [1, "x", "skipped", "bad", [], 0],
    ]);
    const { added, wrong } = await server.json<Imported>("import", "watson", some, "--skip-bad");
    expect([added, wrong.map(({ where }) => where)]).toEqual([1, ["frame 2"]]);
  });

  test("a dry run shows what would be added, and writes nothing", async () => {
    const dry = file("dry.json", [[2000, 5600, "dry", "d", ["tag"], 0]]);
    const told = await server.neil("import", "watson", dry, "--dry-run", "--tz", "Europe/Prague");
    expect(told).toMatchObject({ exit: 0, stderr: "" });
    expect(told.stdout).toBe(
      "+ 1970-01-01 01:33-02:33  1:00  watson/dry/work +tag\n1 interval would be added, 0 known already\n",
    );
    await nothingOf("dry");
  });

  test("what overlaps or is too long goes to the review list, which can be kept, mended and imported", async () => {
    const doubts = file("doubts.json", [
      [10_000, 20_000, "doubt", "one", [], 0],
      [15_000, 25_000, "doubt", "two", [], 0],
      [30_000, 90_000, "doubt", "long", [], 0],
    ]);
    const list = join(server.home, "review.json");
    const { added, review } = await server.json<Imported>("import", "watson", doubts, "--review", list);
    expect([added, review.map(({ where, why }) => `${where}: ${why}`)]).toEqual([
      1,
      ["frame 3: it is 16h40 long, more than 12h00", "frame 2: it overlaps frame 1"],
    ]);
    const kept = JSON.parse(readFileSync(list, "utf8")) as { start: string; end: string }[];
    const mended = kept.map((each) => ({ ...each, start: new Date(Math.max(Date.parse(each.start), 20_000_000)) }));
    const again = file("mended.json", mended);
    expect(await server.json("import", "json", again, "--longest", "20h")).toMatchObject({ added: 2, review: [] });
    // Now that they are there, the first file has nothing left to look at.
    expect(await server.json("import", "watson", doubts)).toMatchObject({ added: 0, known: 3, review: [] });
  });

  test("a review list that cannot be kept is known before anything is imported, and a dry run keeps none", async () => {
    const two = file("two.json", [
      [40_000_000, 40_000_100, "kept", "one", [], 0],
      [40_000_050, 40_000_200, "kept", "two", [], 0],
    ]);
    const there = file("there.json", "mine");
    expect(await server.neil("import", "watson", two, "--review", there)).toMatchObject({ exit: 2, stdout: "" });
    expect(readFileSync(there, "utf8")).toBe("mine");
    const list = join(server.home, "dry-review.json");
    expect(await server.json("import", "watson", two, "--dry-run", "--review", list)).toMatchObject({ added: 1 });
    expect(existsSync(list)).toBe(false);
    await nothingOf("kept");
  });

  test("Neil's own JSON comes back whole, with the zone in which each interval was entered", async () => {
    const interval = { client: "json", project: "zones", task: "work", note: "n", tags: ["t"], billable: false };
    const times = { start: "2020-02-03T09:00:00.000Z", end: "2020-02-03T10:00:00.000Z" };
    const one = [{ id: "zoned-1", ...interval, ...times, zone: "Asia/Kolkata" }];
    await server.json("import", "json", file("zones.json", one), "--tz", "Europe/Prague");
    expect(JSON.parse((await server.neil("export", "json", "2020-02")).stdout)).toEqual(one);
  });

  test("a name in --map that the file does not have is told", async () => {
    const ran = await server.neil("import", "watson", own, "--dry-run", "--map", "gardn=a/b/c");
    expect(ran).toMatchObject({ exit: 0, stderr: expect.stringContaining('"gardn"') });
  });

  test("a file of several acts is imported as one command, which one undo takes back", async () => {
    const frame = (n: number): unknown[] => [1_000_000 + n * 10, 1_000_010 + n * 10, "long", `long-${n}`, [], 0];
    const long = file(
      "long.json",
      Array.from({ length: 1201 }, (_, n) => frame(n)),
    );
    expect(await server.json("import", "watson", long)).toMatchObject({ added: 1201, known: 0 });
    expect(await server.json<Report>("report", "project:long")).toMatchObject({ totals: [{ intervals: 1201 }] });
    expect(await server.neil("undo")).toMatchObject({ exit: 0 });
    await nothingOf("long");
  });

  test("several files are one import, and what is wrong is named with its file", async () => {
    const one = file("one.klg", "2020-01-01\n  8:00 - 9:00 a/b/c first\n");
    const two = file("two.klg", "2020-01-01\n  nonsense\n");
    const { exit, stderr } = await server.neil("import", "klog", one, two);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(`${two}, line 2: expected a time`)]);
    await server.json("import", "klog", one, "--tz", "Asia/Kolkata");
    const report = await server.json<Report>("report", "2020-01-01", "client:a", "--by", "day", "--tz", "Asia/Kolkata");
    expect(report).toMatchObject({ totals: [{ keys: ["2020-01-01"], ms: 3_600_000 }] });
  });

  test("an export comes back as nothing new, though its format knows no ids", async () => {
    const text = (await server.neil("export", "timew", "client:watson")).stdout;
    const there = text.trim().split("\n").length;
    expect(await server.json("import", "timew", file("back.data", text))).toMatchObject({ added: 0, known: there });
  });

  test.each<[what: string, args: string[], hint: string]>([
    ["a format", ["import", "tugl", "x"], 'did you mean "toggl"'],
    ["a file", ["import", "watson", "/nowhere"], "there is no such file"],
    ["a folder", ["import", "watson", "/"], "it is a folder"],
    ["another format", ["import", "watson", "FIXTURE"], "it is no JSON"],
    ["an encoding", ["import", "toggl", "LATIN"], "line 2: it is no text in UTF-8"],
    ["a map", ["import", "watson", own, "--map", "garden"], "--map takes NAME=CLIENT/PROJECT/TASK"],
    ["a duration", ["import", "watson", own, "--longest", "soon"], "no duration"],
    ["a zone", ["import", "watson", own, "--tz", "Europe/Atlantis"], "no time zone"],
  ])("%s that is wrong exits with 2 and says how to mend it in two lines", async (_, args, hint) => {
    const klog = file("some.klg", "2020-01-01\n");
    const latin = join(server.home, "latin.csv");
    writeFileSync(latin, Buffer.from("Client,Project\r\nCaf\u00e9,Shop\r\n", "latin1"));
    const ran: Ran = await server.neil(...args.map((arg) => ({ FIXTURE: klog, LATIN: latin })[arg] ?? arg));
    expect(ran).toMatchObject({ exit: 2, stdout: "" });
    expect(ran.stderr).toContain(hint);
    expect(ran.stderr.trim().split("\n")).toHaveLength(2);
  });

  test.each([
    ["a file of our own", own],
    ["real frames", real],
  ])("%s adds up to the sums of its intervals, and a second import changes nothing", async (_, path) => {
    if (!existsSync(path)) return console.warn(`not tested: ${path} is not here`);
    const sums = new Map<string, number>();
    const frames = (JSON.parse(readFileSync(path, "utf8")) as Frame[]).filter(([start, stop]) => start < stop);
    for (const [start, stop, project] of frames)
      sums.set(`watson/${project}`, (sums.get(`watson/${project}`) ?? 0) + stop - start);
    expect(await server.json("import", "watson", path)).toMatchObject({ added: frames.length, known: 0 });
    const report = await server.json<Report>("report", "--by", "project");
    const totals = new Map(report.totals.map(({ keys, ms }) => [keys[0], ms / 1000]));
    for (const [project, seconds] of sums) expect(totals.get(project)).toBe(seconds);
    expect(await server.json("import", "watson", path)).toMatchObject({ added: 0, known: frames.length });
    expect(await server.json("report")).toEqual(report);
  });
});
