/** Compression: who gets which coding, what is left alone, and that nothing is held up. */
import { execFile } from "node:child_process";
import { type IncomingMessage, request } from "node:http";
import type { Transform } from "node:stream";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { channel, sleep } from "@good-place/channel";
import { type Answer, compressed, conditional, files, type Handler, html, json } from "@good-place/chidi";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ask, folder, type Told } from "./asking.js";
import { deferred, dial, rest, serve } from "./serving.js";

const words = "the good place ".repeat(200);
const accept = "gzip, deflate, br";

const get = async (answer: Answer | Handler, headers: Record<string, string> = {}, method = "GET"): Promise<Told> => {
  const handler = typeof answer === "function" ? answer : (): Answer => answer;
  const { port } = await serve({ handler: compressed()(handler) });
  return ask(port, "/", { "accept-encoding": accept, ...headers }, method);
};

// What this node makes.
const made: readonly string[] = ["gzip", "br", ...("createZstdCompress" in zlib ? ["zstd"] : [])];
const { zstdDecompressSync, createZstdDecompress } = zlib as unknown as {
  zstdDecompressSync(bytes: Buffer): Buffer;
  createZstdDecompress(): Transform;
};

function decoded({ headers, body }: Told): string {
  switch (headers["content-encoding"]) {
    case "gzip":
      return zlib.gunzipSync(body).toString();
    case "br":
      return zlib.brotliDecompressSync(body).toString();
    case "zstd":
      return zstdDecompressSync(body).toString();
    default:
      return body.toString();
  }
}

function decoder(coding: string): Transform {
  if (coding === "zstd") return createZstdDecompress();
  return coding === "gzip" ? zlib.createGunzip() : zlib.createBrotliDecompress();
}

test("a client gets the coding that it likes best, and of those it likes alike the first that is offered", async () => {
  const { port } = await serve({ handler: compressed({ codings: ["br", "gzip"] })(() => words) });
  const liked: [string | undefined, string | undefined][] = [
    [undefined, undefined],
    ["", undefined],
    ["gzip", "gzip"],
    ["x-gzip", "gzip"],
    ["gzip, br", "br"],
    ["GZIP;q=1, br;q=0.9", "gzip"],
    ["*", "br"],
    ["*, br;q=0", "gzip"],
    ["gzip;q=0, br;q=0", undefined],
    ["identity, gzip;q=0.5", undefined],
    ["identity;q=0.5, gzip", "gzip"],
    ["deflate, compress", undefined],
    ["gzip;q=2, br;q=x", undefined],
  ];
  for (const [value, coding] of liked) {
    const told = await ask(port, "/", value === undefined ? {} : { "accept-encoding": value });
    expect([value, told.headers["content-encoding"]]).toEqual([value, coding]);
    expect(decoded(told)).toBe(words);
    expect(told.headers.vary).toBe("accept-encoding");
  }
});

test("every coding of this node comes back as it went, whatever the body is made of", async () => {
  let body: Answer = "";
  const { port } = await serve({ handler: compressed({ minBytes: 0 })(() => body) });
  const piece = fc.oneof(fc.string({ maxLength: 500 }), fc.constantFrom("", words, "x".repeat(100_000)));
  await fc.assert(
    fc.asyncProperty(fc.array(piece), fc.constantFrom(...made), fc.boolean(), async (pieces, coding, streamed) => {
      async function* stream(): AsyncGenerator<string | Uint8Array> {
        for (const [i, one] of pieces.entries()) yield i % 2 === 0 ? one : Buffer.from(one);
      }
      body = { headers: { "content-type": "text/plain" }, body: streamed ? stream() : pieces.join("") };
      const told = await ask(port, "/", { "accept-encoding": coding });
      expect(told.headers["content-encoding"]).toBe(coding);
      expect(decoded(told)).toBe(Buffer.concat(pieces.map((one) => Buffer.from(one))).toString());
    }),
    { numRuns: 60 },
  );
});

test("small, incompressible, encoded, partial and no-transform answers are left alone", async () => {
  const alone: [string, Answer][] = [
    ["small", "small"],
    ["image", { headers: { "content-type": "image/png" }, body: words }],
    ["bytes", { body: Buffer.from(words) }],
    ["encoded", { headers: { "content-type": "text/css", "content-encoding": "br" }, body: words }],
    [
      "partial",
      { status: 206, headers: { "content-type": "text/css", "content-range": "bytes 0-2999/9999" }, body: words },
    ],
    ["no-transform", { headers: { "cache-control": "private, No-Transform" }, body: words }],
    ["204", { status: 204 }],
    ["no body", { status: 200 }],
  ];
  for (const [what, answer] of alone) {
    const { headers, body } = await get(answer);
    const own = what === "encoded" ? "br" : undefined;
    expect([what, headers["content-encoding"], headers.vary]).toEqual([what, own, undefined]);
    expect([what, headers["content-length"]]).toEqual([what, what === "204" ? undefined : String(body.length)]);
  }
});

test("JSON, pages, SVG and what else the option names is compressed, from every form of an answer", async () => {
  const answers: (Answer | Handler)[] = [
    json({ words }),
    html(words),
    { headers: { "content-type": "image/svg+xml" }, body: words },
    { headers: { "content-type": "application/problem+json; charset=utf-8" }, body: words },
    new Response(words),
    async () => words,
    function* () {
      yield* sleep(1);
      return words;
    },
  ];
  for (const answer of answers) expect((await get(answer)).headers["content-encoding"]).toMatch(/br|zstd/);
  const image = { headers: { "content-type": "image/png" }, body: words };
  const { port } = await serve({ handler: compressed({ compressible: () => true })(() => image) });
  expect((await ask(port, "/", { "accept-encoding": "gzip" })).headers["content-encoding"]).toBe("gzip");
});

