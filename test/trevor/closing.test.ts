/** Closing: by either side, by the drain, by silence, and by a peer that does not take what is written. */
import { channel, go, sleep } from "@good-place/channel";
import { type Closing, type Socket, trevor } from "@good-place/trevor";
import { expect, test } from "vitest";
import { deferred, rest, serve } from "../chidi/serving.js";
import { endpoint, peer, rawSocket } from "./socketing.js";

test("close tells the peer code and reason, and settles when the peer has answered", async () => {
  const closing = deferred<Closing>();
  const { port } = await endpoint({ read: (socket) => socket.close(4000, "bye").then((how) => closing.resolve(how)) });
  const { ws, closed } = await peer(port);
  ws.send("x");
  expect(await closed).toEqual({ code: 4000, reason: "bye" });
  expect(await closing.promise).toEqual({ code: 4000, reason: "bye", clean: true });
});

test("close of a peer that does not answer is forced at the deadline", async () => {
  const closing = deferred<Closing>();
  const { port } = await endpoint({
    closeMs: 20,
    connect: (socket) => void socket.close().then((how) => closing.resolve(how)),
  });
  const socket = await rawSocket(port);
  expect(await closing.promise).toEqual({ code: 1000, reason: "", clean: false });
  await rest(socket);
});

test("close refuses codes and reasons that cannot be sent", async () => {
  const done = deferred<unknown[]>();
  const { port } = await endpoint({
    connect(socket) {
      const wrong: [number, string][] = [999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5].map((code) => [code, ""]);
      done.resolve(
        [...wrong, [1000, "é".repeat(62)] as const].map(([code, reason]) => thrown(() => socket.close(code, reason))),
      );
    },
  });
  await peer(port);
  expect(await done.promise).toEqual(Array(9).fill("BAD_CLOSE"));
});

const thrown = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test("write to a socket that has closed is false", async () => {
  const result = deferred<boolean>();
  const { port } = await endpoint({ closed: async (socket) => result.resolve(await socket.write("x")) });
  (await peer(port)).ws.close();
  expect(await result.promise).toBe(false);
});

test("drain closes every socket with 1001 and runs closed before it settles", async () => {
  const codes: number[] = [];
  const { port, serving, live } = await endpoint({ closed: (_, { code }) => codes.push(code) });
  const peers = await Promise.all(Array.from({ length: 20 }, () => peer(port)));
  const drained = serving.server.drain({ deadlineMs: 60_000 });
  for (const { closed } of peers) expect(await closed).toEqual({ code: 1001, reason: "going away" });
  await drained;
  expect(codes).toEqual(Array(20).fill(1001));
  expect(live.statistics()).toMatchObject({ sockets: 0, rooms: 0 });
  expect(serving.server.statistics().connections).toBe(0);
});

test("drain destroys at its deadline sockets that do not answer and handlers that do not end", async () => {
  const reading = deferred();
  const { port, serving, live } = await endpoint({
    read: () => {
      reading.resolve();
      return new Promise(() => {});
    },
  });
  const deaf = await rawSocket(port);
  const gone = rest(deaf);
  (await peer(port)).ws.send("x");
  await reading.promise;
  await serving.server.drain({ deadlineMs: 20 });
  await gone;
  expect(live.statistics().sockets).toBe(0);
});

test("a peer that answers no ping is destroyed, and one that does is not", async () => {
  const { port, next, live } = await endpoint({ pingMs: 20, pongMs: 3000 });
  const good = await peer(port);
  const pinged = new Promise((resolve) => good.ws.once("ping", resolve));
  const silent = await rawSocket(port);
  expect(await next("close")).toMatchObject({ closing: { code: 1006, reason: "no pong", clean: false } });
  await rest(silent);
  await pinged;
  expect(live.statistics().sockets).toBe(1);
});

test("a peer whose messages wait for a slow handler is not taken for dead", async () => {
  const gate = deferred();
  const { port, live, signals } = await endpoint({ pingMs: 20, pongMs: 2000, read: () => gate.promise });
  const { ws } = await peer(port);
  for (let i = 0; i < 100; i++) ws.send("x");
  await expect.poll(() => live.statistics().received).toBe(1);
  // Longer than a ping and its pong may take.
  await sleep(2500);
  expect(signals.map(({ tag }) => tag)).toEqual(["conn"]);
  gate.resolve();
  await expect.poll(() => live.statistics().received).toBe(100);
});

