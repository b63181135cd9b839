/** Buffets that are made from a journal: each record counts once, whatever happens in between. */

import { setImmediate } from "node:timers/promises";
import { onUnhandled } from "@good-place/channel";
import { type BuffetWrite, type Document, type Mansion, openMansion } from "@good-place/mansion";
import type { JournalRecord } from "@good-place/shawn";
import { expect, onTestFinished, test } from "vitest";
import { collect, helper, record, records, tempFolder } from "./fixtures.js";

interface Sum extends Document {
  readonly count: number;
  readonly sum: number;
}

const open = async (path: string) => {
  const mansion = await openMansion({ path });
  onTestFinished(() => mansion.close());
  return { mansion, journal: mansion.journal("office"), sums: sumsOf(mansion) };
};
const sumsOf = (mansion: Mansion) => mansion.buffet<Sum, "sum">("sums", { index: ["sum"] });

function add({ seq }: JournalRecord, tx: BuffetWrite<Sum>): void {
  const { count = 0, sum = 0 } = tx.get(`sum ${seq % 3}`) ?? {};
  tx.put({ id: `sum ${seq % 3}`, count: count + 1, sum: sum + seq });
}

// What the documents are to be, from the records alone.
function summed(all: readonly JournalRecord[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { seq } of all) {
    const id = `sum ${seq % 3}`;
    sums.set(id, { id, count: (sums.get(id)?.count ?? 0) + 1, sum: (sums.get(id)?.sum ?? 0) + seq });
  }
  return [...sums.values()].sort((a, b) => a.sum - b.sum);
}

test("a buffet that follows a journal has what its records make, those before and those after", async () => {
  const { journal, sums } = await open(tempFolder());
  await journal.append(records(1, 600));
  const following = sums.follow(journal, add);
  await following.until(600);
  expect(sums.find({ order: "sum" })).toStrictEqual(summed(records(1, 600)));
  const [, until] = await Promise.all([journal.append(records(601, 700)), following.until(700)]);
  expect(until).toBeUndefined();
  expect(following.position).toBe(700);
  expect(sums.find({ order: "sum" })).toStrictEqual(summed(records(1, 700)));
});

test("a buffet goes on behind its position after a reopen, and reads nothing twice", async () => {
  const path = tempFolder();
  const { mansion, journal, sums } = await open(path);
  await journal.append(records(1, 10));
  await sums.follow(journal, add).until(10);
  await mansion.close();
  const again = await open(path);
  await again.journal.append(records(11, 20));
  const seen: number[] = [];
  const following = again.sums.follow(again.journal, (each, tx) => {
    seen.push(each.seq);
    add(each, tx);
  });
  await following.until(20);
  expect(seen).toStrictEqual(records(11, 20).map(({ seq }) => seq));
  expect(again.sums.find({ order: "sum" })).toStrictEqual(summed(records(1, 20)));
});

test("a process killed while a buffet follows leaves documents and position of one record, in 10 kills in a row", async () => {
  const path = tempFolder();
  let told = 0;
  for (let round = 0; round < 10; round++) {
    const writer = helper("follower.mjs", [path]);
    for (let lines = 0; lines < 3 + round * 7; lines++) told = Number(await writer.line());
    await writer.kill();
    for (const line of await writer.rest()) told = Math.max(told, Number(line));
    const { mansion, journal, sums } = await open(path);
    const all = await collect(journal);
    const count = sums.find().reduce((total, each) => total + each.count, 0);
    expect(count).toBeGreaterThanOrEqual(told);
    // Whatever record they stand for, they are of all records up to it, once each, and so are the indexes.
    expect(sums.find({ order: "sum" })).toStrictEqual(summed(all.slice(0, count)));
    await mansion.close();
  }
}, 120_000);

test("a projection that fails ends the following at the record before, and goes on there when it is mended", async () => {
  const heard: unknown[] = [];
  onTestFinished(onUnhandled((error) => heard.push(error)));
  const { journal, sums } = await open(tempFolder());
  await journal.append(records(1, 9));
  const boo = new Error("boo");
  const failing = sums.follow(journal, (each, tx) => {
    add(each, tx);
    if (each.seq === 6) throw boo;
  });
  const failure = { code: "BUFFET_PROJECTION", buffet: "sums", seq: 6, cause: boo };
  await expect(failing.until(9)).rejects.toMatchObject(failure);
  await expect(failing.until(1)).rejects.toMatchObject(failure);
  expect(failing.position).toBe(5);
  expect(sums.find({ order: "sum" })).toStrictEqual(summed(records(1, 5)));
  await failing.stop();
  await sums.follow(journal, add).until(9);
  expect(sums.find({ order: "sum" })).toStrictEqual(summed(records(1, 9)));
  while (heard.length === 0) await setImmediate();
  expect(heard).toMatchObject([failure]);
});

