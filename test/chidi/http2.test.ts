/** HTTP/2, by ALPN and by prior knowledge, with the same handlers, answers, refusals and signals as HTTP/1. */
import { execFile } from "node:child_process";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { promisify } from "node:util";
import { channel, until } from "@good-place/channel";
import { cookies, type HttpRequest, json, type RefusedSignal, router } from "@good-place/chidi";
import { expect, onTestFinished, test } from "vitest";
import { certificate } from "./certificates.js";
import { deferred, dial, raw, rest, type Serving, serve } from "./serving.js";

const authority = certificate("root");
const club = certificate("club.example", authority);
const plain = certificate("plain.example", authority);

test("one port serves HTTP/1 and HTTP/2 by prior knowledge, with the same handler", async () => {
  const { port } = await serve({
    http2: true,
    handler: ({ method, url, headers }) => `${method} ${url} ${headers.get("host")}`,
  });
  for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
    const { stdout } = await promisify(execFile)("curl", [
      "-s",
      version,
      "-w",
      " %{http_version}",
      `http://127.0.0.1:${port}/a?b`,
    ]);
    expect(stdout).toBe(`GET /a?b 127.0.0.1:${port} ${version === "--http1.1" ? "1.1" : "2"}`);
  }
  expect(await raw(port, "PRI * HTTP/2.1\r\nHost: a\r\n\r\n")).toMatch(/^HTTP\/1.1 [45]/);
});

test("a server without http2 serves no HTTP/2", async () => {
  const { port, next } = await serve({ handler: () => "x" });
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  await new Promise((resolve) => session.once("error", resolve));
  expect(await next<RefusedSignal>("refused")).toMatchObject({ error: { code: "BAD_VERSION" } });
});

test("requests of one connection are answered at the same time, and are conn and close of one fiber", async () => {
  const gates = [deferred(), deferred()];
  const serving = await serve({
    http2: true,
    handler: async ({ path }) => {
      await gates[Number(path.slice(1))]?.promise;
      return path;
    },
  });
  const session = open(serving);
  const [first, second] = [ask(session, { ":path": "/0" }), ask(session, { ":path": "/1" })];
  gates[1]?.resolve();
  expect((await second).text).toBe("/1");
  gates[0]?.resolve();
  expect((await first).text).toBe("/0");
  session.close();
  const conn = await serving.next("conn");
  const close = await serving.next("close");
  expect(close).toMatchObject({ connection: conn.connection, fiber: conn.fiber });
  expect(conn.connection).toMatchObject({ remoteAddress: "127.0.0.1", requests: 2 });
  expect(serving.server.statistics()).toMatchObject({ accepted: 1, requests: 2, answering: 0, connections: 0 });
  expect(serving.signals.map(({ tag }) => tag).filter((tag) => tag === "ok")).toHaveLength(1);
});

test("bodies, streamed answers, HEAD, cookies and a router work as over HTTP/1", async () => {
  const serving = await serve({
    http2: true,
    handler: router({
      "POST /echo": async (request) => json(await request.json()),
      "GET /stream": () => ({
        headers: { connection: "close", upgrade: "x", "set-cookie": ["a=1", "b=2"] },
        body: (async function* () {
          for (let i = 0; i < 100; i++) yield "0123456789".repeat(1000);
        })(),
      }),
      "GET /text": () => "text",
      "POST /ignored": () => "ignored",
      "GET /cookies": (request) => {
        const { a, b } = cookies(request);
        return `${a} ${b} ${request.headers.get("cookie")} ${cookies(request).b}`;
      },
    }),
  });
  const session = open(serving);
  const echo = await ask(session, { ":path": "/echo", ":method": "POST" }, JSON.stringify({ a: "é".repeat(100_000) }));
  expect(JSON.parse(echo.text)).toEqual({ a: "é".repeat(100_000) });
  const stream = await ask(session, { ":path": "/stream" });
  expect(stream).toMatchObject({ status: 200, headers: { "set-cookie": ["a=1", "b=2"] } });
  expect(stream.headers).not.toHaveProperty("connection");
  expect(stream.headers).not.toHaveProperty("upgrade");
  expect(stream.text).toHaveLength(1_000_000);
  const head = await ask(session, { ":path": "/text", ":method": "HEAD" });
  expect(head).toMatchObject({ status: 200, headers: { "content-length": "4" }, text: "" });
  expect((await ask(session, { ":path": "/ignored", ":method": "POST" }, "x".repeat(10_000))).text).toBe("ignored");
  expect((await ask(session, { ":path": "/cookies", cookie: ["a=1", "b=2"] as never })).text).toBe("1 2 a=1; b=2 2");
  expect(await ask(session, { ":path": "/none" })).toMatchObject({ status: 404 });
  expect(serving.server.statistics()).toMatchObject({ refused: 0, failed: 0, accepted: 1 });
});

