/**
 * Neil in a terminal: the real process in a pseudo-terminal, which Python makes, and a terminal's screen behind it.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import xterm from "@xterm/headless";
import { expect } from "vitest";
import { root } from "./harness.js";

const helper = fileURLToPath(new URL("fixtures/in-terminal.py", import.meta.url));
const bin = join(root, "apps/neil/bin/neil.js");

/** Whether this machine can make a pseudo-terminal. */
export const canTerminal: boolean =
  process.platform !== "win32" && spawnSync("python3", ["-c", "import pty"]).status === 0;
if (!canTerminal) console.warn("no python3 with pty: the tests of `neil dash` in a terminal are left out");

export interface InTerminal extends AsyncDisposable {
  /** Its process id. */
  readonly pid: number;
  readonly terminal: InstanceType<typeof xterm.Terminal>;
  /** Everything that it has written so far. */
  written(): string;
  press(keys: string): void;
  resize(columns: number, rows: number): void;
  /** The rows as they are seen. */
  screen(): string;
  row(y: number): string;
  /** Waits until something is seen. */
  sees(what: string | RegExp): Promise<void>;
  /** Waits until something is seen no more. */
  missed(what: string): Promise<void>;
  readonly exit: Promise<number | null>;
}

export interface Occasion {
  readonly env: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
  /** What the terminal shows before. */
  readonly before?: string;
}

export async function inTerminal(
  args: readonly string[],
  { env, columns = 80, rows = 24, before = "" }: Occasion,
): Promise<InTerminal> {
  const command = [process.execPath, bin, ...args];
  const child = spawn("python3", [helper, `${columns}`, `${rows}`, ...command], {
    env: { ...process.env, TERM: "xterm-256color", ...env },
    stdio: ["pipe", "pipe", "inherit", "pipe", "pipe"],
  });
  const [keyboard, output, , sizes, ids] = child.stdio;
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(before, resolve));
  let text = "";
  output?.setEncoding("utf8");
  output?.on("data", (chunk: string) => {
    text += chunk;
    terminal.write(chunk);
  });
  const exit = once(child, "close").then(([code]) => code as number | null);
  const [line] = (await Promise.race([
    once(ids as NodeJS.ReadableStream, "data"),
    exit.then((code) => {
      throw new Error(`the pseudo-terminal ended with ${code}`);
    }),
  ])) as [Buffer];
  const pid = Number(line.toString());
  const row = (y: number): string => terminal.buffer.active.getLine(y)?.translateToString(true).trimEnd() ?? "";
  const screen = (): string => Array.from({ length: terminal.rows }, (_, y) => row(y)).join("\n");
  return {
    pid,
    terminal,
    exit,
    row,
    screen,
    written: () => text,
    press: (keys) => void (keyboard as NodeJS.WritableStream).write(keys),
    resize(columns, rows) {
      terminal.resize(columns, rows);
      (sizes as NodeJS.WritableStream).write(`${columns} ${rows}\n`);
    },
    sees: (what) => expect.poll(screen, { timeout: 60_000 }).toMatch(what),
    missed: (what) => expect.poll(screen, { timeout: 60_000 }).not.toContain(what),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) process.kill(pid, "SIGKILL");
      await exit;
      terminal.dispose();
    },
  };
}