test("another version of a projection makes all documents anew", async () => {
  const { journal, sums } = await open(tempFolder());
  await journal.append(records(1, 9));
  const first = sums.follow(journal, add);
  await first.until(9);
  await first.stop();
  const second = sums.follow(journal, ({ seq }, tx) => tx.put({ id: `only ${seq}`, count: 1, sum: seq }), {
    version: 2,
  });
  await second.until(9);
  expect(sums.count()).toBe(9);
  expect(sums.find({ where: { sum: { lte: 2 } } }).map(({ id }) => id)).toStrictEqual(["only 1", "only 2"]);
});

test("a buffet refuses a journal that it was not made from, until it is cleared", async () => {
  onTestFinished(onUnhandled(() => undefined));
  const { mansion, journal, sums } = await open(tempFolder());
  await journal.append(records(1, 5));
  const first = sums.follow(journal, add);
  await first.until(5);
  await first.stop();
  // The same acts, so that only its name tells that it is another one.
  const other = mansion.journal("other");
  await other.append(records(1, 7));
  await expect(sums.follow(other, add).until(7)).rejects.toMatchObject({ code: "BUFFET_POSITION" });
  expect(sums.find({ order: "sum" })).toStrictEqual(summed(records(1, 5)));
  await sums.clear();
  await sums.follow(other, add).until(7);
  expect(sums.find({ order: "sum" })).toStrictEqual(summed(records(1, 7)));
});

test("records that change nothing are read again after a reopen, but not all of them", async () => {
  const path = tempFolder();
  const { mansion, journal, sums } = await open(path);
  await journal.append(records(1, 3000));
  await sums.follow(journal, () => undefined).until(3000);
  await mansion.close();
  const again = await open(path);
  let read = 0;
  await again.sums.follow(again.journal, () => void read++).until(3000);
  expect(read).toBeLessThan(1500);
});

test("a buffet refuses a journal of its name with another history, or a shorter one", async () => {
  onTestFinished(onUnhandled(() => undefined));
  const { journal, sums } = await open(tempFolder());
  await journal.append(records(1, 5));
  const first = sums.follow(journal, add);
  await first.until(5);
  await first.stop();
  const foreign = await open(tempFolder());
  await expect(sums.follow(foreign.journal, add).until(1)).rejects.toMatchObject({ code: "BUFFET_POSITION" });
  const acts = records(1, 5).map((each) => ({ ...each, meta: { ...each.meta, id: `b${each.seq}` } }));
  await foreign.journal.append(acts);
  await expect(sums.follow(foreign.journal, add).until(1)).rejects.toMatchObject({
    code: "BUFFET_POSITION",
    message: expect.stringContaining("is act b5"),
  });
});

test("a buffet with documents of its own does not follow, and one that follows takes no others", async () => {
  onTestFinished(onUnhandled(() => undefined));
  const { journal, sums } = await open(tempFolder());
  await sums.put({ id: "own", count: 0, sum: 0 });
  await expect(sums.follow(journal, add).until(1)).rejects.toMatchObject({ code: "BUFFET_POSITION" });
  await sums.clear();
  const following = sums.follow(journal, add);
  const follows = { code: "BUFFET_FOLLOWS" };
  await expect(sums.put({ id: "own", count: 0, sum: 0 })).rejects.toMatchObject(follows);
  await expect(sums.clear()).rejects.toMatchObject(follows);
  expect(() => sums.follow(journal, add)).toThrow(expect.objectContaining(follows));
  await following.stop();
  await expect(following.until(1)).rejects.toMatchObject({ code: "BUFFET_STOPPED" });
});

test.each([
  [{ append: () => undefined }, add, {}, "BUFFET_JOURNAL"],
  [undefined, "project", {}, "BUFFET_WRITE"],
  [undefined, add, { version: "2" }, "BAD_OPTION"],
  [undefined, add, { versoin: 2 }, "UNKNOWN_OPTION"],
])("follow refuses what it cannot follow: %#", async (journal, project, options, code) => {
  const place = await open(tempFolder());
  const follow = () => place.sums.follow((journal ?? place.journal) as never, project as never, options as never);
  expect(follow).toThrow(expect.objectContaining({ code }));
});

test("records that change nothing move the position, and are read again at most", async () => {
  const path = tempFolder();
  const { mansion, journal, sums } = await open(path);
  await journal.append(records(1, 30));
  const quiet = (each: JournalRecord, tx: BuffetWrite<Sum>) => (each.seq <= 10 ? add(each, tx) : undefined);
  const following = sums.follow(journal, quiet);
  await following.until(10);
  await journal.append([record(31)]);
  await following.until(31);
  expect(following.position).toBe(31);
  await mansion.close();
  const again = await open(path);
  await again.sums.follow(again.journal, quiet).until(31);
  expect(again.sums.find({ order: "sum" })).toStrictEqual(summed(records(1, 10)));
});
