/** Buffets: what is kept and refused, queries, transactions, and indexes that change. */

import { type Document, type MansionError, openMansion, type Where } from "@good-place/mansion";
import { expect, test } from "vitest";
import { z } from "zod";
import { helper, tempFolder } from "./fixtures.js";

interface Client extends Document {
  readonly name: string;
  readonly abbrev?: string | null;
  readonly rate?: number;
}

const index = ["name", "rate"] as const;
const clients: readonly Client[] = [
  { id: "acme", name: "Acme", abbrev: "a", rate: 90 },
  { id: "bees", name: "Bees & Co", rate: 70 },
  { id: "shop", name: "A shop", abbrev: null, rate: 90 },
];

async function furnished(path = tempFolder()) {
  const mansion = await openMansion({ path, durability: "memory" });
  const buffet = mansion.buffet<Client, "name" | "rate">("clients", { index });
  for (const client of clients) await buffet.put(client);
  return { mansion, buffet };
}

test("a document comes back by its id, is replaced by a later one, and is gone once deleted, also after a reopen", async () => {
  const path = tempFolder();
  const { mansion, buffet } = await furnished(path);
  expect(buffet.get("bees")).toStrictEqual(clients[1]);
  await buffet.put({ id: "bees", name: "Bees" });
  expect(await buffet.delete("shop")).toBe(true);
  expect(await buffet.delete("shop")).toBe(false);
  await mansion.close();
  await using again = await openMansion({ path });
  const found = again.buffet<Client, "name" | "rate">("clients", { index });
  expect(found.get("bees")).toStrictEqual({ id: "bees", name: "Bees" });
  expect(found.get("shop")).toBeUndefined();
  expect(found.find({ where: { rate: { exists: true } } })).toStrictEqual([clients[0]]);
});

test("a document without an id is given one, and such ids sort in the order in which they were made", async () => {
  await using mansion = await openMansion({ path: tempFolder(), durability: "memory" });
  const buffet = mansion.buffet<Client>("clients");
  const names = Array.from({ length: 300 }, (_, n) => `client ${n}`);
  const kept = await Promise.all(names.map((name) => buffet.put({ name })));
  expect(new Set(kept.map(({ id }) => id)).size).toBe(300);
  expect(buffet.find().map(({ name }) => name)).toStrictEqual(names);
});

test("what a schema gives is what is kept, and what it refuses is not, with its issues", async () => {
  await using mansion = await openMansion({ path: tempFolder(), durability: "memory" });
  const schema = z.object({ id: z.string(), name: z.string().trim(), rate: z.number().default(50) });
  const buffet = mansion.buffet("clients", { schema, index: ["rate"] });
  await buffet.put({ id: "acme", name: " Acme " });
  expect(buffet.find({ where: { rate: 50 } })).toStrictEqual([{ id: "acme", name: "Acme", rate: 50 }]);
  const refusal = await buffet.put({ id: "bees", name: 7 } as never).catch((error: unknown) => error as MansionError);
  expect(refusal).toMatchObject({ code: "BUFFET_DOCUMENT", buffet: "clients", id: "bees", issues: [{ path: "name" }] });
  expect(buffet.count()).toBe(1);
});

test("a schema that answers with a promise is refused", async () => {
  await using mansion = await openMansion({ path: tempFolder(), durability: "memory" });
  const schema = z.object({ id: z.string() }).refine(() => Promise.resolve(true));
  const refusal = mansion.buffet("clients", { schema }).put({ id: "acme" });
  await expect(refusal).rejects.toMatchObject({ code: "BUFFET_DOCUMENT", message: expect.stringContaining("promise") });
});

const long = "x".repeat(1300);

