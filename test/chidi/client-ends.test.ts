import { getEventListeners } from "node:events";
import { channel, go } from "@good-place/channel";
import { expect, onTestFinished, test } from "vitest";
import { answering, clientOf, echo, failure, httpPeer, rawPeer } from "./client-peers.js";
import { deferred } from "./serving.js";

const half = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";

test("a name or connection that does not come in time is CONNECT_TIMEOUT", async () => {
  const peer = await httpPeer(echo);
  const http = clientOf(peer, {
    origin: "http://slow.example",
    resolve: () => new Promise(() => {}),
    connectTimeoutMs: 20,
    retry: false,
  });
  expect(await failure(http.post("/"))).toMatchObject({ code: "CONNECT_TIMEOUT", phase: "connect", retryable: true });
});

test("a connection that is refused is CONNECT_FAILED, an unknown name RESOLVE_FAILED, both with their cause", async () => {
  const peer = await httpPeer(echo);
  const refusing = clientOf(peer, { origin: "http://127.0.0.1:1", retry: false });
  const refused = await failure(refusing.post("/"));
  expect(refused).toMatchObject({ code: "CONNECT_FAILED", phase: "connect", retryable: true });
  expect(refused.cause).toMatchObject({ code: "ECONNREFUSED" });
  const resolve = () => Promise.reject(new Error("no such host"));
  const unknown = await failure(clientOf(peer, { origin: "http://a.example", resolve, retry: false }).get("/"));
  expect(unknown).toMatchObject({ code: "RESOLVE_FAILED", phase: "resolve", retryable: true });
  expect(unknown.cause).toMatchObject({ message: "no such host" });
});

test("a server that takes nothing of a body is SEND_TIMEOUT", async () => {
  // A socket that is not read does not see its end either.
  let over = false;
  const peer = await rawPeer((socket) => {
    if (over) socket.resume();
  });
  const http = clientOf(peer, { sendTimeoutMs: 50, retry: false });
  const body = new Uint8Array(64 * 1024 * 1024);
  expect(await failure(http.put("/", { body }))).toMatchObject({
    code: "SEND_TIMEOUT",
    phase: "send",
    retryable: true,
  });
  expect(await failure(http.post("/", { body }))).toMatchObject({
    code: "SEND_TIMEOUT",
    phase: "send",
    retryable: false,
  });
  over = true;
  for (const socket of peer.sockets) socket.resume();
  await peer.empty();
});

test("a source that is slow is no fault of the server's", async () => {
  const peer = await httpPeer(echo);
  // The source is the only one that takes longer than the limits: the peer has seconds, also on a machine that is busy.
  const http = clientOf(peer, { sendTimeoutMs: 2000, firstByteTimeoutMs: 2000 });
  async function* slow(): AsyncGenerator<string> {
    yield "a";
    await new Promise((resolve) => setTimeout(resolve, 2500));
    yield "b";
  }
  expect(await (await http.post("/", { body: slow() })).json()).toMatchObject({ body: "ab" });
});

test("a source is let go when its request ends, also one that has nothing to give", async () => {
  const { promise: released, resolve: release } = deferred();
  const peer = await httpPeer((_, response) => response.writeHead(400).end("no"));
  const http = clientOf(peer);
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      return: async () => {
        release();
        return { done: true as const, value: undefined };
      },
    }),
  };
  const controller = new AbortController();
  const waiting = failure(http.post("/", { body: source, signal: controller.signal }));
  while (peer.accepted === 0) await new Promise(setImmediate);
  controller.abort(new Error("enough"));
  await waiting;
  await released;
});

