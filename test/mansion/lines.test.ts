/** Journals as lines of JSON, out and in again. */

import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { openMansion } from "@good-place/mansion";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collect, furnished, record, records, tempFolder } from "./fixtures.js";

describe("lines", () => {
  const payload = fc.oneof(fc.jsonValue(), fc.anything({ withBigInt: true, withDate: false, withSparseArray: false }));

  test("of any journal give the same journal again, hash by hash", async () => {
    await using mansion = await openMansion({ path: tempFolder(), durability: "memory" });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(payload, { maxLength: 8 }), async (payloads) => {
        const [from, to] = [mansion.journal(`from-${++runs}`), mansion.journal(`to-${runs}`)];
        await from.append(payloads.map((each, index) => record(index + 1, each)));
        const lines = await linesOf(from.export());
        expect(await to.import(lines)).toStrictEqual(from.position);
        expect(await collect(to)).toStrictEqual(await collect(from));
      }),
      { numRuns: 40 },
    );
  });

  test("up to a record are the journal of that time, and the rest of the lines brings it to the end", async () => {
    await using mansion = await openMansion({ path: await furnished(1200), durability: "memory" });
    const [office, copy] = [mansion.journal("office"), mansion.journal("copy")];
    expect((await copy.import(await linesOf(office.export(700))))?.seq).toBe(700);
    expect(await collect(copy)).toStrictEqual(records(1, 700));
    const all = await linesOf(office.export());
    expect(await copy.import(all)).toStrictEqual(office.position);
    expect(await copy.import(all)).toStrictEqual(office.position);
    await copy.append([record(1201)]);
    expect(await collect(copy)).toStrictEqual(records(1, 1201));
  });

  test("by hand, without hashes and first line, make a new journal, and go on where they stopped", async () => {
    await using mansion = await openMansion({ path: await furnished(2), durability: "memory" });
    const lines = records(1, 800).map((each) => JSON.stringify(each));
    const made = mansion.journal("new");
    await expect(made.import(["", ...lines.with(700, "{"), ""])).rejects.toMatchObject({ code: "JOURNAL_UNREADABLE" });
    expect(await collect(made)).toStrictEqual(records(1, 700));
    expect((await made.import(["", ...lines, ""]))?.seq).toBe(800);
    expect(await collect(made)).toStrictEqual(records(1, 800));
    const others = [record(1), record(2, "other"), record(3)].map((each) => JSON.stringify(each));
    for (const given of [others, others.slice(0, 2), others.slice(1, 2).map((each) => each.replaceAll(":2,", ":1,"))]) {
      const refused = expect(mansion.journal("office").import(given)).rejects;
      await refused.toMatchObject({ code: "JOURNAL_NOT_EMPTY", journal: "office" });
    }
    expect(await collect(mansion.journal("office"))).toStrictEqual(records(1, 2));
  });

  test.each([
    ["no meta", { meta: undefined }],
    ["a meta that is a list", { meta: [1] }],
    ["no id of its act", { meta: { seq: 2, at: 5 } }],
    ["the seq of another act in its meta", { meta: { id: "a", seq: 7, at: 5 } }],
    ["a time that is text", { meta: { id: "a", seq: 2, at: "today" } }],
    ["an escape that is none", { escaped: true, payload: { $: "xn" } }],
    ["an escape of nothing", { escaped: true, payload: { $: "never" } }],
  ])("by hand, in which one has %s, are refused there", async (_, change) => {
    await using mansion = await openMansion({ path: tempFolder(), durability: "memory" });
    const lines = [record(1), { ...record(2), ...change }].map((each) => JSON.stringify(each));
    const refused = expect(mansion.journal("new").import(lines)).rejects;
    await refused.toMatchObject({ code: "JOURNAL_UNREADABLE", message: expect.stringContaining("line 2 ") });
    expect(await collect(mansion.journal("new"))).toStrictEqual([record(1)]);
  });

  test.each([
    ["a payload that was changed", (lines: string[]) => lines.with(3, (lines[3] as string).replace("t3", "t9")), 2],
    ["a line that is gone", (lines: string[]) => lines.filter((_, index) => index !== 3), 2],
    ["a line that is there twice", (lines: string[]) => lines.toSpliced(3, 0, lines[2] as string), 2],
    ["a line that is cut", (lines: string[]) => lines.with(4, (lines[4] as string).slice(0, 40)), 3],
    ["a line that is no object", (lines: string[]) => lines.with(2, "[]"), 1],
    ["a record without a name", (lines: string[]) => lines.with(2, JSON.stringify({ seq: 2, meta: {} })), 1],
    ["an end that is missing", (lines: string[]) => lines.slice(0, 5), 4],
    ["a first line of a newer format", (lines: string[]) => lines.with(0, '{"mansion":2}'), 0],
    ["a first line with no lineage", (lines: string[]) => lines.with(0, '{"mansion":1,"lineage":"x","records":5}'), 0],
  ])("with %s are refused, and what is before is there", async (_, change, kept) => {
    await using mansion = await openMansion({ path: await furnished(5), durability: "memory" });
    const lines = await linesOf(mansion.journal("office").export());
    const copy = mansion.journal("copy");
    await expect(copy.import(change(lines))).rejects.toMatchObject({ code: "JOURNAL_UNREADABLE", journal: "copy" });
    expect(await collect(copy)).toStrictEqual(records(1, kept));
    expect((await copy.import(lines))?.seq).toBe(5);
  });

  test("of another history of the same lineage are refused with JOURNAL_NOT_EMPTY", async () => {
    const path = await furnished(3);
    const other = tempFolder();
    for (const name of ["data.mdb", "mansion.json"]) copyFileSync(join(path, name), join(other, name));
    mkdirSync(join(other, "unused"));
    await using mansion = await openMansion({ path });
    await mansion.journal("office").append([record(4, "one history")]);
    await using second = await openMansion({ path: other });
    await second.journal("office").append([record(4, "another"), record(5)]);
    const lines = await linesOf(second.journal("office").export());
    await expect(mansion.journal("office").import(lines)).rejects.toMatchObject({ code: "JOURNAL_NOT_EMPTY" });
    expect(await collect(mansion.journal("office"))).toStrictEqual([...records(1, 3), record(4, "one history")]);
  });
});

async function linesOf(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const each of lines) found.push(each);
  return found;
}