const chunk = Buffer.alloc(1024 * 1024, 120);

test("a peer that does not read is closed with 1013, with little in memory, and the others never notice", async () => {
  const socket = deferred<Socket>();
  const { port, live } = await endpoint({
    connect: (one) => (one.request.headers.has("x-slow") ? socket.resolve(one) : undefined),
    read: (one, message) => one.write(message),
  });
  const good = await peer(port);
  const slow = await peer(port, { headers: { "x-slow": "1" } });
  slow.ws.pause();
  const writer = await socket.promise;
  const before = process.memoryUsage().arrayBuffers;
  const results = Array.from({ length: 64 }, () => writer.write(chunk));
  expect(writer.bufferedBytes).toBeLessThan(8 * chunk.length);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * chunk.length);
  expect((await Promise.all(results)).filter((sent) => !sent).length).toBeGreaterThan(50);
  good.ws.send("hello");
  expect(await good.next()).toBe("hello");
  slow.ws.resume();
  expect(await slow.closed).toEqual({ code: 1013, reason: "too slow" });
  expect(live.statistics().dropped).toBe(1);
});

test("a writer that waits for its writes never overflows, and writes as fast as its peer reads", async () => {
  const done = deferred();
  const { port, live } = await endpoint({
    async connect(socket) {
      for (let i = 0; i < 32; i++) expect(await socket.write(chunk)).toBe(true);
      done.resolve();
    },
  });
  const { ws, next } = await peer(port);
  ws.pause();
  await expect.poll(() => live.statistics().sent).toBeGreaterThan(0);
  ws.resume();
  for (let i = 0; i < 32; i++) expect((await next())?.length).toBe(chunk.length);
  await done.promise;
  expect(live.statistics().dropped).toBe(0);
});

test("overflow drop loses what does not fit, and wait loses nothing and keeps the order", async () => {
  for (const overflow of ["drop", "wait"] as const) {
    const writes = deferred<Promise<boolean[]>>();
    const { port, live } = await endpoint({
      overflow,
      connect(socket) {
        const ops = Array.from({ length: 40 }, (_, i) => socket.write(Buffer.alloc(chunk.length, i)));
        writes.resolve(Promise.all(ops));
      },
    });
    const { ws, next } = await peer(port);
    void ws;
    const sent = (await await writes.promise).flatMap((ok, i) => (ok ? [i] : []));
    for (const i of sent) expect((await next())?.[0]).toBe(i);
    if (overflow === "wait") expect(sent).toHaveLength(40);
    expect(live.statistics()).toMatchObject({ sent: sent.length, dropped: 40 - sent.length, sockets: 1 });
  }
});

test("a write that waits for its turn and is cancelled is not sent", async () => {
  const socket = deferred<Socket>();
  const { port } = await endpoint({ overflow: "wait", highWaterMark: 1, connect: (one) => socket.resolve(one) });
  const { ws, next } = await peer(port);
  ws.pause();
  const one = await socket.promise;
  while (one.bufferedBytes === 0) void one.write(chunk);
  const parked = go(function* () {
    yield* one.write("cancelled");
  });
  await sleep(0);
  const last = one.write("last");
  parked.cancel();
  ws.resume();
  const texts: string[] = [];
  while (!texts.includes("last")) {
    const message = await next();
    if (typeof message === "string") texts.push(message);
  }
  expect(await last).toBe(true);
  expect(texts).toEqual(["last"]);
});

test("an endpoint drains by itself: it refuses handshakes, closes with 1001, and abandons at its deadline", async () => {
  const never = channel<never>();
  const { live, port } = await endpoint({
    *closed() {
      yield* never.take();
    },
  });
  expect(live.address).toMatchObject({ port });
  const { ws, closed } = await peer(port);
  expect(ws.readyState).toBe(ws.OPEN);
  const drained = live.drain({ deadlineMs: 2000 });
  expect(await closed).toMatchObject({ code: 1001 });
  await drained;
  expect(live.sockets()).toEqual([]);
  await live.drain();
  await live[Symbol.asyncDispose]();
});

test("an endpoint that was drained before it had a server is drained with its server all the same", async () => {
  const live = trevor({ path: "/live" });
  for (let round = 0; round < 2; round++) {
    await live.drain();
    const { server, port } = await serve({ handler: () => "http", sockets: [live] });
    const { closed } = await peer(port);
    await server.drain({ deadlineMs: 60_000 });
    expect(await closed).toMatchObject({ code: 1001 });
  }
});
