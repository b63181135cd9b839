/** Damage is found and named, never skipped: in stored records, in the head, in the files. */

import { copyFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MansionError, openMansion, verifyMansion } from "@good-place/mansion";
import type { JournalRecord } from "@good-place/shawn";
import { expect, test } from "vitest";
import { attempt, collect, furnished, key, misspelt, record, records, tamper } from "./fixtures.js";

const all = records(1, 5);

// Puts the data file back before each change, which costs less than a new mansion.
async function changed(path: string, change: Parameters<typeof tamper>[1]): ReturnType<typeof attempt> {
  const data = join(path, "data.mdb");
  const copy = join(path, "copy");
  copyFileSync(data, copy);
  await tamper(path, change);
  const outcome = await attempt(path);
  copyFileSync(copy, data);
  return outcome;
}

test.each([0, 1, 2, 3, 4, 5])("a flipped bit in any byte of stored value %d is refused and named", async (seq) => {
  const path = await furnished(5);
  let size = 1;
  for (let at = 0; at < size; at++) {
    const { found, error } = await changed(path, (db) => {
      const value = Buffer.from(db.get(key(seq)) as Buffer);
      size = value.length;
      value[at] = (value[at] as number) ^ (1 << (at % 8));
      db.put(key(seq), value);
    });
    expect(error, `byte ${at}`).toMatchObject({ code: "JOURNAL_CORRUPT", path, journal: "office", seq });
    expect(found).toStrictEqual(all.slice(0, Math.max(0, seq - 1)));
  }
  expect(size).toBeGreaterThan(70);
});

test.each([1, 2, 3, 4, 5])("a missing record is refused and named: %d", async (seq) => {
  const path = await furnished(5);
  const { found, error } = await changed(path, (db) => db.remove(key(seq)));
  expect(error).toMatchObject({ code: "JOURNAL_CORRUPT", damage: "missing", seq });
  expect(found).toStrictEqual(all.slice(0, seq - 1));
});

test.each(["[]", "{", '{"name":7,"meta":{}}', '{"name":"task/tick","meta":null}'])(
  "a record whose bytes are sound and whose text is not that of a record is refused and named: %s",
  async (text) => {
    const path = await misspelt(5, text);
    const { found, error } = await attempt(path);
    expect(error).toMatchObject({ code: "JOURNAL_CORRUPT", damage: "schema", seq: 5 });
    expect(found).toStrictEqual(all.slice(0, 4));
    const { journals, problems } = await verifyMansion(path);
    expect(journals).toMatchObject([{ records: 5, sound: 4 }]);
    expect(problems).toMatchObject([{ code: "JOURNAL_CORRUPT", damage: "schema", seq: 5 }]);
  },
);

test("two records in each other's place are refused at the first of them", async () => {
  const path = await furnished(5);
  const { found, error } = await changed(path, (db) => {
    const [second, fourth] = [db.getBinary(key(2)), db.getBinary(key(4))] as [Buffer, Buffer];
    db.put(key(2), fourth);
    db.put(key(4), second);
  });
  expect(error).toMatchObject({ code: "JOURNAL_CORRUPT", damage: "sequence", seq: 2 });
  expect(found).toStrictEqual(all.slice(0, 1));
});

test.each([
  ["behind the end", 6, 6, "extra"],
  ["in the place of another", 4, 4, "sequence"],
] as const)("a record that is there twice is refused: %s", async (_, place, seq, damage) => {
  const path = await furnished(5);
  const { error } = await changed(path, (db) => db.put(key(place), db.getBinary(key(3)) as Buffer));
  expect(error).toMatchObject({ code: "JOURNAL_CORRUPT", damage, seq });
});

test("a sound record of another journal is refused by the chain", async () => {
  const [path, other] = [await furnished(5), await furnished(5)];
  const foreign = await stored(other, 3);
  const { found, error } = await changed(path, (db) => db.put(key(3), foreign));
  expect(error).toMatchObject({ code: "JOURNAL_CORRUPT", damage: "chain", seq: 3 });
  expect(found).toStrictEqual(all.slice(0, 2));
});

test("a reused sequence number is refused: the record of another history in the last place", async () => {
  const path = await furnished(4);
  const data = join(path, "data.mdb");
  const before = readFileSync(data);
  await append(path, record(5, "one history"));
  const value = await stored(path, 5);
  writeFileSync(data, before);
  await append(path, record(5, "another history"));
  const { found, error } = await changed(path, (db) => db.put(key(5), value));
  expect(error).toMatchObject({ code: "JOURNAL_CORRUPT", damage: "head", seq: 5 });
  expect(found.slice(0, 4)).toStrictEqual(all.slice(0, 4));
});

test("a head that was cut back is refused, and the record behind it is named", async () => {
  const path = await furnished(3);
  const head = await stored(path, 0);
  await append(path, record(4));
  const { error } = await changed(path, (db) => db.put(key(0), head));
  expect(error).toMatchObject({ code: "JOURNAL_CORRUPT", damage: "extra", seq: 4 });
});

test("a head that is gone, or that stands alone, is refused", async () => {
  const path = await furnished(5);
  const gone = await changed(path, (db) => db.remove(key(0)));
  expect(gone.error).toMatchObject({ code: "JOURNAL_CORRUPT", damage: "head", seq: 0 });
  const alone = await changed(path, (db) => all.forEach(({ seq }) => void db.remove(key(seq))));
  expect(alone.error).toMatchObject({ code: "JOURNAL_CORRUPT", damage: "missing", seq: 1 });
  const stray = await changed(path, (db) => db.put(Buffer.from("stray"), Buffer.from("?")));
  expect(stray.error).toMatchObject({ code: "JOURNAL_CORRUPT", damage: "format" });
});

