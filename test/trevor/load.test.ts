/** Much at once: what does not fit is not held, and nobody else is made to wait for it. */
import type { Socket } from "@good-place/trevor";
import { expect, test } from "vitest";
import { deferred } from "../chidi/serving.js";
import { endpoint, peer } from "./socketing.js";

const MIB = 1024 * 1024;

test("a gigabyte pushed at a peer that does not read is never held, and the others never notice", async () => {
  const slow = deferred<Socket>();
  const { port, live } = await endpoint({
    overflow: "drop",
    connect: (socket) => (socket.request.headers.has("x-slow") ? slow.resolve(socket) : undefined),
    read: (socket, message) => socket.write(message),
  });
  const good = await peer(port);
  const { ws } = await peer(port, { headers: { "x-slow": "1" } });
  ws.pause();
  const socket = await slow.promise;
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let i = 0; i < 1024; i++) {
    // Sixteen of their own each time: one that is held counts.
    for (let j = 0; j < 16; j++) void socket.write(Buffer.allocUnsafeSlow(MIB / 16));
    expect(socket.bufferedBytes).toBeLessThanOrEqual(MIB + MIB / 16 + 64);
    if (i % 16 > 0) continue;
    good.ws.send("hello");
    expect(await good.next()).toBe("hello");
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(live.statistics().dropped).toBeGreaterThan(15_000);
  // What is garbage already counts until it is collected.
  expect(most).toBeLessThan(256 * MIB);
});

test("a thousand sockets in a room get every broadcast, and leave nothing behind", async () => {
  const { port, live, serving } = await endpoint({ connect: (socket) => socket.join("a") });
  const peers = [];
  for (let i = 0; i < 1000; i++) peers.push(await peer(port));
  await expect.poll(() => live.members("a").length).toBe(1000);
  for (let i = 0; i < 10; i++) expect(live.broadcast("a", String(i))).toBe(1000);
  for (const { next } of peers) for (let i = 0; i < 10; i++) expect(await next()).toBe(String(i));
  await serving.server.drain({ deadlineMs: 60_000 });
  for (const { closed } of peers) expect(await closed).toMatchObject({ code: 1001 });
  expect(live.statistics()).toMatchObject({ sockets: 0, rooms: 0, dropped: 0, failed: 0 });
});
