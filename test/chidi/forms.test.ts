/** Forms and JSON that strangers send: what is read, and what is refused. */
import { createHash } from "node:crypto";
import { Busboy } from "@fastify/busboy";
import { form, type Handler, inject, type Part, type PartLimits, parts } from "@good-place/chidi";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dial, raw, rest, serve } from "./serving.js";

const rules = [[{}, () => {}]] as const;
const post = (handler: Handler, body: BodyInit, type?: string): Promise<Response> =>
  inject({ handler, rules }, "/", {
    method: "POST",
    body,
    ...(type === undefined ? {} : { headers: { "content-type": type } }),
  }) as unknown as Promise<Response>;

describe("form", () => {
  test("reads a plain form", async () => {
    const { url } = await serve({ handler: async (request) => JSON.stringify([...(await form(request))]) });
    const response = await fetch(url, { method: "POST", body: new URLSearchParams("a=1&b=%C3%BC+x&a=2&__proto__=y") });
    expect(await response.json()).toEqual([
      ["a", "1"],
      ["b", "ü x"],
      ["a", "2"],
      ["__proto__", "y"],
    ]);
  });

  test("refuses another body by 415 and too many fields by 413", async () => {
    const handler: Handler = async (request) => String((await form(request, { maxFields: 3 })).size);
    const type = "application/x-www-form-urlencoded";
    expect(await (await post(handler, "a&b&c", type)).text()).toBe("3");
    expect((await post(handler, "a&b&c&d", type)).status).toBe(413);
    expect((await post(handler, "a=b", "text/plain")).status).toBe(415);
    expect((await post(handler, "a=b", `${type}; charset=latin1`)).status).toBe(415);
  });
});