test.each([
  ["nothing", ""],
  ["half a head", "HTTP/1.1 200 OK\r\ncontent-"],
  ["hints only", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"],
])("a server that answers %s is FIRST_BYTE_TIMEOUT, and its connection is closed", async (_, bytes) => {
  const peer = await answering((socket) => socket.write(bytes));
  const http = clientOf(peer, { firstByteTimeoutMs: 50, retry: false });
  const failed = await failure(http.get("/"));
  expect(failed).toMatchObject({ code: "FIRST_BYTE_TIMEOUT", phase: "headers", retryable: true });
  await peer.empty();
  expect(peer.accepted).toBe(1);
});

test("a body that stops coming is CHUNK_TIMEOUT for its reader, who may take his own time", async () => {
  const peer = await answering((socket) => socket.write(half));
  const http = clientOf(peer, { chunkTimeoutMs: 2000 });
  const answer = await http.get("/");
  const reader = answer.body.getReader();
  expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe("half");
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(peer.sockets.size).toBe(1);
  expect(await failure(reader.read())).toMatchObject({ code: "CHUNK_TIMEOUT", phase: "body" });
  await peer.empty();
  expect(peer.accepted).toBe(1);
});

test("TOTAL_TIMEOUT ends what is waited for, whatever it is: a connection, an answer, or a body that nobody reads", async () => {
  const peer = await answering((socket, head) => socket.write(head.startsWith("GET /half") ? half : ""));
  const http = clientOf(peer, { connections: 1, totalTimeoutMs: 60 });
  const first = failure(http.get("/never", { totalTimeoutMs: 60_000 }));
  expect(await failure(http.get("/queued"))).toMatchObject({ code: "TOTAL_TIMEOUT", phase: "queue" });
  await http.drain({ deadlineMs: 0 });
  expect(await first).toMatchObject({ code: "CLIENT_DRAINED" });
  const other = clientOf(peer, { totalTimeoutMs: 2000 });
  expect(await failure(other.get("/never"))).toMatchObject({ code: "TOTAL_TIMEOUT", phase: "headers" });
  const answer = await other.get("/half");
  while (other.statistics().active > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await failure(answer.text())).toMatchObject({ code: "TOTAL_TIMEOUT", phase: "body" });
  await peer.empty();
});

test("a cancelled fiber closes its connection, and nothing is connected in its stead", async () => {
  const { promise: asked, resolve: ask } = deferred();
  const peer = await answering((socket, head) => {
    if (head.startsWith("GET /half")) socket.write(half);
    ask();
  });
  const http = clientOf(peer, { connections: 1 });
  const waiting = go(function* wait() {
    yield* http.get("/");
  });
  await asked;
  const queued = go(function* wait() {
    yield* http.get("/queued");
  });
  waiting.cancel();
  await failure(waiting);
  const { promise: told, resolve: tell } = deferred();
  const reading = go(function* read() {
    const answer = yield* http.get("/half");
    tell();
    yield* answer.text();
  });
  queued.cancel();
  await failure(queued);
  await told;
  reading.cancel();
  await failure(reading);
  await peer.empty();
  // One more connection would come in the turns after the close, if it came.
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  expect(peer.sockets.size).toBe(0);
  expect(http.statistics()).toMatchObject({ active: 0, waiting: 0, connections: 0 });
});

test("a cancel while the name is still being looked for leaves nothing behind", async () => {
  const peer = await httpPeer(echo);
  const { promise: asked, resolve: ask } = deferred();
  const resolve = (): Promise<string> => {
    ask();
    return new Promise(() => {});
  };
  const http = clientOf(peer, { origin: `http://a.example:${peer.port}`, resolve });
  const fiber = go(function* wait() {
    yield* http.get("/");
  });
  await asked;
  fiber.cancel();
  await failure(fiber);
  expect(http.statistics()).toMatchObject({ active: 0, connections: 0 });
});

test("an AbortSignal ends a request with its reason: before it, in it, and in its body", async () => {
  const peer = await answering((socket, head) => socket.write(head.startsWith("GET /half") ? half : ""));
  const supervisor = channel<{ tag: string }>(10);
  const http = clientOf(peer, { supervisor });
  const reason = new Error("enough");
  expect(await failure(http.get("/", { signal: AbortSignal.abort(reason) }))).toBe(reason);
  expect(peer.accepted).toBe(0);
  const controller = new AbortController();
  const never = failure(http.get("/never", { signal: controller.signal }));
  const { body } = await http.get("/half", { signal: controller.signal });
  const reader = body.getReader();
  await reader.read();
  const reading = failure(reader.read());
  controller.abort(reason);
  expect(await never).toBe(reason);
  expect(await reading).toBe(reason);
  await peer.empty();
  expect(supervisor.statistics().given).toBe(0);
});

test("one AbortSignal stands over any number of requests, and none of them leaves a listener on it", async () => {
  const peer = await answering(() => {});
  const http = clientOf(peer, { connections: 30 });
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on("warning", warned);
  onTestFinished(() => void process.off("warning", warned));
  const controller = new AbortController();
  const { signal } = controller;
  const failures = Array.from({ length: 30 }, () => failure(http.get("/", { signal })));
  await expect.poll(() => peer.accepted, { timeout: 20_000 }).toBe(30);
  controller.abort();
  expect(await Promise.all(failures)).toEqual(Array(30).fill(signal.reason));
  expect(getEventListeners(signal, "abort")).toEqual([]);
  expect(warnings).toEqual([]);
});

test.each([
  ["before a head", "", true],
  ["in a head", "HTTP/1.1 200 OK\r\ncont", true],
  ["in a body", half, false],
])("a server that closes %s is CONNECTION_LOST", async (_, bytes, before) => {
  const peer = await answering((socket) => socket.end(bytes));
  const http = clientOf(peer, { retry: false });
  const failed = await failure(before ? http.get("/") : http.get("/").then((answer) => answer.text()));
  expect(failed).toMatchObject({ code: "CONNECTION_LOST", phase: before ? "headers" : "body", retryable: true });
});

test.each([
  ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"],
  ["a bad chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
])("a server that answers %s is RESPONSE_MALFORMED", async (_, bytes) => {
  const peer = await answering((socket) => socket.write(bytes));
  const http = clientOf(peer, { retry: false });
  const failed = await failure(http.get("/").then((answer) => answer.text()));
  expect(failed).toMatchObject({ code: "RESPONSE_MALFORMED", retryable: false });
  await peer.empty();
});