test("what is wrong with one stream is refused with its status, and the connection goes on", async () => {
  const serving = await serve({
    http2: true,
    maxBodyBytes: 1000,
    handler: async (request) => {
      await request.text();
      return "good";
    },
  });
  const session = open(serving);
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, "x"]));
  const post = { ":method": "POST" };
  const wrong: [number, string, OutgoingHttpHeaders, string?][] = [
    [431, "HEADERS_TOO_LARGE", many],
    [431, "HEADERS_TOO_LARGE", { "x-large": "x".repeat(17_000) }],
    [413, "BODY_TOO_LARGE", { ...post, "content-length": 1001 }, "x".repeat(1001)],
    [413, "BODY_TOO_LARGE", post, "x".repeat(100_000)],
    [400, "BAD_REQUEST", { ":authority": "a.example", host: "b.example" }],
    [400, "BAD_REQUEST", { content_length: "5" }],
    [400, "BAD_REQUEST", { ":path": "/a#b" }],
    [417, "BAD_EXPECTATION", { expect: "more" }],
    [501, "BAD_METHOD", { ":method": "CONNECT", ":path": undefined, ":authority": "a.example" }],
  ];
  for (const [status, code, headers, body] of wrong) {
    expect((await ask(session, headers, body)).status, code).toBe(status);
    expect(await serving.next<RefusedSignal>("refused")).toMatchObject({ error: { code, status } });
  }
  expect(await ask(session, {})).toMatchObject({ status: 200, text: "good" });
  expect(serving.server.statistics()).toMatchObject({ refused: wrong.length, failed: 0, accepted: 1 });
});

test("a body of a stream that stops coming is 408, and the connection goes on", async () => {
  const handler = async (request: HttpRequest): Promise<string> => (request.method === "GET" ? "good" : request.text());
  const serving = await serve({ http2: true, bodyIdleMs: 50, handler });
  const session = open(serving);
  const slow = session.request({ ":path": "/", ":method": "POST" });
  slow.write("x");
  expect((await answerOf(slow)).status).toBe(408);
  expect(await ask(session, {})).toMatchObject({ status: 200, text: "good" });
  expect(serving.server.statistics()).toMatchObject({ refused: 1, failed: 0, accepted: 1 });
});

test("100-continue is sent when the handler reads the body", async () => {
  const serving = await serve({
    http2: true,
    handler: async (request) => (request.path === "/no" ? "no" : request.text()),
  });
  const session = open(serving);
  const stream = session.request({ ":path": "/", ":method": "POST", expect: "100-continue" });
  await new Promise((resolve) => stream.once("continue", resolve));
  stream.end("body");
  expect((await answerOf(stream)).text).toBe("body");
  const unread = session.request({ ":path": "/no", ":method": "POST", expect: "100-continue" });
  unread.once("continue", () => expect.unreachable());
  expect((await answerOf(unread)).text).toBe("no");
});

test("a handler that fails is a 500, and one whose body fails resets its stream alone", async () => {
  const serving = await serve({
    http2: true,
    handler: ({ path }) => {
      if (path === "/good") return "good";
      if (path === "/bad") throw new Error("secret");
      return {
        body: (async function* () {
          yield "begin";
          throw new Error("secret");
        })(),
      };
    },
  });
  const session = open(serving);
  expect(await ask(session, { ":path": "/bad" })).toMatchObject({ status: 500, text: "Internal Server Error" });
  await expect(ask(session, { ":path": "/broken" })).rejects.toMatchObject({ message: /INTERNAL_ERROR/ });
  expect((await ask(session, { ":path": "/good" })).text).toBe("good");
  const errors = serving.signals.filter(({ tag }) => tag === "error") as never as { connection: unknown }[];
  expect(errors).toMatchObject([{ request: { path: "/bad" } }, { request: { path: "/broken" } }]);
  expect(errors[0]?.connection).toBe((await serving.next("conn")).connection);
});

test("signal aborts and a fiber is cancelled when a stream is reset, and others of its connection go on", async () => {
  const begun = channel<AbortSignal>(10);
  const ended = channel<unknown>(10);
  const gate = deferred();
  const serving = await serve({
    http2: true,
    handler: (request) =>
      (function* () {
        try {
          begun.tryGive(request.signal);
          if (request.path === "/good") yield* until(gate.promise);
          else yield* channel().take();
          return "good";
        } finally {
          ended.tryGive(request.path);
        }
      })(),
  });
  const session = open(serving);
  const good = ask(session, { ":path": "/good" });
  const stream = session.request({ ":path": "/reset" });
  stream.on("error", () => {});
  const signals = [await begun.take(), await begun.take()] as AbortSignal[];
  stream.close(constants.NGHTTP2_CANCEL);
  expect(await ended.take()).toBe("/reset");
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  expect(signals[1]?.reason).toMatchObject({ code: "CLIENT_GONE" });
  gate.resolve();
  expect((await good).text).toBe("good");
  expect(signals[0]?.aborted).toBe(false);
});

