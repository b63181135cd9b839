/** Files of a folder: what is served, with which headers, and what is not. */
import { readdirSync, readlinkSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type Answer, files, router } from "@good-place/chidi";
import { expect, test } from "vitest";
import { ask, changedAt, folder } from "./asking.js";
import { dial, rest, serve, until } from "./serving.js";

test("a file has its type, its length, a strong ETag and its date, and HEAD has the same without the file", async () => {
  const root = folder({ "a.html": "<p>grüß", "b.bin": "b", "c.unknown": "c" });
  const { port } = await serve({ handler: files(root) });
  const got = await ask(port, "/a.html");
  expect(got.status).toBe(200);
  expect(got.body.toString()).toBe("<p>grüß");
  expect(got.headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "content-length": "9",
    "last-modified": changedAt.toUTCString(),
    "cache-control": "no-cache",
    "accept-ranges": "bytes",
    etag: expect.stringMatching(/^"[^"]+"$/),
  });
  const head = await ask(port, "/a.html", { range: "bytes=0-1" }, "HEAD");
  expect(head.status).toBe(200);
  expect({ ...head.headers, date: "" }).toEqual({ ...got.headers, date: "" });
  expect((await ask(port, "/b.bin")).headers["content-type"]).toBe("application/octet-stream");
  expect((await ask(port, "/c.unknown")).headers["content-type"]).toBe("application/octet-stream");
});

