import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, contract, dial, method } from "@good-place/hemple";
import { neilContract } from "@good-place/neil/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { type Server, startServer } from "./harness.js";

// Somebody whose key is good and whose program is not: it asks for whatever it likes.
const wide = contract({
  ...neilContract,
  "step/retrace": method({ input: z.unknown(), output: z.unknown(), allowed: ["owner"] }),
});

let server: Server;
let neil: Client<typeof wide>;

beforeAll(async () => {
  server = await startServer();
  const file = JSON.parse(readFileSync(join(server.home, "client.json"), "utf8")) as Record<string, string>;
  const bytes = (name: string): Uint8Array => new Uint8Array(Buffer.from(file[name] ?? "", "base64"));
  const keys = { key: bytes("key"), psk: bytes("psk"), serverKey: bytes("serverKey") };
  neil = await dial(wide, { port: Number(server.rpc.split(":")[1]), maxMessageBytes: 2 ** 23, ...keys });
  await neil["interval/import"]({ zone: "UTC", intervals: [work], dryRun: false });
});

afterAll(async () => {
  await neil?.[Symbol.asyncDispose]();
  await server?.end();
});

const START = Date.UTC(2026, 0, 5, 9);
const HOUR = 3_600_000;
const handle = { client: "acme", project: "site", task: "header" };
const work = { id: "imported-1", handle, start: START, end: START + HOUR, note: "as it was", tags: ["css"] };
const entry = { handle: "acme/site/header", create: false, note: "", tags: [], zone: "UTC" };

let made = 0;
const command = (): string => `hostile-${++made}`;
const add = (more: object): PromiseLike<unknown> =>
  neil["interval/add"]({ command: command(), ...entry, start: START + 2 * HOUR, end: START + 3 * HOUR, ...more });
const rate = (from: string, amount: object): PromiseLike<unknown> =>
  neil["rate/set"]({ command: command(), scope: "acme", from, amount: amount as never });

async function refused(asked: PromiseLike<unknown>): Promise<unknown> {
  return await asked.then(
    () => "done",
    ({ code }: { code: unknown }) => code,
  );
}

