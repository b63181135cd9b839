/** Before the 101: what may become a socket, and what everybody else is told. */
import { sleep } from "@good-place/channel";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { certificate } from "../chidi/certificates.js";
import { deferred, dial, raw } from "../chidi/serving.js";
import { endpoint, handshake, peer } from "./socketing.js";

const status = async (port: number, bytes: string): Promise<number> =>
  Number((await raw(port, bytes)).slice("HTTP/1.1 ".length).slice(0, 3));

test("a handshake that is wrong is refused before the 101, and a good one beside it is not", async () => {
  const { port, live } = await endpoint();
  const cases: [string, number][] = [
    [handshake({}, "POST /live HTTP/1.1"), 405],
    [handshake({}, "GET /live HTTP/1.0"), 400],
    [handshake({}, "GET /other HTTP/1.1"), 404],
    [handshake({ "Sec-WebSocket-Key": "" }), 400],
    [handshake({ "Sec-WebSocket-Key": "dG9vIHNob3J0" }), 400],
    [
      handshake({ "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" }),
      400,
    ],
    [handshake({ "Sec-WebSocket-Version": "12" }), 426],
    [handshake({ "Sec-WebSocket-Version": "" }), 426],
    [handshake({ "Content-Length": "5" }), 400],
    [handshake({ "Transfer-Encoding": "chunked" }), 400],
    [handshake({ "Sec-WebSocket-Protocol": "a,a" }), 400],
    [handshake({ Host: "a\r\nHost: b" }), 400],
    [handshake({ Connection: "close" }), 426],
  ];
  for (const [bytes, expected] of cases) expect(await status(port, bytes), bytes).toBe(expected);
  await peer(port);
  expect(live.statistics()).toMatchObject({ sockets: 1, opened: 1 });
});

test("another version is told which one is spoken here", async () => {
  const { port } = await endpoint();
  const text = await raw(port, handshake({ "Sec-WebSocket-Version": "8" }));
  expect(text.toLowerCase()).toContain("sec-websocket-version: 13\r\n");
});

test("a plain GET on the path is 426, and other paths are the handler's", async () => {
  const { serving } = await endpoint();
  expect((await fetch(`${serving.url}/live`)).status).toBe(426);
  expect(await (await fetch(`${serving.url}/`)).text()).toBe("http");
});

test("origins lets its own in and nobody else, none included", async () => {
  const { port } = await endpoint({ origins: ["http://good.example"] });
  await peer(port, { origin: "http://good.example" });
  expect(await status(port, handshake({ Origin: "http://evil.example" }))).toBe(403);
  expect(await status(port, handshake({ Origin: "null" }))).toBe(403);
  expect(await status(port, handshake())).toBe(403);
});

test("origins with null lets in who sends none", async () => {
  const { port } = await endpoint({ origins: ["http://good.example", null] });
  await peer(port);
  expect(await status(port, handshake({ Origin: "null" }))).toBe(403);
});

test("check lets in on true alone, and refuses with 403 or any answer", async () => {
  const verdicts: Record<string, unknown> = {
    yes: true,
    no: false,
    nothing: undefined,
    one: 1,
    answer: { status: 401, headers: { "www-authenticate": "Basic" }, body: "who?" },
    web: new Response("web", { status: 402 }),
    late: sleep(1).then(() => true),
  };
  const { port } = await endpoint({ check: ({ query }) => verdicts[query.get("v") ?? ""] as never });
  const ask = (v: string): Promise<string> => raw(port, handshake({}, `GET /live?v=${v} HTTP/1.1`));
  for (const v of ["no", "nothing", "one"]) expect(await ask(v)).toMatch(/^HTTP\/1.1 403 /);
  expect(await ask("answer")).toMatch(/^HTTP\/1.1 401 [\s\S]*www-authenticate: Basic[\s\S]*who\?$/);
  expect(await ask("web")).toMatch(/^HTTP\/1.1 402 [\s\S]*web/);
  const socket = await dial(port);
  const yes = new Promise<Buffer>((resolve) => socket.once("data", resolve));
  socket.write(handshake({}, "GET /live?v=late HTTP/1.1"));
  expect((await yes).toString()).toMatch(/^HTTP\/1.1 101 /);
});

test("check that throws is a 500 without its message and an error signal", async () => {
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => print.mockRestore());
  const { port, next } = await endpoint({
    check: () => {
      throw new Error("secret");
    },
  });
  const text = await raw(port, handshake());
  expect(text).toMatch(/^HTTP\/1.1 500 /);
  expect(text).not.toContain("secret");
  expect(await next("error")).toMatchObject({
    phase: "check",
    error: { message: "secret" },
    request: { path: "/live" },
  });
});

test("a reset while check waits, many times, leaves the process alive and no fiber", async () => {
  const gate = deferred();
  let checks = 0;
  const { port, serving, live } = await endpoint({
    check: async () => {
      checks++;
      await gate.promise;
      return true;
    },
  });
  for (let i = 0; i < 500; i++) {
    const socket = await dial(port);
    socket.on("error", () => {});
    socket.write(handshake());
    // Every third is reset at once, the others when their check waits.
    if (i % 3 > 0) await serving.next("conn");
    socket.resetAndDestroy();
  }
  gate.resolve();
  await peer(port);
  await serving.server.drain({ deadlineMs: 60_000 });
  expect(serving.server.statistics()).toMatchObject({ connections: 0, failed: 0 });
  expect(live.statistics()).toMatchObject({ sockets: 0, failed: 0 });
  expect(checks).toBeGreaterThan(0);
});

test("the first subprotocol of the list that the client offers is agreed on, and none is made up", async () => {
  const { port } = await endpoint({ protocols: ["v2", "v1"] });
  expect((await peer(port, { protocols: ["v1", "v2"] })).ws.protocol).toBe("v2");
  const text = await new Promise<Buffer>((resolve) => {
    void dial(port).then((socket) => socket.once("data", resolve).write(handshake({ "Sec-WebSocket-Protocol": "v9" })));
  });
  expect(text.toString().toLowerCase()).not.toContain("sec-websocket-protocol");
});

test("an endpoint belongs to one server at a time", async () => {
  const { chidi } = await import("@good-place/chidi");
  const { live, serving } = await endpoint();
  const again = (): unknown => chidi({ port: 0, handler: () => "x", sockets: [live] });
  await expect(again()).rejects.toMatchObject({ code: "ALREADY_ATTACHED" });
  await serving.server.drain();
  await using other = await chidi({ port: 0, handler: () => "x", sockets: [live] });
  await peer((other.address as { port: number }).port);
});

test("sockets work over TLS on a server that speaks HTTP/2 too", async () => {
  const { port } = await endpoint({
    server: { tls: certificate("a.example") },
    read: (socket, message) => void socket.write(message),
  });
  const ws = new WebSocket(`wss://127.0.0.1:${port}/live`, { rejectUnauthorized: false });
  onTestFinished(() => ws.terminate());
  const echoed = new Promise((resolve) => ws.once("message", (data) => resolve(String(data))));
  ws.once("open", () => ws.send("secret"));
  expect(await echoed).toBe("secret");
});
