/** Conditions on what handlers make, and on what they are about to change. */
import { go, sleep } from "@good-place/channel";
import { conditional, type Handler, json, precondition } from "@good-place/chidi";
import { expect, test } from "vitest";
import { ask } from "./asking.js";
import { serve } from "./serving.js";

const ask304 = async (handler: Handler, tag?: string): Promise<[number, string | undefined, string]> => {
  const { port } = await serve({ handler: conditional()(handler) });
  const etag = tag ?? ((await ask(port, "/")).headers.etag as string);
  const again = await ask(port, "/", { "if-none-match": etag });
  return [again.status, again.headers.etag, again.body.toString()];
};

test("conditional gives a computed answer a strong ETag of its bytes, and answers 304 to who has it", async () => {
  let body = "one";
  const { port } = await serve({ handler: conditional()(() => json({ body })) });
  const first = await ask(port, "/");
  const etag = first.headers.etag as string;
  expect(etag).toMatch(/^"[\w-]+"$/);
  const again = await ask(port, "/", { "if-none-match": etag });
  expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag]);
  expect(again.headers["content-type"]).toBeUndefined();
  expect((await ask(port, "/", { "if-none-match": etag }, "HEAD")).status).toBe(304);
  expect((await ask(port, "/", { "if-match": '"x"' })).status).toBe(412);
  body = "two";
  const changed = await ask(port, "/", { "if-none-match": etag });
  expect([changed.status, changed.body.toString()]).toEqual([200, '{"body":"two"}']);
  expect(changed.headers.etag).not.toBe(etag);
});

test("conditional takes whatever a handler may return", async () => {
  const forms: Handler[] = [
    () => "text",
    () => ({ body: Buffer.from("text") }),
    () => new Response("text", { headers: { etag: '"web"' } }),
    async () => "text",
    function* () {
      yield* sleep(1);
      return "text";
    },
    () =>
      go(function* () {
        yield* sleep(1);
        return "text";
      }),
  ];
  for (const handler of forms) expect((await ask304(handler))[0]).toBe(304);
});

test("conditional keeps an answer's own ETag and date, and what is said of the resource stays with a 304", async () => {
  const headers = {
    etag: 'W/"own"',
    "last-modified": "Sun, 02 Feb 2020 02:02:02 GMT",
    "cache-control": "max-age=5",
    "content-language": "de",
    "set-cookie": ["a=1", "b=2"],
  };
  const { port } = await serve({ handler: conditional()(() => ({ headers, body: "x" })) });
  const kept = await ask(port, "/", { "if-none-match": '"own"' });
  expect(kept.status).toBe(304);
  expect(kept.headers).toMatchObject({ etag: 'W/"own"', "cache-control": "max-age=5", "set-cookie": ["a=1", "b=2"] });
  expect(kept.headers["content-language"]).toBeUndefined();
  expect((await ask(port, "/", { "if-modified-since": headers["last-modified"] })).status).toBe(304);
  const wrong = await serve({ handler: conditional()(() => ({ headers: { "last-modified": "soon" }, body: "x" })) });
  expect((await ask(wrong.port, "/", { "if-modified-since": headers["last-modified"] })).status).toBe(200);
});

test("conditional lets streams, failures and what is no 200 pass, and lets go of a stream that is not sent", async () => {
  let returned = 0;
  const body: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: true, value: undefined }),
      return: () => {
        returned++;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  expect(await ask304(() => ({ headers: { etag: '"s"' }, body }), '"s"')).toEqual([304, '"s"', ""]);
  expect(returned).toBe(1);
  expect((await ask304(() => ({ body }), '"x"'))[0]).toBe(200);
  expect((await ask304(() => ({ status: 201, body: "x" }), "*"))[0]).toBe(201);
  const failing = conditional()(() => Promise.reject(new Error("no")));
  const { port } = await serve({ handler: failing });
  expect((await ask(port, "/")).status).toBe(500);
});

test("precondition stops a change of what is no longer what the client saw", async () => {
  let version = 1;
  let writes = 0;
  const { port } = await serve({
    handler: (request) => {
      const refused = precondition(request, request.path === "/new" ? null : { etag: `"v${version}"` });
      if (refused !== null) return refused;
      if (request.method === "PUT") writes++;
      return "done";
    },
  });
  const put = async (path: string, headers: Record<string, string>): Promise<number> =>
    (await ask(port, path, headers, "PUT")).status;
  expect(await put("/", { "if-match": '"v1"' })).toBe(200);
  version = 2;
  expect(await put("/", { "if-match": '"v1"' })).toBe(412);
  // Make it only where there is none: what is there already, is refused; a date says nothing of a change.
  expect(await put("/", { "if-none-match": "*" })).toBe(412);
  expect(await put("/new", { "if-none-match": "*" })).toBe(200);
  expect(await put("/new", { "if-match": "*" })).toBe(412);
  expect(await put("/", { "if-modified-since": "Sun, 02 Feb 2020 02:02:02 GMT" })).toBe(200);
  expect(writes).toBe(3);
});
