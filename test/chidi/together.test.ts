/** What the parts do together: middleware, bodies, TLS and HTTP/2, each in the company of another. */
import { createReadStream } from "node:fs";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { channel, go } from "@good-place/channel";
import {
  type Answer,
  chidi,
  compressed,
  conditional,
  fetchHandler,
  file,
  type Handled,
  type Handler,
  handled,
  inject,
  limited,
  transformed,
  whenAnswered,
} from "@good-place/chidi";
import { expect, onTestFinished, test } from "vitest";
import { ask, folder } from "./asking.js";
import { certificate } from "./certificates.js";
import { deferred, dial, raw, rest, serve, until } from "./serving.js";

const head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const pair = certificate("plain.example");

test("trailers come behind a streamed and behind a known body over HTTP/2", async () => {
  const { url } = await serve({
    http2: true,
    handler: ({ path }) => ({
      body:
        path === "/known"
          ? "four"
          : (async function* () {
              yield "fo";
              yield "ur";
            })(),
      trailers: () => ({ "X-Length": 4, "x-two": ["a", "b"] }),
    }),
  });
  const session = connectHttp2(url);
  onTestFinished(() => session.destroy());
  for (const path of ["/known", "/streamed"]) {
    const stream = session.request({ ":path": path }).resume();
    const trailers = await new Promise<IncomingHttpHeaders>((resolve) => stream.once("trailers", resolve));
    expect(Object.entries(trailers)).toEqual([
      ["x-length", "4"],
      ["x-two", "a, b"],
    ]);
  }
});

test("answers that the server breaks off are not held against the client of HTTP/2", async () => {
  const { url, server } = await serve({
    http2: true,
    handler: ({ path }) =>
      path === "/good"
        ? "good"
        : {
            body: (async function* () {
              yield "a";
              throw new Error("broken off");
            })(),
          },
  });
  const session = connectHttp2(url);
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  const closed = (path: string): Promise<number | undefined> =>
    new Promise((resolve) => {
      const stream = session.request({ ":path": path }).resume();
      stream.on("error", () => {}).once("close", () => resolve(stream.rstCode));
    });
  for (let i = 0; i < 260 && !session.closed; i++) await closed("/");
  expect(await closed("/good")).toBe(0);
  expect(server.statistics()).toMatchObject({ failed: 260, refused: 0, connections: 1 });
});

test("a node stream that nobody reads is let go: HEAD, 304, a bad answer, a client that left", async () => {
  const root = folder({ "a.txt": "text" });
  const gate = deferred();
  const asked = channel<true>(1);
  let body: Readable | null = null;
  const open = (): Readable => {
    body = createReadStream(join(root, "a.txt"));
    return body;
  };
  const modified = { "last-modified": new Date(0).toUTCString(), "content-type": "text/plain" };
  const dated = (): Answer => ({ headers: modified, body: open() });
  const late = async (): Promise<Answer> => {
    await asked.give(true);
    await gate.promise;
    return { body: open() };
  };
  const handlers: Record<string, Handler> = {
    "/plain": dated,
    "/compressed": compressed()(dated),
    "/through": transformed({ keepsLength: false, transform: (chunks) => chunks })(dated),
    "/conditional": conditional()(dated),
    "/304": () => ({ status: 304, body: open() }),
    "/bad": () => ({ status: 99, body: open() }),
    "/late": late,
  };
  const { port, next } = await serve({ handler: (request) => handlers[request.path]?.(request) as Answer });
  const gone = async (): Promise<void> => {
    await expect.poll(() => body?.closed).toBe(true);
    body = null;
  };
  for (const path of ["/plain", "/compressed", "/through"]) {
    expect((await ask(port, path, { "accept-encoding": "gzip" }, "HEAD")).status).toBe(200);
    await gone();
  }
  const since = { "if-modified-since": new Date().toUTCString() };
  for (const [path, status] of [
    ["/conditional", 304],
    ["/304", 304],
    ["/bad", 500],
  ] as const) {
    expect((await ask(port, path, since)).status).toBe(status);
    await gone();
  }
  const socket = await dial(port);
  socket.write(head.replace("/", "/late"));
  await asked.take();
  const before = next("close");
  socket.destroy();
  await before;
  gate.resolve();
  await gone();
});

