/** Unix sockets and descriptors: whose file it is, who may connect, and what a dead server leaves behind. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ChidiServer, chidi } from "@good-place/chidi";
import { expect, onTestFinished, test } from "vitest";

test("the file appears with its mode, this user alone by default, and is gone after the drain", async () => {
  const path = await place();
  for (const [options, mode] of [
    [{}, 0o600],
    [{ mode: 0o660 }, 0o660],
  ] as const) {
    const server = await start(path, "x", options);
    expect(statSync(path).mode & 0o777).toBe(mode);
    expect(server.address).toEqual({ path });
    expect(await curl(path)).toBe("x");
    expect(await curl(path, "--http1.0")).toBe("x");
    expect(readdirSync(join(path, ".."))).toEqual(["s"]);
    await server.drain();
    expect(readdirSync(join(path, ".."))).toEqual([]);
  }
});

test("HTTP/2 and curl over a unix socket", async () => {
  const path = await place();
  await start(path, "x", { http2: true });
  expect(await curl(path, "--http2-prior-knowledge")).toBe("x");
});

test("a path that a living server has is LISTEN_IN_USE, and that server stays", async () => {
  const path = await place();
  await start(path, "first");
  await expect(start(path, "second")).rejects.toMatchObject({ code: "LISTEN_IN_USE", cause: { code: "EADDRINUSE" } });
  expect(await curl(path)).toBe("first");
  expect(readdirSync(join(path, ".."))).toEqual(["s"]);
});

test("what a dead server left is replaced, and what is no socket is not", async () => {
  const path = await place();
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  await promisify(execFile)(process.execPath, ["-e", script]).catch(() => {});
  expect(statSync(path).isSocket()).toBe(true);
  const server = await start(path, "new");
  expect(await curl(path)).toBe("new");
  await server.drain();
  writeFileSync(path, "mine");
  await expect(start(path, "x")).rejects.toMatchObject({ code: "LISTEN_IN_USE" });
  expect(statSync(path).isFile()).toBe(true);
});

test("of many that start at one stale path one gets it, and the others are told", async () => {
  const path = await place();
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  await promisify(execFile)(process.execPath, ["-e", script]).catch(() => {});
  const all = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => start(path, `server ${i}`)));
  const won = all.flatMap((one, i) => (one.status === "fulfilled" ? [i] : []));
  expect(won).toHaveLength(1);
  for (const one of all) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "LISTEN_IN_USE" });
  expect(await curl(path)).toBe(`server ${won[0]}`);
  expect(readdirSync(join(path, ".."))).toEqual(["s"]);
});

test("closing does not remove the socket of a later owner", async () => {
  const path = await place();
  const first = await start(path, "first");
  await rm(path);
  await start(path, "second");
  await first.drain();
  expect(await curl(path)).toBe("second");
});

test("a lock that a starter holds is waited for, and one that a crash left is broken", async () => {
  const path = await place();
  const lock = `${path}.lock`;
  closeSync(openSync(lock, "wx"));
  let started = false;
  const starting = start(path, "x").then((server) => {
    started = true;
    return server;
  });
  const other = await start(join(path, "..", "other"), "y");
  expect([started, existsSync(path)]).toEqual([false, false]);
  await rm(lock);
  await (await starting).drain();
  await other.drain();
  closeSync(openSync(lock, "wx"));
  utimesSync(lock, new Date(0), new Date(0));
  await start(path, "x");
  expect(readdirSync(join(path, ".."))).toEqual(["s"]);
});

test("paths that no socket can have, and modes for others, are refused", async () => {
  const handler = (): string => "x";
  for (const options of [
    { path: "relative" },
    { path: "" },
    { path: "/tmp/" },
    { path: `/tmp/${"x".repeat(99)}` },
    { path: `/tmp/${"x".repeat(92)}/s` },
    { path: "/tmp/\0s" },
    { path: "/tmp/s", mode: 0o666 },
    { port: 0, mode: 0o600 },
  ]) {
    expect(() => chidi({ handler, ...options } as never), JSON.stringify(options)).toThrow(
      expect.objectContaining({ code: "BAD_OPTION" }),
    );
  }
  await expect(start("/none/s", "x")).rejects.toMatchObject({ code: "LISTEN_FAILED", cause: { code: "ENOENT" } });
});

test("a server listens on a socket that was bound before its process began", async () => {
  const bound = createServer().listen(0, "127.0.0.1");
  await once(bound, "listening");
  onTestFinished(() => void bound.close());
  const { fd } = (bound as Server & { readonly _handle: { readonly fd: number } })._handle;
  const { port } = bound.address() as { port: number };
  const script = `
    import { chidi } from "@good-place/chidi";
    const server = await chidi({ fd: 3, handler: () => String(process.pid) });
    console.log(JSON.stringify(server.address));
    process.once("SIGTERM", () => server.drain());
  `;
  const child: ChildProcess = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit", fd],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
  expect(JSON.parse(String(line))).toEqual({ address: "127.0.0.1", port, family: "IPv4" });
  bound.close();
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe(String(child.pid));
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("a descriptor that is no socket fails the start with LISTEN_FAILED", async () => {
  const fd = openSync("/dev/null", "r");
  onTestFinished(() => closeSync(fd));
  await expect(chidi({ fd, handler: () => "x" })).rejects.toMatchObject({ code: "LISTEN_FAILED" });
});

async function place(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "chidi-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "s");
}

async function start(path: string, text: string, options: object = {}): Promise<ChidiServer> {
  const server = await chidi({ path, handler: () => text, ...options });
  onTestFinished(() => server.drain({ deadlineMs: 0 }).then());
  return server;
}

async function curl(path: string, ...options: string[]): Promise<string> {
  return (await promisify(execFile)("curl", ["-s", ...options, "--unix-socket", path, "http://localhost/"])).stdout;
}
