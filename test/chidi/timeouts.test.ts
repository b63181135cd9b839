/** Nothing is waited for without end: each time that runs out is a signal of its own, and an answer where one is possible. */
import { sleep } from "@good-place/channel";
import type { TimeoutSignal } from "@good-place/chidi";
import { expect, test, vi } from "vitest";
import { deferred, dial, raw, rest, serve, until } from "./serving.js";

const head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

test("a handler that takes longer than handlerMs is 503, its fiber is cancelled, and its signal aborts", async () => {
  const cancelled = deferred();
  const aborted = deferred<unknown>();
  const { url, next, server } = await serve({
    handlerMs: 20,
    *handler({ signal }) {
      signal.addEventListener("abort", () => aborted.resolve(signal.reason));
      try {
        yield* sleep(1_000_000);
        return "late";
      } finally {
        cancelled.resolve();
      }
    },
  });
  const response = await fetch(url);
  expect([response.status, response.headers.get("connection")]).toEqual([503, "close"]);
  await cancelled.promise;
  expect(await aborted.promise).toMatchObject({ code: "HANDLER_TIMEOUT" });
  const signal = await next<TimeoutSignal>("timeout");
  expect(signal).toMatchObject({ which: "handler", error: { code: "HANDLER_TIMEOUT", status: 503 } });
  expect(signal.request?.path).toBe("/");
  expect(server.statistics()).toMatchObject({ failed: 1, refused: 0 });
});

test("a promise that is late is 503, and rejecting with the reason of its signal is no second failure", async () => {
  const { url, server, signals } = await serve({
    handlerMs: 20,
    handler: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  });
  expect((await fetch(url)).status).toBe(503);
  await server.drain();
  expect(signals.filter(({ tag }) => tag === "timeout" || tag === "error")).toHaveLength(1);
});

test("the time of a handler does not run for the stream that it answers", async () => {
  const { url, signals } = await serve({
    handlerMs: 20,
    handler: async () => ({
      body: (async function* () {
        yield "a";
        await sleep(60);
        yield "b";
      })(),
    }),
  });
  expect(await (await fetch(url)).text()).toBe("ab");
  expect(signals.filter(({ tag }) => tag === "timeout")).toEqual([]);
});

test("a client that does not read is cut off after writeIdleMs, and its stream is told", async () => {
  const stopped = deferred();
  async function* forever(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(300_000);
    } finally {
      stopped.resolve();
    }
  }
  const bodies = { "/stream": forever(), "/bytes": new Uint8Array(64 * 1024 * 1024) };
  for (const [path, body] of Object.entries(bodies)) {
    const { port, next, server } = await serve({ writeIdleMs: 50, handler: () => ({ body }) });
    const socket = await dial(port);
    socket.pause();
    socket.write(head.replace("/", path));
    const signal = await next<TimeoutSignal>("timeout");
    expect(signal).toMatchObject({ which: "write", error: { code: "WRITE_TIMEOUT" } });
    await next("close");
    expect(server.statistics()).toMatchObject({ connections: 0, answering: 0 });
  }
  await stopped.promise;
});

test("a client that reads slowly but goes on reading gets all of a large body", async () => {
  const size = 16 * 1024 * 1024;
  const { port, signals } = await serve({ writeIdleMs: 2000, handler: () => "x".repeat(size) });
  const socket = await dial(port);
  socket.write(head.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  let got = 0;
  const started = performance.now();
  for await (const chunk of socket) {
    got += (chunk as Buffer).length;
    // About 7 MB/s, so that all of it takes longer than the time between two pieces may.
    const ahead = got / 7000 - (performance.now() - started);
    if (ahead > 5) await new Promise((resolve) => setTimeout(resolve, ahead));
  }
  expect(performance.now() - started).toBeGreaterThan(2000);
  expect(got).toBeGreaterThan(size);
  expect(signals.filter(({ tag }) => tag === "timeout")).toEqual([]);
});

test("a connection that brings nothing for keepAliveMs is a timeout signal, then a close", async () => {
  const { port, signals, next } = await serve({ keepAliveMs: 20, handler: () => "x" });
  const socket = await dial(port);
  socket.write(head);
  await until(socket, "x");
  await rest(socket);
  await next("close");
  expect(signals.map(({ tag }) => tag).slice(0, 3)).toEqual(["conn", "timeout", "close"]);
  expect(signals[1]).toMatchObject({ which: "keepAlive", error: { code: "KEEP_ALIVE_TIMEOUT" } });
});

test("a body that stops coming is a timeout signal of the body", async () => {
  const { port, next } = await serve({ bodyIdleMs: 30, handler: (request) => request.text() });
  expect(await raw(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc")).toMatch(/^HTTP\/1.1 408 /);
  expect(await next("timeout")).toMatchObject({ which: "body", error: { code: "BODY_TIMEOUT", status: 408 } });
});

test("without rules a handler that is late is printed, and a client that is slow is not", async () => {
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  const slow = await serve({ rules: [], bodyIdleMs: 10, handler: ({ text }) => text() });
  await raw(slow.port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc");
  const late = await serve({ rules: [], handlerMs: 10, handler: () => new Promise<string>(() => {}) });
  await (await fetch(`${late.url}/late`)).text();
  await Promise.all([slow.server.drain(), late.server.drain()]);
  expect(print.mock.calls.map(([text]) => text)).toEqual(["chidi: GET /late failed:"]);
  print.mockRestore();
});

test("a time that no timer can wait for is refused", async () => {
  const wrong = serve({ writeIdleMs: 2 ** 31, handler: () => "x" });
  await expect(wrong).rejects.toMatchObject({ code: "BAD_OPTION" });
});
