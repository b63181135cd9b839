/** A journal against a slow model: an array that only grows by what was accepted. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Mansion, openMansion } from "@good-place/mansion";
import type { JournalRecord } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";
import { collect, record, tempFolder } from "./fixtures.js";

const payload = fc.oneof(fc.jsonValue(), fc.anything({ withBigInt: true, withDate: false, withSparseArray: false }));
const step = fc.oneof(
  fc.record({ tag: fc.constant("append" as const), payloads: fc.array(payload, { maxLength: 4 }) }),
  fc.record({ tag: fc.constant("burst" as const), payloads: fc.array(payload, { maxLength: 8 }) }),
  fc.record({ tag: fc.constant("skip" as const), by: fc.integer({ min: -3, max: 3 }).filter((by) => by !== 0) }),
  fc.record({ tag: fc.constant("replay" as const), from: fc.nat(12) }),
  fc.record({ tag: fc.constant("restart" as const) }),
);

test("random batches, refusals, replays and restarts equal an array", async () => {
  const parent = tempFolder();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const path = join(parent, String(runs++));
      let mansion: Mansion = await openMansion({ path, durability: "memory" });
      const model: JournalRecord[] = [];
      try {
        for (const each of steps) {
          const journal = mansion.journal("office");
          if (each.tag === "restart") {
            await mansion.close();
            mansion = await openMansion({ path, durability: "memory" });
          } else if (each.tag === "replay") {
            expect(await collect(journal, each.from)).toStrictEqual(model.filter(({ seq }) => seq >= each.from));
          } else if (each.tag === "skip") {
            const refused = journal.append([record(model.length + 1 + each.by)]);
            await expect(refused).rejects.toMatchObject({ code: "JOURNAL_SEQUENCE" });
          } else {
            const added = each.payloads.map((value, index) => record(model.length + 1 + index, value));
            model.push(...added);
            const parts = each.tag === "burst" ? added.map((one) => [one]) : [added];
            await Promise.all(parts.map((part) => journal.append(part)));
          }
        }
        expect(await collect(mansion.journal("office"))).toStrictEqual(model);
      } finally {
        await mansion.close();
        rmSync(path, { recursive: true });
      }
    }),
    { numRuns: 150 },
  );
});