test("a file that was changed just now has a weak ETag, which no part is joined by", async () => {
  const root = folder({});
  writeFileSync(join(root, "new.txt"), "new one");
  const { port } = await serve({ handler: files(root) });
  const { headers } = await ask(port, "/new.txt");
  expect(headers.etag).toMatch(/^W\//);
  expect((await ask(port, "/new.txt", { "if-none-match": headers.etag as string })).status).toBe(304);
  const part = await ask(port, "/new.txt", { range: "bytes=0-1", "if-range": headers.etag as string });
  expect(part.status).toBe(200);
});

test("a folder is its index, behind a slash, and has no listing", async () => {
  const root = folder({ "index.html": "top", "sub/index.html": "sub", "bare/x.txt": "x", "a b/index.html": "ab" });
  const { port } = await serve({ handler: files(root) });
  expect((await ask(port, "/")).body.toString()).toBe("top");
  expect((await ask(port, "/sub/?q")).body.toString()).toBe("sub");
  const moved = await ask(port, "/a%20b?q=1");
  expect([moved.status, moved.headers.location]).toEqual([301, "/a%20b/?q=1"]);
  expect((await ask(port, "/bare/")).status).toBe(404);
  expect((await ask(port, "/bare/x.txt/")).status).toBe(404);
  const plain = await serve({ handler: files(root, { index: false }) });
  expect((await ask(plain.port, "/sub")).status).toBe(404);
  expect((await ask(plain.port, "/")).status).toBe(404);
});

test("no redirect leads to another host", async () => {
  const root = folder({ "evil.com/index.html": "x" });
  const { port } = await serve({ handler: files(root) });
  for (const path of ["//evil.com", "//evil.com/%2e%2e", "/%5cevil.com", "/%2fevil.com", "///evil.com"]) {
    expect([path, (await ask(port, path)).status]).toEqual([path, 404]);
  }
});

test("what is not a plain name, not there, hidden or not a file is 404, and what is no encoding is 400", async () => {
  const root = folder({ "a.txt": "a", ".env": "secret", ".git/config": "secret", "sub/a.txt": "a" });
  const { port } = await serve({ handler: files(root) });
  const gone = ["/b.txt", "/.env", "/.git/config", "/..", "/sub/../a.txt", "/sub/%2e%2e/a.txt", "/sub//a.txt"];
  gone.push("/sub%2fa.txt", "/sub%5ca.txt", "/a.txt%00", `/${"a".repeat(4000)}`, "/%252e%252e/a.txt", "/a.txt/b");
  for (const path of gone) expect([path, (await ask(port, path)).status]).toEqual([path, 404]);
  for (const path of ["/%", "/%zz", "/%c0%ae", "/%ff"]) {
    expect([path, (await ask(port, path)).status]).toEqual([path, 400]);
  }
  const post = await ask(port, "/a.txt", {}, "POST");
  expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD"]);
  const all = await serve({ handler: files(root, { dotfiles: true }) });
  expect((await ask(all.port, "/.env")).body.toString()).toBe("secret");
});

test("a link is followed inside the folder, by option anywhere or not at all", async () => {
  const outside = folder({ "secret.txt": "secret", "deep/x.txt": "secret" });
  const root = folder({ "a.txt": "a", ".env": "hidden" });
  symlinkSync("a.txt", join(root, "inside.txt"));
  symlinkSync(join(outside, "secret.txt"), join(root, "out.txt"));
  symlinkSync(join(outside, "deep"), join(root, "folder"));
  symlinkSync(".env", join(root, "env.txt"));
  symlinkSync("loop", join(root, "loop"));
  // A folder whose name begins as the root's does.
  const twin = `${root}-twin`;
  renameSync(folder({ "secret.txt": "secret" }), twin);
  symlinkSync(join(twin, "secret.txt"), join(root, "twin.txt"));
  const statuses = async (symlinks: "inside" | "anywhere" | "none"): Promise<number[]> => {
    const { port } = await serve({ handler: files(root, { symlinks }) });
    const paths = ["/inside.txt", "/out.txt", "/folder/x.txt", "/env.txt", "/loop", "/twin.txt"];
    return Promise.all(paths.map(async (path) => (await ask(port, path)).status));
  };
  expect(await statuses("inside")).toEqual([200, 404, 404, 404, 404, 404]);
  expect(await statuses("anywhere")).toEqual([200, 200, 200, 200, 404, 200]);
  expect(await statuses("none")).toEqual([404, 404, 404, 404, 404, 404]);
});

test("the folder may be a link that is turned to another folder while it serves", async () => {
  const [one, two] = [folder({ "a.txt": "one" }), folder({ "a.txt": "two" })];
  const current = join(folder({}), "current");
  symlinkSync(one, current);
  const { port } = await serve({ handler: files(pathToFileURL(current)) });
  expect((await ask(port, "/a.txt")).body.toString()).toBe("one");
  symlinkSync(two, `${current}-next`);
  renameSync(`${current}-next`, current);
  expect((await ask(port, "/a.txt")).body.toString()).toBe("two");
});

test("behind a route the path begins where its * does", async () => {
  const root = folder({ "a b.txt": "ab", "index.html": "top", "100%25.txt": "percent" });
  const { port } = await serve({ handler: router({ "GET /static/*": files(root) }) });
  expect((await ask(port, "/static/a%20b.txt")).body.toString()).toBe("ab");
  expect((await ask(port, "/static/")).body.toString()).toBe("top");
  // Decoded once and not twice.
  expect((await ask(port, "/static/100%2525.txt")).body.toString()).toBe("percent");
  expect((await ask(port, "/static/%2e%2e/x")).status).toBe(400);
});

test("a fallback is the page for paths that lead nowhere, but not for files that are missing", async () => {
  const root = folder({ "index.html": "app", "a.txt": "a" });
  const { port } = await serve({ handler: files(root, { fallback: "index.html" }) });
  for (const path of ["/tasks/7", "/tasks/", "/"]) expect((await ask(port, path)).body.toString()).toBe("app");
  expect((await ask(port, "/tasks/7")).headers["content-type"]).toBe("text/html; charset=utf-8");
  expect((await ask(port, "/assets/old.js")).status).toBe(404);
  expect((await ask(port, "/.env")).status).toBe(404);
});

test("a variant compressed beforehand is taken by Accept-Encoding, with an ETag and ranges of its own", async () => {
  const text = "words ".repeat(100);
  const root = folder({ "a.js": text, "a.js.gz": gzipSync(text), "a.js.br": brotliCompressSync(text), "b.js": "b" });
  const outside = folder({ "b.js.gz": "secret" });
  symlinkSync(join(outside, "b.js.gz"), join(root, "b.js.gz"));
  const { port } = await serve({ handler: files(root, { precompressed: true }) });
  const plain = await ask(port, "/a.js");
  const gzip = await ask(port, "/a.js", { "accept-encoding": "gzip" });
  const br = await ask(port, "/a.js", { "accept-encoding": "gzip, br;q=1.0" });
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(gzip.headers).toMatchObject({ "content-encoding": "gzip", "content-type": plain.headers["content-type"] });
  expect(br.headers["content-encoding"]).toBe("br");
  expect(gzip.body).toEqual(gzipSync(text));
  expect(new Set([plain, gzip, br].map(({ headers }) => headers.etag)).size).toBe(3);
  for (const { headers } of [plain, gzip, br]) expect(headers.vary).toBe("accept-encoding");
  const part = await ask(port, "/a.js", { "accept-encoding": "gzip", range: "bytes=2-4" });
  expect(part.body).toEqual(gzipSync(text).subarray(2, 5));
  const again = await ask(port, "/a.js", { "accept-encoding": "gzip", "if-none-match": gzip.headers.etag as string });
  expect([again.status, again.headers.vary]).toEqual([304, "accept-encoding"]);
  expect((await ask(port, "/a.js", { "accept-encoding": "gzip;q=0, br;q=0" })).body.toString()).toBe(text);
  expect((await ask(port, "/b.js", { "accept-encoding": "gzip" })).body.toString()).toBe("b");
});

test("cache-control is a text or is made of the path", async () => {
  const root = folder({ "index.html": "x", "assets/a.1f3.js": "x" });
  const cacheControl = (path: string): string =>
    path.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-store";
  const { port } = await serve({ handler: files(root, { cacheControl }) });
  expect((await ask(port, "/assets/a.1f3.js")).headers["cache-control"]).toContain("immutable");
  expect((await ask(port, "/")).headers["cache-control"]).toBe("no-store");
});

test("ranges can be turned off", async () => {
  const { port } = await serve({ handler: files(folder({ "a.txt": "abc" }), { ranges: false }) });
  const { status, headers, body } = await ask(port, "/a.txt", { range: "bytes=0-0" });
  expect([status, headers["accept-ranges"], body.toString()]).toEqual([200, undefined, "abc"]);
});

test("a large file arrives whole, is read at the pace of the client, and is closed when the client leaves", async () => {
  const large = Buffer.alloc(24 * 1024 * 1024, "0123456789abcdef");
  const root = folder({ "large.bin": large });
  const { port } = await serve({ handler: files(root) });
  expect((await ask(port, "/large.bin")).body.equals(large)).toBe(true);
  const before = process.memoryUsage().arrayBuffers;
  const sockets = await Promise.all(Array.from({ length: 10 }, () => dial(port)));
  for (const socket of sockets) {
    socket.write("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(socket, "0123456789abcdef");
    socket.pause();
  }
  expect(openFiles(root)).toBe(10);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * large.length);
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => openFiles(root)).toBe(0);
});

