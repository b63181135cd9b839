import { client } from "@good-place/chidi/client";
import { expect, test } from "vitest";
import { answering, clientOf, echo, failure, httpPeer } from "./client-peers.js";
import { deferred } from "./serving.js";

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly length: number;
}

test("a request says what it is told to: method, path, headers of the client and its own, body and its type", async () => {
  const peer = await httpPeer(echo);
  const http = clientOf(peer, { headers: { "x-app": "neil", "X-Both": "client" } });
  const plain = await http.get("/a%20b?c=1#d", { headers: { "x-both": "request" } });
  expect(plain.status).toBe(200);
  expect(plain.url).toBe(`${peer.origin}/a%20b?c=1`);
  expect(plain.headers["content-type"]).toBe("application/json");
  const got = (await plain.json()) as Echo;
  expect(got).toMatchObject({ method: "GET", url: "/a%20b?c=1", headers: { "x-app": "neil", "x-both": "request" } });
  for (const method of ["post", "put", "patch", "delete"] as const) {
    expect(await (await http[method]("/")).json()).toMatchObject({ method: method.toUpperCase() });
  }
  expect((await http.head("/")).status).toBe(200);
  expect(await (await http.request("QUERY", "/")).json()).toMatchObject({ method: "QUERY" });
});

test.each([
  ["text", "čau", "text/plain; charset=utf-8", 4],
  ["bytes", new Uint8Array([1, 2, 3]), undefined, 3],
  ["many bytes", new Uint8Array(1_000_000), undefined, 1_000_000],
  ["parameters", new URLSearchParams({ a: "1 2" }), "application/x-www-form-urlencoded", 5],
  ["a blob", new Blob(["blob"], { type: "text/x-blob" }), "text/x-blob", 4],
  ["an iterable", ["one", new Uint8Array([2])], undefined, 4],
  ["a stream", new Blob(["stream"]).stream(), undefined, 6],
] as const)("a body can be %s, with its type and length", async (_, body, type, length) => {
  const http = clientOf(await httpPeer(echo));
  const got = (await (await http.post("/", { body: body as string })).json()) as Echo;
  expect(got.length).toBe(length);
  expect(got.headers["content-type"]).toBe(type);
});

test("a body can be JSON, or a form with its boundary", async () => {
  const http = clientOf(await httpPeer(echo));
  const sent = (await (await http.post("/", { json: { a: [1] } })).json()) as Echo;
  expect(sent).toMatchObject({ body: '{"a":[1]}', headers: { "content-type": "application/json" } });
  const form = new FormData();
  form.set("name", "Eleanor");
  const got = (await (await http.post("/", { body: form })).json()) as Echo;
  const boundary = got.headers["content-type"]?.split("boundary=")[1] as string;
  expect(got.body).toContain(`--${boundary}\r\n`);
  expect(got.body).toContain('name="name"\r\n\r\nEleanor');
});

test("a source that fails, or gives what is neither text nor bytes, is SOURCE_FAILED, and its iterator is let go", async () => {
  const peer = await httpPeer(echo);
  const http = clientOf(peer);
  async function* failing(): AsyncGenerator<string> {
    yield "a";
    throw new Error("no more");
  }
  const failed = await failure(http.post("/", { body: failing() }));
  expect(failed).toMatchObject({ code: "SOURCE_FAILED", phase: "send", retryable: false });
  expect((failed.cause as Error).message).toBe("no more");
  expect(await failure(http.post("/", { body: [1] as never }))).toMatchObject({ code: "SOURCE_FAILED" });
  const longer = { body: ["abc"], headers: { "content-length": "2" } };
  expect(await failure(http.post("/", longer))).toMatchObject({ code: "SOURCE_FAILED" });
  await peer.empty();
});

test("a body comes as it is read: a reader that stops holds the server up", async () => {
  let sent = 0;
  const peer = await httpPeer(async (_, response) => {
    const chunk = Buffer.alloc(64 * 1024);
    while (sent < 64 * 1024 * 1024 && !response.destroyed) {
      sent += chunk.length;
      if (!response.write(chunk))
        await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
    }
    response.end();
  });
  const http = clientOf(peer, { maxBodyBytes: 1e9 });
  const { body } = await http.get("/");
  const reader = body.getReader();
  const first = await reader.read();
  expect(first.value?.length).toBeGreaterThan(0);
  // What the system buffers for both sockets is some megabytes; the rest has to wait.
  for (let before = -1; before !== sent; ) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(sent).toBeLessThan(32 * 1024 * 1024);
  await reader.cancel();
  await peer.empty();
  expect(http.statistics()).toMatchObject({ active: 0, connections: 0 });
});

