/**
 * What channels keep in memory (Effect #8373, #6804): nothing that was taken, dropped, refused or withdrawn. In a process of
 * its own, for only there can the collector be called; so in Node alone.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

interface Line {
  readonly name: string;
  readonly made?: number;
  readonly held?: number;
  readonly grownBytes?: number;
}

const lines: Line[] = [];

beforeAll(async () => {
  const script = fileURLToPath(new URL("./memory.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", script]);
  for (const line of stdout.trim().split("\n")) lines.push(JSON.parse(line));
});

test("values that were taken, dropped, refused or withdrawn are held by nothing, for every kind of buffer", () => {
  const told = lines.filter(({ held }) => held !== undefined);
  expect(told.map(({ name }) => name)).toEqual([
    "rendezvous",
    "fixed",
    "sliding",
    "dropping",
    "unbounded",
    "withdrawn",
    "refused",
  ]);
  // A value may still lie in a register or a frame of the last step.
  for (const { name, made, held } of told)
    expect([name, made !== undefined && made >= 200, held !== undefined && held <= 4]).toEqual([name, true, true]);
});

test("200,000 values leave less than 1 MB behind, for every kind of buffer", () => {
  const told = lines.filter(({ grownBytes }) => grownBytes !== undefined);
  expect(told).toHaveLength(5);
  for (const { name, grownBytes } of told) expect([name, (grownBytes ?? 0) < 1_000_000]).toEqual([name, true]);
});
