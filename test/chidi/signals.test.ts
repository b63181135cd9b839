/** Supervision: what the server reports, who works it off, and what a failure costs. */
import { connect } from "node:net";
import {
  until as awaited,
  CLOSED,
  channel,
  type Emergence,
  type Fiber,
  giveSupervisor,
  go,
  type Signal,
  sleep,
  supervise,
  unbounded,
} from "@good-place/channel";
import {
  type Answer,
  type ConnSignal,
  checked,
  chidi,
  compressed,
  conditional,
  handled,
  type Middleware,
  router,
  through,
  transformed,
} from "@good-place/chidi";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { deferred, dial, raw, rest, serve, until } from "./serving.js";

const any = z.object({});

test("a connection is conn, then close, of one fiber", async () => {
  const { port, next } = await serve({ handler: () => "x" });
  await raw(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const conn = await next("conn");
  const close = await next("close");
  expect(close).toMatchObject({ connection: conn.connection, fiber: conn.fiber });
  expect(conn.connection).toMatchObject({ remoteAddress: "127.0.0.1", requests: 1, fiber: conn.fiber });
});

test("a handler that fails is a 500 without its message, one error signal, and the connection goes on", async () => {
  const secret = new Error("secret");
  for (const fail of [
    (): never => {
      throw secret;
    },
    (): Promise<never> => Promise.reject(secret),
    (): never =>
      (function* () {
        yield* sleep(0);
        throw secret;
      })() as never,
    (): never =>
      go(function* () {
        yield* sleep(0);
        throw secret;
      }) as never,
  ]) {
    const { port, signals, server } = await serve({ handler: ({ path }) => (path === "/bad" ? fail() : "good") });
    const text = await raw(
      port,
      "GET /bad HTTP/1.1\r\nHost: a\r\n\r\nGET /good HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    expect(text).toMatch(/^HTTP\/1.1 500 [\s\S]*Internal Server ErrorHTTP\/1.1 200 [\s\S]*good$/);
    expect(text).not.toContain("secret");
    expect(signals.filter(({ tag }) => tag === "error")).toMatchObject([{ error: secret, request: { path: "/bad" } }]);
    expect(server.statistics()).toMatchObject({ failed: 1, refused: 0, answering: 0 });
  }
});

test("a failure is one signal with its request, also of a fiber behind middleware, and none where middleware catches it", async () => {
  const late = new Error("late");
  const fails = (): Fiber<string> =>
    go(function* () {
      yield* sleep(0);
      throw late;
    });
  const waits: Middleware = (handler) =>
    function* (request): Generator<unknown, Answer, never> {
      return yield* handled(handler(request));
    };
  const catches: Middleware = (handler) =>
    function* (request): Generator<unknown, Answer, never> {
      try {
        return yield* handled(handler(request));
      } catch {
        return "instead";
      }
    };
  const { url, signals, server } = await serve({
    continues: () => true,
    handler: router({
      "GET /conditional": conditional()(fails),
      "GET /compressed": through(compressed(), transformed())(fails),
      "GET /checked": checked({ query: any }, fails),
      "GET /waits": through(waits, conditional(), waits)(fails),
      "GET /caught": through(waits, catches, conditional())(fails),
    }),
  });
  for (const path of ["/conditional", "/compressed", "/checked", "/waits"]) {
    expect((await fetch(url + path)).status).toBe(500);
    const errors = signals.splice(0).filter(({ tag }) => tag === "error");
    expect(errors).toMatchObject([{ error: late, request: { path } }]);
    expect(errors).toHaveLength(1);
  }
  expect(await (await fetch(`${url}/caught`)).text()).toBe("instead");
  await server.drain();
  expect(signals.filter(({ tag }) => tag === "error")).toEqual([]);
  expect(server.statistics()).toMatchObject({ failed: 4 });
});

test("a failure on the way out of a fiber that was cancelled for its time is told beside the time", async () => {
  const { url, next } = await serve({
    handlerMs: 10,
    handler: () =>
      go(function* () {
        try {
          yield* sleep(600_000);
          return "never";
        } finally {
          yield* awaited(Promise.reject(new Error("on the way out")));
        }
      }),
  });
  expect((await fetch(`${url}/slow`)).status).toBe(503);
  const request = { path: "/slow" };
  expect(await next("error")).toMatchObject({ error: { message: "on the way out" }, request });
  expect(await next("timeout")).toMatchObject({ which: "handler", request });
});

test("a body that fails after the head was sent destroys the connection", async () => {
  const read = deferred();
  async function* broken(): AsyncGenerator<string> {
    yield "begin";
    await read.promise;
    throw new Error("broken");
  }
  const { port, next } = await serve({ handler: () => ({ body: broken() }) });
  const socket = await dial(port);
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(socket, "begin");
  read.resolve();
  expect(await rest(socket)).not.toContain("0\r\n\r\n");
  expect((await next("error")).error).toMatchObject({ message: "broken" });
});

test("signal aborts and a returned fiber is cancelled when the client goes away before the answer", async () => {
  const begun = deferred();
  const cancelled = deferred();
  const aborted = deferred();
  const { port, server, next } = await serve({
    handler: ({ signal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      return go(function* () {
        begun.resolve();
        try {
          yield* sleep(100_000);
          return "late";
        } finally {
          cancelled.resolve();
        }
      });
    },
  });
  const socket = await dial(port);
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await begun.promise;
  socket.destroy();
  await Promise.all([aborted.promise, cancelled.promise, next("close")]);
  expect(server.statistics()).toMatchObject({ failed: 0, answering: 0, connections: 0 });
});

test("signal does not abort once the answer is complete", async () => {
  const signals: AbortSignal[] = [];
  const { port, next } = await serve({ handler: ({ signal }) => String(signals.push(signal)) });
  await raw(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const socket = await dial(port);
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(socket, "200 OK");
  socket.destroy();
  await next("close");
  await next("close");
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
});

test("a handler that does not look at its signal holds neither the connection nor the server", async () => {
  const begun = deferred();
  const { port, next, server } = await serve({
    handler: () => {
      begun.resolve();
      return new Promise<string>(() => {});
    },
  });
  const socket = await dial(port);
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await begun.promise;
  socket.destroy();
  await next("close");
  expect(server.statistics()).toMatchObject({ connections: 0, answering: 0 });
});

test("an emergence goes up as the very signal, and settles the one who asked", async () => {
  const flow = channel<Emergence>(8);
  const taken: Emergence[] = [];
  void supervise(flow, (signal) => {
    taken.push(signal);
    signal.settle?.(signal.acts[0] === "bad" ? new Error("refused") : undefined);
  });
  onTestFinished(() => void flow.close());
  const { url, signals } = await serve({
    supervisor: flow,
    handler: (request) =>
      request.emerge(request.query.get("act"), 2).then(
        () => "done",
        (error) => error.message,
      ),
  });
  expect(await (await fetch(`${url}?act=good`)).text()).toBe("done");
  expect(await (await fetch(`${url}?act=bad`)).text()).toBe("refused");
  expect(taken.map(({ acts }) => acts)).toEqual([
    ["good", 2],
    ["bad", 2],
  ]);
  expect(signals.filter(({ tag }) => tag === "emergence")).toEqual(taken);
  expect(taken[0]?.fiber).toBeDefined();
});

test("an emergence without a supervisor fails with NO_SUPERVISOR, unless a rule has settled it", async () => {
  const ask = (rules: never[]): Promise<string> =>
    serve({
      rules,
      handler: (request) =>
        request.emerge("act").then(
          () => "done",
          (error) => error.code,
        ),
    })
      .then(({ url }) => fetch(url))
      .then((response) => response.text());
  expect(await ask([])).toBe("NO_SUPERVISOR");
  expect(await ask([[{}, () => {}]] as never)).toBe("NO_SUPERVISOR");
  expect(await ask([[{ tag: "emergence" }, (signal: Emergence) => signal.settle?.()]] as never)).toBe("done");
});

test("what no rule takes goes up, what a rule takes does not", async () => {
  const flow = channel<Signal & { n?: number }>(unbounded());
  const mine: unknown[] = [];
  const { url } = await serve({
    supervisor: flow,
    rules: [[{ tag: "product", n: 1 }, (signal) => mine.push(signal)]],
    *handler() {
      yield* giveSupervisor({ tag: "product", n: 1 } as Signal);
      yield* giveSupervisor({ tag: "product", n: 2 } as Signal);
      return "x";
    },
  });
  await (await fetch(url)).text();
  expect(await flow.take()).toMatchObject({ tag: "conn" });
  const up = await flow.take();
  expect(up).toMatchObject({ tag: "product", n: 2 });
  expect(up !== CLOSED && up.fiber).toBeTruthy();
  expect(mine).toMatchObject([{ n: 1 }]);
  expect(flow.statistics().size).toBe(0);
});

test("a failure goes up and is printed by nobody, or is printed once where nothing is above", async () => {
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => print.mockRestore());
  const fails = (): never => {
    throw new Error("on purpose");
  };
  const flow = channel<Signal>(unbounded());
  const above = await serve({ handler: fails, supervisor: flow, rules: [] });
  await (await fetch(above.url)).text();
  expect(await flow.take()).toMatchObject({ tag: "conn" });
  expect(await flow.take()).toMatchObject({ tag: "error", error: { message: "on purpose" }, request: { path: "/" } });
  expect(print).not.toHaveBeenCalled();
  const alone = await serve({ handler: fails, rules: [] });
  await (await fetch(alone.url)).text();
  await alone.server.drain();
  expect(print).toHaveBeenCalledTimes(1);
});

test("a rule that throws costs one signal, and is an error signal above", async () => {
  const flow = channel<Signal & { error?: unknown }>(unbounded());
  let calls = 0;
  const { url } = await serve({
    supervisor: flow,
    rules: [
      [
        { tag: "conn" },
        () => {
          if (++calls === 1) throw new Error("rule");
        },
      ],
    ],
    handler: () => "x",
  });
  for (let i = 0; i < 2; i++) await (await fetch(url, { headers: { connection: "close" } })).text();
  await expect.poll(() => calls).toBe(2);
  expect(await flow.take()).toMatchObject({ tag: "error", error: { message: "rule" } });
});

test("without rules a handler's failure is printed, and a refusal is not", async () => {
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => print.mockRestore());
  const { url, port } = await serve({
    rules: [],
    handler: () => {
      throw new Error("printed");
    },
  });
  await raw(port, "GET / HTTP/1.1\r\n\r\n");
  await (await fetch(`${url}/a?token=1`)).text();
  await expect.poll(() => print.mock.calls.length).toBe(1);
  expect(print.mock.calls[0]?.[0]).toBe("chidi: GET /a failed:");
});

test("cancelling a connection's fiber ends the connection", async () => {
  const { port, next } = await serve({ handler: () => "x" });
  const socket = connect(port, "127.0.0.1");
  const closed = new Promise((resolve) => socket.on("error", () => {}).once("close", resolve));
  (await next<ConnSignal>("conn")).fiber.cancel("go away");
  await closed;
  expect(await next("close")).toBeDefined();
});

test("a cancelled start leaves nothing listening", async () => {
  const starting = go(function* (fiber) {
    const server = chidi({ port: 0, handler: () => "x" });
    fiber.cancel("changed my mind");
    yield* server;
  });
  await expect(starting).rejects.toMatchObject({ code: "CANCELLED" });
  const listening = (): string[] => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap");
  await expect.poll(listening).toEqual([]);
});
