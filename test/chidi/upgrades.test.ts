/** Requests to upgrade, as far as they are chidi's: who gets them, and what becomes of those nobody wants. */
import { sleep } from "@good-place/channel";
import { type Handshake, type SocketEndpoint, success } from "@good-place/chidi";
import { expect, test } from "vitest";
import { dial, raw, rest, serve, until } from "./serving.js";

// An endpoint that answers what its query says, and else takes the connection and sends back what it gets.
function echo(): SocketEndpoint & { attached: number } {
  return {
    path: "/echo",
    attached: 0,
    attach() {
      this.attached++;
    },
    // biome-ignore lint/correctness/useYield: an endpoint that need not wait
    *upgrade({ request, socket, head }: Handshake) {
      if (request.query.has("no")) return { status: 401, headers: { "x-why": "no" }, body: "not you" };
      if (request.query.has("throw")) throw new Error("endpoint");
      socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
      socket.write(head);
      socket.pipe(socket);
      return null;
    },
    drain: () => Promise.resolve(),
    abandon() {},
  };
}

const upgrade = (path: string, more = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`;

test("an upgrade of an endpoint's path hands the connection over, with what came behind the head", async () => {
  const endpoint = echo();
  const { port, next, server } = await serve({ handler: () => "http", sockets: [endpoint] });
  const socket = await dial(port);
  socket.write(`${upgrade("/echo")}first`);
  expect(await until(socket, "first")).toMatch(/^HTTP\/1.1 101 /);
  socket.write("second");
  await until(socket, "second");
  expect(server.statistics().connections).toBe(1);
  socket.destroy();
  await next("close");
  expect(endpoint.attached).toBe(1);
});

test("an upgrade is looked at after the requests ahead of it are answered", async () => {
  const { port } = await serve({ handler: async () => "http", sockets: [echo()] });
  const socket = await dial(port);
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${upgrade("/echo")}tail`);
  expect(await until(socket, "tail")).toMatch(/^HTTP\/1.1 200 [\s\S]*httpHTTP\/1.1 101 [\s\S]*tail$/);
});

test("an endpoint's refusal is any answer, and closes", async () => {
  const { port } = await serve({ handler: () => success(), sockets: [echo()] });
  const text = await raw(port, upgrade("/echo?no"));
  expect(text).toMatch(/^HTTP\/1.1 401 [\s\S]*x-why: no[\s\S]*connection: close[\s\S]*not you$/i);
});

test("an upgrade of another path is 404, one with a body 400, one with two hosts 400", async () => {
  const { port, url } = await serve({ handler: () => "http", sockets: [echo()] });
  expect(await raw(port, upgrade("/other"))).toMatch(/^HTTP\/1.1 404 /);
  expect(await raw(port, `${upgrade("/echo", "Content-Length: 2\r\n")}xx`)).toMatch(/^HTTP\/1.1 400 /);
  expect(await raw(port, upgrade("/echo", "Host: b\r\n"))).toMatch(/^HTTP\/1.1 400 /);
  expect(await (await fetch(url)).text()).toBe("http");
});

test("a plain request on an endpoint's path is 426", async () => {
  const { url } = await serve({ handler: () => "http", sockets: [echo()] });
  const response = await fetch(`${url}/echo`);
  expect(response.status).toBe(426);
  expect(response.headers.get("upgrade")).toBe("websocket");
});

test("an endpoint that fails is a 500 and an error signal", async () => {
  const { port, next } = await serve({ handler: () => "http", sockets: [echo()] });
  expect(await raw(port, upgrade("/echo?throw"))).toMatch(/^HTTP\/1.1 500 /);
  expect((await next("error")).error).toMatchObject({ message: "endpoint" });
});

test("another upgrade is served as the request that it is, with its body, and the connection goes on", async () => {
  const { port, server } = await serve({ handler: async (request) => `<${request.method} ${await request.text()}>` });
  const socket = await dial(port);
  const offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
  socket.write(`POST /a HTTP/1.1\r\nHost: a\r\n${offer}Content-Length: 4\r\n\r\nbo`);
  socket.write("dyGET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const text = await rest(socket);
  expect(text).toMatch(/^HTTP\/1.1 200 [\s\S]*<POST body>HTTP\/1.1 200 [\s\S]*<GET >$/);
  expect(server.statistics()).toMatchObject({ accepted: 1, requests: 2 });
});

test("another upgrade behind requests that are not answered yet waits for their answers", async () => {
  const { port, server } = await serve({ handler: async (request) => `<${request.path} ${await request.text()}>` });
  const offer = "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\n";
  const heads = ["/a", "/b", "/c"].map(
    (path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n${path === "/b" ? `${offer}x` : "\r\n"}`,
  );
  const text = await raw(port, `${heads.join("")}GET /d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  expect(text.match(/<[^>]*>/g)).toEqual(["</a >", "</b x>", "</c >", "</d >"]);
  expect(server.statistics()).toMatchObject({ accepted: 1, requests: 4 });
});

test("another upgrade behind an answer has as long as any request, whatever the time between two may be", async () => {
  const { port, signals } = await serve({
    // Node waits a second longer than it tells the client.
    keepAliveMs: 1000,
    handler: ({ path }) => (path === "/slow" ? sleep(2500).then(() => "slow") : "fast"),
  });
  const socket = await dial(port);
  const offer = "GET /slow HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${offer}`);
  expect(await until(socket, "slow")).toContain("fast");
  expect(signals.filter(({ tag }) => tag === "timeout")).toEqual([]);
});

test("a bad request hidden behind an upgrade is still refused", async () => {
  const { port } = await serve({ handler: () => "http" });
  const text = await raw(port, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  expect(text).toMatch(/^HTTP\/1.1 400 /);
});
