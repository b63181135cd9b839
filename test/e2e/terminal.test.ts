import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { root, type Server, startServer } from "./harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000 });
const poll = { timeout: 120_000 };

// Node has no terminal of its own to give; Python has.
const without = spawnSync("python3", ["-c", "import pty"]).status !== 0;
if (without) console.warn("there is no python3 with pty: nothing is tested that asks on a terminal");
const TERMINAL = `import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))`;

const [ENTER, ESCAPE, CTRL_C] = ["\r", "\u001b", "\u0003"];

describe.skipIf(without)("on a terminal", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    expect(await server.end()).toBe(0);
  });

  /** Types each answer once its question is shown; gives the exit code and all that was shown. */
  async function typed(args: readonly string[], ...answers: readonly (readonly [question: string, keys: string])[]) {
    const neil = [process.execPath, join(root, "apps/neil/bin/neil.js"), ...args];
    // Bounded, should this process be killed meanwhile.
    const child = spawn(
      "timeout",
      ["240", "python3", "-c", TERMINAL, "sh", "-c", 'stty cols 80 rows 30; exec "$@"', "-", ...neil],
      {
        env: { ...process.env, NEIL_HOME: server.home, NEIL_URL: server.rpc, TERM: "xterm" },
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    let shown = "";
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      shown += chunk;
    });
    const ended = once(child, "close") as Promise<[number]>;
    let seen = 0;
    for (const [question, keys] of answers) {
      await expect.poll(() => stripVTControlCharacters(shown.slice(seen)), poll).toContain(question);
      seen = shown.length;
      child.stdin.write(keys);
    }
    const [exit] = await ended;
    return { exit, shown: stripVTControlCharacters(shown), raw: shown };
  }

  async function running(): Promise<string | null> {
    const { running } = await server.json<{ running: { handle: string } | null }>("status");
    return running?.handle ?? null;
  }

  test("the codes ask for what they lack: names, a task, a note; what is left is not done", async () => {
    expect(
      await typed(["ac"], ["abbreviation:", `acme${ENTER}`], ["name", `Acme Ltd${ENTER}`], ["note", ENTER]),
    ).toMatchObject({ exit: 0 });
    expect(await typed(["ar"], ["which client?", ENTER], ["project:", `site${ENTER}`])).toMatchObject({ exit: 0 });
    expect(await typed(["ap"], ["which project?", ENTER], ["task:", `header${ENTER}`])).toMatchObject({ exit: 0 });
    expect(await typed(["ap"], ["which project?", ENTER], ["task:", `cancel${ENTER}`])).toMatchObject({ exit: 130 });
    expect(await typed(["sa"], ["which task?", CTRL_C])).toMatchObject({ exit: 130 });
    expect(
      await typed(["sa"], ["which task?", "zzz"], ["(0 matches)", ENTER], ["nothing is named so", ESCAPE]),
    ).toMatchObject({ exit: 130 });
    expect(await running()).toBeNull();
    expect(await typed(["sa"], ["which task?", ENTER])).toMatchObject({ exit: 0 });
    expect(await running()).toBe("acme/site/header");
    // While work runs the same two letters add to its project.
    expect(await typed(["ar"], ["task:", `footer${ENTER}`])).toMatchObject({ exit: 0 });
    expect(await server.json("ar", "menu")).toMatchObject({ created: ["acme/site/menu"] });
    expect(await typed(["sa"])).toMatchObject({ exit: 3 });
    expect(
      await typed(["switch"], ["note of what stops:", ENTER], ["which task?", "footer"], ["(1 match)", ENTER]),
    ).toMatchObject({ exit: 0 });
    expect(await running()).toBe("acme/site/footer");
    expect(await typed(["so"], ["note:", `looks well done${ENTER}`])).toMatchObject({ exit: 0 });
    const { tasks } = await server.json<{ tasks: { handle: string; state: string }[] }>("list", "state:completed");
    expect(tasks.map(({ handle }) => handle)).toEqual(["acme/site/footer"]);
    expect((await typed(["nt"], ["which task?", ESCAPE])).shown).not.toContain("header");
    expect((await typed(["lc"], ["which client?", ENTER])).shown).toContain("footer");
    expect((await typed(["ls"], ["which state?", "comp"], ["(1 match)", ENTER])).shown).not.toContain("site/header");
  });

  test("a name that is nearly another is made after a yes, or with --yes, and else refused", async () => {
    const ask = "Make it all the same?";
    expect(await typed(["start", "acmee/a/b"], [ask, ENTER])).toMatchObject({ exit: 3 });
    expect(await typed(["start", "acmee/a/b", "--plain"])).toMatchObject({ exit: 3 });
    expect(await typed(["start", "acmee/a/b"], [ask, "y"])).toMatchObject({ exit: 0 });
    expect(await running()).toBe("acmee/a/b");
    expect(await server.neil("switch", "acmeee/a/b")).toMatchObject({ exit: 3 });
    expect(await server.neil("switch", "acmeee/a/b", "--yes")).toMatchObject({ exit: 0 });
    await server.json("stop");
  });

  test("the menu runs what is chosen, the same again, goes home, and is left by Escape", async () => {
    const home = "cmd [h]ome, [r]erun:";
    const { exit, shown } = await typed(
      ["menu"],
      ["tell neil:", "sa"],
      ["(1 match)", ENTER],
      ["which task?", "header"],
      ["(1 match)", ENTER],
      [home, "h"],
      ["stop and start another", "so"],
      ["(1 match)", ENTER],
      ["note:", ENTER],
      [home, "r"],
      [home, "h"],
      ["start a task", "ct"],
      ["(1 match)", ENTER],
      ["which task?", ESCAPE],
      ["tell neil:", ESCAPE],
    );
    expect(exit).toBe(0);
    expect(shown).toContain("acme/site/header started");
    // What was done again.
    expect(shown).toContain("nothing is running");
    expect(await running()).toBeNull();
    expect(await typed(["menu", "--plain"])).toMatchObject({ exit: 2 });
  });

  test("nothing is coloured with --no-color", async () => {
    const coloured = new RegExp(`${ESCAPE}\\[[0-9;]*m`);
    expect((await typed(["sa"], ["which task?", CTRL_C])).raw).toMatch(coloured);
    expect((await typed(["sa", "--no-color"], ["which task?", CTRL_C])).raw).not.toMatch(coloured);
  });
});

test("without a terminal the codes and a bare start lack words, and the menu a terminal", async () => {
  const server = await startServer();
  for (const word of ["sa", "ss", "as", "ct", "nt", "ap", "ar", "ac", "start", "switch", "menu"]) {
    expect([word, await server.neil(word)]).toMatchObject([word, { exit: 2, stdout: "" }]);
  }
  for (const word of ["la", "lc", "lp", "ls", "oa", "tc", "tp", "lj", "ll"]) {
    expect([word, await server.neil(word)]).toMatchObject([word, { exit: 1, stderr: "" }]);
  }
  expect(await server.neil("so")).toMatchObject({ exit: 1, stdout: "" });
  expect(await server.end()).toBe(0);
});
