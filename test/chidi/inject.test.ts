/** Requests without a socket, and web-standard apps as handlers: Hono's, unchanged. */
import { channel, type Signal, unbounded } from "@good-place/channel";
import { fetchHandler, inject, router } from "@good-place/chidi";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { streamText } from "hono/streaming";
import { expect, test } from "vitest";
import { deferred, dial, serve } from "./serving.js";

const app = new Hono()
  .use(cors())
  .get("/hello/:name", (c) => c.json({ hello: c.req.param("name"), q: c.req.query("q"), url: c.req.url }))
  .post("/json", async (c) => c.json(await c.req.json(), 201))
  .post("/form", async (c) => {
    const { file, title } = await c.req.parseBody();
    return c.text(`${title} ${(file as File).name} ${(file as File).size}`);
  })
  .get("/stream", (c) =>
    streamText(c, async (stream) => {
      for (const word of ["one ", "two ", "three"]) await stream.write(word);
    }),
  )
  .get("/fails", () => {
    throw new Error("no");
  });

test("a Hono app runs unchanged: routes, middleware, bodies, forms, streams and failures", async () => {
  const { url, port } = await serve({ handler: router({ "GET /own": () => "own", "* /*": fetchHandler(app.fetch) }) });
  const hello = await fetch(`${url}/hello/a%20b?q=1`, { headers: { origin: "http://x" } });
  expect(hello.headers.get("access-control-allow-origin")).toBe("*");
  expect(await hello.json()).toEqual({ hello: "a b", q: "1", url: `http://127.0.0.1:${port}/hello/a%20b?q=1` });
  const made = await fetch(`${url}/json`, { method: "POST", body: '{"a":[1]}' });
  expect([made.status, await made.json()]).toEqual([201, { a: [1] }]);
  const body = new FormData();
  body.append("title", "t");
  body.append("file", new File([new Uint8Array(100_000)], "n.bin"));
  expect(await (await fetch(`${url}/form`, { method: "POST", body })).text()).toBe("t n.bin 100000");
  expect(await (await fetch(`${url}/stream`)).text()).toBe("one two three");
  expect((await fetch(`${url}/fails`)).status).toBe(500);
  expect((await fetch(`${url}/nothing`)).status).toBe(404);
  const head = await fetch(`${url}/hello/x`, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  expect(await (await fetch(`${url}/own`)).text()).toBe("own");
});

test("fetchHandler streams both ways at once, and aborts the app's signal when the client goes", async () => {
  const aborted = deferred<unknown>();
  const { port } = await serve({
    handler: fetchHandler((request) => {
      request.signal.addEventListener("abort", () => aborted.resolve(request.signal.aborted));
      const upper = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, to) => to.enqueue(Buffer.from(Buffer.from(chunk).toString().toUpperCase())),
      });
      return new Response(request.body?.pipeThrough(upper) ?? null);
    }),
  });
  const socket = await dial(port);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
    if (text.includes("\r\nONE\r\n") && !text.includes("TWO")) socket.write("3\r\ntwo\r\n");
    else if (text.includes("TWO")) socket.destroy();
  });
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  expect(await aborted.promise).toBe(true);
  expect(text).toContain("TWO");
});

test("fetchHandler answers what no web Request can be, and does not ask the app", async () => {
  let asked = 0;
  const handler = fetchHandler(() => new Response(String(++asked)));
  const socketless = { handler, rules: [[{}, () => {}]] as const };
  const { port } = await serve(socketless);
  const socket = await dial(port);
  const answer = deferred<string>();
  socket.once("data", (chunk) => answer.resolve(chunk.toString()));
  socket.write("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await answer.promise).toMatch(/^HTTP\/1.1 501 /);
  expect(asked).toBe(0);
  expect(() => fetchHandler(app as never)).toThrow(expect.objectContaining({ code: "BAD_MIDDLEWARE" }));
});

test("inject runs a handler behind the server's own checks and answers", async () => {
  const handler = router({
    "GET /tasks/:id": ({ params }) => params.id,
    "POST /echo": async (request) => ({ body: await request.bytes(), headers: { "set-cookie": ["a=1", "b=2"] } }),
  });
  const got = await inject(handler, "/tasks/7");
  expect([got.status, await got.text(), got.headers.get("content-type")]).toEqual([
    200,
    "7",
    "text/plain; charset=utf-8",
  ]);
  expect((await inject(handler, new URL("http://a.example/nothing"))).status).toBe(404);
  const echo = await inject(handler, new Request("http://a/echo", { method: "POST", body: "x".repeat(200_000) }));
  expect((await echo.text()).length).toBe(200_000);
  expect(echo.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  const limited = { handler, maxBodyBytes: 10, maxHeaderBytes: 1000 };
  expect((await inject(limited, "/echo", { method: "POST", body: "x".repeat(2_000_000) })).status).toBe(413);
  expect((await inject(limited, "/", { headers: { x: "y".repeat(2000) } })).status).toBe(431);
  const empty = await inject(() => ({ status: 204 }), "/");
  expect([empty.status, empty.body]).toEqual([204, null]);
});

test("inject has the signals of a server, and ends it with the response", async () => {
  const log = channel<Signal>(unbounded());
  const handler = (): never => {
    throw new Error("no");
  };
  const rules = [[{}, (signal: Signal) => void log.tryGive(signal)]] as const;
  expect(await (await inject({ handler, rules }, "/")).text()).toBe("Internal Server Error");
  const tags: string[] = [];
  for await (const { tag } of log) {
    tags.push(tag);
    if (tag === "close") break;
  }
  expect(tags).toEqual(expect.arrayContaining(["conn", "error", "close"]));
});

test("inject streams: the handler waits for the reader, and is told when the reader leaves", async () => {
  const returned = deferred<number>();
  let made = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        made++;
        yield new Uint8Array(65_536);
      }
    } finally {
      returned.resolve(made);
    }
  }
  const response = await inject(() => ({ body: endless() }), "/");
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  await reader.read();
  for (let turn = 0; turn < 300; turn++) await new Promise((resolve) => setImmediate(resolve));
  await reader.cancel();
  expect(await returned.promise).toBeLessThan(50);
});

test("inject gives up with its request's signal, and the handler's signal aborts", async () => {
  const left = deferred<unknown>();
  const controller = new AbortController();
  const handler = async ({ signal }: { signal: AbortSignal }): Promise<string> => {
    signal.addEventListener("abort", () => left.resolve((signal.reason as { code: string }).code));
    controller.abort();
    return new Promise(() => {});
  };
  await expect(inject(handler, "/", { signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
  expect(await left.promise).toBe("CLIENT_GONE");
  expect(() => inject({ handler, prot: 1 } as never, "/")).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
});
