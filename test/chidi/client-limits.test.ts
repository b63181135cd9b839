import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { answering, clientOf, failure, httpPeer } from "./client-peers.js";
import { deferred } from "./serving.js";

test("connections are as many as allowed, others wait in line, and one more than maxQueue is CLIENT_BUSY", async () => {
  const { promise: go, resolve: open } = deferred();
  const order: string[] = [];
  const peer = await httpPeer(async (request, response) => {
    order.push(request.url as string);
    await go;
    response.end(request.url);
  });
  const http = clientOf(peer, { connections: 2, maxQueue: 3 });
  const made = [1, 2, 3, 4, 5].map((i) => http.get(`/${i}`));
  expect(await failure(http.get("/6"))).toMatchObject({ code: "CLIENT_BUSY", phase: "queue", retryable: false });
  expect(http.statistics()).toMatchObject({ active: 5, waiting: 3, requests: 6, failed: 1 });
  open();
  const texts = await Promise.all(made.map(async (op) => (await op).text()));
  expect(texts).toEqual(["/1", "/2", "/3", "/4", "/5"]);
  expect(order).toEqual(["/1", "/2", "/3", "/4", "/5"]);
  expect(peer.accepted).toBe(2);
  expect(http.statistics()).toMatchObject({ active: 0, waiting: 0, connections: 2 });
});

test("a place in the line that is given up is free for another", async () => {
  const peer = await answering(() => {});
  const http = clientOf(peer, { connections: 1, maxQueue: 1 });
  const first = failure(http.get("/1"));
  const controller = new AbortController();
  const second = failure(http.get("/2", { signal: controller.signal }));
  expect(await failure(http.get("/3"))).toMatchObject({ code: "CLIENT_BUSY" });
  const reason = new Error("enough");
  controller.abort(reason);
  expect(await second).toBe(reason);
  const third = failure(http.get("/4"));
  await http.drain({ deadlineMs: 0 });
  expect((await Promise.all([first, third])).map(({ code }) => code)).toEqual(["CLIENT_DRAINED", "CLIENT_DRAINED"]);
});

test("a pipelining client sends a GET behind one that has no answer yet, and nothing else", async () => {
  const heads: string[] = [];
  const { promise: both, resolve: seen } = deferred();
  const peer = await answering((socket, head) => {
    heads.push(head.split(" HTTP")[0] as string);
    if (heads.length < 2) return;
    if (heads.length === 2) {
      seen();
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\naHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nb");
    } else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nc");
  });
  const http = clientOf(peer, { connections: 1, pipelining: 3 });
  const made = [http.get("/1"), http.get("/2"), http.post("/3")];
  await both;
  expect(heads).toEqual(["GET /1", "GET /2"]);
  expect(await Promise.all(made.map(async (op) => (await op).text()))).toEqual(["a", "b", "c"]);
  expect(peer.accepted).toBe(1);
});

test("a pipelined request is sent again when the one before it breaks their connection", async () => {
  const peer = await answering((socket, head) => {
    if (head.startsWith("GET /ok")) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  });
  const http = clientOf(peer, { connections: 1, pipelining: 2, retry: { minMs: 1 } });
  const controller = new AbortController();
  const broken = failure(http.get("/never", { signal: controller.signal }));
  const behind = http.get("/ok");
  while (peer.accepted === 0) await new Promise(setImmediate);
  controller.abort(new Error("enough"));
  await broken;
  expect(await (await behind).text()).toBe("ok");
});

test.each([
  ["by its size", `x-a: ${"a".repeat(20_000)}\r\n`],
  ["by its number of headers", "x-a: 1\r\n".repeat(150)],
])("a head that is too large %s is RESPONSE_HEAD_TOO_LARGE", async (_, headers) => {
  const peer = await answering((socket) => socket.write(`HTTP/1.1 200 OK\r\n${headers}content-length: 0\r\n\r\n`));
  const http = clientOf(peer);
  expect(await failure(http.get("/"))).toMatchObject({ code: "RESPONSE_HEAD_TOO_LARGE", retryable: false });
  await peer.empty();
  expect(peer.accepted).toBe(1);
});

