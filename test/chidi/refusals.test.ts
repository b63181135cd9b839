/** Bytes that are no good request: each is refused, closes its connection, and leaves the others alone. */
import { describe, expect, test } from "vitest";
import { dial, raw, type Serving, serve } from "./serving.js";

// A second request behind the bad one: it must never be seen.
const behind = "GET /behind HTTP/1.1\r\nHost: a\r\n\r\n";
const many = Array.from({ length: 101 }, (_, i) => `h${i}: v\r\n`).join("");

// Name, bytes, status.
const cases: readonly (readonly [string, string, number])[] = [
  ["HTTP/0.9 with headers", "GET /x\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 505],
  ["HTTP/2.0 on an HTTP/1 connection", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  ["a version that never was", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400],
  ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ["the same Host twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400],
  ["a Host that is no host", "GET / HTTP/1.1\r\nHost: a b/c@d\r\n\r\n", 400],
  ["a target with another host", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a target with credentials", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a target of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a * that is no OPTIONS", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a transfer coding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
  [
    "an unknown transfer coding",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    501,
  ],
  ["Content_Length", "POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 3\r\n\r\n", 400],
  ["Transfer_Encoding", "POST / HTTP/1.1\r\nHost: a\r\ntransfer_encoding: chunked\r\n\r\n", 400],
  ["length and coding", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
  ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
  ["a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400],
  ["a folded header", "GET / HTTP/1.1\r\nHost: a\r\nx: 1\r\n 2\r\n\r\n", 400],
  ["a bare line feed in the head", "GET / HTTP/1.1\r\nHost: a\nx: y\r\n\r\n", 400],
  ["101 headers", `GET / HTTP/1.1\r\nHost: a\r\n${many}\r\n`, 431],
  ["3,000 headers", `GET / HTTP/1.1\r\nHost: a\r\n${"a:\r\n".repeat(3000)}\r\n`, 431],
  ["a header of 17 KB", `GET / HTTP/1.1\r\nHost: a\r\nx: ${"x".repeat(17_000)}\r\n\r\n`, 431],
  ["another expectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n", 417],
  ["CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501],
  ["HTTP/0.9", "GET /x\r\n\r\n", 505],
  ["HTTP/0.9 with bare line feeds", "GET /x\n\n", 400],
  ["a length with a sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", 400],
  ["a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello", 400],
  ["a hexadecimal length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello", 400],
  ["a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", 400],
  ["the same length twice", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400],
  ["a length past all numbers", `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${"9".repeat(30)}\r\n\r\n`, 400],
  ["chunked twice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400],
  [
    "two transfer codings",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    400,
  ],
  ["almost chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501],
  ["a transfer coding in quotes", 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', 501],
  ["a NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nx: a\0b\r\n\r\n", 400],
  ["a bare carriage return in a value", "GET / HTTP/1.1\r\nHost: a\r\nx: a\rb: c\r\n\r\n", 400],
  ["a name that is none", "GET / HTTP/1.1\r\nHost: a\r\n(x): a\r\n\r\n", 400],
  ["a header without a name", "GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n", 400],
  ["a header line without a colon", "GET / HTTP/1.1\r\nHost: a\r\nx\r\n\r\n", 400],
  ["a folded first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400],
  ["a Host with credentials", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400],
  ["a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400],
  ["a method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["an unknown method", "FETCH / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a target with a space", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a target without a slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a target with a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a target of 17 KB", `GET /${"x".repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
  ["5,000 small headers", `GET / HTTP/1.1\r\nHost: a\r\n${"ab: cd\r\n".repeat(5000)}\r\n`, 431],
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 400],
];

async function hello(): Promise<Serving & { seen: string[] }> {
  const seen: string[] = [];
  const serving = await serve({
    handler: ({ path }) => {
      seen.push(path);
      return "hello";
    },
  });
  return { ...serving, seen };
}

describe("a server refuses", () => {
  test.each(cases)("%s, closes, and serves the next", async (_, bytes, status) => {
    const { port, url, seen, server } = await hello();
    const text = await raw(port, bytes + behind);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text.toLowerCase()).toContain("connection: close");
    expect(text.match(/HTTP\/1.1/g)).toHaveLength(1);
    expect(seen).toEqual([]);
    expect(await (await fetch(url)).text()).toBe("hello");
    expect(server.statistics()).toMatchObject({ refused: 1, failed: 0 });
  });

  test("a head that does not come in time with 408", async () => {
    const { port, next } = await serve({ headersTimeoutMs: 50, handler: () => "hello" });
    const slow = raw(port, "GET / HTTP/1.1\r\nHost: a\r\nx: ");
    const silent = raw(port, "");
    expect(await slow).toMatch(/^HTTP\/1.1 408 /);
    expect(await silent).toMatch(/^HTTP\/1.1 408 /);
    expect(await next("timeout")).toMatchObject({ which: "headers", error: { code: "HEADERS_TIMEOUT", status: 408 } });
  });

  test("bytes behind a good request only after that is answered", async () => {
    const { port, seen } = await hello();
    const text = await raw(port, "GET /good HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1.1 200 [\s\S]*helloHTTP\/1.1 400 /);
    expect(seen).toEqual(["/good"]);
  });
});

describe("a server takes", () => {
  const good: readonly (readonly [string, string])[] = [
    ["the last request of a client", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"],
    ["HTTP/1.0 without a Host", "GET / HTTP/1.0\r\n\r\n"],
    ["a target with its own host", "GET http://a:80/x HTTP/1.1\r\nHost: A:80\r\nConnection: close\r\n\r\n"],
    ["100 headers", `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${"a: b\r\n".repeat(98)}\r\n`],
    ["an IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n"],
    ["an underscore without a twin", "GET / HTTP/1.1\r\nHost: a\r\nx_y: 1\r\nConnection: close\r\n\r\n"],
  ];
  test.each(good)("%s", async (_, bytes) => {
    const { port } = await hello();
    expect(await raw(port, bytes)).toMatch(/^HTTP\/1.1 200 [\s\S]*hello$/);
  });
});

test("a refusal is one error signal with its code, and no line in the log", async () => {
  const { port, next, signals } = await hello();
  await raw(port, "GET / HTTP/1.1\r\n\r\n");
  await next("close");
  expect(signals.map(({ tag }) => tag)).toEqual(["conn", "refused", "close", "ok"].slice(0, signals.length));
  expect(signals[1]).toMatchObject({ error: { code: "BAD_REQUEST", status: 400 }, connection: { requests: 1 } });
});

test("a client that goes away in the middle of a head is gone without a refusal", async () => {
  const { port, next, server } = await hello();
  const socket = await dial(port);
  socket.write("GET / HTTP/1.1\r\nHo");
  socket.resetAndDestroy();
  await next("close");
  expect(server.statistics()).toMatchObject({ refused: 0, connections: 0 });
});
