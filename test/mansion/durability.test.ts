/** What "durable" means, seen from outside: the system calls between one resolved append and the next. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Durability } from "@good-place/mansion";
import { expect, test } from "vitest";
import { helper, tempFolder } from "./fixtures.js";

// Only where processes may be traced.
const traced = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;

test.runIf(traced)(
  "an append with durability disk resolves after its records and its head page are synced",
  async () => {
    for (const calls of await trace("disk")) expect(calls).toMatch(/fdatasync[^\n]*= 0\n[\s\S]*pwrite64/);
  },
);

test.runIf(traced)("an append with durability memory resolves without a sync", async () => {
  for (const calls of await trace("memory")) expect(calls).not.toContain("fdatasync");
});

// The calls before each of the three appends resolved, since the one before it.
async function trace(durability: Durability): Promise<string[]> {
  const path = tempFolder();
  const output = join(path, "trace");
  const strace = `exec strace -f -e trace=fdatasync,pwrite64,write -o ${output}`;
  expect(await helper("three.mjs", [join(path, "m"), durability], strace).rest()).toHaveLength(4);
  return readFileSync(output, "utf8")
    .split(/write\(1, "resolved \d/)
    .slice(1, 4);
}
