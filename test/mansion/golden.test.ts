/** Mansions as every released format wrote them: each must be read, record by record, by every later version. */

import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openMansion, salvageMansion, verifyMansion } from "@good-place/mansion";
import type { JournalRecord } from "@good-place/shawn";
import { expect, test } from "vitest";
import { collect, tempFolder } from "./fixtures.js";

const golden = fileURLToPath(new URL("golden", import.meta.url));
const formats = readdirSync(golden).filter((name) => name.startsWith("format-"));

// What golden/make.mjs has written.
const payloads = [
  null,
  "text",
  { id: "t1", minutes: 25, tags: ["a", "b"] },
  [1, -0, Number.NaN, Number.POSITIVE_INFINITY, 12n, undefined],
  { $: "of its own", inner: { deep: [undefined] } },
  "x".repeat(9000),
  undefined,
];
const metas: Readonly<Record<number, object>> = {
  2: { cause: "a1", by: "eleanor" },
  3: { version: 3 },
  4: { id: "given", once: true },
};
const expected = payloads.map((payload, at) => {
  const seq = at + 1;
  const meta = { id: `a${seq}`, seq, at: 1_700_000_000_000 + seq, cause: undefined, by: undefined, ...metas[seq] };
  return { seq, name: "task/spend", payload, meta } as JournalRecord;
});

function copied(format: string): string {
  const path = tempFolder();
  for (const name of ["data.mdb", "mansion.json"]) copyFileSync(join(golden, format, name), join(path, name));
  return path;
}

test("there is a golden mansion of the first format", () => {
  expect(formats).toContain("format-1");
});

test.each(formats)("%s: every record, journal and snapshot is read, and the journal goes on", async (format) => {
  const path = copied(format);
  await using mansion = await openMansion({ path });
  const office = mansion.journal("office");
  expect(mansion.journals).toStrictEqual(["home", "office"]);
  expect(await collect(office)).toStrictEqual(expected);
  expect(await collect(mansion.journal("home"))).toStrictEqual(expected.slice(0, 2));
  expect(await office.snapshot("fold")).toStrictEqual({ seq: 5, fold: "fold", state: '{"coins":5}' });
  const more = { ...(expected[0] as JournalRecord), seq: 8 };
  await office.append([more]);
  expect((await collect(office, 8))[0]).toStrictEqual(more);
});

test.each(formats)("%s: it is verified, salvaged, and its lines are imported, hash by hash", async (format) => {
  const path = copied(format);
  expect(await verifyMansion(path)).toMatchObject({ sound: true, journals: [{ sound: 2 }, { sound: 7 }] });
  const target = join(tempFolder(), "target");
  await salvageMansion(path, target);
  const lines = readFileSync(join(golden, format, "office.ndjson"), "utf8").split("\n");
  await using salvaged = await openMansion({ path: target });
  await using mansion = await openMansion({ path: tempFolder() });
  expect(await mansion.journal("office").import(lines)).toStrictEqual(salvaged.journal("office").position);
  expect(await collect(mansion.journal("office"))).toStrictEqual(expected);
});
