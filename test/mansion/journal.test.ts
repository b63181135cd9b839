/** Appending and replaying: what comes back, in which order, and what is refused. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openMansion } from "@good-place/mansion";
import type { JournalRecord } from "@good-place/shawn";
import { expect, test } from "vitest";
import { collect, helper, record, records, tempFolder } from "./fixtures.js";

test("replay gives back what was appended, in order, also after a reopen", async () => {
  const path = tempFolder();
  const all = records(1, 9);
  const mansion = await openMansion({ path });
  const journal = mansion.journal("office");
  await Promise.all([journal.append(all.slice(0, 1)), journal.append(all.slice(1, 5)), journal.append(all.slice(5))]);
  expect(await collect(journal)).toStrictEqual(all);
  await mansion.close();
  await using again = await openMansion({ path });
  expect(await collect(again.journal("office"))).toStrictEqual(all);
  await again.journal("office").append([record(10)]);
  expect(await collect(again.journal("office"))).toStrictEqual(records(1, 10));
});

test("replay(from) gives the records from that sequence number on", async () => {
  await using mansion = await openMansion({ path: tempFolder() });
  const journal = mansion.journal("office");
  await journal.append(records(1, 600));
  expect(await collect(journal, 598)).toStrictEqual(records(598, 600));
  expect(await collect(journal, 601)).toStrictEqual([]);
  await expect(collect(journal, 1.5)).rejects.toMatchObject({ code: "JOURNAL_FROM" });
});

test.each([
  ["undefined", undefined],
  ["null", null],
  ["special numbers", [Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1, 2 ** 53]],
  ["a bigint", { spent: -(2n ** 70n) }],
  ["undefined inside", { note: undefined, list: [undefined, 1] }],
  ["names that the format uses itself", { $: "undefined", inner: { $: [1, { $: undefined }] } }],
  ["a key named __proto__", JSON.parse('{"__proto__":{"a":1},"b":[]}')],
  ["text of all kinds", "\u0000 ü 🏠 \ud800 \u2028"],
])("a payload comes back equal: %s", async (_, payload) => {
  await using mansion = await openMansion({ path: tempFolder(), durability: "memory" });
  const journal = mansion.journal("office");
  await journal.append([record(1, payload)]);
  expect(await collect(journal)).toStrictEqual([record(1, payload)]);
});

const cycle: { self?: unknown } = {};
cycle.self = cycle;

test.each([
  ["a Date", { at: [new Date()] }, "payload.at[0]"],
  ["a Map", new Map(), "payload"],
  ["a function", { run() {} }, "payload.run"],
  ["a symbol", Symbol("x"), "payload"],
  ["a symbol key", { [Symbol("x")]: 1 }, "payload"],
  ["bytes", { bytes: new Uint8Array(1) }, "payload.bytes"],
  ["a class", { deep: new (class Deep {})() }, "payload.deep"],
  ["an array with a hole", { list: Array(2) }, "payload.list"],
  ["a cycle", cycle, "payload.self"],
])("append refuses a payload with %s and says where it is", async (_, payload, place) => {
  await using mansion = await openMansion({ path: tempFolder(), durability: "memory" });
  const journal = mansion.journal("office");
  const refusal = await journal.append([record(1), record(2, payload)]).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "JOURNAL_RECORD", message: expect.stringContaining(`${place} is`) });
  expect(await collect(journal)).toStrictEqual([]);
});

test("append keeps all of its records or none of them", async () => {
  await using mansion = await openMansion({ path: tempFolder() });
  const journal = mansion.journal("office");
  await expect(journal.append([record(1), record(2), record(4)])).rejects.toMatchObject({ code: "JOURNAL_SEQUENCE" });
  await expect(journal.append([record(1), {} as JournalRecord])).rejects.toThrow();
  expect(await collect(journal)).toStrictEqual([]);
  await journal.append(records(1, 3));
  expect(await collect(journal)).toStrictEqual(records(1, 3));
});

test.each([0, 2, 4, -1, 1.5, Number.NaN])("append refuses seq %d where 3 is next", async (seq) => {
  const path = tempFolder();
  const mansion = await openMansion({ path });
  await mansion.journal("office").append(records(1, 2));
  await mansion.close();
  await using again = await openMansion({ path });
  const journal = again.journal("office");
  await expect(journal.append([record(seq)])).rejects.toMatchObject({ code: "JOURNAL_SEQUENCE", journal: "office" });
  await journal.append([record(3)]);
  expect(await collect(journal)).toHaveLength(3);
});

test("appends that arrive together share one transaction", async () => {
  const path = tempFolder();
  await using mansion = await openMansion({ path });
  const journal = mansion.journal("office");
  await journal.append([record(1)]);
  const before = transactions(path);
  await Promise.all(records(2, 65).map((each) => journal.append([each])));
  expect(transactions(path) - before).toBe(1);
  expect(await collect(journal)).toStrictEqual(records(1, 65));
});

test("append reads its records before it returns", async () => {
  await using mansion = await openMansion({ path: tempFolder() });
  const payload = { id: "before" };
  const appended = mansion.journal("office").append([record(1, payload)]);
  payload.id = "after";
  await appended;
  expect(await collect(mansion.journal("office"))).toStrictEqual([record(1, { id: "before" })]);
});

test("journals of one mansion keep their records apart", async () => {
  await using mansion = await openMansion({ path: tempFolder() });
  const [office, home] = [mansion.journal("office"), mansion.journal("home")];
  await Promise.all([office.append(records(1, 3)), home.append([record(1, "home")]), office.append([record(4)])]);
  expect(await collect(office)).toStrictEqual(records(1, 4));
  expect(await collect(home)).toStrictEqual([record(1, "home")]);
  expect(mansion.journal("office")).toBe(office);
});

test("replay gives the event loop a turn between batches", async () => {
  await using mansion = await openMansion({ path: tempFolder(), durability: "memory" });
  await mansion.journal("office").append(records(1, 2000));
  let turns = 0;
  const timer = setImmediate(function turn() {
    turns++;
    next = setImmediate(turn);
  });
  let next = timer;
  await collect(mansion.journal("office"));
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(7);
});

test("append and replay after close fail with MANSION_CLOSED, and close waits for what was appended", async () => {
  const path = tempFolder();
  const mansion = await openMansion({ path });
  const journal = mansion.journal("office");
  const pending = journal.append(records(1, 3));
  await Promise.all([mansion.close(), mansion.close()]);
  await pending;
  await expect(journal.append([record(4)])).rejects.toMatchObject({ code: "MANSION_CLOSED" });
  await expect(collect(journal)).rejects.toMatchObject({ code: "MANSION_CLOSED" });
  expect(() => mansion.journal("other")).toThrow(expect.objectContaining({ code: "MANSION_CLOSED" }));
  await using again = await openMansion({ path });
  expect(await collect(again.journal("office"))).toStrictEqual(records(1, 3));
});

test("a replay that is under way when the mansion closes fails with MANSION_CLOSED", async () => {
  const mansion = await openMansion({ path: tempFolder(), durability: "memory" });
  const journal = mansion.journal("office");
  await journal.append(records(1, 600));
  const replay = journal.replay(1)[Symbol.asyncIterator]();
  expect((await replay.next()).value).toStrictEqual(record(1));
  await mansion.close();
  const rest = async () => {
    while (!(await replay.next()).done);
  };
  await expect(rest()).rejects.toMatchObject({ code: "MANSION_CLOSED" });
});

test.skipIf(process.platform === "win32")(
  "a failed write rejects with JOURNAL_FAILED, ends the journal and loses nothing acknowledged",
  async () => {
    const path = tempFolder();
    const lines = await helper("stream.mjs", [path, "2000"], "ulimit -f 400; exec").rest();
    const acknowledged = lines.filter((line) => /^\d/.test(line)).map((line) => Number(line.split(" ")[1]));
    expect(lines.slice(-2)).toStrictEqual(["JOURNAL_FAILED", "JOURNAL_FAILED true"]);
    await using mansion = await openMansion({ path });
    const found = await collect(mansion.journal("office"));
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(found).toHaveLength(Math.max(...acknowledged));
  },
);

// The number of the newest transaction, from the two head pages of the data file.
function transactions(path: string): number {
  const bytes = readFileSync(join(path, "data.mdb"));
  const pageSize = bytes.readUInt32LE(48);
  return Math.max(Number(bytes.readBigUInt64LE(152)), Number(bytes.readBigUInt64LE(pageSize + 152)));
}
