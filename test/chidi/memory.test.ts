/** What is left of connections that are gone. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("memory.mjs", import.meta.url));

test("a connection that is gone is not held, however it went, over HTTP/1, HTTP/2 and as a socket", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", script]);
  const ways = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(ways).toHaveLength(7);
  for (const { way, seen, held } of ways) expect({ way, seen, held }).toEqual({ way, seen: true, held: "few" });
}, 120_000);
