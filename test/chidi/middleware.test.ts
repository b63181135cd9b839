/** Middleware: what it adds to every answer, and whom it turns away. */
import { go } from "@good-place/channel";
import {
  type ChidiError,
  cors,
  type Handler,
  inject,
  type Middleware,
  negotiated,
  requestIds,
  sameOrigin,
  secured,
  setCookie,
  through,
} from "@good-place/chidi";
import { expect, test } from "vitest";
import { serve } from "./serving.js";

const hello: Handler = () => "hello";
const silent = { rules: [[{}, () => {}]] as const };
const ask = (handler: Handler, init: RequestInit = {}, url = "/"): Promise<Response> =>
  inject({ handler, ...silent }, url, init) as unknown as Promise<Response>;

test("through puts the first middleware outermost, and works with every form of an answer", async () => {
  const seen: string[] = [];
  const named =
    (name: string): Middleware =>
    (handler) =>
    (request) => {
      seen.push(name);
      request.outgoing.append("x-through", name);
      return handler(request);
    };
  const forms: Handler[] = [
    hello,
    () => ({ body: "hello" }),
    () => new Response("hello"),
    async () => "hello",
    function* ({ text }) {
      return `${yield* text()}hello`;
    },
    ({ text }) =>
      go(function* fiber(): Generator<unknown, string, never> {
        return `${yield* text()}hello`;
      }),
  ];
  for (const form of forms) {
    seen.length = 0;
    const response = await ask(through(named("a"), named("b"))(form));
    expect([await response.text(), response.headers.get("x-through")]).toEqual(["hello", "a, b"]);
    expect(seen).toEqual(["a", "b"]);
  }
  expect(() => through(hello as never, "x" as never)).toThrow(expect.objectContaining({ code: "BAD_MIDDLEWARE" }));
});

test("outgoing headers go with a failure's page and with a refusal; an answer's own header wins", async () => {
  const add: Middleware = (handler) => (request) => {
    request.outgoing.set("x-a", "added");
    request.outgoing.append("vary", "Origin");
    request.outgoing.append("Vary", "accept");
    return handler(request);
  };
  const own = add(() => ({ headers: { "X-A": "own", vary: "Accept" } }));
  expect(Object.fromEntries((await ask(own)).headers)).toMatchObject({ "x-a": "own", vary: "Origin, accept" });
  const failed = await ask(
    add(() => {
      throw new Error("no");
    }),
  );
  expect([failed.status, failed.headers.get("x-a")]).toEqual([500, "added"]);
  const refused = await ask(
    add(async (request) => request.json()),
    { method: "POST", body: "{" },
  );
  expect([refused.status, refused.headers.get("x-a")]).toEqual([400, "added"]);
});

test("outgoing refuses what no header can be, and what frames the answer", async () => {
  const errors: unknown[] = [];
  const handler: Handler = ({ outgoing }) => {
    for (const [name, value] of [
      ["x", "a\r\nb: c"],
      ["a b", "c"],
      ["content-length", "1"],
      ["x", "\u0001"],
    ] as const) {
      try {
        outgoing.set(name, value);
      } catch (error) {
        errors.push((error as ChidiError).code);
      }
    }
    return "";
  };
  expect((await ask(handler)).status).toBe(200);
  expect(errors).toEqual(Array(4).fill("BAD_RESPONSE"));
});

test("a cookie that a handler set before it failed is not sent", async () => {
  const response = await ask((request) => {
    setCookie(request, "a", "b");
    throw new Error("no");
  });
  expect([response.status, response.headers.get("set-cookie")]).toEqual([500, null]);
});

test("cors lets the origins of its list read answers and failures, and no other", async () => {
  const { url } = await serve({
    handler: cors({ origins: ["https://a.example"], credentials: true, expose: ["x-total"] })(({ path }) => {
      if (path === "/fails") throw new Error("no");
      return "hello";
    }),
  });
  const from = async (origin: string, path = "/"): Promise<(string | null)[]> => {
    const { headers } = await fetch(url + path, { headers: { origin } });
    const names = ["vary", "access-control-allow-origin", "access-control-allow-credentials"];
    return [...names, "access-control-expose-headers"].map((name) => headers.get(name));
  };
  expect(await from("https://a.example")).toEqual(["Origin", "https://a.example", "true", "x-total"]);
  expect(await from("https://a.example", "/fails")).toEqual(["Origin", "https://a.example", "true", "x-total"]);
  for (const origin of ["https://b.example", "https://a.example.evil", "null", "https://A.example"]) {
    expect(await from(origin), origin).toEqual(["Origin", null, null, null]);
  }
});

test("cors answers preflights: 204 with what is allowed, 403 to another origin, and the handler is not asked", async () => {
  let asked = 0;
  const handler: Handler = () => String(++asked);
  const preflight = async (middleware: Middleware, origin: string): Promise<Response> =>
    ask(middleware(handler), {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "PUT", "access-control-request-headers": "x-a,x-b" },
    });
  const listed = cors({ origins: ["https://a.example"], methods: ["PUT"], headers: ["x-a"], maxAgeS: 5 });
  const good = await preflight(listed, "https://a.example");
  expect([good.status, Object.fromEntries(good.headers)]).toEqual([
    204,
    expect.objectContaining({
      "access-control-allow-origin": "https://a.example",
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "x-a",
      "access-control-max-age": "5",
      vary: "Origin",
    }),
  ]);
  expect((await preflight(listed, "https://b.example")).status).toBe(403);
  const open = await preflight(cors({ origins: "*" }), "https://b.example");
  expect(open.headers.get("access-control-allow-origin")).toBe("*");
  expect(open.headers.get("access-control-allow-headers")).toBe("x-a,x-b");
  expect(open.headers.get("vary")).toBe("Access-Control-Request-Headers");
  expect(asked).toBe(0);
  expect(await (await ask(listed(handler), { method: "OPTIONS" })).text()).toBe("1");
});

