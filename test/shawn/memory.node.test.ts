/**
 * What a store keeps in memory. In a process of its own, for only there can the collector be called; so in Node alone.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("acts, ended listeners and admitted cocoons leave nothing behind, a product little more than itself", async () => {
  const script = fileURLToPath(new URL("./memory.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", script]);
  const told = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { name: string; grownBytes: number; living: number });
  const most: Record<string, number> = {
    "confirmed acts": 30,
    "listeners that have ended": 30,
    "admitted cocoons": 60,
    "products that nobody has admitted": 250,
  };
  expect(told.map(({ name }) => name)).toEqual(Object.keys(most));
  for (const { name, grownBytes, living } of told) {
    expect([name, living, grownBytes < (most[name] as number) ? "little" : grownBytes]).toEqual([name, 0, "little"]);
  }
});
