/** A chain of transforms on bodies, and what becomes of the length. */
import { createHash } from "node:crypto";
import { type BodyTransform, type Chunks, conditional, files, transformed } from "@good-place/chidi";
import { expect, test } from "vitest";
import { ask, folder } from "./asking.js";
import { deferred, dial, rest, serve } from "./serving.js";

const upper: BodyTransform = {
  keepsLength: true,
  async *transform(body: Chunks) {
    for await (const chunk of body) yield Buffer.from(chunk).toString("latin1").toUpperCase();
  },
};
const doubled: BodyTransform = {
  keepsLength: false,
  async *transform(body: Chunks) {
    for await (const chunk of body) yield Buffer.concat([Buffer.from(chunk), Buffer.from(chunk)]);
  },
};

test("a body keeps its length through members that keep it, and loses it at one that does not", async () => {
  const root = folder({ "a.txt": "abc" });
  const keeping = await serve({ handler: transformed(upper, upper)(files(root)) });
  const kept = await ask(keeping.port, "/a.txt");
  expect([kept.headers["content-length"], kept.body.toString()]).toEqual(["3", "ABC"]);
  const losing = await serve({ handler: transformed(upper, doubled)(files(root)) });
  const lost = await ask(losing.port, "/a.txt");
  expect([lost.headers["content-length"], lost.body.toString()]).toEqual([undefined, "ABCABC"]);
});

test("text and bytes are passed through like streams, the first member first", async () => {
  const mark = (sign: string): BodyTransform => ({
    keepsLength: false,
    async *transform(body) {
      for await (const chunk of body) yield `${sign}${chunk}`;
    },
  });
  const { port } = await serve({ handler: transformed(mark("a"), mark("b"))(() => "text") });
  expect((await ask(port, "/")).body.toString()).toBe("batext");
  const none = await serve({ handler: transformed(upper)(() => ({ status: 204 })) });
  expect((await ask(none.port, "/")).status).toBe(204);
});

test("a strong ETag becomes a weak one", async () => {
  const { port } = await serve({ handler: transformed(upper)(conditional()(() => "text")) });
  const { headers } = await ask(port, "/");
  expect(headers.etag).toMatch(/^W\/"/);
  expect((await ask(port, "/", { "if-none-match": headers.etag as string })).status).toBe(304);
});

test("a member may only look: the bytes go on as they came", async () => {
  const hashed = deferred<string>();
  const hashing: BodyTransform = {
    keepsLength: true,
    async *transform(body) {
      const hash = createHash("sha256");
      for await (const chunk of body) {
        hash.update(chunk);
        yield chunk;
      }
      hashed.resolve(hash.digest("hex"));
    },
  };
  const text = "0123456789".repeat(50_000);
  const { port } = await serve({ handler: transformed(hashing)(files(folder({ "a.txt": text }))) });
  const told = await ask(port, "/a.txt");
  expect(told.headers["content-length"]).toBe("500000");
  expect(await hashed.promise).toBe(createHash("sha256").update(told.body).digest("hex"));
});

test("a member that breaks its word about the length costs the connection, and nothing follows on it", async () => {
  for (const change of ["", "longer than it was"]) {
    const liar: BodyTransform = {
      keepsLength: true,
      async *transform() {
        yield change;
      },
    };
    const { port, next } = await serve({ handler: transformed(liar)(() => "text") });
    const socket = await dial(port);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    const told = await rest(socket);
    expect(told.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThan(2);
    expect(told).not.toContain("longer");
    expect((await next("error")).error).toMatchObject({ code: "BAD_RESPONSE" });
  }
});

test("what is no transform is refused", () => {
  for (const wrong of [null, {}, { transform: upper.transform }, { keepsLength: true }]) {
    expect(() => transformed(wrong as never)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }
});
