/** What looks after a mansion: copies, reports, salvage. */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { openMansion, salvageMansion, verifyMansion } from "@good-place/mansion";
import type { JournalRecord } from "@good-place/shawn";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  attempt,
  collect,
  furnished,
  helper,
  key,
  misspelt,
  record,
  records,
  tamper,
  tamperIn,
  tempFolder,
} from "./fixtures.js";

// A name in a folder of the test.
const place = (): string => join(tempFolder(), "target");

describe("a backup", () => {
  test("under load is a mansion by itself, sound, with all that was acknowledged before", async () => {
    const path = tempFolder();
    const writer = helper("stream.mjs", [path]);
    let acknowledged = 0;
    for (let round = 0; round < 4; round++) {
      for (let lines = 0; lines < 20; lines++) acknowledged = Number((await writer.line()).split(" ")[1]);
      const target = place();
      await using reader = await openMansion({ path, readOnly: true });
      await reader.backup(target);
      expect(await verifyMansion(target)).toMatchObject({ sound: true, problems: [] });
      const { found, error } = await attempt(target);
      expect(error).toBeUndefined();
      expect(found.length).toBeGreaterThanOrEqual(acknowledged);
      expect(found.at(-1)?.payload).toMatchObject({ last: found.length });
      expect(readdirSync(dirname(target))).toStrictEqual(["target"]);
    }
  });

  test("goes on by itself, and does not touch what it was made of", async () => {
    const path = await furnished(3);
    const target = place();
    await using mansion = await openMansion({ path });
    await mansion.backup(target);
    await using copy = await openMansion({ path: target });
    await copy.journal("office").append([record(4, "copy")]);
    await mansion.journal("office").append([record(4), record(5)]);
    expect(await collect(mansion.journal("office"))).toStrictEqual(records(1, 5));
    expect(await collect(copy.journal("office"))).toHaveLength(4);
  });

  test("that is being made is waited for by a close", async () => {
    const mansion = await openMansion({ path: await furnished(2000) });
    const target = place();
    let copied = false;
    const copy = mansion.backup(target).then(() => {
      copied = true;
    });
    await mansion.close();
    expect(copied).toBe(true);
    await copy;
    expect(await verifyMansion(target)).toMatchObject({ sound: true, journals: [{ sound: 2000 }] });
  });

  test("leaves nothing behind when something came to its place meanwhile", async () => {
    await using mansion = await openMansion({ path: await furnished(1) });
    const target = place();
    const copy = mansion.backup(target);
    mkdirSync(target);
    writeFileSync(join(target, "file"), "mine");
    await expect(copy).rejects.toMatchObject({ code: "MANSION_PATH", path: target });
    expect([readdirSync(dirname(target)), readdirSync(target)]).toStrictEqual([["target"], ["file"]]);
  });

  test("writes over nothing: MANSION_EXISTS, and MANSION_PATH where no folder can be made", async () => {
    await using mansion = await openMansion({ path: await furnished(1) });
    const other = await furnished(2);
    await expect(mansion.backup(other)).rejects.toMatchObject({ code: "MANSION_EXISTS", path: other });
    const file = join(tempFolder(), "file");
    writeFileSync(file, "mine");
    await expect(mansion.backup(file)).rejects.toMatchObject({ code: "MANSION_EXISTS" });
    await expect(mansion.backup(join(file, "under"))).rejects.toMatchObject({ code: "MANSION_PATH" });
    expect([readFileSync(file, "utf8"), (await attempt(other)).found.length]).toStrictEqual(["mine", 2]);
    await expect(mansion.backup("")).rejects.toMatchObject({ code: "BAD_OPTION" });
  });
});

test("a mansion, its backup and what is salvaged of it are for their owner alone, file by file", async () => {
  const umask = process.umask(0o022);
  onTestFinished(() => void process.umask(umask));
  const [backup, salvaged] = [place(), place()];
  const path = join(tempFolder(), "mansion");
  await using mansion = await openMansion({ path });
  await mansion.journal("office").append(records(1, 3));
  await mansion.backup(backup);
  await salvageMansion(backup, salvaged);
  for (const folder of [path, backup, salvaged]) {
    const files = readdirSync(folder).map((name) => join(folder, name));
    expect(files.length).toBeGreaterThan(1);
    for (const each of [folder, ...files]) expect(statSync(each).mode & 0o077, each).toBe(0);
  }
});

