import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newHome, root, startServer } from "./harness.js";

// As a shell would take it apart: words, and words in double quotes.
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

test("every command of docs/neil-work.md can be typed as it stands there", async () => {
  const home = newHome();
  const clock = join(home, "clock");
  writeFileSync(clock, "2026-10-07T10:00:00Z");
  const server = await startServer(home, { NEIL_CLOCK: clock, TZ: "Europe/Prague" });
  const lines = readFileSync(join(root, "docs/neil-work.md"), "utf8").matchAll(/^neil(?: (.*?))?(?:\s+# (.*))?$/gm);
  let count = 0;
  for (const [line, command = "", comment = ""] of lines) {
    const { exit, stderr } = await server.neil(...words(command));
    expect(exit, `${line}\n${stderr}`).toBe(Number(/exits (\d)/.exec(comment)?.[1] ?? 0));
    count += 1;
  }
  expect(count).toBeGreaterThan(40);
  expect(await server.end()).toBe(0);
}, 300_000);
