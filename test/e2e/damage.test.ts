import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { newHome, run, startServer } from "./harness.js";

describe("a server whose data is damaged", () => {
  test("refuses to open, names the record, and leaves the data as it is", async () => {
    const home = newHome();
    const server = await startServer(home);
    await server.neil("start", "acme/site/header");
    await server.neil("stop");
    await server.neil("start", "acme/site/footer");
    expect(await server.end()).toBe(0);
    const file = join(home, "mansion", "data.mdb");
    const damaged = flipped(readFileSync(file), "task/stop");
    writeFileSync(file, damaged);
    const { exit, stdout, stderr } = await run(["serve", "--web-port", "0", "--rpc-port", "0"], { NEIL_HOME: home });
    expect({ exit, stdout }).toEqual({ exit: 5, stdout: "" });
    expect(stderr).toContain("record 2");
    expect(stderr.trim().split("\n")).toHaveLength(2);
    expect(readFileSync(file)).toEqual(damaged);
  });

  test("refuses keys that are damaged with 6, and never shows what is in them", async () => {
    const home = newHome();
    const server = await startServer(home);
    expect(await server.end()).toBe(0);
    const file = join(home, "server.json");
    const keys = JSON.parse(readFileSync(file, "utf8")) as { key: string };
    writeFileSync(file, JSON.stringify({ ...keys, key: `${keys.key}x` }));
    const { exit, stderr } = await run(["serve", "--web-port", "0", "--rpc-port", "0"], { NEIL_HOME: home });
    expect(exit).toBe(6);
    expect(stderr).toContain(file);
    expect(stderr).not.toContain(keys.key.slice(0, 20));
  });
});

// One bit of every place where the text stands: the live record is one of them, the others are pages that are free.
function flipped(bytes: Buffer, text: string): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(text); at >= 0; at = copy.indexOf(text, at + 1)) copy[at] = (copy[at] as number) ^ 1;
  return copy;
}