describe("verify", () => {
  test("says how much of each journal is sound, and names everything that is wrong", async () => {
    const path = await furnished(5);
    const mansion = await openMansion({ path });
    await mansion.journal("home").append(records(1, 4));
    await mansion.journal("office").keep({ seq: 3, fold: "f", state: "{}" });
    await mansion.close();
    expect(await verifyMansion(path)).toMatchObject({
      sound: true,
      holder: undefined,
      journals: [{ sound: 4 }, { sound: 5 }],
    });
    await tamper(path, (db) => db.remove(key(3)));
    await tamperIn(path, "journal:home", (db) => db.put(key(2), db.getBinary(key(1)) as Buffer));
    await tamperIn(path, "snapshots", (db) => {
      for (const each of [...db.getKeys()]) db.putSync(each, Buffer.from("no snapshot"));
    });
    const { sound, journals, problems } = await verifyMansion(path);
    expect(sound).toBe(false);
    expect(journals).toMatchObject([
      { name: "home", records: 4, sound: 1, snapshots: [] },
      { name: "office", records: 5, sound: 2, snapshots: [{ seq: 3, sound: false }] },
    ]);
    expect(problems.map(({ code, journal, seq, damage }) => [code, journal, seq, damage])).toStrictEqual([
      ["JOURNAL_CORRUPT", "home", 2, "sequence"],
      ["JOURNAL_CORRUPT", "office", 3, "missing"],
    ]);
  });

  test("runs beside whoever writes, says who, and tells how far it is", async () => {
    const path = tempFolder();
    const writer = helper("stream.mjs", [path]);
    for (let lines = 0; lines < 10; lines++) await writer.line();
    const told: number[] = [];
    const report = await verifyMansion(path, { onProgress: ({ done, total }) => told.push(done / total) });
    expect(report).toMatchObject({ sound: true, holder: { pid: writer.process.pid } });
    expect(told.at(-1)).toBe(1);
  });

  test("of a damaged file is a report, and where there is no mansion MANSION_PATH", async () => {
    const path = await furnished(5);
    truncateSync(join(path, "data.mdb"), 9000);
    expect(await verifyMansion(path)).toMatchObject({ sound: false, problems: [{ code: "MANSION_CORRUPT", path }] });
    await expect(verifyMansion(tempFolder())).rejects.toMatchObject({ code: "MANSION_PATH" });
  });
});

