/** Servers that break the rules: the client tells them the code that is due, holds little, and comes back. */
import { createHash } from "node:crypto";
import { createServer, type Socket as NetSocket } from "node:net";
import { deflateRawSync } from "node:zlib";
import {
  type Client,
  type ConnectOptions,
  connect,
  type ResumeOptions,
  type WebSocketMaker,
} from "@good-place/trevor/client";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { frame } from "./socketing.js";

const MIB = 1024 * 1024;

/** The WebSocket of somebody who trusts no server. */
class Careful extends WebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols, { maxPayload: MIB });
  }
}
const own = (globalThis as { WebSocket?: WebSocketMaker }).WebSocket;
if (own === undefined) console.warn(`Node ${process.version} has no WebSocket of its own: its tests are skipped`);

interface Rogue {
  readonly url: string;
  /** The connections, in order, from their 101 on. */
  next(): Promise<Line>;
}

interface Line {
  readonly socket: NetSocket;
  /** The code of the client's close. */
  readonly code: Promise<number | undefined>;
}

/** A server that shakes hands, and then says what the test makes it say. */
async function rogue(headers: readonly string[] = []): Promise<Rogue> {
  const arrived: Line[] = [];
  const waiting: ((line: Line) => void)[] = [];
  const server = createServer((socket) => {
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    let head = "";
    let frames = Buffer.alloc(0);
    let tell: (code: number | undefined) => void = () => {};
    const code = new Promise<number | undefined>((resolve) => {
      tell = resolve;
    });
    socket.on("close", () => tell(undefined));
    socket.on("data", (bytes: Buffer) => {
      if (head.endsWith("\r\n\r\n")) {
        frames = Buffer.concat([frames, bytes]);
        const close = closeOf(frames);
        if (close !== undefined) tell(close);
        return;
      }
      head += bytes.toString("latin1");
      if (!head.endsWith("\r\n\r\n")) return;
      const key = /^Sec-WebSocket-Key: (.*)\r$/im.exec(head)?.[1] ?? "";
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", ...headers];
      socket.write(`${lines.join("\r\n")}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      const line = { socket, code };
      const taker = waiting.shift();
      if (taker === undefined) arrived.push(line);
      else taker(line);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return {
    url: `ws://127.0.0.1:${(server.address() as { port: number }).port}/`,
    next: () => {
      const line = arrived.shift();
      return line === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(line);
    },
  };
}

// The code in the first close frame; a client's frames are masked, and those of these tests are short.
function closeOf(frames: Buffer): number | undefined {
  for (let at = 0; at + 6 <= frames.length; at += 6 + ((frames[at + 1] as number) & 127)) {
    if (frames[at] !== 0x88) continue;
    if (frames.length < at + 8) return undefined;
    return frames.readUInt16BE(at + 6) ^ frames.readUInt16BE(at + 2);
  }
  return undefined;
}

function client(url: string, options: ConnectOptions<unknown> = {}): Client<unknown> {
  const made = connect(url, {
    WebSocket: Careful as unknown as WebSocketMaker,
    retry: { minMs: 1, maxMs: 20 },
    ...(options as ResumeOptions<unknown>),
  });
  onTestFinished(async () => {
    await made.close();
  });
  return made;
}

const text = (said: string | Uint8Array): Buffer => frame(0x81, Buffer.from(said), false);
const long = (first: number, length: bigint): Buffer => {
  const head = Buffer.from([first, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeBigUInt64BE(length, 2);
  return head;
};

const faults: readonly (readonly [string, Buffer, number])[] = [
  ["a masked frame", frame(0x81, Buffer.from("hi")), 1002],
  ["a bit that nothing was agreed on for, RSV1", frame(0xc1, Buffer.from("hi"), false), 1002],
  ["RSV2", frame(0xa1, Buffer.from("hi"), false), 1002],
  ["RSV3", frame(0x91, Buffer.from("hi"), false), 1002],
  ["opcode 3", frame(0x83, Buffer.from("hi"), false), 1002],
  ["opcode 11", frame(0x8b, Buffer.from("hi"), false), 1002],
  ["a ping in fragments", frame(0x09, Buffer.from("hi"), false), 1002],
  ["a ping of 126 bytes", frame(0x89, Buffer.alloc(126), false), 1002],
  ["a continuation of nothing", frame(0x80, Buffer.from("hi"), false), 1002],
  ["text inside of text", Buffer.concat([frame(0x01, Buffer.from("a"), false), text("b")]), 1002],
  ["text that is not UTF-8", text(new Uint8Array([0xc3, 0x28])), 1007],
  [
    "half a character at the end",
    Buffer.concat([frame(0x01, Buffer.from([0xf0]), false), frame(0x80, Buffer.from([0x9f]), false)]),
    1007,
  ],
  ["a close of one byte", frame(0x88, Buffer.from([3]), false), 1002],
  ["a close with 1005", frame(0x88, Buffer.from([3, 237]), false), 1002],
  ["a close with 999", frame(0x88, Buffer.from([3, 231]), false), 1002],
  ["a close whose reason is not UTF-8", frame(0x88, Buffer.from([3, 232, 0xff]), false), 1007],
  ["a length of 2^63", long(0x82, 2n ** 63n), 1009],
  ["a length past maxPayload", long(0x82, BigInt(MIB) + 1n), 1009],
  [
    "fragments past maxPayload",
    Buffer.concat([long(0x02, BigInt(MIB)), Buffer.alloc(MIB), frame(0x80, Buffer.alloc(1), false)]),
    1009,
  ],
];

test.each(faults)("%s is answered with the code that is due, and the client comes back", async (_, bytes, expected) => {
  const { url, next } = await rogue();
  const { messages, statistics } = client(url);
  const bad = await next();
  bad.socket.write(Buffer.concat([text("before"), bytes]));
  expect(await bad.code).toBe(expected);
  const good = await next();
  good.socket.write(text("after"));
  expect([await messages.take(), await messages.take()]).toEqual(["before", "after"]);
  expect(statistics()).toMatchObject({ connections: 2, received: 2 });
});

// It has no limit of its own.
const unlimited = faults.filter(([name]) => !name.includes("maxPayload"));

test.skipIf(own === undefined).each(unlimited)("%s ends a connection of Node's own WebSocket too", async (_, bytes) => {
  const { url, next } = await rogue();
  const { messages } = client(url, { WebSocket: own });
  const bad = await next();
  bad.socket.write(bytes);
  // Some of it is answered with a code, some with nothing.
  await bad.code;
  bad.socket.destroy();
  const good = await next();
  good.socket.write(text("after"));
  expect(await messages.take()).toBe("after");
});

test("a small message that inflates to a huge one is 1009, with little in memory", async () => {
  const { url, next } = await rogue(["Sec-WebSocket-Extensions: permessage-deflate"]);
  const { messages } = client(url);
  const bomb = deflateRawSync(Buffer.alloc(64 * MIB)).subarray(0, -1);
  expect(bomb.length).toBeLessThan(66_000);
  const bad = await next();
  const before = process.memoryUsage().arrayBuffers;
  bad.socket.write(Buffer.concat([long(0xc2, BigInt(bomb.length + 1)), bomb, Buffer.alloc(1)]));
  expect(await bad.code).toBe(1009);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MIB);
  const good = await next();
  good.socket.write(text("after"));
  expect(await messages.take()).toBe("after");
});

test("a server that floods on behind the client's close fills no memory", async () => {
  const { url, next } = await rogue();
  const { messages } = client(url, { buffer: 2 });
  const { socket, code } = await next();
  const chunk = Buffer.concat(Array.from({ length: 16 }, () => frame(0x82, Buffer.alloc(60_000), false)));
  let written = 0;
  const before = process.memoryUsage().arrayBuffers;
  while (written < 512 * MIB && !socket.destroyed) {
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
    written += chunk.length;
  }
  expect(await code).toBe(4013);
  // What was read at once, and garbage; never what was sent.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(256 * MIB);
  expect(messages.statistics().size).toBe(2);
});

const breaches: readonly (readonly [string, readonly string[]])[] = [
  ["a message before the welcome", ["hi"]],
  ["a control that nobody knows", ["\u0001w0", "\u0001q"]],
  ["a welcome that has received what was never sent", ["\u0001w7"]],
  ["an acknowledgement of what was never sent", ["\u0001w0", "\u0001t9"]],
  ["a hello", ["\u0001w0", `\u0001hnew ${"x".repeat(22)} 0`]],
  ["more messages than the window", ["\u0001w0", ...Array.from({ length: 300 }, () => "x")]],
];

test.each(breaches)("in a session, %s is 4002, and one loss", async (_, said) => {
  const { url, next } = await rogue(["Sec-WebSocket-Protocol: trevor.1"]);
  const { messages, statistics } = client(url, { resume: true, buffer: 1 } as never);
  const bad = await next();
  bad.socket.write(Buffer.concat(said.map(text)));
  expect(await bad.code).toBe(4002);
  bad.socket.destroy();
  const good = await next();
  good.socket.write(Buffer.concat([text("\u0001w0"), text("after")]));
  for await (const message of messages) if (message === "after") break;
  expect(statistics().lost).toBe(1);
});

test("a server that speaks no sessions gets nothing of one, and is asked again", async () => {
  const { url, next } = await rogue();
  const { status } = client(url, { resume: true } as never);
  expect(status).toBe("connecting");
  for (let i = 0; i < 3; i++) await (await next()).code;
});
