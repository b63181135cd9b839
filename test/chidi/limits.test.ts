/** How much a server takes on at once: requests, requests of a route, connections, connections of one address. */
import { once } from "node:events";
import { connect } from "node:net";
import { channel } from "@good-place/channel";
import { bodyLimit, type Handler, inject, limited, router, whenAnswered } from "@good-place/chidi";
import { expect, onTestFinished, test } from "vitest";
import { deferred, dial, raw, rest, serve, until } from "./serving.js";

const head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

// A handler whose requests wait for `open`, and the requests that have begun.
function gated(): { handler: Handler; begun: ReturnType<typeof channel<true>>; open: () => void } {
  const gate = deferred();
  const begun = channel<true>(1000);
  const handler: Handler = async () => {
    begun.tryGive(true);
    await gate.promise;
    return "served";
  };
  return { handler, begun, open: gate.resolve };
}

test("a request beyond maxAnswering is 503 with Retry-After at once, and the ones before it are served", async () => {
  const { handler, begun, open } = gated();
  const { url, server } = await serve({ maxAnswering: 2, handler });
  const first = [fetch(url), fetch(url)];
  await begun.take();
  await begun.take();
  const third = await fetch(url);
  expect([third.status, third.headers.get("retry-after"), await third.text()]).toEqual([
    503,
    "1",
    "Service Unavailable",
  ]);
  expect(server.statistics()).toMatchObject({ answering: 2, rejected: 1, refused: 0, failed: 0 });
  open();
  for (const answer of first) expect(await (await answer).text()).toBe("served");
  expect(await (await fetch(url)).text()).toBe("served");
});

test("rejected answers what maxAnswering turns away", async () => {
  const { handler, begun, open } = gated();
  const rejected: Handler = async ({ path }) => ({ status: 429, body: `not now: ${path}` });
  const { url } = await serve({ maxAnswering: 1, rejected, handler });
  const first = fetch(url);
  await begun.take();
  const second = await fetch(`${url}/a`);
  expect([second.status, await second.text()]).toEqual([429, "not now: /a"]);
  open();
  expect((await first).status).toBe(200);
});

test("limited holds the places of one route, and leaves the others alone", async () => {
  const { handler, begun, open } = gated();
  const { url } = await serve({ handler: router({ "GET /slow": limited(1)(handler), "GET /fast": () => "fast" }) });
  const first = fetch(`${url}/slow`);
  await begun.take();
  expect((await fetch(`${url}/slow`)).status).toBe(503);
  expect(await (await fetch(`${url}/fast`)).text()).toBe("fast");
  open();
  expect((await first).status).toBe(200);
});

test("a place is taken until the answer's stream has ended, and given back when a handler throws", async () => {
  const lines = channel<string>(1);
  const { url, port } = await serve({
    handler: limited(1)(({ path }) => {
      if (path === "/throw") throw new Error("on purpose");
      return path === "/stream" ? { body: lines } : "x";
    }),
  });
  expect((await fetch(`${url}/throw`)).status).toBe(500);
  const socket = await dial(port);
  socket.write("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(socket, "200 OK");
  expect((await fetch(url)).status).toBe(503);
  const ended = until(socket, "0\r\n\r\n");
  lines.close();
  await ended;
  expect((await fetch(url)).status).toBe(200);
});

test("a client that goes away does not give back the place of a promise that is still at work", async () => {
  const { handler, begun, open } = gated();
  const { url, port, next } = await serve({ handler: limited(1)(handler) });
  const socket = await dial(port);
  socket.write(head);
  await begun.take();
  socket.destroy();
  await next("close");
  expect((await fetch(url)).status).toBe(503);
  open();
  await expect.poll(async () => (await fetch(url)).status).toBe(200);
});

test("whenAnswered and bodyLimit refuse what they cannot use", async () => {
  const answer = inject((request) => {
    expect(() => whenAnswered(request, "later" as never)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
    return "x";
  }, "/");
  expect((await answer).status).toBe(200);
  for (const wrong of [0, 1.5, "10", undefined, Number.POSITIVE_INFINITY]) {
    expect(() => bodyLimit(wrong as number)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }
  expect(() => inject(undefined as never, "/")).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
});

test("limited refuses what is no number of requests", () => {
  for (const wrong of [0, 1.5, Number.NaN, "2"]) {
    expect(() => limited(wrong as number), String(wrong)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }
  expect(() => limited(1, { reject: 1 } as never)).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
});

test("while the event loop is later than maxLagMs requests are 503 with Retry-After, and then served again", async () => {
  const { url, server } = await serve({ maxLagMs: 200, handler: () => "x" });
  let busy = true;
  const burn = (): void => {
    for (const end = performance.now() + 500; performance.now() < end; );
    if (busy) setImmediate(burn);
  };
  burn();
  onTestFinished(() => {
    busy = false;
  });
  const ask = async (): Promise<[number, string | null]> => {
    const { status, headers } = await fetch(url);
    return [status, headers.get("retry-after")];
  };
  await expect.poll(ask).toEqual([503, "1"]);
  expect(server.statistics().rejected).toBeGreaterThan(0);
  busy = false;
  await expect.poll(ask).toEqual([200, null]);
});

test("whenAnswered tells of answers that are written and of clients that went away", async () => {
  const over = channel<string>(10);
  const begun = deferred();
  const { url, port } = await serve({
    handler: (request) => {
      whenAnswered(request, () => void over.tryGive(request.path));
      if (request.path !== "/gone") return "x";
      begun.resolve();
      return new Promise<string>(() => {});
    },
  });
  await (await fetch(`${url}/written`)).text();
  expect(await over.take()).toBe("/written");
  const socket = await dial(port);
  socket.write("GET /gone HTTP/1.1\r\nHost: a\r\n\r\n");
  await begun.promise;
  socket.destroy();
  expect(await over.take()).toBe("/gone");
});

test("connections beyond maxConnections are closed at once, those before are served, and a place comes free", async () => {
  const { port, server, next } = await serve({ maxConnections: 3, handler: () => "x" });
  const held = await Promise.all([dial(port), dial(port), dial(port)]);
  for (let i = 0; i < 3; i++) await next("conn");
  const over = await Promise.all(Array.from({ length: 6 }, () => raw(port, "")));
  expect(over).toEqual(Array(6).fill(""));
  expect(server.statistics()).toMatchObject({ connections: 3, accepted: 3, rejected: 6 });
  for (const socket of held) {
    socket.write(head);
    expect(await until(socket, "x")).toContain("200 OK");
  }
  held[0]?.destroy();
  await next("close");
  const socket = await dial(port);
  socket.write(head);
  expect(await until(socket, "x")).toContain("200 OK");
});

test("maxConnectionsPerAddress counts each address by itself", async () => {
  const { port, server, next } = await serve({ host: "0.0.0.0", maxConnectionsPerAddress: 1, handler: () => "x" });
  await dial(port);
  await next("conn");
  expect(await raw(port, "")).toBe("");
  const other = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" });
  await once(other, "connect");
  other.write(head.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  expect(await rest(other)).toContain("200 OK");
  expect(server.statistics()).toMatchObject({ accepted: 2, rejected: 1 });
});

test("the answer to the last of maxRequestsPerSocket closes the connection", async () => {
  const { port } = await serve({ maxRequestsPerSocket: 2, handler: ({ path }) => path });
  const text = await raw(port, ["/1", "/2", "/3"].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
  expect(text).toMatch(/^HTTP\/1.1 200 [\s\S]*keep-alive[\s\S]*\/1HTTP\/1.1 200 [\s\S]*connection: close[\s\S]*\/2$/);
});
