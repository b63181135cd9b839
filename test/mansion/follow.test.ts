/** Reading beside whoever writes: followers that tail live, in this process and of another. */

import { copyFileSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { openMansion } from "@good-place/mansion";
import type { JournalRecord } from "@good-place/shawn";
import { expect, test } from "vitest";
import { collect, furnished, helper, key, record, records, tamper, tempFolder } from "./fixtures.js";
import { openOffice, spend, spent } from "./store.js";

// Takes records until there are so many.
async function first(follower: AsyncGenerator<JournalRecord>, count: number): Promise<JournalRecord[]> {
  const found: JournalRecord[] = [];
  for await (const each of follower) if (found.push(each) >= count) break;
  return found;
}

const next = (follower: AsyncGenerator<JournalRecord>): Promise<unknown> => follower.next().then(({ value }) => value);

test("a follower gets what is there and then each record that is appended, in order", async () => {
  await using mansion = await openMansion({ path: tempFolder(), durability: "memory" });
  const journal = mansion.journal("office");
  await journal.append(records(1, 3));
  const following = [first(journal.follow(1), 40), first(journal.follow(3), 38), first(journal.follow(10), 31)];
  for (let seq = 4; seq <= 40; seq++) await journal.append([record(seq)]);
  expect(await Promise.all(following)).toStrictEqual([records(1, 40), records(3, 40), records(10, 40)]);
});

test("what this process appends wakes a follower at once: it need not look again", async () => {
  await using mansion = await openMansion({ path: tempFolder(), durability: "memory" });
  const journal = mansion.journal("office");
  const following = first(journal.follow(1, { pollMs: 600_000 }), 20);
  for (let seq = 1; seq <= 20; seq++) await journal.append([record(seq)]);
  expect(await following).toStrictEqual(records(1, 20));
});

test("a follower in another process sees every record of a writer that is killed and comes back, once and in order", async () => {
  const path = tempFolder();
  const writer = helper("stream.mjs", [path]);
  await writer.line();
  await using reader = await openMansion({ path, readOnly: true });
  const follower = reader.journal("office").follow(1);
  const seen: number[] = [];
  for (let round = 0; round < 3; round++) {
    const again = round === 0 ? writer : helper("stream.mjs", [path]);
    for (let lines = 0; lines < 20; lines++) await again.line();
    const from = seen.length;
    while (seen.length < from + 30) seen.push(((await next(follower)) as JournalRecord).seq);
    await again.kill();
  }
  expect(seen).toStrictEqual(seen.map((_, index) => index + 1));
  await follower.return();
});

test("a store that follows another by its journal becomes it", async () => {
  const path = tempFolder();
  await using mansion = await openMansion({ path, durability: "memory" });
  await using reader = await openMansion({ path, readOnly: true });
  const office = await openOffice(mansion.journal("office"));
  const mirror = await openOffice({ append: async () => {}, async *replay() {} });
  for (let n = 1; n <= 20; n++) office.confirm(spend({ id: `t${n % 3}`, minutes: n }));
  await office.settled();
  for (const each of await first(reader.journal("office").follow(1), 20)) mirror.replay([each]);
  expect(spent(mirror)).toStrictEqual(spent(office));
});

test("who reads only takes no lock, makes nothing, and is refused to write", async () => {
  const path = await furnished(3);
  const before = readdirSync(path).sort();
  await using reader = await openMansion({ path, readOnly: true });
  const journal = reader.journal("office");
  expect([reader.readOnly, reader.journals]).toStrictEqual([true, ["office"]]);
  expect(await collect(journal)).toStrictEqual(records(1, 3));
  await expect(journal.append([record(4)])).rejects.toMatchObject({
    code: "MANSION_READ_ONLY",
    path,
    journal: "office",
  });
  await expect(journal.keep({ seq: 1, fold: "f", state: "" })).rejects.toMatchObject({ code: "MANSION_READ_ONLY" });
  await expect(journal.import([])).rejects.toMatchObject({ code: "MANSION_READ_ONLY" });
  expect(reader.journal("other").position).toBeUndefined();
  expect(await collect(reader.journal("other"))).toStrictEqual([]);
  expect(readdirSync(path).sort()).toStrictEqual(before);
  expect(await helper("hold.mjs", [path]).line()).toBe("held");
});

test("who reads only sees a journal that comes to be later", async () => {
  const path = await furnished(1);
  await using reader = await openMansion({ path, readOnly: true });
  const coming = first(reader.journal("later").follow(1), 2);
  await appendElsewhere(path, "later", records(1, 2));
  expect(await coming).toStrictEqual(records(1, 2));
});

test("a process that reads a mansion is refused to open it for writing until it has closed it", async () => {
  const path = await furnished(3);
  const reader = await openMansion({ path, readOnly: true });
  await expect(openMansion({ path })).rejects.toMatchObject({ code: "MANSION_LOCKED", path });
  await reader.close();
  await using mansion = await openMansion({ path });
  await using beside = await openMansion({ path, readOnly: true });
  await mansion.journal("office").append([record(4)]);
  expect(await collect(beside.journal("office"))).toStrictEqual(records(1, 4));
});

test("to read where there is no mansion is refused with MANSION_PATH, and none is made", async () => {
  const path = tempFolder();
  await expect(openMansion({ path, readOnly: true })).rejects.toMatchObject({ code: "MANSION_PATH", path });
  expect(readdirSync(path)).toStrictEqual([]);
});

test("a follower ends with its signal's reason, and with MANSION_CLOSED when the mansion closes", async () => {
  const mansion = await openMansion({ path: tempFolder(), durability: "memory" });
  const journal = mansion.journal("office");
  const stop = new AbortController();
  // It does not look again by itself.
  const pollMs = 600_000;
  const [stopped, closed] = [
    next(journal.follow(1, { signal: stop.signal, pollMs })),
    next(journal.follow(1, { pollMs })),
  ];
  stop.abort(new Error("enough"));
  await expect(stopped).rejects.toThrow("enough");
  await Promise.all([mansion.close(), expect(closed).rejects.toMatchObject({ code: "MANSION_CLOSED" })]);
});

test("a follower whose history is taken back is told so with JOURNAL_CORRUPT", async () => {
  const path = await furnished(3);
  let head = "";
  await tamper(path, (db) => {
    head = (db.getBinary(key(0)) as Buffer).toString("hex");
  });
  await appendTo(path, records(4, 6));
  await using reader = await openMansion({ path, readOnly: true });
  const follower = reader.journal("office").follow(1);
  expect(await Promise.all(records(1, 6).map(() => next(follower)))).toStrictEqual(records(1, 6));
  expect(await helper("rewind.mjs", [path, head]).line()).toBe("rewound");
  await expect(next(follower)).rejects.toMatchObject({ code: "JOURNAL_CORRUPT", damage: "chain", seq: 6 });
});

test("a follower whose history went on otherwise is told so, by the hash of a reused sequence number", async () => {
  const path = await furnished(3);
  let head = "";
  await tamper(path, (db) => {
    head = (db.getBinary(key(0)) as Buffer).toString("hex");
  });
  await appendTo(path, records(4, 5));
  await using reader = await openMansion({ path, readOnly: true });
  // It does not look again before all is done.
  const follower = reader.journal("office").follow(5, { pollMs: 3000 });
  expect(await next(follower)).toStrictEqual(record(5));
  const told = expect(next(follower)).rejects.toMatchObject({ code: "JOURNAL_CORRUPT", damage: "chain", seq: 6 });
  await helper("rewind.mjs", [path, head]).line();
  const other = records(4, 6).map((each) => ({ ...each, payload: "another history" }));
  await appendElsewhere(path, "office", other);
  await told;
});

test("a follower of a folder that got another data file is told so with MANSION_REPLACED", async () => {
  const path = await furnished(3);
  await using reader = await openMansion({ path, readOnly: true });
  const follower = reader.journal("office").follow(3);
  expect(await next(follower)).toStrictEqual(record(3));
  copyFileSync(join(path, "data.mdb"), join(path, "copy"));
  renameSync(join(path, "copy"), join(path, "data.mdb"));
  await expect(next(follower)).rejects.toMatchObject({ code: "MANSION_REPLACED", path });
});

test.each([{ pollMs: 0 }, { pollMs: "often" }, { poll: 5 }])("follow refuses the options %j", async (options) => {
  await using mansion = await openMansion({ path: tempFolder() });
  const refused = mansion
    .journal("office")
    .follow(1, options as object)
    .next();
  await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^(BAD|UNKNOWN)_OPTION$/) });
});

async function appendElsewhere(path: string, journal: string, added: readonly JournalRecord[]): Promise<void> {
  expect(await helper("append.mjs", [path, journal, JSON.stringify(added)]).line()).toBe("appended");
}

async function appendTo(path: string, added: readonly JournalRecord[]): Promise<void> {
  await using mansion = await openMansion({ path });
  await mansion.journal("office").append(added);
}
