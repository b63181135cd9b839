/** Paths made from routes, tables under a prefix, routes of any method and named rests. */
import { type HttpRequest, path, router, under } from "@good-place/chidi";
import fc from "fast-check";
import { expect, test } from "vitest";

const ask = (handler: ReturnType<typeof router>, method: string, path: string): unknown =>
  handler({ method, path } as unknown as HttpRequest);

test("path puts parameters into a route, percent-encoded, and a query behind it", () => {
  expect(path("GET /tasks/:id/:part", { id: 7, part: "a/b c" })).toBe("/tasks/7/a%2Fb%20c");
  expect(path("/files/*", { "*": "a b/c" })).toBe("/files/a%20b/c");
  expect(path("/files/*rest", { rest: "" })).toBe("/files/");
  expect(path("/tasks", {}, { q: "ü &", tag: ["a", "b"], no: undefined })).toBe("/tasks?q=%C3%BC+%26&tag=a&tag=b");
  expect(path("/")).toBe("/");
});

test("path refuses a parameter that is missing, unknown, or would not come back", () => {
  const bad = expect.objectContaining({ code: "BAD_PARAM" });
  // @ts-expect-error the parameter is missing
  expect(() => path("/tasks/:id")).toThrow(bad);
  // @ts-expect-error there is no such parameter
  expect(() => path("/tasks/:id", { id: 1, other: 2 })).toThrow(bad);
  for (const id of ["", ".", "..", "a\0b", "\ud800"]) expect(() => path("/tasks/:id", { id }), id).toThrow(bad);
  for (const rest of ["a/../b", "a\\b", "./a"]) expect(() => path("/files/*rest", { rest }), rest).toThrow(bad);
  expect(() => path("/:" as string, {})).toThrow(expect.objectContaining({ code: "BAD_ROUTE" }));
});

test("what path makes, router takes apart into the same parameters", () => {
  const give = ({ params }: HttpRequest): never => ({ ...params }) as never;
  const handler = router({ "GET /a/:x/b/*rest": give });
  let made = 0;
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.array(fc.string({ unit: "binary" })), (x, segments) => {
      const params = { x, rest: segments.join("/") };
      let target: string;
      try {
        target = path("/a/:x/b/*rest", params);
      } catch (error) {
        expect(error).toMatchObject({ code: "BAD_PARAM" });
        return;
      }
      made++;
      expect(ask(handler, "GET", new URL(target, "http://a").pathname)).toEqual(params);
    }),
  );
  expect(made).toBeGreaterThan(10);
});

test("under puts a table of routes under a prefix, parameters of the prefix included", () => {
  const tasks = under("/users/:user", {
    "GET /tasks/:id": ({ params }) => `${params.user} ${params.id}`,
    "POST /tasks": () => "made",
  });
  const handler = router({ "GET /": () => "home", ...tasks });
  expect(ask(handler, "GET", "/users/chidi/tasks/7")).toBe("chidi 7");
  expect(ask(handler, "GET", "/users/chidi/tasks")).toMatchObject({ status: 405, headers: { allow: "OPTIONS, POST" } });
  expect(ask(handler, "GET", "/")).toBe("home");
  const bad = expect.objectContaining({ code: "BAD_ROUTE" });
  for (const prefix of ["api", "/", "/api/", ""]) expect(() => under(prefix, {}), prefix).toThrow(bad);
  expect(() => under("/api", { "*": () => "" })).toThrow(bad);
});

test("a route of any method takes what no more special path has, and every method", () => {
  const handler = router({
    "* /api/*": ({ method, params }) => `any ${method} ${params["*"]}`,
    "GET /api/tasks": () => "tasks",
    "GET /*": () => "page",
  });
  expect(ask(handler, "GET", "/api/tasks")).toBe("tasks");
  expect(ask(handler, "PUT", "/api/tasks")).toBe("any PUT tasks");
  expect(ask(handler, "GET", "/api/other")).toBe("any GET other");
  expect(ask(handler, "OPTIONS", "/api/other")).toBe("any OPTIONS other");
  expect(ask(handler, "GET", "/elsewhere")).toBe("page");
  expect(ask(handler, "OPTIONS", "*")).toMatchObject({ headers: { allow: "GET, HEAD, OPTIONS" } });
  const both = router({ "* /a": () => "any", "GET /a": () => "get" });
  expect(ask(both, "GET", "/a")).toBe("get");
});

test("the rest of a path can have a name", () => {
  const handler = router({ "GET /files/:id/*rest": ({ params }) => `${params.id} ${params.rest}` });
  expect(ask(handler, "GET", "/files/7/a/b")).toBe("7 a/b");
  for (const route of ["GET /*rest/a", "GET /a*rest", "GET /:a/*a"]) {
    expect(() => router({ [route]: () => "" }), route).toThrow(expect.objectContaining({ code: "BAD_ROUTE" }));
  }
});
