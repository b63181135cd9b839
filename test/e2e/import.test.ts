import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root, type Server, startServer } from "./harness.js";

type Frame = [start: number, stop: number, project: string, id: string, tags: string[], updated: number];
interface Report {
  totals: { handle: string; intervals: number; ms: number }[];
  ms: number;
}

const own = join(root, "test/e2e/fixtures/watson-frames.json");
const real = join(root, "../shared/timedata/watson-frames-small-anonymised.json");

describe("neil import watson", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    await server.end();
  });

  test("a frame that is wrong is named, and nothing of its file is imported", async () => {
    const frames = JSON.parse(readFileSync(own, "utf8")) as Frame[];
    const wrong = join(server.home, "wrong.json");
    writeFileSync(wrong, JSON.stringify([...frames.slice(0, 2), [1, "x", "p", "id", [], 0]]));
    const { exit, stderr } = await server.neil("import", "watson", wrong);
    expect(exit).toBe(2);
    expect(stderr).toContain("frame 3");
    expect(await server.json<Report>("report")).toMatchObject({ totals: [] });
  });

  test("frames that overlap are refused with 3, and nothing is written", async () => {
    const overlapping = join(server.home, "overlapping.json");
    writeFileSync(
      overlapping,
      JSON.stringify([
        [1000, 2000, "a", "one", [], 0],
        [1500, 2500, "b", "two", [], 0],
      ]),
    );
    const { exit, stderr } = await server.neil("import", "watson", overlapping);
    expect(exit).toBe(3);
    expect(stderr).toContain("watson:two");
    expect(await server.json<Report>("report")).toMatchObject({ totals: [] });
  });

  test("a file of more than one act is imported whole or not at all", async () => {
    const frame = (n: number, start: number): unknown[] => [start, start + 10, "long", `long-${n}`, [], 0];
    const frames = Array.from({ length: 501 }, (_, n) => frame(n, 5000 + n * 10));
    const long = join(server.home, "long.json");
    const clash = join(server.home, "clash.json");
    // The last frame clashes with what the server has already, which only the server can see.
    writeFileSync(clash, JSON.stringify([[20_005, 20_015, "there", "there", [], 0]]));
    await server.json("import", "watson", clash);
    writeFileSync(long, JSON.stringify([...frames, frame(501, 20_000)]));
    expect(await server.neil("import", "watson", long)).toMatchObject({ exit: 3, stdout: "" });
    expect(await server.json<Report>("report")).toMatchObject({ totals: [{ handle: "watson/there" }] });
    writeFileSync(long, JSON.stringify(frames));
    expect(await server.json("import", "watson", long)).toEqual({ added: 501, known: 0 });
  });

  test("two frames with one id are named", async () => {
    const twins = join(server.home, "twins.json");
    const frame = [1000, 2000, "a", "twin", [], 0];
    writeFileSync(twins, JSON.stringify([frame, [3000, 4000, "a", "other", [], 0], [5000, 6000, "a", "twin", [], 0]]));
    const { exit, stderr } = await server.neil("import", "watson", twins);
    expect(exit).toBe(2);
    expect(stderr).toContain("frame 3: it has the same id as frame 1");
  });

  test.each([
    ["a file of our own", own],
    ["real frames", real],
  ])("%s adds up to the sums of its intervals, and a second import changes nothing", async (_, file) => {
    if (!existsSync(file)) return console.warn(`not tested: ${file} is not here`);
    const sums = new Map<string, number>();
    const frames = (JSON.parse(readFileSync(file, "utf8")) as Frame[]).filter(([start, stop]) => start < stop);
    for (const [start, stop, project] of frames)
      sums.set(`watson/${project}`, (sums.get(`watson/${project}`) ?? 0) + stop - start);
    expect(await server.json("import", "watson", file)).toEqual({ added: frames.length, known: 0 });
    const report = await server.json<Report>("report", "--by", "project");
    const totals = new Map(report.totals.map(({ handle, ms }) => [handle, ms / 1000]));
    for (const [project, seconds] of sums) expect(totals.get(project)).toBe(seconds);
    expect(await server.json("import", "watson", file)).toEqual({ added: 0, known: frames.length });
    expect(await server.json("report")).toEqual(report);
  });
});