test("a body that says it is too large fails the request; one that becomes so fails its reader; HEAD has none", async () => {
  const peer = await httpPeer((request, response) => {
    if (request.url === "/said") response.setHeader("content-length", 101);
    response.write("a".repeat(60));
    if (request.url === "/said") response.end("a".repeat(41));
    else response.write("a".repeat(60));
  });
  const http = clientOf(peer, { maxBodyBytes: 100 });
  expect(await failure(http.get("/said"))).toMatchObject({ code: "RESPONSE_TOO_LARGE" });
  const grows = failure(http.get("/grows").then((answer) => answer.text()));
  expect(await grows).toMatchObject({ code: "RESPONSE_TOO_LARGE", phase: "body" });
  await peer.empty();
  expect((await http.head("/said")).headers["content-length"]).toBe("101");
  expect((await (await http.get("/said", { maxBodyBytes: 101 })).bytes()).length).toBe(101);
});

const codings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const;

test.each(["gzip", "deflate", "br"] as const)("decompress asks for %s and undoes it", async (coding) => {
  const peer = await httpPeer((request, response) => {
    if (!String(request.headers["accept-encoding"]).split(", ").includes(coding)) return response.end("plain");
    response.setHeader("content-encoding", coding);
    return response.end(codings[coding]("hello".repeat(1000)));
  });
  const http = clientOf(peer, { decompress: true });
  const answer = await http.get("/");
  expect(answer.headers).not.toHaveProperty("content-encoding");
  expect(await answer.text()).toBe("hello".repeat(1000));
  let streamed = "";
  for await (const chunk of (await http.get("/")).body) streamed += Buffer.from(chunk).toString();
  expect(streamed.length).toBe(5000);
  expect(await (await clientOf(peer).get("/")).text()).toBe("plain");
  expect(peer.accepted).toBe(2);
});

test("a bomb is RESPONSE_TOO_LARGE, before more than the limit is in memory", async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  expect(bomb.length).toBeLessThan(100_000);
  const peer = await httpPeer((_, response) => response.setHeader("content-encoding", "gzip").end(bomb));
  const http = clientOf(peer, { decompress: true, maxBodyBytes: 1024 * 1024 });
  let bytes = 0;
  const reading = async (): Promise<void> => {
    for await (const chunk of (await http.get("/")).body) bytes += chunk.length;
  };
  expect(await failure(reading())).toMatchObject({ code: "RESPONSE_TOO_LARGE", phase: "body" });
  expect(bytes).toBeLessThanOrEqual(1024 * 1024);
  expect(await failure((await http.get("/")).text())).toMatchObject({ code: "RESPONSE_TOO_LARGE" });
});

test.each([
  ["a chain", "gzip, gzip", gzipSync(gzipSync("a"))],
  ["an unknown coding", "rot13", Buffer.from("n")],
  ["what is not what it says", "gzip", Buffer.from("plain")],
  ["what ends too soon", "gzip", gzipSync("hello").subarray(0, 15)],
  ["a name of every object", "constructor", Buffer.from("a")],
])("%s is RESPONSE_CODING", async (_, coding, bytes) => {
  const peer = await httpPeer((_, response) => response.setHeader("content-encoding", coding).end(bytes));
  const http = clientOf(peer, { decompress: true });
  expect(await failure((await http.get("/")).text())).toMatchObject({ code: "RESPONSE_CODING", phase: "body" });
});

test("without decompress a compressed body is bytes, and RESPONSE_ENCODED as text", async () => {
  const bytes = gzipSync("hello");
  const peer = await httpPeer((_, response) => response.setHeader("content-encoding", "gzip").end(bytes));
  const http = clientOf(peer);
  expect(Buffer.from(await (await http.get("/")).bytes())).toEqual(bytes);
  expect(await failure((await http.get("/")).text())).toMatchObject({ code: "RESPONSE_ENCODED" });
});
