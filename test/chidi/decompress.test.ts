/** Bodies with a content-encoding: decoded where the server is told to, within limits on both sides of the decoder. */
import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { serve } from "./serving.js";

const post = (url: string, body: Uint8Array, coding: string): Promise<Response> =>
  fetch(url, { method: "POST", body: body as Uint8Array<ArrayBuffer>, headers: { "content-encoding": coding } });

const dense = (size: number): Buffer =>
  brotliCompressSync(Buffer.alloc(size), { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });

test("a body of gzip, deflate and br is decoded, as text, JSON, bytes and stream", async () => {
  const { url } = await serve({
    decompress: true,
    handler: async (request) => {
      if (request.path === "/text") return request.text();
      if (request.path === "/json") return (await request.json()).text;
      if (request.path === "/bytes") return Buffer.from(await request.bytes()).toString();
      const chunks: Uint8Array[] = [];
      for await (const chunk of request.body) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    },
  });
  const coders = { gzip: gzipSync, "X-GZIP": gzipSync, deflate: deflateSync, br: brotliCompressSync };
  for (const [coding, code] of Object.entries(coders)) {
    const text = Array.from({ length: 50_000 }, (_, i) => `grüße ${i} `).join("");
    for (const path of ["/text", "/bytes", "/stream"]) {
      expect((await (await post(url + path, code(text), coding)).text()) === text, `${coding} ${path}`).toBe(true);
    }
    expect(await (await post(`${url}/json`, code('{"text":"json"}'), coding)).text()).toBe("json");
  }
  expect(await (await post(`${url}/text`, Buffer.from("plain"), "identity")).text()).toBe("plain");
});

test("an unknown coding and a chain of codings are 415", async () => {
  const { url, server } = await serve({
    decompress: true,
    handler: async ({ bytes }) => String((await bytes()).length),
  });
  for (const coding of ["zstd", "compress", "gzip, gzip", "identity, gzip", "constructor"]) {
    expect((await post(url, gzipSync(gzipSync("x")), coding)).status, coding).toBe(415);
  }
  expect(server.statistics()).toMatchObject({ refused: 5, failed: 0 });
});

test("a body that is not what its coding says, or breaks off, is 400", async () => {
  const { url, next } = await serve({ decompress: true, handler: (request) => request.text() });
  const whole = gzipSync("x".repeat(1000));
  for (const [body, coding] of [
    [Buffer.from("no gzip"), "gzip"],
    [whole.subarray(0, -9), "gzip"],
    [Buffer.concat([whole.subarray(0, 12), Buffer.alloc(20, 255)]), "gzip"],
    [Buffer.from("\xff\xff\xff\xff"), "br"],
    [Buffer.alloc(0), "deflate"],
  ] as const) {
    expect((await post(url, body, coding)).status).toBe(400);
    expect((await next("refused")).error).toMatchObject({ code: "BAD_BODY" });
  }
});

test("maxBodyBytes bounds a body on the wire and decoded", async () => {
  const { url } = await serve({ decompress: true, maxBodyBytes: 1000, handler: (request) => request.text() });
  expect((await post(url, gzipSync("x".repeat(1000)), "gzip")).status).toBe(200);
  expect((await post(url, gzipSync("x".repeat(1001)), "gzip")).status).toBe(413);
  const wire = gzipSync(Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7919) % 251)), { level: 0 });
  expect(wire.length).toBeGreaterThan(1000);
  // Of no known length, so that only the reading can tell.
  const body = new Blob([wire]).stream();
  const init = { method: "POST", body, headers: { "content-encoding": "gzip" }, duplex: "half" } as RequestInit;
  expect((await fetch(url, init)).status).toBe(413);
});

test("a body that grows more than maxBodyRatio times is 413, unless it is small", async () => {
  const { url, next } = await serve({
    decompress: true,
    maxBodyBytes: 64 * 1024 * 1024,
    maxBodyRatio: 20,
    handler: async ({ bytes }) => String((await bytes()).length),
  });
  expect(await (await post(url, dense(60_000), "br")).text()).toBe("60000");
  expect((await post(url, dense(1_000_000), "br")).status).toBe(413);
  expect((await next("refused")).error).toMatchObject({ code: "BODY_TOO_LARGE", message: /maxBodyRatio/ });
});

test("a bomb of 256 MB costs no memory to speak of", async () => {
  const { url } = await serve({ decompress: true, handler: async ({ bytes }) => String((await bytes()).length) });
  const bomb = dense(256 * 1024 * 1024);
  expect(bomb.length).toBeLessThan(4096);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 5; i++) expect((await post(url, bomb, "br")).status).toBe(413);
  expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024);
});
