/** What a client may not do to a connection of HTTP/2, in raw frames: the connection ends, and the server goes on. */
import { connect, constants } from "node:http2";
import type { Socket } from "node:net";
import type { RefusedSignal } from "@good-place/chidi";
import { expect, onTestFinished, test } from "vitest";
import { deferred, dial, raw, serve } from "./serving.js";

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const CONTINUATION = 9;
const END_STREAM = 1;
const END_HEADERS = 4;

const start = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(SETTINGS, 0, 0)]);
// GET http://a/ by the static table.
const get = Buffer.from([0x82, 0x86, 0x84, 0x41, 1, 0x61]);
const cancel = Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]);

const calm = constants.NGHTTP2_ENHANCE_YOUR_CALM;
const floods: [string, number, (i: number) => Buffer][] = [
  [
    "streams that are reset at once",
    calm,
    (i) =>
      Buffer.concat([
        frame(HEADERS, END_STREAM | END_HEADERS, 2 * i + 1, get),
        frame(RST_STREAM, 0, 2 * i + 1, cancel),
      ]),
  ],
  ["pings", calm, () => frame(PING, 0, 0, Buffer.alloc(8))],
  ["settings", calm, () => frame(SETTINGS, 0, 0)],
  ["continuations", constants.NGHTTP2_INTERNAL_ERROR, (i) => frame(i === 0 ? HEADERS : CONTINUATION, 0, 1, get)],
];

test.each(floods)(
  "a flood of %s ends the connection with a refused signal, and the server goes on",
  async (_, code, flood) => {
    let handled = 0;
    const { port, url, next, server } = await serve({
      http2: true,
      handler: ({ path }) => {
        if (path === "/good") return "good";
        handled++;
        return new Promise<string>(() => {});
      },
    });
    const socket = await dial(port);
    const frames = framesOf(socket);
    socket.write(start);
    socket.write(Buffer.concat(Array.from({ length: 500 }, (_, i) => flood(i))));
    expect(await goawayOf(frames)).toBe(code);
    const { error, connection } = await next<RefusedSignal>("refused");
    expect(error).toMatchObject({ code: "BAD_HTTP2", status: undefined });
    expect(await next("close")).toMatchObject({ connection });
    expect(handled).toBeLessThan(300);
    expect(await (await fetch(`${url}/good`)).text()).toBe("good");
    expect(server.statistics()).toMatchObject({ answering: 0, refused: 1, failed: 0 });
  },
);

test("streams past maxStreams are refused one by one, and those before are answered", async () => {
  const gate = deferred();
  let handled = 0;
  const { port } = await serve({
    http2: true,
    maxStreams: 3,
    handler: async () => {
      if (++handled === 3) gate.resolve();
      await gate.promise;
      return "x";
    },
  });
  const socket = await dial(port);
  const frames = framesOf(socket);
  const request = (i: number): Buffer => frame(HEADERS, END_STREAM | END_HEADERS, 2 * i + 1, get);
  socket.write(Buffer.concat([start, ...Array.from({ length: 5 }, (_, i) => request(i))]));
  const ends = new Map<number, string>();
  for await (const { type, flags, id, payload } of frames) {
    if (type === RST_STREAM) ends.set(id, `reset ${payload.readUInt32BE()}`);
    if (type === DATA && flags & END_STREAM) ends.set(id, "answered");
    if (ends.size === 5) break;
  }
  const refused = `reset ${constants.NGHTTP2_REFUSED_STREAM}`;
  expect([...ends].sort(([a], [b]) => a - b).map(([, end]) => end)).toEqual([
    "answered",
    "answered",
    "answered",
    refused,
    refused,
  ]);
  expect(handled).toBe(3);
});