test.each([
  ["no object", "acme", "BUFFET_DOCUMENT", "must be an object"],
  ["a list", [], "BUFFET_DOCUMENT", "must be an object"],
  ["a number for its id", { id: 7 }, "BUFFET_ID", "got number"],
  ["an empty id", { id: "" }, "BUFFET_ID", "got a string of 0"],
  ["an id of 129 characters", { id: "x".repeat(129) }, "BUFFET_ID", "got a string of 129"],
  ["a control character in its id", { id: "a\nb" }, "BUFFET_ID", "without control characters"],
  ["half a character in its id", { id: "\ud800" }, "BUFFET_ID", "without control characters"],
  ["a list in an indexed field", { id: "x", name: ["a"] }, "BUFFET_DOCUMENT", "name is indexed"],
  ["a bigint in an indexed field", { id: "x", rate: 5n }, "BUFFET_DOCUMENT", "rate is indexed"],
  ["a Date", { id: "x", at: new Date() }, "BUFFET_DOCUMENT", "document.at is an instance of Date"],
  ["a text too long for an index", { id: "x", name: long }, "BUFFET_TOO_LARGE", "may have 1200 bytes, got 1302"],
  ["more than 16 MiB", { id: "x", text: "x".repeat(2 ** 24) }, "BUFFET_TOO_LARGE", "may have 16777216 bytes"],
])("a document is refused that is or has %s, and nothing is changed", async (_, document, code, message) => {
  const { mansion, buffet } = await furnished();
  await using _open = mansion;
  const refusal = buffet.put(document as never);
  await expect(refusal).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  await expect(buffet.write((tx) => [tx.put({ name: "kept" }), tx.put(document as never)])).rejects.toMatchObject({
    code,
  });
  expect(buffet.count()).toBe(3);
});

test.each([
  [{ nam: "Acme" }, "BUFFET_INDEX", 'did you mean "name"?'],
  [{ abbrev: "a" }, "BUFFET_INDEX", 'no index "abbrev"; there are id, name, rate'],
  [{ name: undefined }, "BUFFET_QUERY", "where.name must be"],
  [{ name: {} }, "BUFFET_QUERY", "where.name must be"],
  [{ name: ["Acme"] }, "BUFFET_QUERY", "where.name must be"],
  [{ name: { startswith: "A" } }, "BUFFET_QUERY", 'did you mean "startsWith"?'],
  [{ name: { startsWith: 7 } }, "BUFFET_QUERY", "startsWith must be a string"],
  [{ name: { in: "Acme" } }, "BUFFET_QUERY", "in must be an array"],
  [{ name: { exists: "yes" } }, "BUFFET_QUERY", "exists must be true or false"],
  [{ name: { in: [], exists: true } }, "BUFFET_QUERY", "in and exists"],
  [{ rate: { gt: 1, lt: "2" } }, "BUFFET_QUERY", "both of one kind"],
  [{ rate: { gt: 1, gte: 2 } }, "BUFFET_QUERY", "one of gt and gte"],
  [{ rate: { gt: 1, exists: true } }, "BUFFET_QUERY", "no other condition"],
  ["name", "BUFFET_QUERY", "where must be an object"],
])("a query is refused that nobody can mean: %j", async (where, code, message) => {
  const { mansion, buffet } = await furnished();
  await using _open = mansion;
  const refusal = expect.objectContaining({ code, message: expect.stringContaining(message) });
  expect(() => buffet.find({ where: where as Where<"name"> })).toThrow(refusal);
  expect(() => buffet.count([where as Where<"name">])).toThrow(refusal);
});

test.each([
  [{ order: "nam" }, "BUFFET_INDEX"],
  [{ limit: 0 }, "BUFFET_QUERY"],
  [{ descending: "yes" }, "BUFFET_QUERY"],
  [{ sort: "name" }, "UNKNOWN_OPTION"],
  [{ after: "nonsense" }, "BUFFET_CURSOR"],
  [{ after: 7 }, "BUFFET_CURSOR"],
])("a page is refused of %j", async (query, code) => {
  const { mansion, buffet } = await furnished();
  await using _open = mansion;
  expect(() => buffet.page(query as never)).toThrow(expect.objectContaining({ code }));
});

test("the place behind one page is refused for another query, and good after a reopen", async () => {
  const path = tempFolder();
  const { mansion, buffet } = await furnished(path);
  const { next } = buffet.page({ order: "name", limit: 1 });
  await mansion.close();
  await using again = await openMansion({ path });
  const found = again.buffet<Client, "name" | "rate">("clients", { index });
  expect(found.page({ order: "name", after: next as string }).documents).toStrictEqual([clients[0], clients[1]]);
  const other = { order: "name", descending: true, after: next as string } as const;
  expect(() => found.page(other)).toThrow(expect.objectContaining({ code: "BUFFET_CURSOR" }));
});

