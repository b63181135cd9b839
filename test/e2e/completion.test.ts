import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root, type Server, startServer } from "./harness.js";

function installed(shell: string): boolean {
  const there = spawnSync(shell, ["--version"], { stdio: "ignore" }).status === 0;
  if (!there) console.warn(`${shell} is not installed: its completion is not tested`);
  return there;
}

describe("completion", () => {
  let server: Server;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    server = await startServer();
    for (const task of ["acme/site/header", "acme/mail/inbox", "beta/api/auth"]) {
      await server.json("start", task, "--create");
      await server.json("stop");
    }
    await server.json("add", "acme/site/header", "2026-01-05", "9:00-10:00");
    await server.json("rate", "set", "acme", "50EUR/h");
    await server.json("invoice", "draft", "acme", "2026-01");
    // As installed: a command named neil.
    const bin = join(server.home, "bin");
    mkdirSync(bin);
    const script = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "apps/neil/bin/neil.js")}" "$@"\n`;
    writeFileSync(join(bin, "neil"), script, { mode: 0o755 });
    env = { ...process.env, NEIL_HOME: server.home, NEIL_URL: server.rpc, PATH: `${bin}:${process.env.PATH}` };
  });
  afterAll(async () => {
    await server.end();
  });

  async function candidates(...words: string[]): Promise<string[]> {
    return (await server.neil("complete", "--", ...words)).stdout.split("\n").filter(Boolean);
  }

  test.each<[words: string[], found: string[]]>([
    [["rep"], ["report"]],
    [["nothing-like-this"], []],
    [["report", "--r"], ["--round"]],
    [
      ["report", "--by", "client,t"],
      ["client,tag", "client,task"],
    ],
    [["report", "lastw"], ["lastweek"]],
    [["report", "client:a"], ["client:acme"]],
    [
      ["export", "ti"],
      ["timeclock", "timew"],
    ],
    [["export", "csv", "yest"], ["yesterday"]],
    [
      ["rate", ""],
      ["rm", "set"],
    ],
    [["rate", "set", "d"], ["default"]],
    [
      ["invoice", "p"],
      ["paid", "pdf"],
    ],
    [["invoice", "draft", "acme", "lastm"], ["lastmonth"]],
    [["invoice", "issue", "d"], ["draft-1"]],
    [
      ["start", "acme/s"],
      ["acme/site", "acme/site/header"],
    ],
    [["completion", "z"], ["zsh"]],
    [["away", "g"], ["go-on"]],
    [["config", "set", "w"], ["week-start"]],
    [
      ["config", "week-start", "s"],
      ["saturday", "sunday"],
    ],
    [["config", "rm", "t"], ["target"]],
    [["last", "-n"], ["-n"]],
    [["dash", "--pl"], ["--plain"]],
    [["nonsense", "a"], []],
  ])("of %j is %j", async (words, found) => {
    expect(await candidates(...words)).toEqual(found);
  });

  function ran(shell: string, ...args: string[]): string[] {
    const { stdout, stderr, status } = spawnSync(shell, args, { env, encoding: "utf8", timeout: 60_000 });
    expect({ shell, stderr, status }).toEqual({ shell, stderr: "", status: 0 });
    return stdout.split("\n").filter(Boolean);
  }

  test.skipIf(!installed("bash"))("works in bash, also behind a colon", () => {
    const asked = (line: string): string[] =>
      ran(
        "bash",
        "--norc",
        "-c",
        `eval "$(neil completion bash)"; COMP_LINE='${line}' COMP_POINT=${line.length}; _neil; printf '%s\\n' "\${COMPREPLY[@]}"`,
      );
    expect(asked("neil rep")).toEqual(["report"]);
    expect(asked("neil start beta/")).toEqual(["beta/api", "beta/api/auth"]);
    expect(asked("neil report client:a")).toEqual(["acme"]);
    expect(asked("neil export ")).toEqual(["csv", "html", "ical", "json", "klog", "timeclock", "timew"]);
  });

  test.skipIf(!installed("zsh"))("works in zsh", () => {
    // What the shell's own part would show, printed instead.
    const script = `compdef() { :; }; compadd() { shift; print -l -- "$@"; }; eval "$(neil completion zsh)"`;
    const asked = (...words: string[]): string[] =>
      ran(
        "zsh",
        "-f",
        "-c",
        `${script}; words=(neil ${words.map((word) => `'${word}'`).join(" ")}); CURRENT=${words.length + 1}; _neil`,
      );
    expect(asked("rep")).toEqual(["report"]);
    expect(asked("start", "beta/")).toEqual(["beta/api", "beta/api/auth"]);
  });

  test.skipIf(!installed("fish"))("works in fish", () => {
    const asked = (line: string): string[] =>
      ran("fish", "--no-config", "-c", `neil completion fish | source; complete -C '${line}'`);
    expect(asked("neil rep")).toEqual(["report"]);
    expect(asked("neil start beta/")).toEqual(["beta/api", "beta/api/auth"]);
    expect(asked("neil export cs")).toContain("csv");
  });
});
