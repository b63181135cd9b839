/** Sockets over streams of HTTP/2 (RFC 8441): the same endpoint, beside requests on the same connection. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import { html } from "@good-place/chidi";
import type { Socket } from "@good-place/trevor";
import { type Browser, chromium } from "playwright";
import { expect, onTestFinished, test } from "vitest";
import { certificate } from "../chidi/certificates.js";
import { deferred } from "../chidi/serving.js";
import { launch, withoutChromium } from "../chromium.js";
import { endpoint, frame } from "./socketing.js";

async function session(port: number): Promise<ClientHttp2Session> {
  const made = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => made.destroy());
  made.on("error", () => {});
  await new Promise((resolve) => made.once("remoteSettings", resolve));
  return made;
}

interface Tunnel {
  readonly stream: ClientHttp2Stream;
  readonly head: Promise<OutgoingHttpHeaders>;
  /** The next frame's payload. */
  next(): Promise<Buffer>;
  readonly closed: Promise<void>;
}

function tunnel(over: ClientHttp2Session, headers: OutgoingHttpHeaders = {}): Tunnel {
  const stream = over.request(
    {
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":scheme": "http",
      ":path": "/live",
      "sec-websocket-version": "13",
      ...headers,
    },
    { endStream: false },
  );
  let bytes = Buffer.alloc(0);
  let look = (): void => {};
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    look();
  });
  const size = (): number => {
    const short = (bytes[1] ?? 0) & 127;
    return short === 126 ? 4 + bytes.readUInt16BE(2) : 2 + short;
  };
  return {
    stream,
    head: new Promise((resolve) => stream.once("response", resolve)),
    next: () =>
      new Promise((resolve) => {
        look = () => {
          if (bytes.length < 4 || bytes.length < size()) return;
          const whole = bytes.subarray(0, size());
          bytes = bytes.subarray(size());
          look = () => {};
          resolve(whole.subarray((whole[1] ?? 0) === 126 ? 4 : 2));
        };
        look();
      }),
    closed: new Promise((resolve) => stream.once("close", resolve)),
  };
}

test("a stream becomes a socket, many on one connection, beside requests", async () => {
  const { port, live, serving, next } = await endpoint({
    protocols: ["chat"],
    server: { http2: true },
    read: (socket, message) => socket.write(`${socket.protocol} ${socket.request.method} ${message}`),
  });
  const over = await session(port);
  expect(over.remoteSettings.enableConnectProtocol).toBe(true);
  const tunnels = Array.from({ length: 20 }, () => tunnel(over, { "sec-websocket-protocol": "other, chat" }));
  for (const { head } of tunnels) {
    const headers = await head;
    expect(headers).toMatchObject({ ":status": 200, "sec-websocket-protocol": "chat" });
    expect(Object.keys(headers)).not.toContain("upgrade");
  }
  for (const [i, { stream }] of tunnels.entries()) stream.write(frame(0x81, Buffer.from(`n${i}!`)));
  for (const [i, { next: message }] of tunnels.entries()) expect(String(await message())).toBe(`chat GET n${i}!`);
  const request = over.request({ ":path": "/" });
  const [status] = await new Promise<[unknown]>((resolve) => request.once("response", (h) => resolve([h[":status"]])));
  expect(status).toBe(200);
  request.resume();
  expect(live.statistics().sockets).toBe(20);
  expect(serving.server.statistics()).toMatchObject({ connections: 1 });
  // A close handshake ends the stream, and nothing else.
  tunnels[0]?.stream.write(frame(0x88, Buffer.from([0x0f, 0xa0])));
  expect(await next("close")).toMatchObject({ closing: { code: 4000, clean: true } });
  tunnels[0]?.stream.end();
  await tunnels[0]?.closed;
  // A reset is a connection that broke.
  tunnels[1]?.stream.close(8);
  expect(await next("close")).toMatchObject({ closing: { code: 1006, clean: false } });
  await expect.poll(() => live.statistics().sockets).toBe(18);
  tunnels[2]?.stream.write(frame(0x81, Buffer.from("still")));
  expect(String(await tunnels[2]?.next())).toBe("chat GET still");
});