test("a node stream that fails where nobody reads it fails for nobody", async () => {
  const failed = deferred();
  const { port } = await serve({
    handler: () => {
      const body = createReadStream("/nowhere/at/all");
      body.once("close", failed.resolve);
      return { body };
    },
  });
  expect((await ask(port, "/", {}, "HEAD")).status).toBe(200);
  await failed.promise;
  await expect(ask(port, "/")).rejects.toThrow();
});

test("a client that leaves takes nothing from a channel that is the body", async () => {
  const body = channel<string>();
  const { port, next } = await serve({ handler: () => ({ body }) });
  const socket = await dial(port);
  socket.write(head);
  await until(socket, "chunked");
  const closed = next("close");
  socket.destroy();
  await closed;
  expect(body.tryGive("kept")).toBe("full");
  const answer = await dial(port);
  answer.write(head);
  await body.give("for the next");
  body.close();
  expect(await until(answer, "\r\n0\r\n")).toContain("for the next");
});

test("a file that is not there fails the handler also behind compressed and transformed", async () => {
  const missing: Handler = () => ({ headers: { "content-type": "text/plain" }, body: file("/nowhere/at/all") });
  const same = transformed({ keepsLength: true, transform: (chunks) => chunks });
  for (const handler of [compressed()(missing), same(compressed()(missing)), same(missing)]) {
    const { port } = await serve({ handler });
    expect((await ask(port, "/", { "accept-encoding": "gzip" })).status).toBe(500);
  }
});

test("an answer to HEAD without a body says nothing of its length", async () => {
  const { port } = await serve({ handler: fetchHandler(() => new Response(null, { headers: { "x-one": "1" } })) });
  const answer = await ask(port, "/", {}, "HEAD");
  expect(answer.headers).toMatchObject({ "x-one": "1" });
  expect(answer.headers).not.toHaveProperty("content-length");
  expect((await ask(port, "/")).headers).toMatchObject({ "content-length": "0" });
});