test("a body that is broken off fails, and is not taken for a whole one", async () => {
  const outcome = channel<unknown>(1);
  const begun = deferred();
  const serving = await serve({
    http2: true,
    handler: (request) => {
      begun.resolve();
      request.text().then(
        (text) => outcome.tryGive(text),
        (error) => outcome.tryGive(error),
      );
      return new Promise<string>(() => {});
    },
  });
  const session = open(serving);
  const stream = session.request({ ":path": "/", ":method": "POST" });
  stream.on("error", () => {});
  stream.write("half");
  await begun.promise;
  session.destroy();
  expect(await outcome.take()).toMatchObject({ code: "CLIENT_GONE" });
});

test("drain takes no new streams, lets open ones end, and settles", async () => {
  const gate = deferred();
  const begun = deferred();
  const serving = await serve({
    http2: true,
    handler: async () => {
      begun.resolve();
      await gate.promise;
      return "done";
    },
  });
  const idle = open(serving);
  await new Promise((resolve) => idle.once("remoteSettings", resolve));
  const silent = await dial(serving.port);
  const session = open(serving);
  const goaway = new Promise((resolve) => session.once("goaway", resolve));
  const answer = ask(session, {});
  await begun.promise;
  const drained = serving.server.drain({ deadlineMs: 1_000_000 });
  expect(await goaway).toBe(constants.NGHTTP2_NO_ERROR);
  await Promise.all([rest(silent), new Promise((resolve) => idle.once("close", resolve))]);
  gate.resolve();
  expect((await answer).text).toBe("done");
  await drained;
  expect(serving.server.statistics()).toMatchObject({ connections: 0, answering: 0, failed: 0 });
});

test("drain destroys at its deadline the streams that have not ended", async () => {
  const begun = deferred();
  const serving = await serve({
    http2: true,
    handler: () => {
      begun.resolve();
      return new Promise<string>(() => {});
    },
  });
  const answer = ask(open(serving), {}).catch((error) => error);
  await begun.promise;
  await serving.server.drain({ deadlineMs: 0 });
  expect(await answer).toBeInstanceOf(Error);
});

test("a stream for a host that requires certificates is 421 on a connection to another host", async () => {
  const { port } = await serve({
    handler: ({ secure }) => String(secure),
    tls: plain,
    sni: { "club.example": { ...club, ca: authority.cert, clientAuth: "required" } },
  });
  const session = connect(`https://127.0.0.1:${port}`, { ca: authority.cert, servername: "plain.example" });
  onTestFinished(() => session.destroy());
  expect(await ask(session, { ":authority": "plain.example" })).toMatchObject({ status: 200, text: "true" });
  for (const headers of [{}, { "x-a": "host", host: "club.example:443" }]) {
    expect(await ask(session, { ":authority": "club.example:443", ...headers })).toMatchObject({ status: 421 });
  }
  const member = connect(`https://127.0.0.1:${port}`, { ca: authority.cert, servername: "club.example", ...plain });
  onTestFinished(() => member.destroy());
  expect(await ask(member, { ":authority": "club.example:443" })).toMatchObject({ status: 200 });
});

test("a slow reader holds its own stream up, and no more of the body than a window is made", async () => {
  let made = 0;
  const serving = await serve({
    http2: true,
    handler: ({ path }) =>
      path === "/quick"
        ? "quick"
        : {
            body: (async function* () {
              for (; made < 10_000; made++) yield Buffer.alloc(10_000);
            })(),
          },
  });
  const session = open(serving);
  const stream = session.request({ ":path": "/" });
  await new Promise((resolve) => stream.once("response", resolve));
  for (let i = 0; i < 20; i++) expect((await ask(session, { ":path": "/quick" })).text).toBe("quick");
  expect(made).toBeLessThan(100);
});

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function open({ url }: Serving): ClientHttp2Session {
  const session = connect(url);
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  return session;
}

function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string): Promise<Answered> {
  const stream = session.request({ ":path": "/", ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}

function answerOf(stream: ClientHttp2Stream): Promise<Answered> {
  return new Promise((resolve, reject) => {
    let headers: IncomingHttpHeaders = {};
    let text = "";
    stream.setEncoding("utf8");
    stream.once("response", (got) => {
      headers = got;
    });
    stream.on("data", (chunk) => {
      text += chunk;
    });
    stream.once("error", reject);
    // Not at its close, which node's client puts off while it has more of a body to send.
    stream.once("end", () => {
      if (stream.rstCode === 0 && headers[":status"] !== undefined) {
        resolve({ status: Number(headers[":status"]), headers, text });
      }
    });
    stream.once("close", () => reject(new Error("the stream closed without an answer")));
  });
}
