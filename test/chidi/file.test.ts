/** Files and regions of files as the body of an answer. */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { file, type SizedChunks } from "@good-place/chidi";
import { expect, onTestFinished, test } from "vitest";
import { dial, raw, serve, until } from "./serving.js";

const head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

async function written(bytes: Uint8Array | string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "chidi-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "f"), bytes);
  return join(folder, "f");
}

test("a file is a body with its length, as a whole and in regions", async () => {
  const path = await written("0123456789");
  const regions: [SizedChunks, string][] = [
    [file(path), "0123456789"],
    [file(pathToFileURL(path), { start: 3 }), "3456789"],
    [file(path, { start: 3, end: 5 }), "34"],
    [file(path, { end: 99 }), "0123456789"],
    [file(path, { start: 10 }), ""],
    [file(path, { start: 4, end: 4 }), ""],
  ];
  for (const [body, text] of regions) {
    const { port } = await serve({ handler: () => ({ body }) });
    const answer = await raw(port, head);
    expect(answer).toContain(`content-length: ${text.length}\r\n`);
    expect(answer.slice(answer.indexOf("\r\n\r\n") + 4)).toBe(text);
    expect(await raw(port, head.replace("GET", "HEAD"))).toMatch(
      new RegExp(`content-length: ${text.length}\\r\\n[\\s\\S]*\\r\\n\\r\\n$`),
    );
  }
});

test("a large file comes whole, and is open only while it is sent", async () => {
  const bytes = randomBytes(5_000_000);
  const path = await written(bytes);
  const { url, server } = await serve({ handler: () => ({ body: file(path) }) });
  const got = Buffer.from(await (await fetch(url)).arrayBuffer());
  expect(createHash("sha1").update(got).digest("hex")).toBe(createHash("sha1").update(bytes).digest("hex"));
  await server.drain();
  expect(process.getActiveResourcesInfo().filter((name) => name.startsWith("FS"))).toEqual([]);
});

test("a file that is not there, a folder, and a region behind the end fail the handler before anything is sent", async () => {
  const path = await written("abc");
  for (const body of [file(`${path}.missing`), file(join(path, "..")), file(path, { start: 4 })]) {
    const { url, next } = await serve({ handler: () => ({ body }) });
    expect((await fetch(url)).status).toBe(500);
    await next("error");
  }
});

test("a file that shrinks while it is sent costs the connection", async () => {
  const size = 64 * 1024 * 1024;
  const path = await written("");
  await truncate(path, size);
  const { port, next } = await serve({ handler: () => ({ body: file(path) }) });
  const socket = await dial(port);
  socket.write(head);
  await until(socket, "200 OK");
  socket.pause();
  await truncate(path, 1000);
  let got = 0;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    got += chunk.length;
  });
  socket.resume();
  expect((await next("error")).error).toMatchObject({ code: "FILE_CHANGED" });
  expect(got).toBeLessThan(size);
});

test("a body that gives more or less than its size never ends well", async () => {
  for (const chunks of [["ab"], ["abc", "d"], ["abcd"]]) {
    const body: SizedChunks = {
      byteLength: Promise.resolve(3),
      async *[Symbol.asyncIterator]() {
        for (const chunk of chunks) yield Buffer.from(chunk);
      },
    };
    const { url, next } = await serve({ handler: () => ({ body }) });
    await expect(
      fetch(url).then((response) => response.text()),
      chunks.join(),
    ).rejects.toThrow();
    expect((await next("error")).error).toMatchObject({ code: "BAD_RESPONSE" });
  }
});

test("file refuses regions that are none", () => {
  for (const region of [{ start: -1 }, { start: 2, end: 1 }, { end: 1.5 }, { star: 1 }]) {
    expect(() => file("x", region as never), JSON.stringify(region)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(BAD|UNKNOWN)_OPTION$/) }),
    );
  }
});

test("a file is read no faster than its client takes it", async () => {
  const path = await written("");
  await truncate(path, 256 * 1024 * 1024);
  const script = `
    import { connect } from "node:net";
    import { chidi, file } from "@good-place/chidi";
    const server = await chidi({ port: 0, writeIdleMs: 300, handler: () => ({ body: file(${JSON.stringify(path)}) }), rules: [[{}, () => {}]] });
    const before = process.memoryUsage().rss;
    const socket = connect(server.address.port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"));
    socket.pause();
    socket.on("error", () => {});
    while (server.statistics().requests === 0 || server.statistics().connections > 0) await new Promise((wake) => setTimeout(wake, 10));
    console.log(process.memoryUsage().rss - before);
    socket.destroy();
    await server.drain();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  expect(Number(stdout)).toBeLessThan(64 * 1024 * 1024);
});