test("a write makes all of its changes, or none when its function throws, and reads what it changed", async () => {
  const { mansion, buffet } = await furnished();
  await using _open = mansion;
  const seen = await buffet.write((tx) => {
    tx.put({ id: "acme", name: "Acme 2" });
    tx.delete("bees");
    return [tx.get("acme")?.name, tx.get("bees"), tx.get("shop")?.name, tx.delete("bees")];
  });
  expect(seen).toStrictEqual(["Acme 2", undefined, "A shop", false]);
  const boo = new Error("boo");
  const failing = buffet.write((tx) => {
    tx.delete("acme");
    throw boo;
  });
  await expect(failing).rejects.toBe(boo);
  expect(buffet.find({ order: "name" }).map(({ name }) => name)).toStrictEqual(["A shop", "Acme 2"]);
});

test("writes that come together each see those before them", async () => {
  const { mansion, buffet } = await furnished();
  await using _open = mansion;
  const raise = () =>
    buffet.write((tx) => tx.put({ ...(tx.get("acme") as Client), rate: (tx.get("acme")?.rate ?? 0) + 1 }));
  await Promise.all(Array.from({ length: 50 }, raise));
  expect(buffet.find({ where: { rate: { gt: 100 } } })).toStrictEqual([{ ...clients[0], rate: 140 }]);
});

test("a transaction that is kept, or would wait, is refused", async () => {
  const { mansion, buffet } = await furnished();
  await using _open = mansion;
  const kept = await buffet.write((tx) => ({ tx }));
  expect(() => kept.tx.put({ name: "late" })).toThrow(expect.objectContaining({ code: "BUFFET_WRITE_OVER" }));
  await expect(buffet.write(async (tx) => tx.put({ name: "late" }))).rejects.toMatchObject({ code: "BUFFET_WRITE" });
  await expect(buffet.write("put" as never)).rejects.toMatchObject({ code: "BUFFET_WRITE" });
  expect(buffet.count()).toBe(3);
});

test("an index that is new is built, and one that was left out is made anew when it comes back", async () => {
  const path = tempFolder();
  const { mansion } = await furnished(path);
  await mansion.close();
  const open = async <I extends string>(fields: readonly I[]) => {
    const opened = await openMansion({ path });
    return { opened, buffet: opened.buffet<Client, I>("clients", { index: fields }) };
  };
  const first = await open(["abbrev"]);
  expect(() => first.buffet.find({ order: "abbrev" })).toThrow(expect.objectContaining({ code: "BUFFET_INDEXING" }));
  expect(first.buffet.get("acme")).toStrictEqual(clients[0]);
  await first.buffet.put({ id: "dot", name: "Dot", abbrev: "d" });
  await first.buffet.ready();
  expect(first.buffet.find({ order: "abbrev" }).map(({ id }) => id)).toStrictEqual(["bees", "shop", "acme", "dot"]);
  await first.buffet.delete("bees");
  await first.opened.close();
  const second = await open(["abbrev", "name"]);
  await second.buffet.ready();
  expect(second.buffet.find({ order: "name" }).map(({ id }) => id)).toStrictEqual(["shop", "acme", "dot"]);
  await second.buffet.reindex();
  expect(second.buffet.count({ name: { exists: true } })).toBe(3);
  await second.opened.close();
});

test("clear removes all documents, and writes that come meanwhile stay", async () => {
  const { mansion, buffet } = await furnished();
  await using _open = mansion;
  const cleared = buffet.clear();
  await buffet.put({ id: "dot", name: "Dot" });
  await cleared;
  expect(buffet.find()).toStrictEqual([{ id: "dot", name: "Dot" }]);
  expect(buffet.find({ where: { name: { startsWith: "D" } } })).toHaveLength(1);
});

