/** Routes: which handler gets a path, and with what parameters. */
import { type HttpRequest, router } from "@good-place/chidi";
import { describe, expect, test } from "vitest";
import { serve } from "./serving.js";

// A router needs no more of a request than method and path.
const ask = (routes: Parameters<typeof router>[0], method: string, path: string): unknown =>
  router(routes)({ method, path } as unknown as HttpRequest);
const params = ({ params }: HttpRequest): never => ({ ...params }) as never;

describe("router", () => {
  test("gives percent-decoded parameters", () => {
    const routes = { "GET /tasks/:id/:part": params };
    expect(ask(routes, "GET", "/tasks/a%2Fb%20c/%C3%BC")).toEqual({ id: "a/b c", part: "ü" });
  });

  test("answers badly encoded paths, NULs and dot segments with 400", () => {
    for (const path of ["/%zz", "/%", "/%c0%ae", "/a%00b", "/../a", "/a/%2e%2E", "/a/./b", "/%2e"]) {
      expect(ask({ "GET /:a": params, "*": params }, "GET", path), path).toMatchObject({ status: 400 });
    }
  });

  test("prefers text to a parameter to the rest, whatever the order", () => {
    const routes = { "GET /*": () => "*", "GET /a/:b": () => ":b", "GET /a/b": () => "b", "GET /:a/c": () => ":a" };
    expect(ask(routes, "GET", "/a/b")).toBe("b");
    expect(ask(routes, "GET", "/a/c")).toBe(":b");
    expect(ask(routes, "GET", "/x/c")).toBe(":a");
    expect(ask(routes, "GET", "/x/y")).toBe("*");
  });

  test("goes back to a less special route when the special one leads nowhere", () => {
    const routes = { "GET /a/b/c": () => "abc", "GET /:x/b/d": ({ params }: HttpRequest) => `${params.x}bd` };
    expect(ask(routes, "GET", "/a/b/d")).toBe("abd");
  });

  test("gives the rest of the path as *, and none with a hidden separator", () => {
    const routes = { "GET /files/*": params, "*": () => "nothing" };
    expect(ask(routes, "GET", "/files/a/b%20c")).toEqual({ "*": "a/b c" });
    expect(ask(routes, "GET", "/files/")).toEqual({ "*": "" });
    expect(ask(routes, "GET", "/files")).toBe("nothing");
    expect(ask(routes, "GET", "/files/..%2f..%2fetc")).toBe("nothing");
    expect(ask(routes, "GET", "/files/..%5cetc")).toBe("nothing");
  });

  test("answers HEAD by the GET route", () => {
    expect(ask({ "GET /a": () => "get" }, "HEAD", "/a")).toBe("get");
    expect(ask({ "GET /a": () => "get", "HEAD /a": () => "head" }, "HEAD", "/a")).toBe("head");
  });

  test("answers OPTIONS from the routes", () => {
    const routes = { "GET /a": params, "PUT /a": params, "POST /b": params };
    expect(ask(routes, "OPTIONS", "/a")).toEqual({ status: 204, headers: { allow: "GET, HEAD, OPTIONS, PUT" } });
    expect(ask(routes, "OPTIONS", "*")).toMatchObject({ headers: { allow: "GET, HEAD, OPTIONS, POST, PUT" } });
  });

  test("answers a known path with another method by 405 and Allow, also where there is a *", () => {
    const answer = ask({ "POST /a": params, "*": () => "rest" }, "GET", "/a");
    expect(answer).toMatchObject({ status: 405, headers: { allow: "OPTIONS, POST" } });
  });

  test("answers 404 where nothing matches and there is no *", () => {
    expect(ask({ "GET /a": params }, "GET", "/b")).toMatchObject({ status: 404 });
    expect(ask({ "GET /a": params }, "GET", "/__proto__")).toMatchObject({ status: 404 });
    expect(ask({ "GET /:a": params }, "GET", "/")).toMatchObject({ status: 404 });
  });

  test("refuses routes that it cannot read, and two that match the same paths", () => {
    const wrong = [
      "/a",
      "get /a",
      "GET a",
      "GET  /a",
      "GET /:",
      "GET /:a/:a",
      "GET /*/a",
      "GET /a?b",
      "GET /%41",
      "GET /a*",
      "FETCH /a",
    ];
    for (const route of wrong) {
      expect(() => router({ [route]: params }), route).toThrow(expect.objectContaining({ code: "BAD_ROUTE" }));
    }
    expect(() => router({ "GET /:a": params, "GET /:b": params })).toThrow(/another route/);
    expect(() => router({ "GET /a": "text" as never })).toThrow(/needs a handler/);
  });

  test("knows the parameters of a route by their names", async () => {
    const { url } = await serve({ handler: router({ "GET /tasks/:id": ({ params: { id } }) => id.toUpperCase() }) });
    expect(await (await fetch(`${url}/tasks/x`)).text()).toBe("X");
    // @ts-expect-error there is no parameter of that name in the route
    router({ "GET /tasks/:id": ({ params }) => params.other });
  });
});
