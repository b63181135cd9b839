/** Request bodies: the ways to read them, and their limits. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { bodyLimit, type HttpRequest, router } from "@good-place/chidi";
import { expect, onTestFinished, test } from "vitest";
import { deferred, dial, raw, rest, serve, until } from "./serving.js";

const post = (
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> => fetch(url, { method: "POST", body, headers });

test("a body is read as text, JSON, bytes or a stream", async () => {
  const { url } = await serve({
    handler: async (request) => {
      if (request.path === "/text") return request.text();
      if (request.path === "/json") return (await request.json()).a;
      if (request.path === "/bytes") return String((await request.bytes()).length);
      let text = "";
      for await (const chunk of request.body) text += Buffer.from(chunk).toString();
      return text;
    },
  });
  expect(await (await post(`${url}/text`, "grüß")).text()).toBe("grüß");
  expect(await (await post(`${url}/json`, '{"a":"x"}')).text()).toBe("x");
  expect(await (await post(`${url}/bytes`, new Uint8Array(70_000))).text()).toBe("70000");
  expect(await (await post(`${url}/stream`, "abc")).text()).toBe("abc");
  expect(await (await fetch(`${url}/text`)).text()).toBe("");
});

test("request has the query, the headers and the target as it was sent", async () => {
  const { url } = await serve({
    handler: ({ url, path, query, headers, method }) =>
      `${method} ${url} ${path} ${query.get("q")} ${headers.get("X-One")}`,
  });
  const response = await fetch(`${url}/a%20b?q=1%202`, { headers: { "x-one": "one" } });
  expect(await response.text()).toBe("GET /a%20b?q=1%202 /a%20b 1 2 one");
});

test("a request can be taken apart", async () => {
  const { url } = await serve({ handler: async ({ method, json }) => `${method} ${(await json()).a}` });
  expect(await (await post(url, '{"a":1}')).text()).toBe("POST 1");
});

test("a declared length over the limit is 413 before a byte is read and before 100-continue", async () => {
  let read = 0;
  const { port, url } = await serve({
    maxBodyBytes: 10,
    handler: async (request) => {
      for await (const chunk of request.body) read += chunk.length;
      return "read";
    },
  });
  const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n";
  const behind = "12345678901GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  expect(await raw(port, `${head}Expect: 100-continue\r\n\r\n`)).toMatch(/^HTTP\/1.1 413 /);
  expect(await raw(port, `${head}\r\n${behind}`)).toMatch(/^HTTP\/1.1 413 [\s\S]*Large$/);
  expect(read).toBe(0);
  expect(await (await post(url, "1234567890")).text()).toBe("read");
  expect(read).toBe(10);
});

test("bodyLimit gives a route a limit of its own, the innermost counts, and the rest keep the server's", async () => {
  const size = async (request: HttpRequest): Promise<string> => String((await request.bytes()).length);
  const handler = router({
    "POST /large": bodyLimit(100_000)(size),
    "POST /small": bodyLimit(1_000_000)(bodyLimit(10)(size)),
    "POST /*": size,
  });
  const serving = await serve({ http2: true, maxBodyBytes: 1000, decompress: true, handler });
  const { url, port, next } = serving;
  const sent = async (path: string, bytes: number, headers?: Record<string, string>): Promise<string> => {
    const body = headers === undefined ? new Uint8Array(bytes) : gzipSync(new Uint8Array(bytes));
    const answer = await post(url + path, body, headers);
    return answer.status === 200 ? answer.text() : String(answer.status);
  };
  const packed = { "content-encoding": "gzip" };
  for (const [path, limit] of [
    ["/large", 100_000],
    ["/small", 10],
    ["/other", 1000],
  ] as const) {
    expect([await sent(path, limit), await sent(path, limit + 1)]).toEqual([String(limit), "413"]);
    expect(await next("refused")).toMatchObject({ error: { code: "BODY_TOO_LARGE" }, request: { path } });
  }
  expect([await sent("/large", 60_000, packed), await sent("/other", 60_000, packed)]).toEqual(["60000", "413"]);
  const asks = (path: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n`;
  expect(await raw(port, asks("/small"))).toMatch(/^HTTP\/1.1 413 /);
  const socket = await dial(port);
  socket.write(asks("/large"));
  await until(socket, "HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("x".repeat(2000));
  expect(await until(socket, "\r\n\r\n2000")).toMatch(/^HTTP\/1.1 200 /);
  const session = connect(url);
  onTestFinished(() => session.destroy());
  const streamed = async (path: string, bytes: number): Promise<number> => {
    const stream = session.request({ ":path": path, ":method": "POST" });
    stream.end("x".repeat(bytes));
    const [headers] = (await once(stream, "response")) as [{ ":status": number }];
    stream.resume();
    return headers[":status"];
  };
  expect([await streamed("/large", 2000), await streamed("/other", 2000)]).toEqual([200, 413]);
});

test("a body too large that nobody asks for is not read, and ends its connection behind the answer", async () => {
  const { port } = await serve({ maxBodyBytes: 10, handler: () => "unread" });
  const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
  expect(await raw(port, head)).toMatch(/^HTTP\/1.1 200 [\s\S]*connection: close[\s\S]*unread$/);
});

test("a chunked body that crosses the limit is 413, and the connection closes", async () => {
  const { port, next } = await serve({ maxBodyBytes: 10, handler: (request) => request.text() });
  const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const text = await raw(port, `${head}8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect(text).toMatch(/^HTTP\/1.1 413 [\s\S]*Large$/);
  expect((await next("refused")).error).toMatchObject({ code: "BODY_TOO_LARGE", status: 413 });
});

test("a client that is still sending reads its 413", async () => {
  const { port } = await serve({ maxBodyBytes: 1_000_000, handler: (request) => request.text() });
  const socket = await dial(port);
  const text = rest(socket);
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
  for (let i = 0; i < 20; i++) socket.write(chunk);
  expect(await text).toMatch(/^HTTP\/1.1 413 /);
});

test("100-continue is sent when the body is asked for, and curl sends it then", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chidi-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  writeFileSync(join(folder, "body"), "y".repeat(100_000));
  const { url } = await serve({ handler: async (request) => String((await request.text()).length) });
  const args = [
    "-s",
    "-H",
    "Expect: 100-continue",
    "--expect100-timeout",
    "60",
    "--data-binary",
    `@${folder}/body`,
    url,
  ];
  expect((await promisify(execFile)("curl", args)).stdout).toBe("100000");
});

test("a body that stops coming is 408", async () => {
  const { port } = await serve({ bodyIdleMs: 30, handler: (request) => request.text() });
  expect(await raw(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc")).toMatch(/^HTTP\/1.1 408 /);
});

test("a body that breaks off in bad chunks is 400 for the handler that reads it", async () => {
  const { port, server } = await serve({ handler: (request) => request.text() });
  const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const broken = [
    "5\r\nabcdeXX",
    "0x5\r\nabcde\r\n",
    "-1\r\n",
    "+5\r\nabcde\r\n",
    " 5\r\nabcde\r\n",
    "fffffffffffffffff\r\n",
    "5\nabcde\r\n0\r\n\r\n",
    "5\r\nabcde\n0\r\n\r\n",
    "5;a=b\nabcde\r\n0\r\n\r\n",
    "0\r\nContent-Length: 5\r\n\r\n",
    "\r\n",
  ];
  for (const chunks of broken) {
    expect(await raw(port, head + chunks + head), chunks).toMatch(/^HTTP\/1.1 400 [\s\S]*Bad Request$/);
  }
  expect(server.statistics()).toMatchObject({ refused: broken.length, failed: 0, answering: 0 });
});

test("chunk extensions of 64 KB are 413", async () => {
  const { port } = await serve({ handler: (request) => request.text() });
  const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect(await raw(port, `${head}5;${"x".repeat(65_536)}\r\nabcde\r\n0\r\n\r\n`)).toMatch(/^HTTP\/1.1 413 /);
});

test("what is no JSON is 400, what is encoded 415, and neither is a failure of the handler", async () => {
  const { url, server } = await serve({ handler: async (request) => String(await request.json()) });
  expect((await post(url, "{")).status).toBe(400);
  expect((await post(url, "xx", { "content-encoding": "gzip" })).status).toBe(415);
  expect(server.statistics()).toMatchObject({ refused: 2, failed: 0 });
});

test("JSON that names prototypes, or is as deep as the limit lets it be, changes and breaks nothing", async () => {
  const { url, server } = await serve({
    handler: async (request) => {
      const value = await request.json();
      return String(Object.getPrototypeOf(value) === (Array.isArray(value) ? Array.prototype : Object.prototype));
    },
  });
  expect((await post(url, '{"__proto__":{"polluted":1}}')).status).toBe(400);
  expect(await (await post(url, '{"constructor":{"prototype":{"polluted":1}}}')).text()).toBe("true");
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
  const depth = 500_000;
  const deep = await post(url, "[".repeat(depth) + "]".repeat(depth));
  expect([200, 400]).toContain(deep.status);
  expect((await post(url, "[".repeat(depth))).status).toBe(400);
  expect(server.statistics().failed).toBe(0);
});

test("a body read twice fails with BODY_USED", async () => {
  const { url } = await serve({
    handler: async (request) => {
      await request.text();
      return request.text().then(null, (error) => error.code);
    },
  });
  expect(await (await post(url, "a")).text()).toBe("BODY_USED");
});

test("an answer before the end of the body closes the connection", async () => {
  const { port } = await serve({ handler: () => "early" });
  const text = await raw(
    port,
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabcGET / HTTP/1.1\r\nHost: a\r\n\r\n",
  );
  expect(text.toLowerCase()).toContain("connection: close");
  expect(text).toMatch(/early$/);
});

test("a body is read from the wire only as the handler takes it", async () => {
  const go = deferred();
  const { port } = await serve({
    handler: async (request) => {
      await go.promise;
      let size = 0;
      for await (const chunk of request.body) size += chunk.length;
      return String(size);
    },
    maxBodyBytes: 64 * 1024 * 1024,
  });
  const socket = await dial(port);
  const size = 32 * 1024 * 1024;
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
  const sent = new Promise((resolve) => socket.write(Buffer.alloc(size), resolve));
  expect(socket.writableLength).toBeGreaterThan(0);
  go.resolve();
  expect(await until(socket, String(size))).toContain("200 OK");
  await sent;
});