test("a head past what node holds costs its stream alone", async () => {
  const { url, server } = await serve({ http2: true, handler: () => "x" });
  const session = connect(url);
  onTestFinished(() => session.destroy());
  const ask = (headers: object): Promise<unknown> =>
    new Promise((resolve) => {
      const stream = session.request({ ":path": "/", ...headers });
      stream.once("response", (got) => resolve(got[":status"]));
      stream.once("error", () => resolve(stream.rstCode));
    });
  // Many headers, because one that is too long for a frame is never sent.
  const large = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`x-${i}`, "x".repeat(1000)]));
  expect(await ask({})).toBe(200);
  expect(await ask(large)).toBe(calm);
  expect(await ask({})).toBe(200);
  expect(server.statistics()).toMatchObject({ accepted: 1, requests: 2 });
});

test("frames that cannot be end the connection, after keepAliveMs where the client does not", async () => {
  const { port, next } = await serve({ http2: true, keepAliveMs: 2000, handler: () => "x" });
  const socket = await dial(port);
  const frames = framesOf(socket);
  socket.write(Buffer.concat([start, frame(DATA, 0, 0, Buffer.from("x"))]));
  expect(await goawayOf(frames)).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
  await next("close");
});

test("who sends the preface and nothing more, or half of it, is closed after headersTimeoutMs", async () => {
  const { port, server, next } = await serve({ http2: true, headersTimeoutMs: 50, handler: () => "x" });
  await raw(port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  expect(await next("timeout")).toMatchObject({ which: "headers", error: { code: "HEADERS_TIMEOUT" } });
  expect(await raw(port, "PRI * HT")).toMatch(/^HTTP\/1.1 408 /);
  expect(await raw(port, "")).toMatch(/^HTTP\/1.1 408 /);
  await expect.poll(() => server.statistics()).toMatchObject({ connections: 0, requests: 0 });
});

test("an idle connection is a timeout signal after keepAliveMs, and closed", async () => {
  const { url, next, signals } = await serve({ http2: true, keepAliveMs: 50, handler: () => "x" });
  const session = connect(url);
  onTestFinished(() => session.destroy());
  const goaway = new Promise((resolve) => session.once("goaway", resolve));
  expect(await goaway).toBe(constants.NGHTTP2_NO_ERROR);
  await next("close");
  expect(signals.map(({ tag }) => tag).slice(0, 3)).toEqual(["conn", "timeout", "close"]);
  expect(signals[1]).toMatchObject({ which: "keepAlive", error: { code: "KEEP_ALIVE_TIMEOUT" } });
});

test("a client that never closes its side is cut off after keepAliveMs and writeIdleMs, and holds up no drain", async () => {
  const { port, server } = await serve({ http2: true, keepAliveMs: 100, writeIdleMs: 100, handler: () => "x" });
  const idle = await dial(port);
  const ended = new Promise((resolve) => idle.once("end", resolve));
  idle.resume().write(start);
  await ended;
  await expect.poll(() => server.statistics().connections, { timeout: 20_000 }).toBe(0);
  await server.drain({ deadlineMs: 60_000 });
});

test("drain destroys at its deadline a connection whose client never closes its side", async () => {
  const { port, server } = await serve({ http2: true, handler: () => "x" });
  const socket = await dial(port);
  const begun = new Promise((resolve) => socket.once("data", resolve));
  socket.write(start);
  await begun;
  const ended = new Promise((resolve) => socket.once("end", resolve));
  await server.drain({ deadlineMs: 20 });
  await ended;
  expect(server.statistics().connections).toBe(0);
});

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

function frame(type: number, flags: number, id: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

async function* framesOf(socket: Socket): AsyncGenerator<Frame> {
  let bytes = Buffer.alloc(0);
  socket.on("error", () => {});
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3);
      const [type, flags] = [bytes[3] as number, bytes[4] as number];
      yield { type, flags, id: bytes.readUInt32BE(5), payload: bytes.subarray(9, end) };
      bytes = bytes.subarray(end);
    }
  }
}

async function goawayOf(frames: AsyncIterable<Frame>): Promise<number> {
  for await (const { type, payload } of frames) if (type === GOAWAY) return payload.readUInt32BE(4);
  return -1;
}
