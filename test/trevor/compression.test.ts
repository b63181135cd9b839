/** permessage-deflate: off unless it is asked for, and the same messages with it as without. */
import { inflateRawSync } from "node:zlib";
import type { Socket } from "@good-place/trevor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dial, until } from "../chidi/serving.js";
import { endpoint, frame, handshake, peer } from "./socketing.js";

const compressible = "fork ".repeat(400);
// Alike only at a distance that is past the smallest window.
const far = Array.from({ length: 400 }, (_, i) => (i * i * 7919).toString(36))
  .join("")
  .repeat(2);

test("nothing is compressed by default", async () => {
  const { port } = await endpoint();
  const { ws } = await peer(port);
  expect(ws.extensions).toBe("");
});

test("what is as long as the threshold is compressed, by itself, and what is shorter is not", async () => {
  const { port } = await endpoint({
    compress: { thresholdBytes: 2000 },
    read: (socket, message) => socket.write(message),
  });
  const socket = await dial(port);
  socket.write(handshake({ "Sec-WebSocket-Extensions": "permessage-deflate" }));
  const head = await until(socket, "\r\n\r\n");
  expect(head.toLowerCase()).toMatch(
    /permessage-deflate(?=.*server_no_context_takeover)(?=.*client_no_context_takeover)/,
  );
  const next = (): Promise<Buffer> => new Promise((resolve) => socket.once("data", resolve));
  for (let i = 0; i < 2; i++) {
    const answer = next();
    socket.write(frame(0x81, Buffer.from(compressible)));
    const bytes = await answer;
    expect(bytes[0]).toBe(0xc1);
    expect(bytes.length).toBeLessThan(100);
    const whole = Buffer.concat([bytes.subarray(2), Buffer.from([0, 0, 255, 255])]);
    expect(inflateRawSync(whole, { finishFlush: 2 }).toString()).toBe(compressible);
  }
  const answer = next();
  socket.write(frame(0x81, Buffer.from(compressible.slice(1))));
  expect((await answer)[0]).toBe(0x81);
});

test("a peer that offers no compression gets none", async () => {
  const { port, live } = await endpoint({ compress: true, connect: (socket) => socket.join("a") });
  const plain = await peer(port, { perMessageDeflate: false });
  const packed = await peer(port);
  expect([plain.ws.extensions, packed.ws.extensions.split(";")[0]]).toEqual(["", "permessage-deflate"]);
  await expect.poll(() => live.members("a").length).toBe(2);
  live.broadcast("a", compressible);
  expect(await plain.next()).toBe(compressible);
  expect(await packed.next()).toBe(compressible);
});

test.each([false, true])(
  "messages come as they were sent and in their order, contextTakeover %s",
  async (contextTakeover) => {
    const { port } = await endpoint({
      compress: { thresholdBytes: 0, contextTakeover, level: 1 },
      read: (socket, message) => socket.write(message),
    });
    const { ws, next } = await peer(port, { perMessageDeflate: { threshold: 0 } });
    const message = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 200 }),
      fc.uint8Array({ maxLength: 2000 }),
      fc.nat(50_000).map((length) => "abc".repeat(length)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 8 }), async (messages) => {
        for (const one of messages) ws.send(one);
        for (const one of messages) {
          const got = await next();
          if (typeof one === "string") expect(got === one).toBe(true);
          else expect(Buffer.compare(got as Buffer, one)).toBe(0);
        }
      }),
      { numRuns: 50 },
    );
  },
);

test.each([false, true])(
  "what is broadcast between the writes of one socket keeps its place with every kind of peer, contextTakeover %s",
  async (contextTakeover) => {
    const sockets: Socket[] = [];
    const { port, live } = await endpoint({
      compress: { thresholdBytes: 100, contextTakeover },
      connect: (socket) => {
        sockets.push(socket);
        socket.join("a");
      },
    });
    const peers = [
      await peer(port, { perMessageDeflate: false }),
      await peer(port),
      await peer(port, { perMessageDeflate: { serverMaxWindowBits: 9 } }),
      await peer(port, { perMessageDeflate: { serverNoContextTakeover: true } }),
    ];
    await expect.poll(() => sockets.length).toBe(4);
    const message = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 50 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(3000).map((length) => `${"abc".repeat(length)}${compressible}`),
      fc.constant(far),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), message), { minLength: 1, maxLength: 12 }), async (steps) => {
        for (const [alone, one] of steps) {
          if (alone) for (const socket of sockets) void socket.write(one);
          else expect(live.broadcast("a", one)).toBe(4);
        }
        for (const { next } of peers) {
          for (const [, one] of steps) {
            const got = await next();
            if (typeof one === "string") expect(got === one).toBe(true);
            else expect(Buffer.compare(got as Buffer, one)).toBe(0);
          }
        }
      }),
      { numRuns: 60 },
    );
  },
);

test("a broadcast is compressed once: all that can have it get the same bytes", async () => {
  const { port, live } = await endpoint({ compress: { level: 9 }, connect: (socket) => socket.join("a") });
  const offers = [
    "permessage-deflate",
    "permessage-deflate; client_max_window_bits",
    "",
    "permessage-deflate; server_max_window_bits=9",
  ];
  const got: Promise<Buffer>[] = [];
  for (const offer of offers) {
    const socket = await dial(port);
    socket.write(handshake({ "Sec-WebSocket-Extensions": offer }));
    await until(socket, "\r\n\r\n");
    got.push(new Promise((resolve) => socket.once("data", resolve)));
  }
  await expect.poll(() => live.members("a").length).toBe(4);
  live.broadcast("a", compressible);
  const [one, two, plain, small] = (await Promise.all(got)) as [Buffer, Buffer, Buffer, Buffer];
  expect([one[0], two[0], plain[0], small[0]]).toEqual([0xc1, 0xc1, 0x81, 0xc1]);
  expect(one.equals(two)).toBe(true);
  expect(plain.subarray(4).toString()).toBe(compressible);
  const whole = (bytes: Buffer): Buffer => Buffer.concat([bytes.subarray(2), Buffer.from([0, 0, 255, 255])]);
  expect(inflateRawSync(whole(one), { finishFlush: 2 }).toString()).toBe(compressible);
  expect(inflateRawSync(whole(small), { finishFlush: 2, windowBits: 9 }).toString()).toBe(compressible);
});
