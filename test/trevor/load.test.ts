/** Much at once: what does not fit is not held, and nobody else is made to wait for it. */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Socket } from "@good-place/trevor";
import { expect, onTestFinished, test } from "vitest";
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

// Two processes, each with a descriptor for each socket.
const CROWD = 10_000;
const descriptors = execFileSync("sh", ["-c", "ulimit -n"]).toString().trim();
const tooFew = Number(descriptors) < CROWD + 500;
if (tooFew) console.warn(`ulimit -n is ${descriptors}: the test of ${CROWD} sockets is skipped`);

test.skipIf(tooFew)(
  "ten thousand idle sockets cost little, get every broadcast, and leave nothing behind",
  async () => {
    const { port, live, serving } = await endpoint({ connect: (socket) => socket.join("a") });
    const before = process.memoryUsage.rss();
    const file = fileURLToPath(new URL("crowd.mjs", import.meta.url));
    const crowd = fork(file, [String(port), String(CROWD)], { execArgv: [] });
    onTestFinished(() => void crowd.kill());
    const said = async (word: string): Promise<void> => expect((await once(crowd, "message"))[0]).toBe(word);
    await said("open");
    await expect.poll(() => live.members("a").length, { timeout: 30_000 }).toBe(CROWD);
    // Idle ones cost some 15 KB; what is garbage already counts until it is collected.
    expect((process.memoryUsage.rss() - before) / CROWD).toBeLessThan(64 * 1024);
    const heard = said("heard");
    expect(live.broadcast("a", "x")).toBe(CROWD);
    await heard;
    const closed = said("closed");
    await serving.server.drain({ deadlineMs: 60_000 });
    await closed;
    expect(live.statistics()).toMatchObject({ sockets: 0, rooms: 0, opened: CROWD, dropped: 0, failed: 0 });
  },
  120_000,
);