describe("a hostile client with a good key", () => {
  test("cannot ask for an act that is no command", async () => {
    const changes = [{ table: "intervals", id: work.id, before: null, after: null }];
    const asked = neil["step/retrace"]({ command: command(), step: "none", way: "back", changes });
    expect(await refused(asked)).toBe("UNKNOWN_METHOD");
  });

  test.each([
    ["an escape sequence", "\u001b]0;owned\u0007"],
    ["the eight-bit escape", "\u009b2J"],
    ["a line break", "one\ntwo"],
    ["a line separator", "one\u2028two"],
    ["a turned direction", "\u202egnp.exe"],
  ])("gets no text with %s past the server, in no field", async (_, text) => {
    const fields = { note: text };
    const asks = [
      add({ note: text }),
      add({ tags: [text] }),
      add({ zone: text }),
      add({ handle: `acme/site/${text}` }),
      neil["name/add"]({ command: command(), handle: "acme/site/other", fields }),
      neil["interval/import"]({ zone: "UTC", intervals: [{ ...work, id: "i2", note: text }], dryRun: false }),
    ];
    for (const code of await Promise.all(asks.map(refused))) {
      expect(["INVALID_INPUT", "INVALID_PAYLOAD", "BAD_HANDLE"]).toContain(code);
    }
  });

  test.each(["Mars/Olympus", "+02:00", "", "../../etc/localtime"])("is refused the zone %j", async (zone) => {
    expect(await refused(add({ zone }))).toBe("INVALID_INPUT");
    const query = { from: 0, to: START, dayStart: 0, by: ["day" as const], filter: [] };
    expect(await refused(neil.report({ ...query, zone }))).toBe("INVALID_INPUT");
  });

  test.each([
    ["negative", "2026-01-01", { currency: "EUR", minor: -1 }],
    ["a fraction", "2026-01-01", { currency: "EUR", minor: 0.5 }],
    ["more than sums can hold", "2026-01-01", { currency: "EUR", minor: Number.MAX_SAFE_INTEGER }],
    ["no currency", "2026-01-01", { currency: "__proto__", minor: 1 }],
    ["from no day", "2026-02-31", { currency: "EUR", minor: 1 }],
  ])("is refused a rate that is %s", async (_, from, amount) => {
    expect(await refused(rate(from, amount))).toBe("INVALID_INPUT");
  });

  test.each([
    ["before 1970", { start: -1, end: 1 }],
    ["at no moment that there is", { start: 9e15, end: 9.001e15 }],
    ["in fractions", { start: START + 2.5, end: START + 3.5 }],
    ["in the future", { start: Date.now() + HOUR, end: Date.now() + 2 * HOUR }],
    ["backwards", { start: START - HOUR, end: START - 2 * HOUR }],
    ["over another's", { start: START + HOUR / 2, end: START + 2 * HOUR }],
  ])("is refused work %s", async (_, times) => {
    expect(await refused(add(times))).toMatch(/^(INVALID_INPUT|BAD_INTERVAL|OVERLAP)$/);
  });

  test("cannot write over what is there by giving a command its id", async () => {
    await add({ command: work.id, start: START - HOUR, end: START, note: "mine now" });
    expect(await neil.last({ count: 10 })).toMatchObject([{ id: work.id, start: START, note: "as it was" }]);
  });

  test("holds nobody up by asking for the ends of time", async () => {
    const limit = 10;
    expect(await neil.entries({ from: 8.64e15, to: 8.64e15, limit })).toEqual([]);
    expect(await neil.entries({ from: -8.64e15, to: 8.64e15, limit })).toHaveLength(1);
    expect(await refused(neil.entries({ from: 1e300, to: 1e301, limit }))).toBe("INVALID_INPUT");
    const far = Array.from({ length: 101 }, (_, n) => ({ ref: `@${n + 1}` }));
    expect(await refused(neil["interval/remove"]({ command: command(), intervals: far }))).toBe("INVALID_INPUT");
  });

  const period = { from: 0, to: START * 2, zone: "UTC", dayStart: 0, text: "all" };
  const day = "2026-01-05";
  const draft = (more: object): PromiseLike<unknown> =>
    neil["invoice/draft"]({ command: command(), client: "acme", period, ...more });
  const terms = (fields: object, scope = ""): PromiseLike<unknown> =>
    neil["terms/set"]({ command: command(), scope, day, fields });

  test.each<[string, () => PromiseLike<unknown>]>([
    ["a draft of nobody's", () => draft({ client: "nobody" })],
    ["a draft of a project's", () => draft({ client: "acme/site" })],
    ["a draft of a client that is no text", () => draft({ client: { $ne: "" } })],
    ["a draft of fractions of time", () => draft({ period: { ...period, from: 0.5 } })],
    ["a draft up to no moment that there is", () => draft({ period: { ...period, to: 9e15 } })],
    ["a draft by the days of a zone that there is not", () => draft({ period: { ...period, zone: "Mars/Olympus" } })],
    ["a draft of days that begin on another", () => draft({ period: { ...period, dayStart: 1440 } })],
    ["a draft whose period steers a terminal", () => draft({ period: { ...period, text: "\u001b[2J" } })],
    ["a draft with more than there is", () => draft({ bill: { total: 1 } })],
    ["a draft with the id of an interval for its own", () => draft({ command: { toString: "x" } })],
    ["a VAT of more than all", () => terms({ vat: 10_001 })],
    ["a VAT in fractions", () => terms({ vat: 0.5 })],
    ["days to pay in without end", () => terms({ dueDays: 1e9 })],
    ["a first number without end", () => terms({ first: 1e300 })],
    ["a pattern without a number", () => terms({ pattern: "{YYYY}" })],
    ["a pattern with a control", () => terms({ pattern: "\u009b{NNN}" })],
    ["a pattern that takes a draft's name", () => terms({ pattern: "draft-{N}" })],
    ["a pattern of a length to search for", () => terms({ pattern: `${"{YY}".repeat(1e5)}{N}` })],
    ["a rounding to nothing", () => terms({ round: "0m" })],
    ["a currency that is an object's", () => terms({ currency: "__proto__" })],
    ["a country of three letters", () => terms({ sender: { country: "CZE" } })],
    ["a name with a line break", () => terms({ sender: { name: "Me\nand you" } })],
    ["terms of which there are none", () => terms({ constructor: 1 })],
    ["a sender for a client", () => terms({ sender: { name: "x" } }, "acme")],
    ["terms of nobody's", () => terms({ vat: 1 }, "nobody")],
    ["an invoice with a control in its number", () => neil.invoice({ number: "2026\u001b[2J", day })],
    ["an invoice of a number without end", () => neil.invoice({ number: "9".repeat(1e5), day })],
    ["an invoice that is an object's own", () => neil.invoice({ number: "__proto__", day })],
    ["an invoice on no day", () => neil.invoice({ number: "draft-1", day: "2026-02-31" })],
    ["an invoice on a day that is empty", () => neil.invoice({ number: "draft-1", day: "" })],
    ["an issue of what is none", () => neil["invoice/issue"]({ command: command(), number: work.id, day })],
    ["a cancel of what is none", () => neil["invoice/cancel"]({ command: command(), number: "2026-001", day })],
    ["a payment of what is none", () => neil["invoice/pay"]({ command: command(), number: "", day })],
    ["a payment in ages", () => neil["invoice/pay"]({ command: command(), number: "1", day: "+012026-01-01" })],
    ["a removal of what is none", () => neil["invoice/remove"]({ command: command(), number: "draft-1" })],
    ["invoices from before the first", () => neil.invoices({ from: -1, day })],
  ])("is refused %s", async (_, ask) => {
    expect(await refused(ask())).toMatch(/^(INVALID_INPUT|INVALID_PAYLOAD|NOT_FOUND|CONFLICT|BAD_HANDLE)$/);
  });

  test("sees no invoice and no draft behind the last", async () => {
    expect(await neil.invoices({ from: Number.MAX_SAFE_INTEGER, day })).toEqual([]);
    expect(await neil.invoices({ from: 0, day })).toEqual([]);
  });

  test("has changed nothing by all that", async () => {
    expect(await neil.health({})).toMatchObject({ intervals: 1, faults: [] });
  });
});