test("an app that does not read its body gets no 100-continue sent", async () => {
  const { port } = await serve({
    handler: fetchHandler(async (request) =>
      new URL(request.url).pathname === "/read" ? new Response(await request.text()) : new Response("no"),
    ),
  });
  const post = "POST /not HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  expect(await raw(port, post)).toMatch(/^HTTP\/1.1 200 OK/);
  const socket = await dial(port);
  socket.write(post.replace("/not", "/read"));
  expect(await until(socket, "\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("four");
  expect(await until(socket, "four")).toMatch(/^HTTP\/1.1 200 OK/);
});

test("what whenAnswered throws is one error signal, and costs no other its call, no answer, and no connection", async () => {
  const places = limited(1)(() => "x");
  const { port, url, next, server } = await serve({
    http2: true,
    handler: (request) => {
      if (request.path === "/throws") {
        whenAnswered(request, () => {
          throw new Error("mine");
        });
      }
      return places(request);
    },
  });
  const failure = { error: { message: "mine" }, request: { path: "/throws" } };
  expect(
    await raw(port, `${head.replace("/", "/throws")}${head.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")}`),
  ).toMatch(/^HTTP\/1.1 200 [\s\S]*xHTTP\/1.1 200 [\s\S]*x$/);
  expect(await next("error")).toMatchObject(failure);
  const session = connectHttp2(url);
  onTestFinished(() => session.destroy());
  const get = async (path: string): Promise<string> => {
    const stream = session.request({ ":path": path }).setEncoding("utf8");
    let text = "";
    for await (const chunk of stream) text += chunk;
    return text;
  };
  expect(await get("/throws")).toBe("x");
  expect(await next("error")).toMatchObject(failure);
  expect(await get("/")).toBe("x");
  expect(server.statistics()).toMatchObject({ accepted: 2, failed: 2, answering: 0 });
});

test("whoever cancels what waits for a handler cancels the handler, whether a generator or a fiber", async () => {
  for (const made of [
    (steps: () => Generator<unknown, void, never>): Handled<void> => steps(),
    (steps: () => Generator<unknown, void, never>): Handled<void> => go(steps),
  ]) {
    const [begun, ended] = [deferred(), deferred()];
    const waiting = go(function* (): Generator<unknown, void, never> {
      yield* handled(
        made(function* () {
          try {
            begun.resolve();
            yield* channel().take();
          } finally {
            ended.resolve();
          }
        }),
      );
    });
    await begun.promise;
    waiting.cancel();
    await ended.promise;
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  }
});

test("a fiber that a handler returns behind continues ends with its client", async () => {
  const [begun, ended] = [deferred(), deferred()];
  const { port } = await serve({
    continues: () => true,
    handler: () =>
      go(function* () {
        try {
          begun.resolve();
          yield* channel().take();
        } finally {
          ended.resolve();
        }
        return "never";
      }),
  });
  const socket = await dial(port);
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  await begun.promise;
  socket.destroy();
  await ended.promise;
});

test("a TLS connection that has no place is rejected, and no failed handshake; failed ones give theirs back", async () => {
  const { port, server, signals, next } = await serve({ tls: pair, maxConnections: 1, handler: () => "x" });
  const first = await shake({ port });
  await expect(shake({ port })).rejects.toThrow();
  expect(server.statistics()).toMatchObject({ rejected: 1, refused: 0, connections: 1 });
  first.destroy();
  await next("close");
  expect(signals.map(({ tag }) => tag)).not.toContain("refused");
  for (let i = 0; i < 3; i++) {
    const garbage = connect(port);
    garbage.on("error", () => {}).write("garbage\r\n\r\n");
    await next("refused");
    await rest(garbage);
  }
  await shake({ port });
});

test("a client that leaves before its protocol is known gives its place back at once", async () => {
  const { port, signals, next } = await serve({
    http2: true,
    maxConnections: 1,
    headersTimeoutMs: 600_000,
    handler: () => "x",
  });
  for (const bytes of ["", "PRI * HT"]) {
    const socket = connect(port);
    socket.end(bytes);
    await rest(socket);
    await expect
      .poll(() =>
        ask(port, "/").then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
    await next("close");
  }
  expect(signals.filter(({ tag }) => tag === "refused" || tag === "error")).toEqual([]);
});

test("a client that sends nothing, or no more than the beginning of a preface, is 408 and a timeout signal", async () => {
  const { port, next } = await serve({ http2: true, headersTimeoutMs: 100, handler: () => "x" });
  for (const bytes of ["", "PRI * HT"]) {
    expect(await raw(port, bytes)).toMatch(/^HTTP\/1.1 408 /);
    expect(await next("timeout")).toMatchObject({ which: "headers", error: { code: "HEADERS_TIMEOUT" } });
  }
});

test("a drain lets a TLS connection over a unix socket end its answer", async () => {
  const [begun, gate] = [deferred(), deferred()];
  const path = join(folder({}), "s");
  const server = await chidi({
    path,
    tls: pair,
    handler: async () => {
      begun.resolve();
      await gate.promise;
      return "done";
    },
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const socket = await shake({ path });
  const answer = rest(socket);
  socket.write(head);
  await begun.promise;
  const drained = server.drain({ deadlineMs: 60_000 });
  gate.resolve();
  expect(await answer).toMatch(/^HTTP\/1.1 200 OK.*done$/s);
  await drained;
});

test("drain refuses a deadline that no timer can wait for, and lets answers be", async () => {
  const gate = deferred();
  const begun = deferred();
  const { port, server } = await serve({
    handler: async () => {
      begun.resolve();
      await gate.promise;
      return "done";
    },
  });
  const answer = ask(port, "/");
  await begun.promise;
  expect(() => server.drain({ deadlineMs: 2 ** 31 })).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  const drained = server.drain({ deadlineMs: 2 ** 31 - 1 });
  gate.resolve();
  expect((await answer).body.toString()).toBe("done");
  await drained;
});

test("inject refuses the options of a server that listens", () => {
  for (const wrong of [{ port: 1 }, { host: "a" }, { path: "/a" }, { tls: pair }, { http2: true }, { sockets: [] }]) {
    const options = { handler: () => "x", ...wrong } as never;
    expect(() => inject(options, "/")).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }
});

function shake(to: ConnectionOptions): Promise<ReturnType<typeof connectTls>> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", ca: pair.cert, servername: "plain.example", ...to }, () =>
      resolve(socket),
    );
    socket.once("error", reject);
    onTestFinished(() => {
      socket.destroy();
    });
  });
}
