// Makes a golden mansion in the folder of argv[2]: run once for each format that is released, and never changed then.
// Every kind of payload, a large record, two journals, a snapshot, an act of a later version and one with an id of its own.
import { rmSync, writeFileSync } from "node:fs";
import { openMansion } from "@good-place/mansion";

const path = process.argv[2];
const meta = (seq, more = {}) => ({
  id: `a${seq}`,
  seq,
  at: 1_700_000_000_000 + seq,
  cause: undefined,
  by: undefined,
  ...more,
});
const payloads = [
  null,
  "text",
  { id: "t1", minutes: 25, tags: ["a", "b"] },
  [1, -0, Number.NaN, Number.POSITIVE_INFINITY, 12n, undefined],
  { $: "of its own", inner: { deep: [undefined] } },
  "x".repeat(9000),
  undefined,
];
const records = payloads.map((payload, at) => ({ seq: at + 1, name: "task/spend", payload, meta: meta(at + 1) }));
records[1].meta = meta(2, { cause: "a1", by: "eleanor" });
records[2].meta = meta(3, { version: 3 });
records[3].meta = meta(4, { id: "given", once: true });

const mansion = await openMansion({ path });
await mansion.journal("office").append(records);
await mansion.journal("home").append(records.slice(0, 2));
await mansion.journal("office").keep({ seq: 5, fold: "fold", state: '{"coins":5}' });
const lines = [];
for await (const line of mansion.journal("office").export()) lines.push(line);
await mansion.close();
writeFileSync(`${path}/office.ndjson`, `${lines.join("\n")}\n`);
rmSync(`${path}/lock.mdb`);