test("cors refuses * with credentials, and origins that no browser sends", () => {
  const bad = expect.objectContaining({ code: "BAD_OPTION" });
  expect(() => cors({ origins: "*", credentials: true })).toThrow(bad);
  for (const origin of ["*", "https://a.example/", "a.example", "https://a.example/x", 7 as never]) {
    expect(() => cors({ origins: [origin] }), String(origin)).toThrow(bad);
  }
  expect(() => cors({ origins: "*", headers: ["a b"] })).toThrow(bad);
  expect(() => cors({ origins: "*", credential: false } as never)).toThrow(/did you mean "credentials"/);
});

test("sameOrigin turns away what another site sends, and lets the own one, reads and programs through", async () => {
  const { url, port } = await serve({ handler: sameOrigin({ origins: ["https://app.example"] })(hello) });
  const status = async (method: string, headers: Record<string, string>): Promise<number> =>
    (await inject({ handler: sameOrigin({ origins: ["https://app.example"] })(hello) }, url, { method, headers }))
      .status;
  expect(await status("POST", {})).toBe(200);
  expect(await status("POST", { "sec-fetch-site": "same-origin" })).toBe(200);
  expect(await status("POST", { "sec-fetch-site": "none" })).toBe(200);
  expect(await status("POST", { origin: `http://127.0.0.1:${port}` })).toBe(200);
  expect(await status("POST", { origin: "https://app.example", "sec-fetch-site": "cross-site" })).toBe(200);
  expect(await status("GET", { origin: "https://evil.example" })).toBe(200);
  expect(await status("POST", { "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await status("POST", { "sec-fetch-site": "same-site" })).toBe(403);
  expect(await status("DELETE", { origin: "https://evil.example" })).toBe(403);
  expect(await status("POST", { origin: `http://127.0.0.1:${port + 1}` })).toBe(403);
  expect(await status("POST", { origin: "null" })).toBe(403);
  const form = await fetch(url, {
    method: "POST",
    body: new URLSearchParams({ a: "b" }),
    headers: { origin: "https://x.example" },
  });
  expect(form.status).toBe(403);
});

test("secured sends its headers with every answer; options change or drop them; HSTS goes over https only", async () => {
  const plain = await ask(secured()(hello));
  expect(Object.fromEntries(plain.headers)).toMatchObject({
    "content-security-policy": expect.stringContaining("default-src 'self'"),
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  });
  expect(plain.headers.has("strict-transport-security")).toBe(false);
  const proxied = { handler: secured()(hello), trustProxy: ["127.0.0.1"] };
  const https = await inject(proxied, "/", { headers: { "x-forwarded-proto": "https" } });
  expect(https.headers.get("strict-transport-security")).toContain("max-age=");
  const changed = await ask(
    secured({ "x-frame-options": false, "content-security-policy": "default-src 'none'" })(hello),
  );
  expect(changed.headers.get("content-security-policy")).toBe("default-src 'none'");
  expect(changed.headers.has("x-frame-options")).toBe(false);
  expect(() => secured({ "x-frame-option": false } as never)).toThrow(/did you mean "x-frame-options"/);
  expect(() => secured({ "referrer-policy": "a\r\nb" })).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
});

test("negotiated picks the handler that the client likes best, and answers 406 where it takes none", async () => {
  const handler = negotiated({ "text/html": () => "page", "application/json": () => "data" });
  const got = async (accept?: string): Promise<unknown[]> => {
    const response = await ask(handler, accept === undefined ? {} : { headers: { accept } });
    return [response.status, await response.text(), response.headers.get("vary")];
  };
  expect(await got()).toEqual([200, "page", "Accept"]);
  expect(await got("application/json, text/html;q=0.5")).toEqual([200, "data", "Accept"]);
  expect(await got("text/*")).toEqual([200, "page", "Accept"]);
  expect(await got("image/png, */*;q=0")).toEqual([406, expect.stringContaining("text/html"), "Accept"]);
  expect(() => negotiated({})).toThrow(expect.objectContaining({ code: "BAD_MIDDLEWARE" }));
});

test("a request's id goes with its answer and its failure, and is a trusted proxy's where that gives one", async () => {
  const handler = requestIds()(({ id, path }) => {
    if (path === "/fails") throw new Error("no");
    return id;
  });
  const options = { handler, ...silent };
  const headers = { "x-request-id": "given-1" };
  const own = await inject(options, "/", { headers });
  const id = await own.text();
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(own.headers.get("x-request-id")).toBe(id);
  const trusting = { ...options, trustProxy: ["127.0.0.1"] };
  expect((await inject(trusting, "/fails", { headers })).headers.get("x-request-id")).toBe("given-1");
  const odd = await inject(trusting, "/", { headers: { "x-request-id": "a b" } });
  expect(await odd.text()).toMatch(/^[0-9a-f-]{36}$/);
});
