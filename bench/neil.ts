/**
 * Neil's commands over 100,000 intervals of eleven years, as a shell sees them, from the start of the process to its end;
 * beside timewarrior's over the same intervals where it is installed, and beside a bare node that does nothing.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openMansion } from "@good-place/mansion";
import { emptyOffice, IMPORT_MOST, importIntervals, neilActs } from "@good-place/neil/domain";
import { shawn } from "@good-place/shawn";
import { WebSocket } from "ws";
import type { Case, Runner } from "./harness.js";

const MANY = 100_000;
const HOUR = 3_600_000;
const MADE = "NEIL_BENCH_OFFICE";
const FROM = Date.UTC(2014, 0, 1);
const bin = fileURLToPath(new URL("../apps/neil/bin/neil.js", import.meta.url));

export async function cases(): Promise<Case[]> {
  // Made once: the processes of the contestants find it by their environment.
  process.env[MADE] ??= await filled();
  const timew = spawnSync("timew", ["--version"], { stdio: "ignore" }).status === 0;
  if (!timew) console.warn("timewarrior is not installed: Neil stands alone here");
  const subject = (
    name: string,
    words: readonly string[],
    theirs: readonly string[] | undefined,
    node = false,
  ): Case => ({
    bench: "neil",
    case: name,
    unit: "ms",
    ops: 1,
    ours: node ? timed(() => [process.execPath, [bin, ...words], {}]) : neil(words),
    peers: {
      ...(node ? { node: timed(() => [process.execPath, ["-e", "0"], {}]) } : {}),
      ...(timew && theirs !== undefined ? { timewarrior: timewarrior(theirs) } : {}),
    },
  });
  return [
    subject("start-up: neil version", ["version"], ["--version"], true),
    subject("start-up: neil prompt", ["prompt"], undefined, true),
    subject(
      `neil report of a year of ${MANY} intervals`,
      ["report", "2024"],
      ["summary", "2024-01-01", "-", "2025-01-01"],
    ),
    subject(`neil report of all of ${MANY} intervals`, ["report"], ["summary", "2014-01-01", "-", "2026-01-01"]),
    subject(
      `neil last of ${MANY} intervals`,
      ["last"],
      ["summary", ...Array.from({ length: 10 }, (_, n) => `@${n + 1}`)],
    ),
    subject(`neil doctor of ${MANY} intervals`, ["doctor"], undefined),
    subject(`neil list of ${MANY} intervals`, ["list"], undefined),
    subject(`neil overview of ${MANY} intervals`, ["overview"], undefined),
    alone(`neil task merge of 2500 of ${MANY} intervals`, merge()),
    alone(`start of the server with ${MANY} intervals`, startOfServer()),
    alone(`first word to a page of ${MANY} intervals`, firstWord()),
    { ...alone(`neil import watson of ${MANY} intervals`, importOfAll()), rounds: 3, roundTimeoutMs: 300_000 },
  ];
}

function alone(name: string, ours: Runner): Case {
  return { bench: "neil", case: name, unit: "ms", ops: 1, ours, peers: {} };
}

type Run = readonly [program: string, args: readonly string[], env: Record<string, string>];

function timed(prepare: () => Promise<Run> | Run): Runner {
  let prepared: Promise<Run> | Run | undefined;
  return async () => {
    prepared ??= prepare();
    const [program, args, env] = await prepared;
    const begun = performance.now();
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "inherit"] });
    const [code] = await once(child, "close");
    const ms = performance.now() - begun;
    // 1 is an answer too: nothing runs.
    if (code !== 0 && code !== 1) throw new Error(`${program} ${args.join(" ")} exited with ${code}`);
    return ms;
  };
}

// Of a server that was used: there is a snapshot, and little behind it.
function startOfServer(): Runner {
  let home: string | undefined;
  const end = async (child: ChildProcess): Promise<void> => {
    child.kill();
    await once(child, "close");
  };
  return async () => {
    if (home === undefined) {
      home = office();
      const { child, rpc } = await served(home);
      for (const words of [["start", "a/b/c", "--create"], ["stop"]]) {
        spawnSync(process.execPath, [bin, ...words], { env: { ...process.env, NEIL_HOME: home, NEIL_URL: rpc } });
      }
      await end(child);
    }
    const begun = performance.now();
    const { child } = await served(home);
    const ms = performance.now() - begun;
    await end(child);
    return ms;
  };
}

// Each merge is taken back before the next.
function merge(): Runner {
  const words = ["task", "merge", "client-0/project-0/task-0", "client-1/project-1/task-1"];
  const server = lasting();
  const [merged, undone] = [neil(words, server), neil(["undo"], server)];
  return async (...args) => {
    const ms = await merged(...args);
    await undone(...args);
    return ms;
  };
}

// From the handshake to all that a page shows.
function firstWord(): Runner {
  const server = lasting();
  return async () => {
    const { host, hash, origin } = new URL((await server()).page);
    const begun = performance.now();
    const socket = new WebSocket(`ws://${host}/live?${hash.slice(1)}`, { origin });
    await once(socket, "message");
    const ms = performance.now() - begun;
    socket.terminate();
    return ms;
  };
}

// Into an office in which nothing has happened yet.
function importOfAll(): Runner {
  const frames = Array.from({ length: MANY }, (_, n) => {
    const { id, handle, start, end, tags } = work(n);
    return [start / 1000, end / 1000, handle.task, id, tags, end / 1000];
  });
  const file = join(folder(), "frames");
  writeFileSync(file, JSON.stringify(frames));
  return async () => {
    const home = folder();
    const { child, rpc } = await served(home);
    const ms = await timed(() => [
      process.execPath,
      [bin, "import", "watson", file],
      { NEIL_HOME: home, NEIL_URL: rpc },
    ])(1, () => {});
    child.kill();
    await once(child, "close");
    rmSync(home, { recursive: true });
    return ms;
  };
}

function neil(words: readonly string[], server: () => Promise<Served> = lasting()): Runner {
  return timed(async () => {
    const { home, rpc } = await server();
    return [process.execPath, [bin, ...words], { NEIL_HOME: home, NEIL_URL: rpc }];
  });
}

interface Served {
  readonly home: string;
  readonly child: ChildProcess;
  readonly rpc: string;
  readonly page: string;
}

// A server from the first who asks for it to the end of this process.
function lasting(): () => Promise<Served> {
  let server: Promise<Served> | undefined;
  return () => {
    server ??= served(office());
    return server;
  };
}

async function served(home: string): Promise<Served> {
  const args = [bin, "serve", "--web-port", "0", "--rpc-port", "0", "--json"];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NEIL_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("close", () => process.off("exit", kill));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { rpc, page } = JSON.parse(String(line)) as { rpc: string; page: string };
  return { home, child, rpc, page };
}

interface Work {
  readonly id: string;
  readonly handle: { readonly client: string; readonly project: string; readonly task: string };
  readonly start: number;
  readonly end: number;
  readonly note: string;
  readonly tags: string[];
}

// 25 minutes of each hour, of forty tasks.
function work(n: number): Work {
  const start = FROM + n * HOUR;
  const handle = { client: `client-${n % 4}`, project: `project-${n % 20}`, task: `task-${n % 40}` };
  return { id: `i${n}`, handle, start, end: start + 25 * 60_000, note: "", tags: [`tag-${n % 7}`] };
}

// Each contestant has a copy of its own, for one server alone may hold it.
function office(): string {
  const home = folder();
  cpSync(process.env[MADE] ?? "", home, { recursive: true });
  return home;
}

async function filled(): Promise<string> {
  const home = folder();
  await using mansion = await openMansion({ path: join(home, "mansion") });
  await using store = shawn(emptyOffice(), { acts: neilActs, journal: mansion.journal("office") });
  await store.settled();
  for (let n = 0; n < MANY; n += IMPORT_MOST) {
    const intervals = Array.from({ length: Math.min(IMPORT_MOST, MANY - n) }, (_, index) => work(n + index));
    store.confirm(importIntervals({ zone: "UTC", intervals, command: `import#${n}` }));
  }
  await store.settled();
  return home;
}

function timewarrior(words: readonly string[]): Runner {
  return timed(() => {
    const home = folder();
    mkdirSync(join(home, "data"));
    writeFileSync(join(home, "timewarrior.cfg"), "");
    const months = new Map<string, string[]>();
    for (let n = 0; n < MANY; n++) {
      const { handle, start, end, tags } = work(n);
      const [from, to] = [start, end].map((at) => `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`);
      const line = `inc ${from} - ${to} # "${Object.values(handle).join("/")}" "${tags.join()}"\n`;
      const month = new Date(start).toISOString().slice(0, 7);
      const lines = months.get(month);
      if (lines === undefined) months.set(month, [line]);
      else lines.push(line);
    }
    for (const [month, lines] of months) writeFileSync(join(home, "data", `${month}.data`), lines.join(""));
    const env = { TIMEWARRIORDB: home, TZ: "UTC" };
    // The first time it makes its list of tags.
    spawnSync("timew", ["tags"], { env: { ...process.env, ...env }, stdio: "ignore" });
    return ["timew", words, env];
  });
}

const folders: string[] = [];
process.once("exit", () => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "neil-bench-"));
  folders.push(path);
  return path;
}
