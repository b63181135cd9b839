/** Who a request comes from, behind proxies and behind those who only say so. */
import { type ChidiOptions, type Handler, inject } from "@good-place/chidi";
import fc from "fast-check";
import { expect, test } from "vitest";
import { serve } from "./serving.js";

const who: Handler = ({ remoteAddress, protocol, host }) => JSON.stringify([remoteAddress, protocol, host]);
const ask = async (options: Partial<ChidiOptions>, headers: Record<string, string>): Promise<unknown> =>
  (await inject({ handler: who, ...options } as never, "http://own.example/", { headers })).json();

test("nobody is believed by default, and no header of a peer that is not in the list", async () => {
  const headers = {
    "x-forwarded-for": "1.2.3.4",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "a.example",
    forwarded: "for=1.2.3.4;proto=https;host=a.example",
  };
  const own = ["127.0.0.1", "http", "own.example"];
  expect(await ask({}, headers)).toEqual(own);
  expect(await ask({ trustProxy: ["10.0.0.0/8", "unix", "::1"] }, headers)).toEqual(own);
  expect(await ask({ trustProxy: [], proxyHeader: "forwarded" }, headers)).toEqual(own);
  const { url, port } = await serve({ handler: who });
  expect(await (await fetch(url, { headers })).json()).toEqual(["127.0.0.1", "http", `127.0.0.1:${port}`]);
});

test("what trusted proxies say counts as far as they vouch for one another", async () => {
  const trustProxy = ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"];
  const from = (list: string, more = {}): Promise<unknown> => ask({ trustProxy }, { "x-forwarded-for": list, ...more });
  expect(await from("1.2.3.4")).toEqual(["1.2.3.4", "http", "own.example"]);
  expect(await from("6.6.6.6, 1.2.3.4, 10.0.0.1")).toEqual(["1.2.3.4", "http", "own.example"]);
  expect(await from("10.0.0.2, fd00::7, 10.0.0.1")).toEqual(["10.0.0.2", "http", "own.example"]);
  expect(await from("[2001:db8::1]:443")).toEqual(["2001:db8::1", "http", "own.example"]);
  expect(await from("1.2.3.4:555, ::ffff:10.0.0.1")).toEqual(["1.2.3.4", "http", "own.example"]);
  expect(await from("1.2.3.4, nonsense, 10.0.0.1")).toEqual(["10.0.0.1", "http", "own.example"]);
  const all = { "x-forwarded-proto": "https", "x-forwarded-host": "a.example:8443" };
  expect(await from("1.2.3.4, 10.0.0.1", all)).toEqual(["1.2.3.4", "https", "a.example:8443"]);
  const each = { "x-forwarded-proto": "http, https, http", "x-forwarded-host": "evil, a.example, b.example" };
  expect(await from("6.6.6.6, 1.2.3.4, 10.0.0.1", each)).toEqual(["1.2.3.4", "https", "a.example"]);
  expect(await from("1.2.3.4", { "x-forwarded-proto": "gopher", "x-forwarded-host": "a b/@" })).toEqual([
    "1.2.3.4",
    "http",
    "own.example",
  ]);
});

test("Forwarded is read instead where the options say so, and never beside the other", async () => {
  const trustProxy = ["127.0.0.1", "10.0.0.0/8"];
  const header = 'for=6.6.6.6;proto=http, For="[2001:db8::1]:99";Proto=HTTPS;host="a.example", for=10.0.0.1';
  const options = { trustProxy, proxyHeader: "forwarded" } as const;
  const both = { forwarded: header, "x-forwarded-for": "9.9.9.9", "x-forwarded-proto": "http" };
  expect(await ask(options, both)).toEqual(["2001:db8::1", "https", "a.example"]);
  expect(await ask({ trustProxy }, { forwarded: header })).toEqual(["127.0.0.1", "http", "own.example"]);
  expect(await ask(options, { forwarded: "for=unknown;proto=https" })).toEqual(["127.0.0.1", "https", "own.example"]);
  expect(await ask(options, { forwarded: 'for="_hidden", for=10.0.0.1' })).toEqual(["10.0.0.1", "http", "own.example"]);
});

test("whatever a client puts in front of the list, the address that the last trusted proxy saw stands", async () => {
  const piece = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("", "10.0.0.9", "127.0.0.1", "unknown", "a,b", '"'));
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 4 }), async (forged) => {
      const list = [...forged, "203.0.113.7", "10.0.0.1"].join(", ");
      const answer = await ask({ trustProxy: ["127.0.0.1", "10.0.0.0/8"] }, { "x-forwarded-for": list });
      expect(answer).toEqual(["203.0.113.7", "http", "own.example"]);
    }),
    { numRuns: 50 },
  );
});

test("a list that is none is refused before anything listens", () => {
  const bad = expect.objectContaining({ code: "BAD_OPTION" });
  for (const one of ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "localhost", "", "::1/129", "10.0.0.0/"]) {
    expect(() => inject({ handler: who, trustProxy: [one] }, "/"), one).toThrow(bad);
  }
  expect(() => inject({ handler: who, trustProxy: "10.0.0.1" as never }, "/")).toThrow(bad);
  expect(() => inject({ handler: who, proxyHeader: "x" as never }, "/")).toThrow(bad);
});
