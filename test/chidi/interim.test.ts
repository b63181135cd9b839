/** What goes around an answer: 100 Continue and early hints before it, trailers behind it. */
import { request as ask } from "node:http";
import { sleep } from "@good-place/channel";
import { type AnswerParts, type HttpRequest, router } from "@good-place/chidi";
import { expect, test } from "vitest";
import { dial, raw, rest, serve, until } from "./serving.js";

const close = "Connection: close\r\n\r\n";
const announce = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n${close}`;

test("continues lets a client send its body, refuses it with 417, or answers instead, before the handler is called", async () => {
  const seen: string[] = [];
  const { port, server } = await serve({
    continues: async ({ path }) => {
      if (path === "/answer") return { status: 401, body: "who are you" };
      return path === "/yes";
    },
    handler: (request) => {
      seen.push(request.path);
      return request.text();
    },
  });
  const socket = await dial(port);
  socket.write(announce("/yes"));
  await until(socket, "HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("body");
  expect(await until(socket, "body")).toContain("200 OK");
  expect(await raw(port, announce("/no"))).toMatch(/^HTTP\/1.1 417 /);
  expect(await raw(port, announce("/answer"))).toMatch(/^HTTP\/1.1 401 [\s\S]*connection: close[\s\S]*who are you$/);
  expect(await raw(port, `GET / HTTP/1.1\r\nHost: a\r\n${close}`)).toMatch(/^HTTP\/1.1 200 /);
  expect(seen).toEqual(["/yes", "/"]);
  expect(server.statistics()).toMatchObject({ refused: 1, failed: 0 });
});

test("a handler that does not read the body answers without a 100", async () => {
  const { port } = await serve({ continues: () => true, handler: () => "unread" });
  expect(await raw(port, announce("/"))).toMatch(/^HTTP\/1.1 200 [\s\S]*unread$/);
});

test("a 100 comes before the answer or not at all, whenever the handler asks for the body", async () => {
  const { port } = await serve({
    handler: (request) => ({
      body: request.path === "/echo" ? request.body : late(request),
    }),
  });
  const echo = await dial(port);
  echo.write(announce("/echo"));
  const told = await until(echo, "HTTP/1.1 100 Continue\r\n\r\n");
  echo.write("body");
  expect(told + (await rest(echo))).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 [\s\S]*\r\n4\r\nbody\r\n/);
  const socket = await dial(port);
  socket.write(announce("/late"));
  const begun = await until(socket, "first");
  socket.write("body");
  expect(begun + (await rest(socket))).toMatch(/\r\n\r\n5\r\nfirst\r\n4\r\nbody\r\n0\r\n\r\n$/);
});

test("early hints come before the answer, and only where they can", async () => {
  const sent: boolean[] = [];
  const hint = (request: HttpRequest): AnswerParts => {
    sent.push(request.hints({ link: ["</a.css>; rel=preload; as=style", "</b.js>; rel=preload"], "x-one": 1 }));
    return {
      body: (async function* () {
        sent.push(request.hints({ link: "</late>; rel=preload" }));
        yield "answer";
      })(),
    };
  };
  const { port } = await serve({ handler: hint });
  const text = await raw(port, `GET / HTTP/1.1\r\nHost: a\r\n${close}`);
  expect(text).toMatch(
    /^HTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>[^\r]*<\/b.js>[^\r]*\r\nx-one: 1\r\n\r\nHTTP\/1.1 200 /,
  );
  expect(text).not.toContain("late");
  expect(await raw(port, "GET / HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 200 /);
  expect(sent).toEqual([true, false, false, false]);
});

test("hints that no header can hold are the handler's failure, and nothing of them is sent", async () => {
  const { url, port } = await serve({
    handler: router({
      "GET /split": ({ hints }) => String(hints({ link: "</a>; rel=x", x: "a\r\nset-cookie: b" })),
      "GET /none": ({ hints }) => String(hints({})),
      "GET /link": ({ hints }) => String(hints({ link: "a.css" })),
    }),
  });
  for (const path of ["/split", "/none", "/link"]) {
    expect((await fetch(url + path)).status, path).toBe(500);
    expect(await raw(port, `GET ${path} HTTP/1.1\r\nHost: a\r\n${close}`)).toMatch(/^HTTP\/1.1 500 /);
  }
});

test("trailers come behind a streamed and behind a known body", async () => {
  let length = 0;
  const { url } = await serve({
    handler: ({ path }) => ({
      headers: { trailer: "x-length" },
      body:
        path === "/known"
          ? "known"
          : (async function* () {
              for (const chunk of ["one", "two"]) {
                length += chunk.length;
                yield chunk;
              }
            })(),
      trailers: async () => ({ "X-Length": path === "/known" ? 5 : length }),
    }),
  });
  for (const [path, body, size] of [
    ["/known", "known", "5"],
    ["/stream", "onetwo", "6"],
  ] as const) {
    const [text, trailers] = await new Promise<[string, NodeJS.Dict<string>]>((resolve, reject) => {
      ask(url + path, (response) => {
        let got = "";
        response.on("data", (chunk) => {
          got += chunk;
        });
        response.once("end", () => resolve([got, response.trailers]));
      })
        .on("error", reject)
        .end();
    });
    expect([text, trailers]).toEqual([body, { "x-length": size }]);
  }
});

test("HTTP/1.0 and HEAD get the body's length and no trailers", async () => {
  let asked = 0;
  const { port } = await serve({ handler: () => ({ body: "four", trailers: () => ({ x: ++asked }) }) });
  for (const bytes of ["GET / HTTP/1.0\r\n\r\n", `HEAD / HTTP/1.1\r\nHost: a\r\n${close}`]) {
    expect(await raw(port, bytes)).toContain("content-length: 4");
  }
  expect(asked).toBe(0);
});

test("trailers that frame, split or fail cost the connection, so that no client takes the answer for whole", async () => {
  const wrong: (() => Record<string, string>)[] = [
    () => ({ "content-length": "3" }),
    () => ({ "set-cookie": "a=b" }),
    () => ({ x: "a\r\n\r\nHTTP/1.1 200 OK" }),
    () => {
      throw new Error("on purpose");
    },
  ];
  for (const trailers of wrong) {
    const { port, next } = await serve({ handler: () => ({ body: "body", trailers }) });
    const text = await raw(port, `GET / HTTP/1.1\r\nHost: a\r\n${close}`);
    expect(text).not.toContain("\r\n0\r\n");
    expect(text.match(/HTTP\/1.1/g) ?? []).toHaveLength(text === "" ? 0 : 1);
    await next("error");
  }
});

// Asks for the body when the beginning of the answer is out.
async function* late(request: HttpRequest): AsyncGenerator<string> {
  yield "first";
  await sleep(100);
  yield await request.text();
}