test("a file that is replaced while it is sent never mixes with the new one: the connection breaks", async () => {
  const root = folder({ "a.bin": Buffer.alloc(24 * 1024 * 1024, "a") });
  const { port, next } = await serve({ handler: files(root) });
  const socket = await dial(port);
  socket.write("GET /a.bin HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(socket, "aaaa");
  socket.pause();
  writeFileSync(join(root, "a.bin"), "b");
  const text = rest(socket);
  socket.resume();
  expect((await next("error")).error).toMatchObject({ code: "FILE_CHANGED" });
  expect((await text).replaceAll("a", "")).toBe("");
});

test("a file that is replaced before its first byte is read does not go out under the ETag of the old one", async () => {
  const root = folder({ "a.txt": "old" });
  const serveFile = files(root);
  const { port, next } = await serve({
    handler: async (request) => {
      const answer = (await serveFile(request)) as Answer;
      renameSync(join(folder({ "a.txt": "new" }), "a.txt"), join(root, "a.txt"));
      return answer;
    },
  });
  await expect(ask(port, "/a.txt")).rejects.toMatchObject({ code: "ECONNRESET" });
  expect((await next("error")).error).toMatchObject({ code: "FILE_CHANGED" });
});

test("a folder that does not exist is the server's failure", async () => {
  const { port, next } = await serve({ handler: files(join(folder({}), "nowhere")) });
  expect((await ask(port, "/")).status).toBe(500);
  expect((await next("error")).error).toMatchObject({ code: "ENOENT" });
});

test("wrong options are refused", () => {
  const wrong = [{ index: "a/b" }, { symlinks: "some" }, { dotfiles: 1 }, { cacheControl: 1 }, { fallback: "" }];
  for (const options of [...wrong, { ranges: null }, { precompressed: "br" }]) {
    expect(() => files("/", options as never)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }
  expect(() => files("")).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  expect(() => files("/", { dotFiles: true } as never)).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
});

// How many of this process's descriptors are files of the folder.
function openFiles(root: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(root);
    } catch {
      return false;
    }
  }).length;
}
