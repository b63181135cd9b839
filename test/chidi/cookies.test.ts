/** Cookies: those that come, those that are set, and those that nobody else can make. */
import {
  clearCookie,
  cookies,
  type Handler,
  type HttpRequest,
  inject,
  setCookie,
  signedCookies,
} from "@good-place/chidi";
import { expect, test } from "vitest";
import { serve } from "./serving.js";

const https = { trustProxy: ["127.0.0.1"] };
const overHttps = { headers: { "x-forwarded-proto": "https" } };

async function set(run: (request: HttpRequest) => void, init: RequestInit = {}): Promise<string[]> {
  const handler: Handler = (request) => {
    run(request);
    return "";
  };
  return (await inject({ handler, ...https }, "/", init)).headers.getSetCookie();
}

test("cookies are read, percent-decoded, the first of a name, and without a prototype", async () => {
  const { url } = await serve({
    handler: (request) => {
      const all = cookies(request);
      return JSON.stringify(["a", "b", "toString", "__proto__"].map((name) => all[name]));
    },
  });
  const response = await fetch(url, { headers: { cookie: "a=1%202; b=x; a=2; __proto__=y" } });
  expect(await response.json()).toEqual(["1 2", "x", null, "y"]);
  expect(await (await fetch(url)).json()).toEqual([null, null, null, null]);
});

test("a cookie is HttpOnly, SameSite=Lax and of the whole site, and Secure where the client came encrypted", async () => {
  const run = (request: HttpRequest): void => setCookie(request, "a", "b c;\r\n");
  expect(await set(run)).toEqual(["a=b%20c%3B%0D%0A; Path=/; HttpOnly; SameSite=Lax"]);
  expect(await set(run, overHttps)).toEqual(["a=b%20c%3B%0D%0A; Path=/; HttpOnly; Secure; SameSite=Lax"]);
});

test("several cookies are several headers; a cleared one has ended", async () => {
  const all = await set((request) => {
    setCookie(request, "a", "1", { maxAgeS: 60, path: "/x", httpOnly: false, sameSite: "strict" });
    setCookie(request, "b", "2", { domain: "a.example" });
    clearCookie(request, "c");
  });
  expect(all).toEqual([
    "a=1; Max-Age=60; Path=/x; SameSite=Strict",
    "b=2; Domain=a.example; Path=/; HttpOnly; SameSite=Lax",
    "c=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax",
  ]);
});

test("__Host-, SameSite=None and Partitioned cookies are Secure, also in the clear", async () => {
  const all = await set((request) => {
    setCookie(request, "__Host-a", "1");
    setCookie(request, "b", "2", { sameSite: "none" });
    setCookie(request, "c", "3", { partitioned: true });
  });
  expect(all.map((one) => /; Secure/.test(one))).toEqual([true, true, true]);
  expect(all[2]).toContain("; Partitioned");
});

test("a cookie that no browser would take is refused", async () => {
  await set((request) => {
    const bad = expect.objectContaining({ code: "BAD_COOKIE" });
    expect(() => setCookie(request, "__Host-a", "1", { domain: "a.example" })).toThrow(bad);
    expect(() => setCookie(request, "__Host-a", "1", { path: "/x" })).toThrow(bad);
    expect(() => setCookie(request, "__Secure-a", "1", { secure: false })).toThrow(bad);
    expect(() => setCookie(request, "a", "1", { sameSite: "none", secure: false })).toThrow(bad);
    expect(() => setCookie(request, "a b", "1")).toThrow(bad);
    expect(() => setCookie(request, "a", "1", { domain: "a;b" })).toThrow(bad);
    expect(() => setCookie(request, "a", "1", { path: "/\r\n" })).toThrow(bad);
    expect(() => setCookie(request, "a", 1 as never)).toThrow(bad);
    expect(() => setCookie(request, "a", "1", { maxAge: 1 } as never)).toThrow(/did you mean "maxAgeS"/);
  });
});

const OLD = "an old key that was good";
const NEW = "a new key that is better";

test("a signed cookie comes back as it was set, and is nothing once a character or its name is another", async () => {
  const signed = signedCookies([NEW]);
  const [header = ""] = await set((request) => signed.set(request, "user", "chidi.anagonye ü"));
  const cookie = header.split(";")[0] as string;
  const read = async (text: string, name = "user"): Promise<string | undefined> => {
    let got: string | undefined;
    await set(
      (request) => {
        got = signed.get(request, name);
      },
      { headers: { cookie: text } },
    );
    return got;
  };
  expect(await read(cookie)).toBe("chidi.anagonye ü");
  expect(await read(cookie.replace("user=", "admin="), "admin")).toBeUndefined();
  for (let i = "user=".length; i < cookie.length - 1; i++) {
    const changed = `${cookie.slice(0, i)}${cookie[i] === "A" ? "B" : "A"}${cookie.slice(i + 1)}`;
    expect(await read(changed), changed).toBeUndefined();
  }
  for (const text of ["user=", "user=chidi", "user=chidi.", "user=.", ""])
    expect(await read(text), text).toBeUndefined();
});

test("keys are changed by putting a new one in front", async () => {
  const [header = ""] = await set((request) => signedCookies([OLD]).set(request, "a", "b"));
  const init = { headers: { cookie: header.split(";")[0] as string } };
  const got: unknown[] = [];
  await set((request) => {
    got.push(signedCookies([NEW, OLD]).get(request, "a"), signedCookies([NEW]).get(request, "a"));
  }, init);
  expect(got).toEqual(["b", undefined]);
  const bad = expect.objectContaining({ code: "BAD_KEY" });
  for (const keys of [[], ["short"], [7 as never], "text of a key that is long" as never]) {
    expect(() => signedCookies(keys)).toThrow(bad);
  }
});
