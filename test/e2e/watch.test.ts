import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, test, vi } from "vitest";
import { type Server, started, startServer } from "./harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000 });
const poll = { timeout: 120_000 };

interface Line {
  watching?: number;
  seq?: number;
  name?: string;
  by?: string;
}

function watching(server: Server, ...more: string[]) {
  const child = started(["watch", ...more], { NEIL_HOME: server.home, NEIL_URL: server.rpc });
  const lines: Line[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line) as Line));
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const begun = expect.poll(() => lines.length, poll).toBeGreaterThan(0);
  return { child, lines, begun, stderr: () => stderr, ended: once(child, "exit") };
}

test("neil watch tells each act in a line of JSON, once it is durable, with who asked for it", async () => {
  const server = await startServer();
  await server.json("client", "add", "acme");
  const { lines, begun, ended } = watching(server, "--count", "2");
  await begun;
  await server.json("start", "acme/site/header");
  await server.json("stop");
  expect(await ended).toEqual([0, null]);
  expect(lines).toMatchObject([
    { watching: 1 },
    { seq: 2, name: "task/start", by: "this machine" },
    { seq: 3, name: "task/stop", by: "this machine" },
  ]);
});

test.each(["SIGTERM", "SIGKILL"] as const)(
  "neil watch goes on behind the last act when the server was away by %s: none twice, none left out",
  async (signal) => {
    let server = await startServer();
    const { child, lines, begun, stderr, ended } = watching(server, "--after", "0");
    await begun;
    for (const name of ["a", "b"]) await server.json("client", "add", name);
    await expect.poll(() => lines.length, poll).toBe(3);
    await server.end(signal);
    // What happens before it is back with the one who watches is told too.
    server = await startServer(server.home, {}, server.rpc.split(":")[1]);
    for (const name of ["c", "d"]) await server.json("client", "add", name);
    await expect.poll(() => lines.length, poll).toBe(5);
    expect(lines.map(({ seq }) => seq)).toEqual([undefined, 1, 2, 3, 4]);
    expect(stderr()).toContain("the server is back, at act 2");
    child.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
  },
);

test("neil watch ends with 130 by Ctrl-C, also while the server is away, and without a complaint when its reader has gone", async () => {
  const server = await startServer();
  const interrupted = watching(server);
  await interrupted.begun;
  interrupted.child.kill("SIGINT");
  expect(await interrupted.ended).toEqual([130, null]);
  const unread = watching(server);
  const waiting = watching(server);
  await Promise.all([unread.begun, waiting.begun]);
  unread.child.stdout.destroy();
  // The pipe tells of its end when it is written to.
  await server.json("client", "add", "acme");
  expect([...(await unread.ended), unread.stderr()]).toEqual([0, null, ""]);
  await server.end("SIGKILL");
  waiting.child.kill("SIGINT");
  expect(await waiting.ended).toEqual([130, null]);
});

test("neil watch behind an act that the server does not know is refused, and without a server unreachable", async () => {
  const server = await startServer();
  expect(await server.neil("watch", "--after", "7")).toMatchObject({ exit: 3, stdout: "" });
  expect(await server.neil("watch", "--after", "soon")).toMatchObject({ exit: 2, stdout: "" });
  await server.end();
  expect(await server.neil("watch")).toMatchObject({ exit: 4, stdout: "" });
});

test("what a test has started ends with it, even when its process is killed", async () => {
  const guard = new URL("with-parent.mjs", import.meta.url).href;
  const own = `["--import", ${JSON.stringify(guard)}, "-e", "console.log(1); setInterval(() => {}, 1000)"]`;
  const starts = `require("node:child_process").spawn(process.execPath, ${own}, { stdio: ["pipe", "inherit", "inherit"] });
    setInterval(() => {}, 1000)`;
  const parent = spawn(process.execPath, ["-e", starts], { stdio: ["ignore", "pipe", "inherit"] });
  // The output is at its end when both have ended.
  const said = text(parent.stdout);
  await once(parent.stdout, "data");
  parent.kill("SIGKILL");
  expect(await said).toBe("1\n");
});
