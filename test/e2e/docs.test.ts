/**
 * Runs what docs/neil.md shows: a block that names a file is written, and of a block of the console each line behind a `$` is
 * run and has to print what stands below it.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { finished, newHome, root, run, startServer } from "./harness.js";

const text = readFileSync(join(root, "docs/neil.md"), "utf8");

interface Shown {
  readonly command: string;
  readonly output: string;
}

function shown(block: string): Shown[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = "", ...output] = part.split("\n");
      return { command, output: output.join("\n") };
    });
}

test("every command of docs/neil.md prints what stands there", async () => {
  const place = newHome();
  writeFileSync(join(place, "clock"), "2026-11-02T09:00:00Z");
  const there = { NEIL_CLOCK: join(place, "clock"), TZ: "Europe/Prague" };
  const server = await startServer(newHome(), there);
  const bin = join(place, "bin");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "neil"),
    `#!/bin/sh\nexec "${process.execPath}" "${join(root, "apps/neil/bin/neil.js")}" "$@"\n`,
    { mode: 0o755 },
  );
  const env = {
    ...process.env,
    ...there,
    NEIL_HOME: server.home,
    NEIL_URL: server.rpc,
    PATH: `${bin}:${process.env.PATH}`,
  };
  const wrong: (Shown & { readonly printed: string })[] = [];
  for (const [, language = "", file = "", block = ""] of text.matchAll(/^```(\w*) ?(\S*)\n(.*?)^```$/gms)) {
    if (file !== "") writeFileSync(join(place, file), block);
    if (language !== "console") continue;
    for (const { command, output } of shown(block)) {
      const ran = await finished(spawn("sh", ["-c", `${command} 2>&1`], { cwd: place, env }));
      const printed = ran.stdout.replaceAll("\r\n", "\n");
      if (printed !== output) wrong.push({ command, output, printed });
    }
  }
  await server.end();
  expect(wrong).toEqual([]);
}, 240_000);

test("docs/neil.md shows every command of the books", async () => {
  const { stdout } = await run(["help", "--json"], { NEIL_HOME: newHome() });
  const { commands } = JSON.parse(stdout) as { commands: { name: string }[] };
  const books = ["report", "rate", "budget", "invoice", "export", "import", "complete"];
  expect(commands.map(({ name }) => name)).toEqual(expect.arrayContaining(books));
  expect(text.match(/^\$ neil (\w+)/gm)?.map((line) => line.slice(7))).toEqual(expect.arrayContaining(books));
});
