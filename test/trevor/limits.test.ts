/** What a peer may send, how much of it, and how long it may take: past every limit one socket ends, and no other. */
import { constants, deflateRawSync } from "node:zlib";
import { sleep } from "@good-place/channel";
import { expect, test, vi } from "vitest";
import { deferred, dial, raw, until } from "../chidi/serving.js";
import { closeCode, type Endpoint, endpoint, frame, handshake, peer, rawSocket } from "./socketing.js";

const echo = {
  read: (socket: { write(message: unknown): unknown }, message: unknown) => socket.write(message),
} as never;

// A good socket beside, which has to be served as ever.
async function beside({ port }: Endpoint): Promise<() => Promise<void>> {
  const good = await peer(port);
  return async () => {
    good.ws.send("still");
    expect(await good.next()).toBe("still");
  };
}

const kinds: [string, number][] = [
  ["messages", 0x81],
  ["pings", 0x89],
  ["pongs", 0x8a],
];
test.each(kinds)(
  "more %s than the rate allows close the socket with 1008, and the others never notice",
  async (_, first) => {
    const place = await endpoint({ ...(echo as object), messagesPerSecond: 1, messageBurst: 8 });
    const still = await beside(place);
    const socket = await rawSocket(place.port);
    const code = closeCode(socket);
    socket.write(Buffer.concat(Array.from({ length: 1000 }, () => frame(first, Buffer.from("x")))));
    expect(await code).toBe(1008);
    socket.end();
    expect(await place.next("close")).toMatchObject({ closing: { code: 1008, reason: "too many messages" } });
    expect(place.live.statistics().received).toBeLessThanOrEqual(8);
    await still();
  },
);

test("a burst is earned again by waiting", async () => {
  const { port, live } = await endpoint({ ...(echo as object), messagesPerSecond: 500, messageBurst: 1 });
  const { ws, next } = await peer(port);
  for (let i = 0; i < 50; i++) {
    ws.send("x");
    expect(await next()).toBe("x");
    await pace(4);
  }
  expect(live.statistics().received).toBe(50);
});

test("a peer that keeps to the rate is not closed because its reader was slow", async () => {
  const gate = deferred();
  const { port, live } = await endpoint({ messagesPerSecond: 500, messageBurst: 40, read: () => gate.promise });
  const { ws, closed } = await peer(port);
  for (let i = 0; i < 200; i++) {
    ws.send("x");
    await pace(3);
  }
  gate.resolve();
  await expect.poll(() => live.statistics().received).toBe(200);
  ws.close();
  expect(await closed).toMatchObject({ code: 1005 });
});

// So many milliseconds at least, by the clock that the rate goes by.
async function pace(ms: number): Promise<void> {
  for (const until = performance.now() + ms; performance.now() < until; ) await sleep(1);
}

test("a message of too many fragments is 1008, empty ones too, and one of as many as may be is read", async () => {
  const place = await endpoint({ ...(echo as object), maxFragments: 100 });
  const still = await beside(place);
  const socket = await rawSocket(place.port);
  const fragments = (count: number): Buffer =>
    Buffer.concat([frame(0x01, Buffer.from("a")), ...Array<Buffer>(count - 1).fill(frame(0, Buffer.alloc(0)))]);
  const answered = until(socket, "\x81\x01a");
  socket.write(Buffer.concat([fragments(99), frame(0x80, Buffer.alloc(0))]));
  await answered;
  const code = closeCode(socket);
  socket.write(fragments(1_000_000));
  expect(await code).toBe(1008);
  socket.destroy();
  expect(await place.next("close")).toMatchObject({ closing: { code: 1008 } });
  await still();
});

test("a frame in too many pieces is 1008", async () => {
  const place = await endpoint({ ...(echo as object), maxBufferedChunks: 8 });
  const still = await beside(place);
  const socket = await rawSocket(place.port);
  socket.setNoDelay(true);
  let code = 0;
  void closeCode(socket).then((got) => {
    code = got;
  });
  socket.write(Buffer.from([0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0]));
  for (let sent = 0; code === 0 && sent < 60_000; sent++) {
    socket.write("x");
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(code).toBe(1008);
  await still();
});

test("a flood of pings whose pongs are not read ends its socket, with little in memory", async () => {
  const place = await endpoint(echo);
  const still = await beside(place);
  const socket = await rawSocket(place.port);
  socket.pause();
  socket.on("error", () => {});
  const closed = place.next("close");
  let over = false;
  void closed.then(() => {
    over = true;
  });
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const pings = Buffer.concat(Array<Buffer>(4096).fill(frame(0x89, Buffer.alloc(125))));
  while (!over) {
    socket.write(pings);
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, process.memoryUsage().arrayBuffers - before - socket.writableLength);
  }
  expect(await closed).toMatchObject({ closing: { code: 1006, clean: false } });
  expect(most).toBeLessThan(32 * 1024 * 1024);
  await still();
});

const offer = handshake({ "Sec-WebSocket-Extensions": "permessage-deflate; client_no_context_takeover" });

async function deflating(port: number): ReturnType<typeof dial> {
  const socket = await dial(port);
  socket.write(offer);
  await until(socket, "\r\n\r\n");
  return socket;
}

test("a small message that inflates to a huge one is 1009, with little in memory", async () => {
  const bomb = deflateRawSync(Buffer.alloc(60 * 1024 * 1024), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  const place = await endpoint({ ...(echo as object), compress: true });
  const still = await beside(place);
  const socket = await deflating(place.port);
  const before = process.memoryUsage().arrayBuffers;
  const code = closeCode(socket);
  socket.write(frame(0xc2, bomb));
  expect(await code).toBe(1009);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  socket.end();
  expect(await place.next("close")).toMatchObject({ closing: { code: 1009 } });
  await still();
});

test("what cannot be inflated is 1007", async () => {
  const place = await endpoint({ ...(echo as object), compress: true });
  const still = await beside(place);
  const socket = await deflating(place.port);
  const code = closeCode(socket);
  socket.write(frame(0xc1, Buffer.alloc(100, 0xff)));
  expect(await code).toBe(1007);
  socket.end();
  expect(await place.next("close")).toMatchObject({ closing: { code: 1007 } });
  await still();
});

test("an offer of compression that is wrong is 400 before the 101", async () => {
  const { port } = await endpoint({ compress: true });
  for (const wrong of ["permessage-deflate; wat", "permessage-deflate; server_max_window_bits=99", "=", ","]) {
    expect(await raw(port, handshake({ "Sec-WebSocket-Extensions": wrong })), wrong).toMatch(/^HTTP\/1.1 400 /);
  }
});

test("a check that takes too long is 503 and an error signal, and its fiber is cancelled", async () => {
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  const ended = deferred();
  const { port, next } = await endpoint({
    checkMs: 20,
    check: ({ query }) =>
      query.has("fiber")
        ? (function* () {
            try {
              yield* sleep(1e6);
              return true;
            } finally {
              ended.resolve();
            }
          })()
        : new Promise<boolean>(() => {}),
  });
  for (const path of ["/live", "/live?fiber"]) {
    expect(await raw(port, handshake({}, `GET ${path} HTTP/1.1`))).toMatch(/^HTTP\/1.1 503 /);
    expect(await next("error")).toMatchObject({ phase: "check", error: { code: "CHECK_TIMEOUT" } });
  }
  await ended.promise;
  print.mockRestore();
});