test("a buffet is one object, and is refused with other options, a wrong name, or wrong options", async () => {
  const { mansion, buffet } = await furnished();
  await using _open = mansion;
  expect(mansion.buffet("clients", { index })).toBe(buffet);
  const refused = (name: unknown, options: unknown, code: string) =>
    expect(() => mansion.buffet(name as string, options as never)).toThrow(expect.objectContaining({ code }));
  refused("clients", { index: ["name"] }, "BUFFET_OPEN");
  for (const name of ["", "a/b", "x".repeat(101), 7]) refused(name, {}, "BUFFET_NAME");
  refused("other", { indexes: [] }, "UNKNOWN_OPTION");
  for (const wrong of ["name", ["a", "a"], ["id"], [""], [7], ["a\0"]])
    refused("other", { index: wrong }, "BAD_OPTION");
  refused("other", { schema: {} }, "BAD_OPTION");
});

test("a mansion that is open for reading only shows its buffets, takes no documents, and makes no buffet", async () => {
  const path = tempFolder();
  const { mansion } = await furnished(path);
  await mansion.close();
  await using reader = await openMansion({ path, readOnly: true });
  const buffet = reader.buffet<Client, "name" | "rate">("clients", { index });
  expect(buffet.find({ where: { rate: 90 }, order: "name" }).map(({ id }) => id)).toStrictEqual(["shop", "acme"]);
  await expect(buffet.put({ name: "new" })).rejects.toMatchObject({ code: "MANSION_READ_ONLY" });
  expect(() => reader.buffet("other")).toThrow(expect.objectContaining({ code: "BUFFET_MISSING" }));
});

test("who reads only asks an index as soon as the writer has completed it, and not once the writer has left it out", async () => {
  const path = tempFolder();
  await (await furnished(path)).mansion.close();
  const writerHas = async (fields: readonly string[]) =>
    expect(await helper("reindex.mjs", [path, JSON.stringify(fields)]).line()).toBe("ready");
  await using reader = await openMansion({ path, readOnly: true });
  const buffet = reader.buffet<Client, "name" | "rate">("clients", { index });
  const ninety = () => buffet.find({ where: { rate: 90 }, order: "name" }).map(({ id }) => id);
  const refused = expect.objectContaining({ code: "BUFFET_INDEXING" });
  expect(ninety()).toStrictEqual(["shop", "acme"]);
  await writerHas(["name"]);
  expect(ninety).toThrow(refused);
  expect(() => buffet.count({ rate: 90 })).toThrow(refused);
  expect(buffet.find({ where: { name: "Acme" } })).toHaveLength(1);
  await writerHas(["name", "rate"]);
  expect(ninety()).toStrictEqual(["shop", "acme"]);
  expect(buffet.count({ rate: 90 })).toBe(2);
});

test("everything fails with MANSION_CLOSED after the close, which waits for what was written", async () => {
  const path = tempFolder();
  const { mansion, buffet } = await furnished(path);
  const pending = buffet.put({ id: "dot", name: "Dot" });
  await mansion.close();
  await pending;
  const closed = expect.objectContaining({ code: "MANSION_CLOSED" });
  for (const read of [() => buffet.get("dot"), () => buffet.find(), () => buffet.page(), () => buffet.count()]) {
    expect(read).toThrow(closed);
  }
  for (const write of [buffet.put({ name: "x" }), buffet.delete("dot"), buffet.clear(), buffet.reindex()]) {
    await expect(write).rejects.toThrow(closed);
  }
  await using again = await openMansion({ path });
  expect(again.buffet<Client>("clients").get("dot")).toBeDefined();
});

test("a close does not wait for writes that keep coming: they fail with MANSION_CLOSED", async () => {
  const { mansion, buffet } = await furnished();
  const writing = (async () => {
    for (let count = 0; ; count++) await buffet.put({ id: "acme", name: `Acme ${count}` });
  })();
  await buffet.put({ id: "bees", name: "Bees" });
  const ended = expect(writing).rejects.toMatchObject({ code: "MANSION_CLOSED" });
  await mansion.close();
  await ended;
});

test("a buffet that the mansion has no room for is refused with BUFFET_FAILED, and those that are there go on", async () => {
  const { mansion, buffet } = await furnished();
  const open = (): void => {
    for (let count = 0; count < 100; count++) mansion.buffet(`more-${count}`);
  };
  expect(open).toThrow(expect.objectContaining({ code: "BUFFET_FAILED", path: mansion.path }));
  await buffet.put({ id: "acme", name: "Acme" });
  await mansion.close();
});