test("a slow reader slows its stream and holds little; a slow peer is closed with 1013", async () => {
  let read = 0;
  const gate = deferred<void>();
  const socket = deferred<Socket>();
  const { port } = await endpoint({
    server: { http2: true },
    highWaterMark: 100_000,
    connect: socket.resolve,
    read: async () => {
      await gate.promise;
      read++;
    },
  });
  const over = await session(port);
  const { stream, head } = tunnel(over);
  await head;
  const message = frame(0x82, Buffer.alloc(60_000));
  let flushed = 0;
  for (let i = 0; i < 200; i++) stream.write(message, () => flushed++);
  await new Promise((resolve) => setTimeout(resolve, 100));
  // Twelve megabytes, of which the windows and a few messages have gone.
  expect(flushed).toBeLessThan(100);
  gate.resolve();
  await expect.poll(() => read, { timeout: 20_000 }).toBe(200);
  stream.pause();
  const one = await socket.promise;
  for (let i = 0; i < 20; i++) void one.write(new Uint8Array(60_000));
  expect(await one.write("late")).toBe(false);
});

test.each([
  ["another path", { ":path": "/other" }, 404],
  ["a foreign origin", { origin: "http://foreign.example" }, 403],
  ["another version", { "sec-websocket-version": "12" }, 426],
  ["another protocol", { ":protocol": "tcp" }, 501],
])("a stream of %s is refused, and the connection goes on", async (_, headers, status) => {
  const { port, serving } = await endpoint({ server: { http2: true }, origins: ["http://a.example", null] });
  const over = await session(port);
  const refused = tunnel(over, headers);
  expect(await refused.head).toMatchObject({ ":status": status });
  await refused.closed;
  const good = tunnel(over, { origin: "http://a.example" });
  expect(await good.head).toMatchObject({ ":status": 200 });
  expect(serving.server.statistics().connections).toBe(1);
});

test("a check that fails is 500, and a client that leaves meanwhile costs nothing", async () => {
  const { port, live, serving } = await endpoint({
    server: { http2: true },
    check: (request) => {
      if (request.query.has("bad")) throw new Error("no");
      return new Promise(() => {});
    },
  });
  const over = await session(port);
  expect(await tunnel(over, { ":path": "/live?bad" }).head).toMatchObject({ ":status": 500 });
  const waiting = tunnel(over);
  await expect.poll(() => serving.server.statistics().requests).toBe(2);
  waiting.stream.close(8);
  await waiting.closed;
  over.destroy();
  await expect.poll(() => serving.server.statistics().connections).toBe(0);
  expect(live.statistics()).toMatchObject({ sockets: 0, opened: 0 });
});

test("drain closes the sockets of streams with 1001, and their connection behind them", async () => {
  const { port, serving, live } = await endpoint({ server: { http2: true }, connect: (socket) => socket.join("a") });
  const over = await session(port);
  const { stream, head, next, closed } = tunnel(over);
  await head;
  await expect.poll(() => live.members("a").length).toBe(1);
  const gone = new Promise((resolve) => over.once("close", resolve));
  const drained = serving.server.drain({ deadlineMs: 60_000 });
  const close = await next();
  expect(close.readUInt16BE(0)).toBe(1001);
  stream.end(frame(0x88, close.subarray(0, 2)));
  await Promise.all([drained, closed, gone]);
  expect(live.statistics().sockets).toBe(0);
});

test.skipIf(withoutChromium)(
  "Chromium opens its WebSocket on the connection that the page came over",
  async () => {
    const upgrades: (string | null)[] = [];
    const { port } = await endpoint({
      server: { tls: certificate("localhost"), handler: () => html("<!doctype html><title>x</title>") },
      compress: true,
      // What only HTTP/1 has.
      check: ({ headers }) => upgrades.push(headers.get("upgrade")) > 0,
      read: (socket, message) => socket.write(message),
    });
    const browser: Browser = await chromium.launch(launch);
    onTestFinished(() => browser.close());
    const tab = await browser.newPage({ ignoreHTTPSErrors: true });
    await tab.goto(`https://localhost:${port}/`);
    const seen = await tab.evaluate(async (url) => {
      const socket = new WebSocket(url);
      const got: unknown[] = [];
      await new Promise<void>((resolve) => {
        socket.onopen = () => {
          got.push(socket.extensions.split(";")[0]);
          for (const size of [1, 1000, 200_000]) socket.send("x".repeat(size));
        };
        socket.onmessage = ({ data }) => {
          got.push(data.length);
          if (data.length === 200_000) socket.close(4000, "done");
        };
        socket.onclose = ({ code, reason, wasClean }) => {
          got.push(code, reason, wasClean);
          resolve();
        };
      });
      return got;
    }, `wss://localhost:${port}/live`);
    expect(seen).toEqual(["permessage-deflate", 1, 1000, 200_000, 4000, "done", true]);
    expect(upgrades).toEqual([null]);
  },
  120_000,
);