describe("salvage", () => {
  test("saves the records before the damaged one under their hashes, wherever the damage is, and changes nothing", async () => {
    const path = await furnished(6);
    const data = join(path, "data.mdb");
    const whole = readFileSync(data);
    for (let seq = 1; seq <= 6; seq++) {
      writeFileSync(data, whole);
      await tamper(path, (db) => {
        const value = Buffer.from(db.getBinary(key(seq)) as Buffer);
        value[60] = (value[60] as number) ^ 4;
        void db.put(key(seq), value);
      });
      // What a commit leaves behind in pages that are free must not be of help here.
      const harmed = readFileSync(data);
      for (let at = whole.indexOf(`"a${seq}"`); at >= 0; at = whole.indexOf(`"a${seq}"`, at + 1)) {
        if (harmed.subarray(at, at + 4).equals(whole.subarray(at, at + 4))) harmed[at + 1] = 0;
      }
      writeFileSync(data, harmed);
      const target = place();
      const { journals } = await salvageMansion(path, target);
      expect(journals).toStrictEqual([{ name: "office", saved: seq - 1, counted: 6 }]);
      expect((await attempt(target)).found).toStrictEqual(records(1, seq - 1));
      expect(readFileSync(data).equals(harmed)).toBe(true);
    }
  });

  test("of a file with garbage in any page, or cut anywhere, gives a prefix of every journal, and never less than was before it", async () => {
    const path = await furnished(300);
    const data = join(path, "data.mdb");
    const whole = readFileSync(data);
    const pages = whole.length / 4096;
    let [complete, partial] = [0, 0];
    const check = async (): Promise<void> => {
      const target = place();
      await salvageMansion(path, target);
      await using mansion = await openMansion({ path: target, durability: "memory" });
      for (const name of mansion.journals) {
        const found = await collect(mansion.journal(name));
        expect(found).toStrictEqual(records(1, found.length));
        if (found.length === 300) complete++;
        else if (found.length > 0) partial++;
      }
      expect(await verifyMansion(target)).toMatchObject({ sound: true });
    };
    for (let page = 0; page < pages; page++) {
      writeFileSync(data, Buffer.from(whole).fill(0xa5, page * 4096, (page + 1) * 4096));
      await check();
    }
    for (let size = 4096; size < whole.length; size += 9999) {
      writeFileSync(data, whole);
      truncateSync(data, size);
      await check();
    }
    expect(complete).toBeGreaterThanOrEqual(2);
    expect(partial).toBeGreaterThan(5);
  });

  // What a process that was killed leaves behind in the file: a record that no head counted, and another in its place later.
  test.each(["before", "after"])(
    "gives the record that others came behind, where two follow the same one: %s",
    async (when) => {
      const path = await furnished(3);
      const strays = await strayRecords(path, 4, 1);
      if (when === "before") await keepStrays(path, "stray", strays);
      const mansion = await openMansion({ path });
      await mansion.journal("office").append(records(4, 6));
      await mansion.close();
      if (when === "after") await keepStrays(path, "stray", strays);
      const target = place();
      await salvageMansion(path, target);
      expect((await attempt(target)).found).toStrictEqual(records(1, 6));
    },
  );

  test.each([
    ["before", "before"],
    ["before", "after"],
    ["after", "before"],
    ["after", "after"],
  ])(
    "gives the records that most others came behind, where what was lost forks off again and again: %s, %s",
    async (first, second) => {
      const path = await furnished(3);
      const longer = await strayRecords(path, 4, 3);
      if (first === "before") await keepStrays(path, "longer", longer);
      await append(path, records(4, 4));
      const shorter = await strayRecords(path, 5, 1);
      if (second === "before") await keepStrays(path, "shorter", shorter);
      await append(path, records(5, 7));
      if (first === "after") await keepStrays(path, "longer", longer);
      if (second === "after") await keepStrays(path, "shorter", shorter);
      const target = place();
      await salvageMansion(path, target);
      expect((await attempt(target)).found).toStrictEqual(records(1, 7));
    },
  );

  test("gives no record that the head does not count, nor one that is none", async () => {
    const path = await furnished(3);
    await keepStrays(path, "stray", await strayRecords(path, 4, 1));
    const [target, other] = [place(), place()];
    expect((await salvageMansion(path, target)).journals).toMatchObject([{ saved: 3, counted: 3 }]);
    expect((await attempt(target)).found).toStrictEqual(records(1, 3));
    const { journals } = await salvageMansion(await misspelt(5, "[]"), other);
    expect(journals).toMatchObject([{ name: "office", saved: 4, counted: 5 }]);
  });

  test("brings buffets along where the structure of the file is sound", async () => {
    const path = await furnished(3);
    const mansion = await openMansion({ path });
    const clients = mansion.buffet<{ id: string; name: string }, "name">("clients", { index: ["name"] });
    for (let n = 0; n < 600; n++) await clients.put({ id: `c${n}`, name: `name ${n % 50}` });
    await mansion.close();
    await tamper(path, (db) => db.put(key(2), Buffer.from("nonsense")));
    const target = place();
    const { others } = await salvageMansion(path, target);
    expect(others).toStrictEqual(["buffet-index:clients", "buffet:clients"]);
    await using saved = await openMansion({ path: target });
    const found = saved.buffet<{ id: string; name: string }, "name">("clients", { index: ["name"] });
    expect([found.count(), found.find({ where: { name: "name 7" } }).length]).toStrictEqual([600, 12]);
  });

  test("saves records that are larger than the usual limit", async () => {
    const path = tempFolder();
    const large = [record(1), record(2, "x".repeat(17 << 20))];
    const mansion = await openMansion({ path, maxRecordBytes: 1 << 25 });
    await mansion.journal("office").append(large);
    await mansion.close();
    const target = place();
    expect((await salvageMansion(path, target)).journals).toMatchObject([{ name: "office", saved: 2 }]);
    expect((await attempt(target)).found).toStrictEqual(large);
  });

  test("gives back all of a journal whose writer was killed again and again", async () => {
    const path = tempFolder();
    for (let round = 0; round < 8; round++) {
      const writer = helper("stream.mjs", [path, "3000"]);
      for (let lines = 0; lines < 12; lines++) await writer.line();
      await writer.kill();
    }
    const target = place();
    const { journals } = await salvageMansion(path, target);
    const [before, after] = [await attempt(path), await attempt(target)];
    // What was on its way to the disk when a process died may come back too: it had not been acknowledged, nor refused.
    expect(journals).toMatchObject([{ name: "office", saved: after.found.length }]);
    expect(after.found.slice(0, before.found.length)).toStrictEqual(before.found);
    expect(after.found.map(({ seq }) => seq)).toStrictEqual(after.found.map((_, index) => index + 1));
  });

  test("has no name until it is whole: who kills it leaves nothing that looks like a mansion", async () => {
    const [path, target] = [await furnished(1200), place()];
    const seen: [string, boolean][] = [];
    const onProgress = ({ what }: { what: string }): void => void seen.push([what, existsSync(target)]);
    await salvageMansion(path, target, { onProgress });
    expect(seen).toContainEqual(["office", false]);
    expect(seen).not.toContainEqual([expect.anything(), true]);
    expect((await attempt(target)).found).toStrictEqual(records(1, 1200));
    expect(readdirSync(dirname(target))).toStrictEqual(["target"]);
  });

  test("is refused while somebody writes, over what is there, and where there is nothing", async () => {
    const path = await furnished(2);
    const target = place();
    const mansion = await openMansion({ path });
    await expect(salvageMansion(path, target)).rejects.toMatchObject({
      code: "MANSION_LOCKED",
      holder: { pid: process.pid },
    });
    await mansion.close();
    await expect(salvageMansion(path, path)).rejects.toMatchObject({ code: "MANSION_EXISTS", path });
    await expect(salvageMansion(tempFolder(), target)).rejects.toMatchObject({ code: "MANSION_PATH" });
    expect(readdirSync(dirname(target))).toStrictEqual([]);
  });
});