test("a name spelled with other bytes is the same name", async () => {
  const [one, other] = ["caf\u00e9", "cafe\u0301"];
  await add({ handle: `${one}/site/menu`, create: true });
  await add({ handle: `${other}/site/menu`, create: true, start: START + 4 * HOUR, end: START + 5 * HOUR });
  const names = await neil.names({ from: 0 });
  expect(names.filter(({ kind }) => kind === "clients").map(({ handle }) => handle)).toEqual(["acme", one]);
});

test("the longest notes there may be come back page by page, and all of them to the command line", async () => {
  const many = 2500;
  const note = "\u20ac".repeat(2000);
  for (let at = 0; at < many; at += 500) {
    const intervals = Array.from({ length: 500 }, (_, n) => {
      const start = START - (at + n + 2) * HOUR;
      return { id: `long-${at + n}`, handle, start, end: start + HOUR, note, tags: [] };
    });
    await neil["interval/import"]({ zone: "UTC", intervals, dryRun: false });
  }
  const page = await neil.entries({ from: 0, to: START, limit: 2000 });
  expect([page.length > 0, page.length < 2000]).toEqual([true, true]);
  expect((await neil.last({ count: 2000 })).length).toBeGreaterThan(0);
  const { stdout } = await server.neil("export", "json", "all");
  expect(stdout.match(/"long-\d+"/g)).toHaveLength(many);
}, 120_000);

test("a report of more rows than an answer holds is refused, and says how to ask for less", async () => {
  const most = 15_000;
  const day = 24 * HOUR;
  const from = Date.UTC(1971, 0, 1);
  // A row for each: every interval has a tag of its own.
  for (let at = 0; at <= most; at += 500) {
    const intervals = Array.from({ length: Math.min(500, most + 1 - at) }, (_, n) => {
      const start = from + (at + n) * HOUR;
      return { id: `tagged-${at + n}`, handle, start, end: start + HOUR / 2, note: "", tags: [`tag-${at + n}`] };
    });
    await neil["interval/import"]({ zone: "UTC", intervals, dryRun: false });
  }
  const query = { to: from + most * day, zone: "UTC", dayStart: 0, by: ["task", "tag", "day"] as const, filter: [] };
  const all = { ...query, by: [...query.by] };
  await expect(neil.report({ ...all, from })).rejects.toMatchObject({ code: "TOO_MANY_ROWS" });
  expect((await neil.report({ ...all, from: from + HOUR })).totals).toHaveLength(most);
  const { exit, stderr } = await server.neil("report", "1971-01-01..1973-12-31", "--by", "task,tag,day", "--tz", "UTC");
  expect(exit).toBe(3);
  expect(stderr).toContain("15001 rows");
  expect(stderr).toContain("neil export csv");
}, 180_000);
