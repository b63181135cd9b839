/** Buffets whose stored bytes were changed behind the mansion's back: found and named, and what else there is can be read. */

import { setImmediate } from "node:timers/promises";
import { type Document, openMansion, verifyMansion } from "@good-place/mansion";
import { type Database, open } from "lmdb";
import { expect, test } from "vitest";
import { tempFolder } from "./fixtures.js";

interface Client extends Document {
  readonly name: string;
}

type Databases = Record<"documents" | "indexes", Database<Buffer, Uint8Array>>;

async function furnished(): Promise<string> {
  const path = tempFolder();
  await using mansion = await openMansion({ path, durability: "memory" });
  const buffet = mansion.buffet<Client, "name">("clients", { index: ["name"] });
  for (const id of ["acme", "bees", "shop"]) await buffet.put({ id, name: `The ${id}` });
  return path;
}

async function tamper(path: string, change: (databases: Databases) => void): Promise<void> {
  const binary = { encoding: "binary", keyEncoding: "binary" } as const;
  const root = open<Buffer, Uint8Array>({ path, noSubdir: false, overlappingSync: false, noSync: true, ...binary });
  const documents = root.openDB<Buffer, Uint8Array>({ name: "buffet:clients", ...binary });
  const indexes = root.openDB<Buffer, Uint8Array>({ name: "buffet-index:clients", ...binary });
  root.transactionSync(() => change({ documents, indexes }));
  await root.close();
}

const keyOf = (id: string): Buffer => Buffer.from(`\u0006${id}\0`);
const corrupt = (id: string) => expect.objectContaining({ code: "BUFFET_CORRUPT", buffet: "clients", id });

test("a flipped bit in any byte of a stored document is found, by whatever way it is read", async () => {
  const path = await furnished();
  let sound = Buffer.alloc(0);
  await tamper(path, ({ documents }) => {
    sound = Buffer.from(documents.get(keyOf("bees")) as Buffer);
  });
  for (let at = 0; at < sound.length; at++) {
    const flipped = Buffer.from(sound);
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    await tamper(path, ({ documents }) => void documents.putSync(keyOf("bees"), flipped));
    await using mansion = await openMansion({ path, durability: "memory" });
    const buffet = mansion.buffet<Client, "name">("clients", { index: ["name"] });
    expect(() => buffet.get("bees")).toThrow(corrupt("bees"));
    expect(() => buffet.find({ where: { name: "The bees" } })).toThrow(corrupt("bees"));
    await expect(buffet.put({ id: "bees", name: "new" })).rejects.toThrow(corrupt("bees"));
    expect(buffet.get("acme")).toStrictEqual({ id: "acme", name: "The acme" });
  }
});

test("a document in the place of another is found", async () => {
  const path = await furnished();
  await tamper(path, ({ documents }) => void documents.putSync(keyOf("bees"), documents.get(keyOf("acme")) as Buffer));
  await using mansion = await openMansion({ path });
  expect(() => mansion.buffet("clients", { index: ["name"] }).get("bees")).toThrow(corrupt("bees"));
});

test("a document that is gone while its index has it is found, and reindex makes the index fit again", async () => {
  const path = await furnished();
  await tamper(path, ({ documents }) => void documents.removeSync(keyOf("bees")));
  await using mansion = await openMansion({ path });
  const buffet = mansion.buffet<Client, "name">("clients", { index: ["name"] });
  expect(() => buffet.find({ order: "name" })).toThrow(corrupt("bees"));
  await buffet.reindex();
  expect(buffet.find({ order: "name" }).map(({ id }) => id)).toStrictEqual(["acme", "shop"]);
});

