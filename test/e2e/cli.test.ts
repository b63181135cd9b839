import { chmodSync, copyFileSync, existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newHome, run, type Server, startServer } from "./harness.js";

interface Status {
  running: { handle: string; note: string; tags: string[]; start: string; ms: number } | null;
  last: { handle: string } | null;
}
interface Problem {
  error: { code: string; message: string; advice: string };
}

describe("the command line against a server", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    await server.end();
  });

  test("the first run makes keys that only their owner can read", () => {
    expect(server.firstRun).toBe(true);
    for (const file of ["server.json", "client.json"])
      expect(statSync(join(server.home, file)).mode & 0o777).toBe(0o600);
  });

  test.skipIf(process.platform === "win32")(
    "doctor finds a data folder that others can read, and closes it",
    async () => {
      chmodSync(server.home, 0o755);
      expect(await server.neil("doctor")).toMatchObject({
        exit: 3,
        stdout: expect.stringContaining(`others can read ${server.home}`),
      });
      expect(await server.neil("doctor", "--fix")).toMatchObject({ exit: 0, stdout: "all is well\n" });
      expect(statSync(server.home).mode & 0o777).toBe(0o700);
    },
  );

  test("start, status, stop and report tell one story", async () => {
    const idle = await server.neil();
    expect(idle).toMatchObject({ exit: 1, stderr: "" });
    const started = await server.json<{ started: { handle: string }; created: string[] }>(
      ...["start", "acme/site/header", "fix", "the", "menu", "+css"],
    );
    expect(started.created).toEqual(["acme", "acme/site", "acme/site/header"]);
    const status = await server.json<Status>();
    expect(status.running).toMatchObject({ handle: "acme/site/header", note: "fix the menu", tags: ["css"] });
    expect(Date.now() - Date.parse(status.running?.start ?? "")).toBeLessThan(60_000);
    expect((await server.neil()).exit).toBe(0);
    const second = await server.neil("start", "acme/site/footer");
    expect(second).toMatchObject({ exit: 3, stdout: "" });
    expect(second.stderr.trim().split("\n")).toHaveLength(2);
    const stopped = await server.json<{ completed: boolean; stopped: { note: string } }>(
      "stop",
      "all",
      "tested",
      "done",
    );
    expect(stopped).toMatchObject({ completed: true, stopped: { note: "fix the menu; all tested" } });
    const report = await server.json<{ totals: { keys: string[]; intervals: number }[] }>("report", "--by", "task");
    expect(report.totals).toMatchObject([{ keys: ["acme/site/header"], intervals: 1 }]);
    expect(await server.json<Status>()).toMatchObject({ running: null, last: { handle: "acme/site/header" } });
  });

  test("a completed task is not started again", async () => {
    const { error } = await server.json<Problem>("start", "acme/site/header");
    expect(error.code).toBe("TASK_COMPLETED");
  });

  test("stop with nothing running exits with 1 and says so in JSON too", async () => {
    expect(await server.neil("stop")).toMatchObject({ exit: 1 });
    expect(await server.json<Problem>("stop")).toMatchObject({ error: { code: "IDLE" } });
  });

  test.each([
    [["strat", "a/b/c"], 'did you mean "start"'],
    [["start", "acme"], "client/project/task"],
    [["start", "a/b/c/d"], "client/project/task"],
    [["start"], "at least 1 word"],
    [["report", "--by", "moon"], "client, project, task"],
    [["report", "--bi", "task"], "--by"],
    [["report", "--by"], "needs a value"],
    [["import", "tugl", "x"], "toggl"],
    [["import", "watson", "/nowhere/at/all.json"], "cannot be read"],
  ])("wrong usage %j exits with 2 and names the mistake", async (args, hint) => {
    const { exit, stdout, stderr } = await server.neil(...args);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toContain(hint);
  });

  test("a second server on the same data says who holds it and exits with an error", async () => {
    const second = await run(["serve", "--web-port", "0", "--rpc-port", "0"], { NEIL_HOME: server.home });
    expect(second.exit).toBe(3);
    expect(second.stderr).toContain(String(server.process.pid));
  });

  test("a client with keys of another server is refused with 6", async () => {
    const other = await startServer();
    const refused = await run(["--json"], { NEIL_HOME: other.home, NEIL_URL: server.rpc });
    expect(refused.exit).toBe(6);
    expect(await other.end()).toBe(0);
  });

  test("--json may stand before the command, and an error is one line whatever it quotes", async () => {
    const { stdout } = await server.neil("--json", "report");
    expect(JSON.parse(stdout)).toMatchObject({ by: ["project"] });
    const { exit, stderr } = await server.neil("foo\nbar\u001b[2J");
    expect(exit).toBe(2);
    expect(stderr).toMatch(/^neil: [^\n]*\n {6}[^\n]*\n$/);
    expect(stderr).not.toContain("\u001b");
  });

  test("help and version need no server", async () => {
    const help = await run(["help"], { NEIL_HOME: newHome() });
    expect(help).toMatchObject({ exit: 0, stderr: "" });
    expect((await run(["--version"], { NEIL_HOME: newHome() })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run(["start", "--help"], { NEIL_HOME: newHome() })).stdout).toContain("CLIENT/PROJECT/TASK");
  });
});

describe("the command line without a server", () => {
  test("keys without a server are unreachable, exit code 4", async () => {
    const server = await startServer();
    expect(await server.end()).toBe(0);
    const { exit, stderr } = await server.neil();
    expect(exit).toBe(4);
    expect(stderr).toContain("npm start");
  });

  test("a client whose keys are gone gets new ones at the next start, and a copy of the old ones still fits", async () => {
    const server = await startServer();
    const file = join(server.home, "client.json");
    const old = newHome();
    copyFileSync(file, join(old, "client.json"));
    expect(await server.end()).toBe(0);
    rmSync(file);
    const again = await startServer(server.home);
    expect(again.firstRun).toBe(false);
    expect((await again.neil()).exit).toBe(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await run([], { NEIL_HOME: old, NEIL_URL: again.rpc })).exit).toBe(1);
    expect(await again.end()).toBe(0);
  });

  test("a second signal does not kill a server that is draining: it still gives up its folder", async () => {
    const server = await startServer();
    server.process.kill("SIGTERM");
    expect(await server.end("SIGINT")).toBe(0);
    expect(existsSync(join(server.home, "mansion", "lock"))).toBe(false);
  });

  test("no keys at all says to start the server, exit code 4", async () => {
    const { exit, stderr } = await run([], { NEIL_HOME: newHome() });
    expect(exit).toBe(4);
    expect(stderr).toContain("npm start");
  });

  test("a port that is taken is named, exit code 3", async () => {
    const server = await startServer();
    const port = new URL(server.page).port;
    const second = await run(["serve", "--web-port", port, "--rpc-port", "0"], { NEIL_HOME: newHome() });
    expect(second.exit).toBe(3);
    expect(second.stderr).toContain(port);
    await server.end();
  });
});
