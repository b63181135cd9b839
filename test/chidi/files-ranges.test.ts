/** Ranges and conditions of files: single answers, and the same answers as `send` over many requests. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { files } from "@good-place/chidi";
import fc from "fast-check";
import send from "send";
import { expect, onTestFinished, test } from "vitest";
import { ask, changedAt, folder, type Told } from "./asking.js";
import { serve } from "./serving.js";

const content = "0123456789abcdefghijklmnopqrstuvwxyz";
const later = new Date(changedAt.getTime() + 1000).toUTCString();
const earlier = new Date(changedAt.getTime() - 1000).toUTCString();

const serveOne = async (): Promise<{ port: number; etag: string; get: (range: string) => Promise<Told> }> => {
  const { port } = await serve({ handler: files(folder({ "a.txt": content, "empty.txt": "" })) });
  const etag = (await ask(port, "/a.txt")).headers.etag as string;
  return { port, etag, get: (range) => ask(port, "/a.txt", { range }) };
};

test("one range is 206 with what was asked for, clipped to the file", async () => {
  const { get } = await serveOne();
  const parts: [string, string, string][] = [
    ["bytes=0-0", "0", "bytes 0-0/36"],
    ["bytes=10-", content.slice(10), "bytes 10-35/36"],
    ["bytes=-3", "xyz", "bytes 33-35/36"],
    ["bytes=-99", content, "bytes 0-35/36"],
    ["bytes=34-99", "yz", "bytes 34-35/36"],
    ["BYTES= , 1-2 ,", "12", "bytes 1-2/36"],
  ];
  for (const [range, text, place] of parts) {
    const { status, headers, body } = await get(range);
    expect([range, status, headers["content-range"], body.toString()]).toEqual([range, 206, place, text]);
    expect(headers["content-length"]).toBe(String(text.length));
  }
});

test("a range behind the end is 416 with the length; what is no range is ignored", async () => {
  const { port, get } = await serveOne();
  for (const range of ["bytes=36-", "bytes=-0", "bytes=99-100, 40-"]) {
    const { status, headers } = await get(range);
    expect([range, status, headers["content-range"]]).toEqual([range, 416, "bytes */36"]);
  }
  expect((await ask(port, "/empty.txt", { range: "bytes=0-" })).status).toBe(416);
  for (const range of ["lines=1-2", "bytes=2-1", "bytes=-", "bytes=", "bytes=a-b", "bytes=1-2,x", "bytes=1"]) {
    const { status, body } = await get(range);
    expect([range, status, body.toString()]).toEqual([range, 200, content]);
  }
});

test("several ranges are one multipart body of known length, in the order asked for", async () => {
  const { get } = await serveOne();
  const { status, headers, body } = await get("bytes=30-31,0-1,90-,-1");
  const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(headers["content-type"] ?? "")?.[1];
  expect(status).toBe(206);
  expect(headers["content-length"]).toBe(String(body.length));
  expect(headers["content-range"]).toBeUndefined();
  const part = (range: string, text: string): string =>
    `\r\n--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${range}/36\r\n\r\n${text}`;
  expect(body.toString()).toBe(
    `${part("30-31", "uv")}${part("0-1", "01")}${part("35-35", "z")}\r\n--${boundary}--\r\n`,
  );
});

test("ranges that overlap are sent once, and more than sixteen are answered with the whole", async () => {
  const { get } = await serveOne();
  const one = await get("bytes=5-9,0-5,2-3");
  expect([one.status, one.headers["content-range"], one.body.toString()]).toEqual([206, "bytes 0-9/36", "0123456789"]);
  const flood = await get(`bytes=${Array.from({ length: 500 }, () => "0-").join(",")}`);
  expect([flood.status, flood.body.toString()]).toEqual([200, content]);
});

test("a part of another state is never sent: If-Range asks for the strong ETag or the very date", async () => {
  const { port, etag } = await serveOne();
  const conditions: [string, number][] = [
    [etag, 206],
    [changedAt.toUTCString(), 206],
    [`W/${etag}`, 200],
    ['"other"', 200],
    [later, 200],
    [earlier, 200],
    ["yesterday", 200],
  ];
  for (const [condition, status] of conditions) {
    const got = await ask(port, "/a.txt", { range: "bytes=0-0", "if-range": condition });
    expect([condition, got.status]).toEqual([condition, status]);
  }
});

