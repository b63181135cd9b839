/**
 * The same calls over every transport, between real processes and threads where there are two.
 */
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";
import { chidi } from "@good-place/chidi";
import { type Client, dial, generateKeys, hemple, lineOf, type Place } from "@good-place/hemple";
import { trevor } from "@good-place/trevor";
import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { failure, gate, type Office, office, plain, start } from "./office.js";

const folder = mkdtempSync(join(tmpdir(), "hemple-"));
const socketPath = (name: string): string => join(folder, name);
const away = fileURLToPath(new URL("./away.mjs", import.meta.url));
const secrets = { key: generateKeys(), server: generateKeys(), psk: new Uint8Array(32).fill(7) };
const options = {
  key: secrets.server.privateKey,
  psk: secrets.psk,
  peers: [{ key: secrets.key.publicKey, roles: ["owner"] }],
};
const credentials = { key: secrets.key.privateKey, psk: secrets.psk };

process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** A server in a process of its own, at the place that it says. */
async function elsewhere(kind: "tcp" | "unix" | "url"): Promise<Place> {
  const child = spawn(process.execPath, [away, kind, socketPath("away")], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  child.stdin.write(
    `${JSON.stringify({ ...options, peers: undefined, guest: secrets.key.publicKey }, (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
    )}\n`,
  );
  for await (const line of createInterface({ input: child.stdout })) {
    return { ...(JSON.parse(line) as Place), ...(kind === "url" && { WebSocket }) };
  }
  throw new Error("the server did not start");
}

/** A server in a thread of its own, behind a message port. */
function inThread(): Place {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(away, {
    argv: ["messages"],
    workerData: { ...options, peers: undefined, guest: secrets.key.publicKey, port: port2 },
    transferList: [port2],
  });
  onTestFinished(() => void worker.terminate());
  return { messages: port1 };
}

const places: Record<string, () => Place | Promise<Place>> = {
  TCP: () => elsewhere("tcp"),
  "a unix socket": () => elsewhere("unix"),
  "a WebSocket": () => elsewhere("url"),
  "a message port": inThread,
};

async function enter(place: Place): Promise<Client<Office>> {
  const tell = await dial(office, { ...place, ...credentials, deadlineMs: 30_000 });
  onTestFinished(() => tell[Symbol.asyncDispose]());
  return tell;
}

// Comparing long arrays item by item takes longer than all else.
const shown = (value: unknown): unknown =>
  value instanceof Uint8Array ? [value.length, createHash("sha256").update(value).digest("hex")] : value;

test.each(Object.entries(places))("over %s random calls of any size come back whole", async (_, place) => {
  const tell = await enter(await place());
  const value = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.array(fc.integer(), { maxLength: 40 }),
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(fc.integer({ min: 0, max: 300_000 }), fc.nat(255))
      .map(([length, byte]) => new Uint8Array(length).fill(byte)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 8 }), async (values) => {
      const answers = await Promise.all(values.map((each) => tell.echo(each)));
      expect(answers.map(shown)).toEqual(values.map(shown));
    }),
    { numRuns: 20 },
  );
  expect(await tell.double(21)).toBe(42);
});

test.each(Object.entries(places))("over %s many long answers arrive behind each other's backs", async (_, place) => {
  const tell = await enter(await place());
  // What is random cannot be deflated, so all of it has to pass.
  const sent = Array.from({ length: 100 }, () => new Uint8Array(randomBytes(100_000)));
  const answers = await Promise.all(sent.map((bytes) => tell.echo(bytes)));
  expect(answers.map(shown)).toEqual(sent.map(shown));
});

test("a unix socket is its owner's alone, goes with its server, and one that a dead server left is taken over", async () => {
  const path = socketPath("mine");
  const first = await hemple(office, plain, { ...options, path });
  expect(first.address).toEqual({ path });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect((await failure(hemple(office, plain, { ...options, path }))).code).toBe("LISTEN");
  expect(await (await enter({ path })).double(2)).toBe(4);
  await first.drain({ deadlineMs: 0 });
  expect(statSync(path, { throwIfNoEntry: false })).toBe(undefined);

  const left = socketPath("left");
  const dead = spawn(process.execPath, [
    "-e",
    `require("net").createServer().listen(${JSON.stringify(left)}, () => console.log("there"))`,
  ]);
  await new Promise((resolve) => dead.stdout.once("data", resolve));
  const gone = new Promise((resolve) => dead.once("exit", resolve));
  dead.kill("SIGKILL");
  await gone;
  const second = await hemple(office, plain, { ...options, path: left });
  onTestFinished(() => second[Symbol.asyncDispose]());
  expect(await (await enter({ path: left })).double(3)).toBe(6);

  const file = socketPath("file");
  writeFileSync(file, "not a socket");
  expect((await failure(hemple(office, plain, { ...options, path: file }))).code).toBe("LISTEN");
  expect(statSync(file).size).toBe(12);
});

