/** Handlers behind schemas: what reaches them, what is refused, and what they may answer. */
import { go, until } from "@good-place/channel";
import { checked, type Handler, inject, json, router } from "@good-place/chidi";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { deferred, serve } from "./serving.js";

const ask = async (handler: Handler, url: string, init: RequestInit = {}): Promise<[number, unknown]> => {
  const response = await inject({ handler, rules: [[{}, () => {}]] }, url, init);
  const text = await response.text();
  return [response.status, response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text];
};
const body = (value: unknown, type = "application/json"): RequestInit => ({
  method: "POST",
  body: typeof value === "string" ? value : JSON.stringify(value),
  headers: { "content-type": type },
});

test("a handler gets what its schemas give out, with their types", async () => {
  const { url } = await serve({
    handler: router({
      "POST /tasks/:id": checked(
        {
          params: z.object({ id: z.coerce.number().int() }),
          query: z.object({ tag: z.array(z.string()), q: z.string().default("none") }),
          body: z.object({ name: z.string().trim() }),
        },
        ({ params, query, body }, request) => {
          expectTypeOf(params.id).toEqualTypeOf<number>();
          expectTypeOf(query).toEqualTypeOf<{ tag: string[]; q: string }>();
          expectTypeOf(body.name).toEqualTypeOf<string>();
          return json({ params, query, body, method: request.method });
        },
      ),
    }),
  });
  const response = await fetch(`${url}/tasks/7?tag=a&tag=b`, body({ name: " x " }));
  expect(await response.json()).toEqual({
    params: { id: 7 },
    query: { tag: ["a", "b"], q: "none" },
    body: { name: "x" },
    method: "POST",
  });
});

test("what does not fit is a problem document with part, path and reason, and the handler is not asked", async () => {
  let asked = 0;
  const handler = router({
    "POST /:id": checked(
      {
        params: z.object({ id: z.coerce.number() }),
        query: z.object({ n: z.coerce.number() }),
        body: z.object({ list: z.array(z.object({ a: z.string("no text") })) }),
      },
      () => String(++asked),
    ),
  });
  const issue = (...parts: unknown[]): unknown => ({
    in: parts[0],
    path: parts[1],
    message: parts[2] ?? expect.any(String),
  });
  const cases: [string, RequestInit, number, unknown][] = [
    ["/x?n=1", body({ list: [] }), 400, [issue("params", ["id"])]],
    ["/1", body({ list: [] }), 400, [issue("query", ["n"])]],
    ["/1?n=1", body({ list: [{ a: "" }, { a: 1 }] }), 422, [issue("body", ["list", 1, "a"], "no text")]],
    ["/1?n=1", body("{"), 400, undefined],
    ["/1?n=1", body('{"__proto__":1}'), 400, undefined],
    ["/1?n=1", body({ list: [] }, "text/plain"), 415, undefined],
  ];
  for (const [url, init, status, issues] of cases) {
    const [got, problem] = await ask(handler, url, init);
    expect([got, problem]).toEqual([status, expect.objectContaining({ status, title: expect.any(String) })]);
    expect((problem as { issues?: unknown }).issues, url).toEqual(issues);
  }
  expect(asked).toBe(0);
  expect(await ask(handler, "/1?n=1", body({ list: [] }, "application/merge-patch+json; charset=utf-8"))).toEqual([
    200,
    "1",
  ]);
});

test("a refusal leaves the connection open and is no failure", async () => {
  const handler = checked({ body: z.object({}) }, () => "hello");
  const { url, signals, server } = await serve({ handler });
  const response = await fetch(url, body([]));
  expect([response.status, response.headers.get("connection")]).toEqual([422, "keep-alive"]);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(signals.filter(({ tag }) => tag === "error" || tag === "refused")).toEqual([]);
  expect(server.statistics().refused).toBe(0);
});

test("a plain form is checked as a query is", async () => {
  const handler = checked({ form: z.object({ a: z.coerce.number(), b: z.array(z.string()) }) }, ({ form }) =>
    json(form),
  );
  const type = "application/x-www-form-urlencoded";
  expect(await ask(handler, "/", body("a=1&b=x&b=y", type))).toEqual([200, { a: 1, b: ["x", "y"] }]);
  expect(await ask(handler, "/", body("b=x&b=y", type))).toEqual([
    422,
    expect.objectContaining({ issues: [{ in: "form", path: ["a"], message: expect.any(String) }] }),
  ]);
  expect((await ask(handler, "/", body("{}")))[0]).toBe(415);
});

test("with a schema of the response the handler answers a value, and one that does not fit is its failure", async () => {
  const Task = z.object({ id: z.number(), at: z.date().transform((date) => date.toISOString()) });
  const handler = checked({ query: z.object({ how: z.string() }), response: Task }, async ({ query }) => {
    if (query.how === "gone") return new Response("gone", { status: 410 });
    return { id: query.how === "wrong" ? ("secret" as never) : 7, at: new Date(0), more: "not sent" };
  });
  expect(await ask(handler, "/?how=good")).toEqual([200, { id: 7, at: "1970-01-01T00:00:00.000Z" }]);
  expect(await ask(handler, "/?how=gone")).toEqual([410, "gone"]);
  const { url, next } = await serve({ handler });
  const response = await fetch(`${url}/?how=wrong`);
  expect([response.status, await response.text()]).toEqual([500, "Internal Server Error"]);
  const { error } = await next<{ tag: "error"; error: Error & { code: string } }>("error");
  expect(error.code).toBe("BAD_RESPONSE");
  expect(error.message).toContain("id");
  expect(error.message).not.toContain("secret");
  // @ts-expect-error the value does not fit the schema
  checked({ response: Task }, () => ({ id: 7 }));
});

test("a generator may be the handler, a schema may take its time, and leaving cancels both", async () => {
  const later = z.object({ a: z.string().refine(async (a) => a === "x", "no x") });
  const handler = checked({ query: later }, function* ({ query }, request) {
    return `${query.a}${yield* request.text()}`;
  });
  expect(await ask(handler, "/?a=x", { method: "POST", body: "y" })).toEqual([200, "xy"]);
  expect((await ask(handler, "/?a=z"))[0]).toBe(400);
  for (const form of ["generator", "fiber"]) {
    const left = deferred();
    const controller = new AbortController();
    function* wait(): Generator<unknown, string, never> {
      try {
        controller.abort();
        return yield* until(new Promise<string>(() => {}));
      } finally {
        left.resolve();
      }
    }
    const waiting = checked({ query: later }, () => (form === "fiber" ? go(wait) : wait()));
    await expect(ask(waiting, "/?a=x", { signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
    await left.promise;
  }
});

test("checked refuses what is no schema, and a body and a form at once", () => {
  const bad = expect.objectContaining({ code: "BAD_SCHEMA" });
  expect(() => checked({ body: {} as never }, () => "")).toThrow(bad);
  expect(() => checked({ body: z.any(), form: z.any() }, () => "")).toThrow(bad);
  expect(() => checked({ boby: z.any() } as object, () => "")).toThrow(/did you mean "body"/);
});