test("conditions are looked at in the order of RFC 9110, 13.2.2", async () => {
  const { port, etag } = await serveOne();
  const date = changedAt.toUTCString();
  const cases: [Record<string, string>, number][] = [
    [{ "if-match": etag }, 200],
    [{ "if-match": `"x", ${etag}` }, 200],
    [{ "if-match": "*" }, 200],
    [{ "if-match": `W/${etag}` }, 412],
    [{ "if-match": '"x"' }, 412],
    [{ "if-match": etag, "if-unmodified-since": earlier }, 200],
    [{ "if-unmodified-since": earlier }, 412],
    [{ "if-unmodified-since": date }, 200],
    [{ "if-unmodified-since": "x" }, 200],
    [{ "if-match": '"x"', "if-none-match": etag }, 412],
    [{ "if-none-match": etag }, 304],
    [{ "if-none-match": `"x",W/${etag}` }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"x"', "if-modified-since": date }, 200],
    [{ "if-modified-since": date }, 304],
    [{ "if-modified-since": later }, 304],
    [{ "if-modified-since": earlier }, 200],
    [{ "if-modified-since": "Sunday, 02-Feb-20 02:02:02 GMT" }, 304],
    [{ "if-modified-since": "Sun Feb  2 02:02:02 2020" }, 304],
    [{ "if-modified-since": "2021" }, 200],
    [{ "if-none-match": etag, range: "bytes=99-" }, 304],
    [{ "if-match": '"x"', range: "bytes=99-" }, 412],
  ];
  for (const [headers, status] of cases) {
    const got = await ask(port, "/a.txt", headers);
    expect([headers, got.status]).toEqual([headers, status]);
  }
  const kept = await ask(port, "/a.txt", { "if-none-match": etag });
  expect(kept.headers).toMatchObject({ etag, "last-modified": date, "cache-control": "no-cache" });
  expect(kept.headers["content-type"]).toBeUndefined();
});

// What both are asked. Left out is where the two differ on purpose: several ranges (send answers with the whole), ranges
// of HEAD (which RFC 9110 does not know), a last position ahead of the first (invalid, so ignored), weak tags in If-Match,
// and a suffix longer than the file (RFC 9110: the whole file; send: 416).
const etags = fc.constantFrom("mine", '"other"', "*", 'W/"other"', '"a", mine');
const dates = fc.constantFrom(changedAt.toUTCString(), later, earlier, "never");
const range = fc.oneof(
  fc.tuple(fc.nat(40), fc.nat(10)).map(([first, more]) => `bytes=${first}-${first + more}`),
  fc.nat(40).map((first) => `bytes=${first}-`),
  fc.nat(3).map((suffix) => `bytes=-${suffix}`),
  fc.constantFrom("lines=0-1", "bytes"),
);
const asked = fc.record({
  path: fc.constantFrom(
    "/a.txt",
    "/empty.txt",
    "/sub/",
    "/sub",
    "/nothing",
    "/.env",
    "/a%2etxt",
    "/%61.txt",
    "/a.txt/",
  ),
  method: fc.constantFrom("GET", "HEAD"),
  range: fc.option(range),
  "if-match": fc.option(etags),
  "if-none-match": fc.option(etags),
  "if-modified-since": fc.option(dates),
  "if-unmodified-since": fc.option(dates),
  "if-range": fc.option(fc.constantFrom("mine", '"other"', changedAt.toUTCString(), earlier)),
});

test("files answers as send does, over many requests", async () => {
  const root = folder({ "a.txt": content, "empty.txt": "", "sub/index.html": "<p>", ".env": "secret" });
  const other = createServer((message, response) => {
    send(message, message.url ?? "", { root }).pipe(response);
  });
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const theirs = (other.address() as AddressInfo).port;
  const { port: ours } = await serve({ handler: files(root) });
  await fc.assert(
    fc.asyncProperty(asked, async ({ path, method, ...given }) => {
      const [a, b] = await Promise.all(
        [ours, theirs].map(async (port) => {
          // Each has tags of its own.
          const tag = (await ask(port, path)).headers.etag ?? '"none"';
          const headers: Record<string, string> = {};
          for (const [name, value] of Object.entries(given)) {
            if (value === null || (name === "range" && method === "HEAD")) continue;
            headers[name] = value.replace("mine", tag);
          }
          return ask(port, path, headers, method);
        }),
      );
      expect(shape(a)).toEqual(shape(b));
    }),
    { numRuns: 600 },
  );
});

function shape(told: Told | undefined): unknown {
  const { status, headers, body } = told as Told;
  const seen = { status, type: headers["content-type"], place: headers["content-range"], to: headers.location };
  if (status !== 200 && status !== 206) return { ...seen, type: "" };
  return { ...seen, length: headers["content-length"], date: headers["last-modified"], body: body.toString() };
}