test("reindex gives back entries that are gone and removes those of no document", async () => {
  const path = await furnished();
  await tamper(path, ({ indexes }) => {
    indexes.clearSync();
    indexes.putSync(Buffer.from("name\0\u0006A ghost\0ghost"), Buffer.alloc(0));
  });
  await using mansion = await openMansion({ path });
  const buffet = mansion.buffet<Client, "name">("clients", { index: ["name"] });
  await buffet.reindex();
  expect(buffet.count({ name: { exists: true } })).toBe(3);
  expect(buffet.find({ order: "name", descending: true }).map(({ id }) => id)).toStrictEqual(["shop", "bees", "acme"]);
});

test("a note of the buffet that is damaged is named when it is opened", async () => {
  const path = await furnished();
  await tamper(path, ({ documents }) => void documents.putSync(Buffer.from([0]), Buffer.from("nonsense")));
  await using mansion = await openMansion({ path });
  const damaged = expect.objectContaining({ code: "BUFFET_CORRUPT", message: expect.stringContaining("(its note)") });
  expect(() => mansion.buffet("clients", { index: ["name"] })).toThrow(damaged);
});

test("an index that cannot be built for a damaged document says so in ready, and stays refused", async () => {
  const path = await furnished();
  await tamper(path, ({ documents }) => void documents.putSync(keyOf("bees"), Buffer.from("nonsense")));
  await using mansion = await openMansion({ path });
  const buffet = mansion.buffet<Client, "name">("clients", { index: ["name"] });
  await expect(buffet.reindex()).rejects.toThrow(corrupt("bees"));
  await expect(buffet.ready()).rejects.toThrow(corrupt("bees"));
  expect(() => buffet.count({ name: "x" })).toThrow(expect.objectContaining({ code: "BUFFET_INDEXING" }));
});

test("verify names every document that is damaged, and every index that does not fit", async () => {
  const path = await furnished();
  expect(await verifyMansion(path)).toMatchObject({
    sound: true,
    buffets: [{ name: "clients", documents: 3, sound: 3 }],
  });
  await tamper(path, ({ indexes }) => void indexes.putSync(Buffer.from("name\0\u0006A ghost\0ghost"), Buffer.alloc(0)));
  const tooMany = expect.objectContaining({
    code: "BUFFET_CORRUPT",
    message: expect.stringContaining("4 entries for 3"),
  });
  expect((await verifyMansion(path)).problems).toStrictEqual([tooMany]);
  await tamper(path, ({ documents, indexes }) => {
    documents.putSync(keyOf("bees"), documents.get(keyOf("acme")) as Buffer);
    indexes.removeSync(Buffer.from("name\0\u0006The shop\0shop"));
  });
  const { sound, buffets, problems } = await verifyMansion(path);
  expect([sound, buffets]).toStrictEqual([false, [{ name: "clients", documents: 3, sound: 1 }]]);
  expect(problems).toStrictEqual([corrupt("bees"), corrupt("shop")]);
  await tamper(path, ({ documents }) => void documents.putSync(Buffer.from([0]), Buffer.from("nonsense")));
  const note = expect.objectContaining({ message: expect.stringContaining("(its note)") });
  expect((await verifyMansion(path)).problems).toStrictEqual([note, corrupt("bees")]);
});

test("verify finds nothing wrong with a buffet that is written to, cleared and reindexed meanwhile", {
  timeout: 120_000,
}, async () => {
  const path = await furnished();
  await using mansion = await openMansion({ path, durability: "memory" });
  const buffet = mansion.buffet<Client, "name">("clients", { index: ["name"] });
  const found: unknown[] = [];
  const write = async (): Promise<void> => {
    for (let round = 0; round < 3 && found.length === 0; round++) {
      await buffet.write((tx) => {
        for (let id = 0; id < 3000; id++) tx.put({ id: `c${id}`, name: `${id} in round ${round}` });
      });
      await buffet.reindex();
      await buffet.clear();
    }
  };
  let isOver = false;
  const writing = write().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    found.push(...(await verifyMansion(path)).problems);
    await setImmediate();
  }
  await writing;
  expect(found).toStrictEqual([]);
});