test("a server without a place of its own serves the ports and sockets that it is handed", async () => {
  const server = await hemple(office, plain, options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  expect(server.address).toBe(undefined);
  const web = await chidi({
    handler: () => "a page",
    port: 0,
    sockets: [trevor({ path: "/rpc", ...server.endpoint })],
  });
  onTestFinished(() => web[Symbol.asyncDispose]());
  const { port } = web.address as { port: number };
  const overWeb = await enter({ url: `ws://127.0.0.1:${port}/rpc`, WebSocket });
  const { port1, port2 } = new MessageChannel();
  server.accept(port2);
  const overPort = await enter({ messages: port1 });
  expect(await Promise.all([overWeb.double(1), overPort.double(2)])).toEqual([2, 4]);
  expect(server.statistics().connections).toBe(2);
  await overWeb[Symbol.asyncDispose]();
  await overPort[Symbol.asyncDispose]();
});

test.each(["a WebSocket", "a message port"])(
  "text over %s ends that connection, and the server goes on",
  async (kind) => {
    const { server, next, dial: enterTcp } = await start();
    if (kind === "a message port") {
      const { port1, port2 } = new MessageChannel();
      server.accept(port2);
      const closed = new Promise((resolve) => port1.once("close", resolve));
      port1.start();
      port1.postMessage("hemple, please");
      await closed;
    } else {
      const web = await chidi({ handler: () => "", port: 0, sockets: [trevor({ path: "/rpc", ...server.endpoint })] });
      onTestFinished(() => web[Symbol.asyncDispose]());
      const socket = new WebSocket(`ws://127.0.0.1:${(web.address as { port: number }).port}/rpc`);
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.once("open", () => socket.send("hemple, please"));
      expect(await closed).toBe(1003);
    }
    expect((await next("refused")).code).toBe("CLOSED");
    expect(await (await enterTcp()).double(4)).toBe(8);
  },
);

test("a goodbye is heard on both sides of a WebSocket and of a message port", async () => {
  const { server, keys, psk, next } = await start();
  const web = await chidi({ handler: () => "", port: 0, sockets: [trevor({ path: "/rpc", ...server.endpoint })] });
  onTestFinished(() => web[Symbol.asyncDispose]());
  const url = `ws://127.0.0.1:${(web.address as { port: number }).port}/rpc`;
  const enterBy = async (kind: "url" | "messages"): Promise<Client<Office>> => {
    const { port1, port2 } = new MessageChannel();
    if (kind === "messages") server.accept(port2);
    const place = kind === "url" ? { url, WebSocket } : { messages: port1 };
    return dial(office, { ...place, key: keys.privateKey, psk });
  };
  for (const kind of ["url", "messages"] as const) {
    const leaving = await enterBy(kind);
    await leaving[Symbol.asyncDispose]();
    expect((await next("close")).code).toBe("BYE");
    const left = await enterBy(kind);
    server.update({ peers: [] });
    expect((await lineOf(left).closed).code).toBe("BYE");
    expect((await next("close")).code).toBe("REMOVED");
    server.update({ peers: [{ key: keys.publicKey }] });
  }
  expect(server.statistics()).toMatchObject({ connections: 0, halfOpen: 0, refused: 0 });
});

test("a WebSocket needs a constructor where the platform has none", async () => {
  vi.stubGlobal("WebSocket", undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  expect((await failure(dial(office, { url: "ws://127.0.0.1:1/", ...credentials }))).code).toBe("NO_WEBSOCKET");
});

// The kernel's table has 02 for a connection with a timer of this kind.
const table = "/proc/net/tcp";

test.skipIf(!existsSync(table))("both ends of a TCP connection ask whether the other is still there", async () => {
  const { port, dial } = await start();
  await (await dial()).double(1);
  const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const kept = (): number =>
    readFileSync(table, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, near = "", far = "", state, , timer = ""]) => {
        return (near.endsWith(hex) || far.endsWith(hex)) && state === "01" && timer.startsWith("02:");
      }).length;
  // A connection that still waits for an answer of the other kernel has another timer meanwhile.
  while (kept() < 2) await new Promise((resolve) => setTimeout(resolve, 5));
});

test("several servers are tried in turn, and waited for until one of them is there", async () => {
  const path = socketPath("late");
  const servers: Place[] = [{ path: socketPath("nobody") }, { path }];
  const tried = dial(office, { servers, ...credentials });
  expect((await failure(tried)).code).toBe("UNREACHABLE");
  const waiting = dial(office, { servers, ...credentials, waitForServer: { minMs: 5, maxMs: 20 }, deadlineMs: 30_000 });
  const connected = gate();
  void waiting.then(connected.enter);
  const server = await hemple(office, plain, { ...options, path });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const tell = await waiting;
  await connected.entered;
  expect(await tell.double(5)).toBe(10);
  await tell[Symbol.asyncDispose]();
});

test("waiting does not repeat what would end the same, and its deadline tells the last failure", async () => {
  const { port, psk } = await start();
  const stranger = { port, psk, key: generateKeys().privateKey, waitForServer: { minMs: 1 }, deadlineMs: 30_000 };
  expect((await failure(dial(office, stranger))).code).toBe("KEY_REFUSED");
  const nowhere = {
    path: socketPath("nobody"),
    ...credentials,
    waitForServer: { minMs: 50, maxMs: 100 },
    deadlineMs: 2000,
  };
  const error = await failure(dial(office, nowhere));
  expect(error.code).toBe("DEADLINE");
  expect(error.cause).toMatchObject({ code: "UNREACHABLE" });
});

test.each([
  [{}],
  [{ port: 1, path: "/x" }],
  [{ path: "" }],
  [{ path: "x".repeat(200) }],
  [{ url: "http://localhost" }],
  [{ url: 5 }],
  [{ messages: {} }],
  [{ servers: [] }],
  [{ servers: [{ port: 1 }], port: 1 }],
  [{ servers: [{ prot: 1 }] }],
])("dial refuses the place %j", async (place) => {
  const { code } = await failure(dial(office, { ...(place as Place), ...credentials }));
  expect(["BAD_OPTION", "UNKNOWN_OPTION"]).toContain(code);
});