test("append to a damaged journal rejects with JOURNAL_CORRUPT and changes nothing, with or without a replay", async () => {
  const path = await furnished(5);
  await tamper(path, (db) => db.remove(key(2)));
  for (let round = 0; round < 2; round++) {
    await using mansion = await openMansion({ path });
    const journal = mansion.journal("office");
    await expect(journal.append([record(6)])).rejects.toMatchObject({ code: "JOURNAL_CORRUPT", seq: 2 });
    await expect(journal.append([record(6)])).rejects.toMatchObject({ code: "JOURNAL_CORRUPT", seq: 2 });
  }
  await using mansion = await openMansion({ path });
  // A replay of what is behind the damage is sound; the journal takes nothing all the same.
  expect(await collect(mansion.journal("office"), 4)).toStrictEqual(all.slice(3));
  await expect(mansion.journal("office").append([record(6)])).rejects.toMatchObject({ seq: 2 });
});

test("a data file that is cut at any page is refused with MANSION_CORRUPT before LMDB maps it", async () => {
  const path = await furnished(400);
  const data = join(path, "data.mdb");
  const whole = readFileSync(data);
  for (const size of Array.from({ length: Math.ceil(whole.length / 1500) }, (_, index) => index * 1500)) {
    writeFileSync(data, whole);
    truncateSync(data, size);
    await expect(attempt(path), `${size} bytes`).rejects.toMatchObject({ code: "MANSION_CORRUPT", path });
  }
  writeFileSync(data, whole);
  expect((await attempt(path)).found).toStrictEqual(records(1, 400));
});

test("a data file with garbage in it is refused or wholly there, page by page", async () => {
  const path = await furnished(400);
  const data = join(path, "data.mdb");
  const whole = readFileSync(data);
  for (let page = 0; page * 4096 < whole.length; page++) {
    for (const [from, to, byte] of [
      [0, 4096, 0],
      [0, 4096, 0xa5],
      [8, 24, 0x11],
      [24, 64, 0xff],
    ] as const) {
      writeFileSync(data, Buffer.from(whole).fill(byte, page * 4096 + from, page * 4096 + to));
      const { found, error } = await attempt(path).catch((thrown: unknown) => ({ found: [], error: thrown }));
      if (error === undefined) expect(found).toStrictEqual(records(1, 400));
      else expect(error).toBeInstanceOf(MansionError);
      if (page < 2 && from === 0) expect(error).toMatchObject({ code: "MANSION_CORRUPT", path });
    }
  }
});

test.each([
  ["data.mdb is gone", (path: string) => rmSync(join(path, "data.mdb")), "MANSION_CORRUPT"],
  ["data.mdb is empty", (path: string) => truncateSync(join(path, "data.mdb")), "MANSION_CORRUPT"],
  ["data.mdb is text", (path: string) => writeFileSync(join(path, "data.mdb"), "x".repeat(20_000)), "MANSION_CORRUPT"],
  ["mansion.json is garbage", (path: string) => writeFileSync(join(path, "mansion.json"), "{"), "MANSION_CORRUPT"],
  ["mansion.json is of a newer format", (path: string) => rewrite(path, { format: 2 }), "MANSION_FORMAT"],
  [
    "mansion.json is of a newer format without an id",
    (path: string) => rewrite(path, { format: 2, id: undefined }),
    "MANSION_FORMAT",
  ],
  ["mansion.json is another mansion's", (path: string) => rewrite(path, { id: "other" }), "MANSION_CORRUPT"],
] as const)("a mansion is refused, not started anew, when %s", async (_, change, code) => {
  const path = await furnished(3);
  change(path);
  await expect(attempt(path)).rejects.toMatchObject({ code, path });
});

test("a mansion of a newer format is not called damaged", async () => {
  const path = await furnished(3);
  rewrite(path, { format: 2 });
  await expect(verifyMansion(path)).rejects.toMatchObject({ code: "MANSION_FORMAT", path });
});

test.each([
  ["is gone", (path: string) => rmSync(join(path, "data.mdb"))],
  ["is another", (path: string) => renameSync(join(path, "other"), join(path, "data.mdb"))],
] as const)("nothing is written to a data file whose place %s: MANSION_REPLACED", async (_, change) => {
  const path = await furnished(3);
  copyFileSync(join(path, "data.mdb"), join(path, "other"));
  await using mansion = await openMansion({ path });
  const office = mansion.journal("office");
  await office.append([record(4)]);
  change(path);
  await expect(mansion.buffet("tasks").put({ id: "a" })).rejects.toMatchObject({ code: "MANSION_REPLACED", path });
  await expect(office.append([record(5)])).rejects.toMatchObject({ code: "MANSION_REPLACED", path });
});

test("a mansion whose making was cut off before mansion.json was written opens with all that it has", async () => {
  const path = await furnished(3);
  rmSync(join(path, "mansion.json"));
  expect((await attempt(path)).found).toStrictEqual(records(1, 3));
});

async function append(path: string, added: JournalRecord): Promise<void> {
  await using mansion = await openMansion({ path });
  await mansion.journal("office").append([added]);
}

async function stored(path: string, seq: number): Promise<Buffer> {
  let value = Buffer.alloc(0);
  await tamper(path, (db) => {
    value = Buffer.from(db.getBinary(key(seq)) as Buffer);
  });
  return value;
}

function rewrite(path: string, change: object): void {
  const file = join(path, "mansion.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...change }));
}
