/** The journal of a page: the contract, and what only IndexedDB has: other pages, damage, and a database that is taken away. */

import { type BrowserMansionOptions, openMansion } from "@good-place/mansion/browser";
import { acts, shawn } from "@good-place/shawn";
import { deleteDB, openDB } from "idb";
import { expect, test } from "vitest";
import { collect, journalContract, type Place, record, records } from "./suite.js";

let names = 0;
const newName = (): string => `test-${Date.now()}-${++names}`;
const place = async (name: string): Promise<Place> => {
  const mansion = await openMansion({ name, durability: "memory" });
  return {
    journal: (journal) => mansion.journal(journal),
    async reopen() {
      await mansion.close();
      return place(name);
    },
    async close() {
      await mansion.close();
      await deleteDB(`good-place/${name}`);
    },
  };
};

journalContract("IndexedDB", () => place(newName()));

test("a second opener gets MANSION_LOCKED, and one that waits gets it when the first closes", async () => {
  const name = newName();
  const first = await openMansion({ name });
  const refusal = openMansion({ name, lockTimeoutMs: 20 });
  await expect(refusal).rejects.toMatchObject({ code: "MANSION_LOCKED", path: name });
  const waiting = openMansion({ name, lockTimeoutMs: 20_000 });
  await first.close();
  await (await waiting).close();
});

test("append and replay after close fail with MANSION_CLOSED, and close waits for what was appended", async () => {
  const name = newName();
  const mansion = await openMansion({ name });
  const journal = mansion.journal("office");
  const pending = journal.append(records(1, 3));
  await Promise.all([mansion.close(), mansion.close()]);
  await pending;
  await expect(journal.append([record(4)])).rejects.toMatchObject({ code: "MANSION_CLOSED" });
  await expect(collect(journal)).rejects.toMatchObject({ code: "MANSION_CLOSED" });
  expect(() => mansion.journal("other")).toThrow(expect.objectContaining({ code: "MANSION_CLOSED" }));
  await using again = await openMansion({ name });
  expect(await collect(again.journal("office"))).toStrictEqual(records(1, 3));
  expect(again.journal("office")).toBe(again.journal("office"));
});

// The transactions that write while this runs.
async function written(work: () => Promise<unknown>): Promise<IDBTransaction[]> {
  const found: IDBTransaction[] = [];
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (...given): IDBTransaction {
    const made = transaction.apply(this, given);
    if (made.mode === "readwrite") found.push(made);
    return made;
  };
  try {
    await work();
  } finally {
    IDBDatabase.prototype.transaction = transaction;
  }
  return found;
}

test.each([
  ["disk", "strict"],
  ["memory", "relaxed"],
] as const)("a mansion of durability %s says so, and its transactions are %s", async (durability, asked) => {
  await using mansion = await openMansion({ name: newName(), durability });
  const journal = mansion.journal("office");
  expect(journal.durability).toBe(durability);
  const transactions = await written(() => journal.append(records(1, 3)));
  expect(transactions.map((each) => each.durability)).toStrictEqual([asked]);
  const note = acts<object>()("note").does({});
  const store = shawn({}, { acts: [note], journal: mansion.journal("notes") });
  const confirmed = async (): Promise<void> => store.confirmAt("disk", note());
  if (durability === "disk") await confirmed();
  else await expect(confirmed()).rejects.toMatchObject({ code: "NOT_DURABLE" });
  await store.dismiss();
  expect(await collect(mansion.journal("notes"))).toHaveLength(durability === "disk" ? 1 : 0);
});

test("appends that come while a transaction is on its way share the next one, in their order", async () => {
  await using mansion = await openMansion({ name: newName() });
  const journal = mansion.journal("office");
  const all = Array.from({ length: 20 }, (_, index) => record(index + 1));
  const transactions = await written(() => Promise.all(all.map((each) => journal.append([each]))));
  expect(transactions).toHaveLength(2);
  expect(await collect(journal)).toStrictEqual(all);
});

type Change = (stores: Record<"records" | "heads", IDBObjectStore>) => unknown;

// Changes what is stored behind the mansion's back, and gives what the replay ends with and what comes before.
async function damaged(change: Change): Promise<{ found: number; error: unknown }> {
  const name = newName();
  const mansion = await openMansion({ name, durability: "memory" });
  await Promise.all([mansion.journal("office").append(records(1, 600)), mansion.journal("next").append(records(1, 2))]);
  await mansion.close();
  const db = await openDB(`good-place/${name}`);
  const tx = (db as unknown as IDBDatabase & { transaction: IDBDatabase["transaction"] }).transaction(
    ["records", "heads"],
    "readwrite",
  );
  change({ records: tx.objectStore("records"), heads: tx.objectStore("heads") });
  await (tx as unknown as { done: Promise<void> }).done;
  db.close();
  await using again = await openMansion({ name });
  let found = 0;
  let error: unknown;
  try {
    for await (const _ of again.journal("office").replay(1)) found++;
  } catch (thrown) {
    error = thrown;
  }
  const later = again.journal("office").append([record(601)]);
  await expect(later).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
  return { found, error };
}

