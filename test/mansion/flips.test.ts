/** A flipped bit anywhere in a journal: no store that opens holds anything but what a prefix of its acts came to. */

import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { openMansion } from "@good-place/mansion";
import type { Shawn } from "@good-place/shawn";
import { expect, test } from "vitest";
import { key, tamper, tempFolder } from "./fixtures.js";
import { makeOffice, model, type Office, spend, spent } from "./store.js";

const done = Array.from({ length: 6 }, (_, n) => ({ id: `t${n % 2}`, minutes: n + 1 }));

test.each([
  ["without snapshots", {}],
  ["with snapshots", { snapshots: { version: 1, every: 2 } }],
])(
  "a store on a flipped record holds a prefix, and the flip is named before anything is written: %s",
  async (_, options) => {
    const path = tempFolder();
    const [data, copy] = [join(path, "data.mdb"), join(path, "copy")];
    await withOffice(path, options, async (office) => {
      for (const each of done) {
        office.confirm(spend(each));
        await office.settled();
      }
    });
    copyFileSync(data, copy);
    for (let seq = 1; seq <= done.length; seq++) {
      for (let at = 0, size = 1; at < size; at += 9) {
        copyFileSync(copy, data);
        await tamper(path, (db) => {
          const value = Buffer.from(db.getBinary(key(seq)) as Buffer);
          size = value.length;
          value[at] = (value[at] as number) ^ (1 << (at % 8));
          void db.put(key(seq), value);
        });
        await withOffice(path, options, async (office) => {
          expect(spent(office), `record ${seq}, byte ${at}`).toStrictEqual(model(done.slice(0, office.seq)));
          try {
            office.confirm(spend({ id: "new", minutes: 1 }));
          } catch {
            // It was named by the replay.
          }
          const cause = { code: "JOURNAL_CORRUPT", path, journal: "office", seq };
          await expect(office.settled()).rejects.toMatchObject({ code: "JOURNAL_FAILED", cause });
          expect(spent(office)).toStrictEqual(model(done.slice(0, office.seq)));
        });
      }
    }
  },
);

// The store is there whether its journal could be read or not.
async function withOffice(
  path: string,
  options: object,
  body: (office: Shawn<Office>) => Promise<void>,
): Promise<void> {
  await using mansion = await openMansion({ path, durability: "memory" });
  const office = makeOffice(mansion.journal("office"), options);
  await office.settled().then(undefined, () => undefined);
  await body(office);
  await office.dismiss();
}