test("HEAD has the headers of the compressed answer, and Vary adds to what there is", async () => {
  const answer = { headers: { vary: "Origin, Accept-Encoding" }, body: words };
  const head = await get(answer, {}, "HEAD");
  expect(head.headers).toMatchObject({ "content-encoding": "br", vary: "Origin, Accept-Encoding" });
  expect(head.body.length).toBe(0);
  expect((await get({ headers: { vary: "Origin" }, body: words })).headers.vary).toBe("origin, accept-encoding");
  expect((await get({ headers: { vary: "*" }, body: words })).headers.vary).toBe("*");
});

test("a strong ETag becomes a weak one, which asks for a 304 that says the same", async () => {
  const { port } = await serve({ handler: compressed()(conditional()(() => words)) });
  const plain = await ask(port, "/");
  const packed = await ask(port, "/", { "accept-encoding": accept });
  expect(packed.headers.etag).toBe(`W/${plain.headers.etag}`);
  const kept = await ask(port, "/", { "accept-encoding": accept, "if-none-match": packed.headers.etag as string });
  expect([kept.status, kept.headers.etag]).toEqual([304, packed.headers.etag]);
  expect(kept.headers.vary).toBe("accept-encoding");
});

test("files are compressed as they are read, and ranges are of the file itself", async () => {
  const text = "0123456789".repeat(100_000);
  const { port } = await serve({ handler: compressed()(files(folder({ "a.txt": text, "b.txt": "b" }))) });
  const packed = await ask(port, "/a.txt", { "accept-encoding": accept });
  expect(decoded(packed)).toBe(text);
  expect(packed.body.length).toBeLessThan(10_000);
  expect([packed.headers["accept-ranges"], packed.headers["content-length"]]).toEqual([undefined, undefined]);
  const part = await ask(port, "/a.txt", { "accept-encoding": accept, range: "bytes=5-7" });
  expect([part.status, part.body.toString(), part.headers["content-encoding"]]).toEqual([206, "567", undefined]);
  expect((await ask(port, "/b.txt", { "accept-encoding": accept })).headers["content-encoding"]).toBeUndefined();
});

test("each chunk of a stream can be read before there is a next one", async () => {
  for (const coding of made) {
    const lines = channel<string>();
    const answer = { headers: { "content-type": "text/plain" }, body: lines };
    const { port } = await serve({ handler: compressed()(() => answer) });
    const engine = decoder(coding);
    void answerOf(port, coding).then((response) => response.pipe(engine));
    for (const line of ["one", "two", "three"]) {
      const read = new Promise<string>((resolve) => engine.once("data", (chunk) => resolve(String(chunk))));
      await lines.give(line);
      expect(await read).toBe(line);
    }
    lines.close();
  }
});

test("a stream that never gives again is let go of when its client leaves", async () => {
  const [begun, returned] = [deferred(), deferred()];
  const body: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        begun.resolve();
        return new Promise(() => {});
      },
      return: () => {
        returned.resolve();
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const answer = { headers: { "content-type": "text/plain" }, body };
  const { port } = await serve({ handler: compressed()(() => answer) });
  const socket = await dial(port);
  socket.write("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  await begun.promise;
  socket.destroy();
  await returned.promise;
});

test("a stream that fails breaks the connection off, so that nobody takes a part for the whole", async () => {
  async function* failing(): AsyncGenerator<string> {
    yield words;
    throw new Error("no more");
  }
  const answer = { headers: { "content-type": "text/plain" }, body: failing() };
  const { port, next } = await serve({ handler: compressed()(() => answer) });
  const socket = await dial(port);
  socket.write("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  expect(await rest(socket)).not.toContain("\r\n0\r\n");
  expect((await next("error")).error).toMatchObject({ message: "no more" });
});

test("a source is asked for no more than the client takes", async () => {
  const [many, size] = [400, 65_536];
  let given = 0;
  async function* noise(): AsyncGenerator<Uint8Array> {
    for (; given < many; given++) yield crypto.getRandomValues(new Uint8Array(size));
  }
  const answer = { headers: { "content-type": "text/plain" }, body: noise() };
  const { port } = await serve({ handler: compressed()(() => answer) });
  let taken = 0;
  let ahead = 0;
  // What is random does not shrink: the bytes that came are those that were given.
  for await (const chunk of await answerOf(port, "gzip")) {
    taken += (chunk as Buffer).length;
    ahead = Math.max(ahead, given * size - taken);
  }
  expect(taken).toBeGreaterThan(many * size);
  expect(ahead).toBeLessThan((many * size) / 2);
});

test("curl reads it", async () => {
  const { url } = await serve({ handler: compressed()(() => words) });
  const { stdout } = await promisify(execFile)("curl", ["-s", "--compressed", "-H", "Accept-Encoding: gzip", url]);
  expect(stdout).toBe(words);
});

test("wrong options are refused", () => {
  for (const options of [{ codings: ["lzma"] }, { codings: "gzip" }, { minBytes: -1 }, { compressible: /x/ }]) {
    expect(() => compressed(options as never)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }
  expect(() => compressed({ coding: ["gzip"] } as never)).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
});

function answerOf(port: number, coding: string): Promise<IncomingMessage> {
  return new Promise((resolve) => {
    request({ port, host: "127.0.0.1", headers: { "accept-encoding": coding }, agent: false }, resolve).end();
  });
}