test("a body is read once, and what is no JSON says so", async () => {
  const http = clientOf(await httpPeer((_, response) => response.end("{")));
  const answer = await http.get("/");
  expect(await failure(answer.json())).toMatchObject({ code: "RESPONSE_NOT_JSON" });
  expect(await failure(answer.text())).toMatchObject({ code: "RESPONSE_USED" });
});

test("an answer that is dropped frees its connection, and whoever reads it fails", async () => {
  const peer = await answering((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"));
  const http = clientOf(peer);
  const answer = await http.get("/");
  const reading = failure(answer.text());
  await new Promise(setImmediate);
  answer.drop();
  answer.drop();
  expect(await reading).toMatchObject({ code: "RESPONSE_USED" });
  await peer.empty();
  expect(http.statistics()).toMatchObject({ active: 0, connections: 0, requests: 1, failed: 0 });
});

test("requests of one client use one connection after another's end", async () => {
  const peer = await httpPeer(echo);
  const http = clientOf(peer);
  for (let i = 0; i < 5; i++) await (await http.get("/")).text();
  expect(peer.accepted).toBe(1);
});

test("drain refuses new requests, lets those that were made end, and closes what is left at its deadline", async () => {
  const { promise: asked, resolve: ask } = deferred();
  const { promise: go, resolve: open } = deferred();
  const peer = await httpPeer(async (request, response) => {
    if (request.url === "/never") return;
    ask();
    await go;
    response.end("done");
  });
  const http = clientOf(peer);
  const slow = http.get("/");
  await asked;
  const drained = http.drain({ deadlineMs: 30_000 });
  expect(await failure(http.get("/"))).toMatchObject({ code: "CLIENT_DRAINED", phase: "queue" });
  open();
  expect(await (await slow).text()).toBe("done");
  await drained;
  await peer.empty();
  const other = clientOf(peer);
  const never = failure(other.get("/never"));
  await other.drain({ deadlineMs: 1 });
  expect(await never).toMatchObject({ code: "CLIENT_DRAINED" });
  await peer.empty();
});

test.each([
  [{}, "BAD_OPTION"],
  [{ origin: "http://a", origins: ["http://b"] }, "BAD_OPTION"],
  [{ origins: [] }, "BAD_OPTION"],
  [{ origin: "ftp://a" }, "BAD_OPTION"],
  [{ origin: "http://a/path" }, "BAD_OPTION"],
  [{ origin: "http://a", timeout: 1 }, "UNKNOWN_OPTION"],
  [{ origin: "http://a", retry: { attempt: 2 } }, "UNKNOWN_OPTION"],
  [{ origin: "http://a", retry: { attempts: 0 } }, "BAD_OPTION"],
  [{ origin: "http://a", eject: { after: 1 } }, "UNKNOWN_OPTION"],
  [{ origin: "http://a", tls: { caa: "" } }, "UNKNOWN_OPTION"],
  [{ origin: "http://a", connections: 0 }, "BAD_OPTION"],
  [{ origin: "http://a", totalTimeoutMs: 2 ** 31 }, "BAD_OPTION"],
  [{ origin: "http://a", resolve: 1 }, "BAD_OPTION"],
  [{ origin: "http://a", supervisor: {} }, "BAD_OPTION"],
])("client(%j) is refused with %s", (options, code) => {
  expect(() => client(options as never)).toThrow(expect.objectContaining({ code }));
});

test("a request that leads elsewhere or has options that do not exist is refused before anything is sent", async () => {
  const peer = await httpPeer(echo);
  const http = clientOf(peer);
  for (const path of ["x", "//evil.example/", "/\\evil.example", "http://evil.example/", 1]) {
    expect(() => http.get(path as string)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }
  expect(() => http.get("/", { timeout: 1 } as never)).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
  expect(() => http.post("/", { body: "a", json: 1 })).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  expect(() => http.post("/", { json: () => 1 })).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  expect(() => http.get("/", { signal: "x" as never })).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  expect(() => http.post("/", { body: 1 as never })).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  const split = http.get("/", { headers: { "x-a": "1\r\nx-b: 2" } });
  expect(await failure(split)).toMatchObject({ code: "BAD_OPTION" });
  expect(await failure(http.request("GE T", "/"))).toMatchObject({ code: "BAD_OPTION" });
  expect(peer.accepted).toBe(0);
  await expect(http.get("/").then((answer) => answer.status)).resolves.toBe(200);
});
