/** What devices do: the power goes, the space is used up. Only where file systems may be mounted. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { tempFolder } from "./fixtures.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const limit = 120_000;

function run(script: string, args: readonly string[]): { lines: string[]; stderr: string } {
  const command = ["-m", "sh", `${here}${script}`, tempFolder(), process.execPath, here, ...args];
  const { stdout, stderr } = spawnSync("unshare", command, { encoding: "utf8", timeout: limit });
  return { lines: (stdout ?? "").trim().split("\n"), stderr };
}

const mountable = (what: string): boolean => {
  const { status } = spawnSync("unshare", ["-m", "sh", "-c", what], { timeout: limit });
  if (status !== 0)
    console.warn(`test/mansion/device.test.ts: some tests are skipped, for this cannot be done: ${what}`);
  return status === 0;
};
const folder = "d=$(mktemp -d) && trap 'rm -rf $d' EXIT";
const tmpfs = mountable(`${folder} && mount -t tmpfs tmpfs $d && umount $d`);
const loop = mountable(
  `${folder} && truncate -s 8M $d/i && mkfs.ext4 -q -F $d/i && mkdir $d/m && mount -o loop $d/i $d/m && umount $d/m`,
);

test.runIf(loop).each([3, 60, 400])(
  "a power cut loses nothing that was acknowledged, after %d appends",
  { timeout: limit },
  (batches) => {
    const { lines, stderr } = run("power.sh", [String(batches)]);
    expect(lines, stderr).toHaveLength(3);
    const acknowledged = Number(lines[0]?.split(" ")[1]);
    expect(acknowledged).toBeGreaterThanOrEqual(batches);
    expect(Number(lines[1])).toBeGreaterThanOrEqual(acknowledged);
    expect(lines[2]).toBe("appended");
  },
);

test.runIf(tmpfs)(
  "a snapshot that would leave little room on the device is not kept, and records are taken all the same",
  { timeout: limit },
  () => {
    const { lines, stderr } = run("tight.sh", []);
    expect(lines, stderr).toStrictEqual(["kept", "MANSION_FULL", "3 1"]);
  },
);

test.runIf(tmpfs)(
  "a full device rejects with JOURNAL_FAILED and its cause MANSION_FULL, loses nothing acknowledged, and goes on once there is room",
  { timeout: limit },
  () => {
    const { lines, stderr } = run("full.sh", []);
    const acknowledged = lines.filter((line) => /^\d+ /.test(line)).map((line) => Number(line.split(" ")[1]));
    expect(lines.slice(acknowledged.length, acknowledged.length + 2), stderr).toStrictEqual([
      "JOURNAL_FAILED",
      "JOURNAL_FAILED MANSION_FULL",
    ]);
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(lines.slice(acknowledged.length + 2)).toStrictEqual([String(Math.max(...acknowledged)), "appended"]);
  },
);