const other = { text: '{"name":"task/tick","meta":{"id":"x"}}', escaped: false, hash: "0".repeat(64) };

test.each<[string, Change, number, number, string]>([
  ["a changed record", ({ records }) => records.put(other, ["office", 300]), 299, 300, "chain"],
  ["a missing record", ({ records }) => records.delete(["office", 300]), 299, 300, "missing"],
  ["a missing tail", ({ records }) => records.delete(["office", 600]), 599, 600, "missing"],
  ["a record behind the end", ({ records }) => records.put(other, ["office", 601]), 0, 601, "extra"],
  ["a head that is gone", ({ heads }) => heads.delete("office"), 0, 1, "extra"],
  [
    "a head that names another end",
    ({ heads }) => heads.put({ count: 600, lineage: "", hash: "" }, "office"),
    0,
    1,
    "chain",
  ],
  [
    "a head that names another last record",
    async ({ heads }) => {
      const head = await (heads.get("office") as unknown as Promise<object>);
      heads.put({ ...head, hash: "0".repeat(64) }, "office");
    },
    600,
    600,
    "head",
  ],
])("%s is found at replay and named, and nothing is written over it", async (_, change, before, seq, damage) => {
  const { found, error } = await damaged(change);
  expect(error).toMatchObject({ code: "JOURNAL_CORRUPT", journal: "office", seq, damage });
  expect(found).toBe(before);
});

test("a write of somebody who did not wait for the lock is noticed before anything is written over it", async () => {
  const name = newName();
  const mansion = await openMansion({ name });
  const journal = mansion.journal("office");
  await journal.append(records(1, 2));
  const db = await openDB(`good-place/${name}`);
  const theirs = { count: 7, lineage: "theirs", hash: "theirs" };
  await db.put("heads", theirs, "office");
  await expect(journal.append([record(3)])).rejects.toMatchObject({ code: "JOURNAL_FAILED", journal: "office" });
  await expect(journal.append([record(3)])).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
  expect(await db.get("heads", "office")).toStrictEqual(theirs);
  expect(await db.get("records", ["office", 3])).toBeUndefined();
  db.close();
  await mansion.close();
});

test("a database that is deleted under a page ends its mansion, and is not waited for", async () => {
  const name = newName();
  const mansion = await openMansion({ name });
  const journal = mansion.journal("office");
  await journal.append(records(1, 3));
  await deleteDB(`good-place/${name}`);
  await expect(journal.append([record(4)])).rejects.toMatchObject({ code: "MANSION_CLOSED" });
  await using again = await openMansion({ name });
  expect(await collect(again.journal("office"))).toStrictEqual([]);
});

test("a snapshot that was changed, or whose record was, is as good as none", async () => {
  const name = newName();
  const mansion = await openMansion({ name });
  await mansion.journal("office").append(records(1, 3));
  await mansion.journal("office").keep({ seq: 2, fold: "acts", state: "two" });
  await mansion.close();
  const db = await openDB(`good-place/${name}`);
  const kept = await db.get("snapshots", ["office", "acts"]);
  await db.put("snapshots", { ...kept, state: "three" }, ["office", "acts"]);
  db.close();
  await using again = await openMansion({ name });
  expect(await again.journal("office").snapshot("acts")).toBeUndefined();
  const other = await openDB(`good-place/${name}`);
  await other.put("snapshots", kept, ["office", "acts"]);
  expect(await again.journal("office").snapshot("acts")).toMatchObject({ state: "two" });
  await other.put("records", { ...(await other.get("records", ["office", 2])), hash: "another" }, ["office", 2]);
  other.close();
  expect(await again.journal("office").snapshot("acts")).toBeUndefined();
});

test.each([
  [{}, "BAD_OPTION"],
  [{ name: "a/b" }, "BAD_OPTION"],
  [{ name: "a", durability: "os" }, "BAD_OPTION"],
  [{ name: "a", lockTimeoutMs: -1 }, "BAD_OPTION"],
  [{ name: "a", path: "b" }, "UNKNOWN_OPTION"],
])("options that are wrong are refused: %j", async (options, code) => {
  await expect(openMansion(options as BrowserMansionOptions)).rejects.toMatchObject({ code });
});