describe("json", () => {
  const handler: Handler = async (request) => JSON.stringify(await request.json());
  const status = async (text: string): Promise<number> => (await post(handler, text, "application/json")).status;

  test("refuses a key for the prototype in any spelling and place, and takes the text as a value", async () => {
    for (const key of ["__proto__", "\\u005f\\u005fproto\\u005F_", "__pr\\u006Fto__"]) {
      expect(await status(`{"a":[{"${key}":{"admin":true}}]}`), key).toBe(400);
      expect(await status(`{"a":"${key}", "b": "\\"__proto__\\": 1"}`), key).toBe(200);
    }
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test("refuses what is nested more than 200 deep, however brackets hide, and takes the rest", async () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(await status(nested(200))).toBe(200);
    expect(await status(nested(201))).toBe(400);
    expect(await status(`${'{"a":'.repeat(201)}1${"}".repeat(201)}`)).toBe(400);
    expect(await status("[".repeat(400_000))).toBe(400);
    expect(await status(JSON.stringify(Array(1000).fill({ a: [1] })))).toBe(200);
    expect(await status(JSON.stringify(["[".repeat(500), '\\"['.repeat(500), "\\".repeat(501)]))).toBe(200);
  });

  test("finds the depth that a walk through the value finds", async () => {
    const depthOf = (value: unknown): number =>
      typeof value !== "object" || value === null ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf));
    const text = fc.oneof(fc.constantFrom("[", "]", "{", "}", '"', "\\", '\\"', "["), fc.string());
    const value = fc.tuple(fc.array(text, { maxLength: 6 }), fc.integer({ min: 180, max: 220 }));
    await fc.assert(
      fc.asyncProperty(value, async ([texts, depth]) => {
        let nested: unknown = texts;
        for (let i = 0; i < depth; i++)
          nested = i % 3 === 0 ? { [texts[0] ?? ""]: nested, x: texts } : [...texts, nested];
        const expected = depthOf(nested) > 200 ? 400 : 200;
        expect(await status(JSON.stringify(nested))).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });
});

const BOUNDARY = "limit";
const type = `multipart/form-data; boundary=${BOUNDARY}`;
const part = (head: string, body: string): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
const whole = (...all: string[]): string => `${all.join("")}--${BOUNDARY}--\r\n`;
const sum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Got {
  name: string;
  filename: string | undefined;
  type: string;
  text: string;
}

// Reads all parts; those of the list are skipped.
function reading(limits: PartLimits = {}, skipped: readonly string[] = []): Handler {
  return async (request) => {
    const all: Partial<Got>[] = [];
    for await (const { name, filename, type, text } of taken(parts(request, limits))) {
      all.push(skipped.includes(name) ? { name } : { name, filename, type, text: await text() });
    }
    return JSON.stringify(all);
  };
}

async function* taken(
  all: AsyncIterable<Part>,
): AsyncGenerator<Omit<Part, "text"> & { text: () => PromiseLike<string> }> {
  for await (const one of all)
    yield { ...one, name: one.name, filename: one.filename, type: one.type, text: () => one.text() };
}

describe("parts", () => {
  test("gives fields and files of a browser's form in order, and skips the unread", async () => {
    const body = new FormData();
    body.append("title", "grüß\r\ndich");
    body.append("skipped", new Blob([new Uint8Array(300_000)]), "big.bin");
    body.append('a"b', new File(["<p>"], '../../x"y.html', { type: "text/html" }));
    body.append("empty", "");
    const { url } = await serve({ handler: reading({}, ["skipped"]) });
    expect(await (await fetch(url, { method: "POST", body })).json()).toEqual([
      { name: "title", type: "text/plain", text: "grüß\r\ndich" },
      { name: "skipped" },
      { name: 'a"b', filename: 'x"y.html', type: "text/html", text: "<p>" },
      { name: "empty", type: "text/plain", text: "" },
    ]);
  });

  test("streams a file that is larger than what anybody keeps, and the connection stays", async () => {
    const MB = 1024 * 1024;
    let seen = 0;
    const { url } = await serve({
      maxBodyBytes: 64 * MB,
      handler: async (request) => {
        for await (const one of parts(request)) for await (const chunk of one) seen += chunk.length;
        return String(seen);
      },
    });
    const body = new FormData();
    body.append("file", new Blob([new Uint8Array(20 * MB)]), "big");
    const response = await fetch(url, { method: "POST", body });
    expect([response.headers.get("connection"), await response.text()]).toEqual(["keep-alive", String(20 * MB)]);
  });

  test("takes bytes from the wire only as they are asked for, also of a body without an end", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk =
          sent === 0 ? Buffer.from(part('name="f"; filename="n"', "").slice(0, -2)) : new Uint8Array(65_536);
        sent += chunk.length;
        controller.enqueue(chunk);
      },
    });
    const handler: Handler = async (request) => {
      for await (const one of parts(request)) {
        let seen = 0;
        for await (const chunk of one) {
          for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
          seen += chunk.length;
          if (seen > 300_000) return String(seen);
        }
      }
      return "none";
    };
    const init = { method: "POST", headers: { "content-type": type }, body, duplex: "half" } as RequestInit;
    const response = await inject({ handler, maxBodyBytes: 1 << 30 }, "/", init);
    expect(Number(await response.text())).toBeGreaterThan(300_000);
    expect(sent).toBeLessThan(1_000_000);
  });

  test("raises 413 at each limit and truncates nothing", async () => {
    const field = part('name="a"', "12345");
    const file = part('name="f"; filename="n"', "123456");
    const status = async (limits: PartLimits, ...all: string[]): Promise<number> =>
      (await post(reading(limits), whole(...all), type)).status;
    expect(await status({ maxParts: 2, maxFieldBytes: 5, maxFileBytes: 6 }, field, file)).toBe(200);
    expect(await status({ maxParts: 1 }, field, file)).toBe(413);
    expect(await status({ maxFieldBytes: 4 }, field)).toBe(413);
    expect(await status({ maxFileBytes: 5 }, file)).toBe(413);
    expect(await status({}, part(`name="${"x".repeat(9000)}"`, ""))).toBe(413);
    expect(await status({}, ...Array<string>(101).fill(field))).toBe(413);
    expect(() => parts(undefined as never, { maxParts: 0 })).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
    expect(() => parts(undefined as never, { maxPart: 1 } as never)).toThrow(/did you mean "maxParts"/);
  });

  test("answers a body over the server's limit by 413 from inside a part", async () => {
    const response = inject({ handler: reading(), rules, maxBodyBytes: 1000 }, "/", {
      method: "POST",
      headers: { "content-type": type },
      body: new Blob([whole(part('name="f"; filename="n"', "x".repeat(5000)))]).stream(),
      duplex: "half",
    } as RequestInit);
    expect((await response).status).toBe(413);
  });

  test("refuses what is not well-formed by 400, and another type by 415", async () => {
    const good = part('name="a"', "x");
    const wrong: Record<string, string> = {
      "breaks off in a part": good.slice(0, -3),
      "breaks off behind a part": good,
      "breaks off in a head": "--limit\r\nContent-Dispo",
      "no delimiter": "hello",
      nothing: "",
      "no name": whole(part("filename=x", "")),
      "no disposition": whole("--limit\r\nX: y\r\n\r\nz\r\n"),
      "another disposition": whole("--limit\r\nContent-Disposition: attachment; name=a\r\n\r\nz\r\n"),
      "a header twice": whole("--limit\r\nX: y\r\nX: z\r\n\r\nz\r\n"),
      "a header that is none": whole("--limit\r\nhello\r\n\r\nz\r\n"),
      "something behind a delimiter": whole("--limitless\r\n", good),
      "a NUL in a name": whole(part('name="a\0b"', "")),
    };
    for (const [name, body] of Object.entries(wrong)) {
      expect((await post(reading(), body, type)).status, name).toBe(400);
    }
    expect((await post(reading(), whole(good), "multipart/form-data")).status).toBe(400);
    expect((await post(reading(), whole(good), "text/plain")).status).toBe(415);
  });

  test("a part is read once, and not after the next was asked for", async () => {
    const codes: unknown[] = [];
    const handler: Handler = async (request) => {
      let first: Part | undefined;
      for await (const one of parts(request)) {
        first ??= one;
        if (one !== first) await first.text().then(undefined, (error) => codes.push(error.code));
        else continue;
        await one.text();
        await one.text().then(undefined, (error) => codes.push(error.code));
      }
      return "done";
    };
    await post(handler, whole(part("name=a", "1"), part("name=b", "2")), type);
    expect(codes).toEqual(["BODY_USED", "BODY_USED"]);
  });

  test("a handler that leaves the loop, or fails in it, hangs nothing", async () => {
    const { port } = await serve({
      rules,
      handler: async (request) => {
        for await (const one of parts(request)) return one.name;
        return "none";
      },
    });
    const socket = await dial(port);
    socket.write(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: 900000\r\n\r\n${part("name=a", "1")}`,
    );
    expect(await rest(socket)).toMatch(/^HTTP\/1.1 200 [\s\S]*\r\n\r\na$/);
    const gone = `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: ${type}\r\n`;
    expect(await raw(port, `${gone}Content-Length: 0\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /);
  });

  test("finds what busboy finds, however the body is cut", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.constantFrom("\r", "\n", "--", "\r\n--lim", "\r\n--limi", "-", "x"), { maxLength: 8 })
        .map((all) => Buffer.from(all.join(""))),
    );
    const one = fc.record({ name: fc.constantFrom("a", "b", "ü"), file: fc.boolean(), bytes });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), async (given, cut) => {
        const body = Buffer.concat([
          ...given.map(({ name, file, bytes }) =>
            Buffer.concat([
              Buffer.from(part(`name="${name}"${file ? '; filename="f"' : ""}`, "").slice(0, -2)),
              bytes,
              Buffer.from("\r\n"),
            ]),
          ),
          Buffer.from(whole()),
        ]);
        const handler: Handler = async (request) => {
          const all: unknown[] = [];
          for await (const part of parts(request))
            all.push([part.name, part.filename ?? null, sum(await part.bytes())]);
          return JSON.stringify(all);
        };
        const chunks = Array.from({ length: Math.ceil(body.length / cut) }, (_, i) =>
          body.subarray(i * cut, (i + 1) * cut),
        );
        const response = await inject({ handler, rules }, "/", {
          method: "POST",
          headers: { "content-type": type },
          body: new ReadableStream({
            pull: (controller) => {
              const chunk = chunks.shift();
              if (chunk === undefined) controller.close();
              else controller.enqueue(chunk);
            },
          }),
          duplex: "half",
        } as RequestInit);
        expect(response.status).toBe(200);
        expect(await response.json()).toEqual(given.length === 0 ? [] : await busboys(body));
      }),
      { numRuns: 60 },
    );
  });
});

function busboys(body: Buffer): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const all: unknown[] = [];
    const busboy = new Busboy({ headers: { "content-type": type }, isPartAFile: () => true });
    busboy.on("file", (name, stream, filename) => {
      const at = all.push(null) - 1;
      const chunks: Buffer[] = [];
      stream.on("data", (chunk) => chunks.push(chunk));
      stream.on("end", () => {
        all[at] = [name, filename ?? null, sum(Buffer.concat(chunks))];
      });
    });
    busboy.on("finish", () => resolve(all));
    busboy.on("error", reject);
    busboy.end(body);
  });
}