test("a record that is larger than the limit is refused with JOURNAL_TOO_LARGE and its number, and changes nothing", async () => {
  const path = tempFolder();
  await using mansion = await openMansion({ path, maxRecordBytes: 1000 });
  const journal = mansion.journal("office");
  await journal.append([record(1)]);
  const large = [record(2), record(3, "x".repeat(1000))];
  await expect(journal.append(large)).rejects.toMatchObject({
    code: "JOURNAL_TOO_LARGE",
    path,
    journal: "office",
    seq: 3,
  });
  await journal.append([record(2)]);
  expect(await collect(journal)).toStrictEqual(records(1, 2));
});

async function append(path: string, given: readonly JournalRecord[]): Promise<void> {
  await using mansion = await openMansion({ path });
  await mansion.journal("office").append(given);
}

// Records of another history of the same records before them, as they are stored.
async function strayRecords(path: string, from: number, count: number): Promise<Buffer[]> {
  const copy = tempFolder();
  for (const name of ["data.mdb", "mansion.json"]) copyFileSync(join(path, name), join(copy, name));
  const seqs = Array.from({ length: count }, (_, index) => from + index);
  await append(
    copy,
    seqs.map((seq) => record(seq, "stray")),
  );
  let values: Buffer[] = [];
  await tamper(copy, (db) => {
    values = seqs.map((seq) => Buffer.from(db.getBinary(key(seq)) as Buffer));
  });
  return values;
}

function keepStrays(path: string, name: string, values: readonly Buffer[]): Promise<void> {
  return tamperIn(path, name, (db) => {
    // Its number stands in the frame.
    for (const value of values) db.putSync(value.subarray(8, 16), value);
  });
}
