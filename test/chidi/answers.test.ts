/** What a handler may return, and what the client gets of it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { channel, go, sleep } from "@good-place/channel";
import { type AnswerParts, html, json, notFound, redirect, success } from "@good-place/chidi";
import { expect, test } from "vitest";
import { deferred, dial, raw, rest, serve, until } from "./serving.js";

const get = async (answer: unknown): Promise<Response> => {
  const { url } = await serve({ handler: () => answer as never });
  return fetch(url, { redirect: "manual" });
};

test("a string is a 200 with plain text", async () => {
  const response = await get("grüß");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(response.headers.get("content-length")).toBe("6");
  expect(await response.text()).toBe("grüß");
});

test("parts set status, headers and body", async () => {
  const response = await get({ status: 201, headers: { "X-One": 1, "set-cookie": ["a=1", "b=2"] }, body: "made" });
  expect(response.status).toBe(201);
  expect(response.headers.get("x-one")).toBe("1");
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(await response.text()).toBe("made");
});

test("the makers make what their names say", () => {
  expect(success("a", { x: "y" })).toEqual({ status: 200, headers: { x: "y" }, body: "a" });
  expect(notFound().status).toBe(404);
  expect(json([1], 201)).toEqual({ status: 201, headers: { "content-type": "application/json" }, body: "[1]" });
  expect(html("<p>").headers).toEqual({ "content-type": "text/html; charset=utf-8" });
  expect(redirect("/there")).toEqual({ status: 303, headers: { location: "/there" } });
  expect(() => json(undefined)).toThrow(expect.objectContaining({ code: "BAD_RESPONSE" }));
});

test("a web Response is passed on with its cookies", async () => {
  const headers = new Headers({ "x-one": "1" });
  headers.append("set-cookie", "a=1");
  headers.append("set-cookie", "b=2");
  const response = await get(new Response("web", { status: 418, headers }));
  expect(response.status).toBe(418);
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(await response.text()).toBe("web");
});

test("a promise, a fiber and a generator of an answer are waited for", async () => {
  expect(await (await get(Promise.resolve("promise"))).text()).toBe("promise");
  const { url } = await serve({
    handler: ({ path }) =>
      path === "/fiber"
        ? go(function* () {
            yield* sleep(1);
            return "fiber";
          })
        : (function* () {
            yield* sleep(1);
            return "generator";
          })(),
  });
  expect(await (await fetch(`${url}/fiber`)).text()).toBe("fiber");
  expect(await (await fetch(`${url}/generator`)).text()).toBe("generator");
});

test("a channel as the body is streamed until it closes", async () => {
  const lines = channel<string>(2);
  lines.tryGive("one ");
  lines.tryGive("two");
  lines.close();
  expect(await (await get({ body: lines })).text()).toBe("one two");
});

test("a stream is told when the client stops reading it", async () => {
  const stopped = deferred();
  async function* forever(): AsyncGenerator<string> {
    try {
      for (;;) yield "x".repeat(65_536);
    } finally {
      stopped.resolve();
    }
  }
  const { port } = await serve({ handler: () => ({ body: forever() }) });
  const socket = await dial(port);
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(socket, "xxxx");
  socket.destroy();
  await stopped.promise;
});

test("a header value with a line break is a 500, and nothing of it is sent", async () => {
  const splitting: AnswerParts[] = [
    { status: 204, headers: { x: "a\r\nset-cookie: b" } },
    { headers: { "x\r\ny": "a" } },
    { headers: { "x: y": "a" }, body: "x" },
    { headers: { "set-cookie": ["a=1", "b=2\r\nx: y"] } },
    { headers: { x: "a\0b" } },
    { headers: { "content-type": "text/html\r\n\r\n<script>" }, body: "x" },
    redirect("/a\r\nset-cookie: b"),
    redirect("/\n"),
  ];
  for (const answer of splitting) {
    const response = await get(answer);
    expect(response.status).toBe(500);
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(await response.text()).toBe("Internal Server Error");
  }
});

test("what is no answer is a 500", async () => {
  for (const wrong of [undefined, 7, [], { status: 101 }, { status: 99 }, { body: 5 }]) {
    expect((await get(wrong)).status).toBe(500);
  }
});

test("the length of a body is the server's business", async () => {
  const response = await get({ headers: { "content-length": "3", "transfer-encoding": "x" }, body: "longer" });
  expect(await response.text()).toBe("longer");
});

test("HEAD has the headers of the answer and no body", async () => {
  const { port } = await serve({ handler: () => "four" });
  const text = await raw(port, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(text).toContain("content-length: 4");
  expect(text.endsWith("\r\n\r\n")).toBe(true);
});

test("pipelined requests are handled one at a time and answered in order", async () => {
  let running = 0;
  let most = 0;
  const { port } = await serve({
    handler: async ({ path }) => {
      most = Math.max(most, ++running);
      await sleep(1);
      running--;
      return `<${path}>`;
    },
  });
  const socket = await dial(port);
  const head = (i: number): string => `GET /${i} HTTP/1.1\r\nHost: a\r\n${i === 99 ? "Connection: close\r\n" : ""}\r\n`;
  socket.write(Array.from({ length: 100 }, (_, i) => head(i)).join(""));
  const text = await rest(socket);
  expect(most).toBe(1);
  expect([...text.matchAll(/<\/(\d+)>/g)].map((hit) => Number(hit[1]))).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test("curl gets an answer and keeps its connection for the next", async () => {
  const { url, server } = await serve({ handler: ({ path }) => path });
  const { stdout } = await promisify(execFile)("curl", ["-s", `${url}/a`, `${url}/b`]);
  expect(stdout).toBe("/a/b");
  expect(server.statistics().accepted).toBe(1);
});
