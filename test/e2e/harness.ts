/**
 * Drives the built Neil as people do: the server and the command line are child processes, each with a data folder of
 * its own. Everything started here is stopped by its own process id: at the end of the test's file, if it was not before, and
 * with the test's process, however that ends.
 */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));
const bin = join(root, "apps/neil/bin/neil.js");
const withParent = new URL("with-parent.mjs", import.meta.url).href;

const homes: string[] = [];
const alive = new Set<ChildProcess>();

// A process of vitest ends without an `exit`. What hooks of the file itself end has ended by then.
afterAll(async () => {
  await Promise.all(
    [...alive].map(async (child) => {
      const closed = once(child, "close");
      child.kill("SIGKILL");
      await closed;
    }),
  );
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

/** Starts the command line; it ends with the test at the latest. */
export function started(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, ["--import", withParent, bin, ...args], {
    env: { ...process.env, ...env },
    stdio: "pipe",
  });
  alive.add(child);
  child.once("close", () => alive.delete(child));
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8");
  return child;
}

export interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Server {
  readonly home: string;
  readonly page: string;
  readonly rpc: string;
  readonly firstRun: boolean;
  readonly process: ChildProcess;
  /** What the server has printed to stderr so far. */
  stderr(): string;
  /** Runs the command line against this server. */
  neil(...args: string[]): Promise<Ran>;
  /** The same with --json, and what it printed. */
  json<T>(...args: string[]): Promise<T>;
  /** Ends the server with a signal, and waits until it is gone. Gives its exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A new data folder; gone at the end of the test's file. */
export function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "neil-"));
  homes.push(home);
  return home;
}

export function run(args: readonly string[], env: Record<string, string>): Promise<Ran> {
  return finished(
    spawn(process.execPath, [bin, ...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] }),
  );
}

export async function finished(child: ChildProcess): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  // A letter may come in two pieces.
  child.stdout?.setEncoding("utf8");
  child.stderr?.setEncoding("utf8");
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const [exit] = (await once(child, "close")) as [number | null];
  return { exit, stdout, stderr };
}

/**
 * Starts the built server on free ports, or where the ports say, and waits until it says that it is up. It and what calls
 * it get `env` too.
 */
export async function startServer(
  home: string = newHome(),
  env: Readonly<Record<string, string>> = {},
  rpcPort = "0",
  webPort = "0",
): Promise<Server> {
  const args = ["serve", "--web-port", webPort, "--rpc-port", rpcPort, "--json"];
  const child = started(args, { NEIL_HOME: home, ...env });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), "line"),
    ended.then((code) => {
      throw new Error(`the server ended with ${code}: ${errors}`);
    }),
  ])) as [string];
  const { page, rpc, firstRun } = JSON.parse(line) as { page: string; rpc: string; firstRun: boolean };
  const neil = (...words: string[]): Promise<Ran> => run(words, { NEIL_HOME: home, NEIL_URL: rpc, ...env });
  return {
    home,
    page,
    rpc,
    firstRun,
    process: child,
    stderr: () => errors,
    neil,
    async json<T>(...words: string[]): Promise<T> {
      const { stdout, stderr, exit } = await neil(...words, "--json");
      if (stdout === "") throw new Error(`neil ${words.join(" ")} exited with ${exit} and printed nothing: ${stderr}`);
      return JSON.parse(stdout) as T;
    },
    end(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
  };
}

/** Lets a second device in, by the keys that both show. Restarts the server, which knows it from then on. */
export async function paired(server: Server): Promise<{ readonly server: Server; readonly home: string }> {
  const home = newHome();
  const { key } = JSON.parse((await run(["pair", "--json"], { NEIL_HOME: home })).stdout) as { key: string };
  const { invitation } = await server.json<{ invitation: string }>("pair", "accept", "laptop", key);
  await server.end();
  const again = await startServer(server.home);
  await run(["pair", "join", again.rpc, invitation], { NEIL_HOME: home });
  return { server: again, home };
}
