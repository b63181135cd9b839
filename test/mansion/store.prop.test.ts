/** A store on a mansion against an array of its acts: snapshots, restarts, damage to snapshots, and views of the past. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Mansion, openMansion, verifyMansion } from "@good-place/mansion";
import { once } from "@good-place/shawn";
import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { records, tamperIn, tempFolder } from "./fixtures.js";
import { model, type Office, openOffice, spend, spent } from "./store.js";

const work = fc.record({ id: fc.constantFrom("a", "b", "c", "d"), minutes: fc.nat(60) });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ tag: fc.constant("spend" as const), all: fc.array(work, { minLength: 1, maxLength: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ tag: fc.constant("once" as const), key: fc.constantFrom("x", "y", "z"), work }) },
  { weight: 2, arbitrary: fc.record({ tag: fc.constant("restart" as const) }) },
  { weight: 1, arbitrary: fc.record({ tag: fc.constant("harm" as const), bit: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ tag: fc.constant("forget" as const) }) },
  { weight: 1, arbitrary: fc.record({ tag: fc.constant("past" as const), seq: fc.nat(30) }) },
);

test("random acts, snapshots, restarts and harm to the snapshots equal an array of the acts", async () => {
  const parent = tempFolder();
  // Here the warnings are many, and as they should be.
  const quiet = vi.spyOn(process, "emitWarning").mockReturnValue();
  onTestFinished(() => quiet.mockRestore());
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.integer({ min: 1, max: 5 }), async (steps, every) => {
      const path = join(parent, String(runs++));
      const snapshots = { snapshots: { version: 1, every } };
      const open = (): Promise<Mansion> => openMansion({ path, durability: "memory" });
      let mansion = await open();
      let office = await openOffice(mansion.journal("office"), snapshots);
      const done: { id: string; minutes: number }[] = [];
      const keys = new Set<string>();
      const restart = async (between?: () => Promise<void>): Promise<void> => {
        await office.dismiss();
        await mansion.close();
        await between?.();
        mansion = await open();
        office = await openOffice(mansion.journal("office"), snapshots);
      };
      try {
        for (const each of steps) {
          if (each.tag === "spend") {
            office.confirm(...each.all.map((one) => spend(one)));
            done.push(...each.all);
          } else if (each.tag === "once") {
            office.confirm(once(each.key, spend(each.work)));
            if (!keys.has(each.key)) done.push(each.work);
            keys.add(each.key);
          } else if (each.tag === "past") {
            await office.settled();
            const then = await openOffice(mansion.journal("office").until(each.seq), snapshots);
            expect(spent(then)).toStrictEqual(model(done.slice(0, each.seq)));
          } else if (each.tag === "restart") await restart();
          else if (each.tag === "forget") await restart(() => tamperIn(path, "snapshots", (db) => db.clearSync()));
          else await restart(() => tamperIn(path, "snapshots", (db) => flipNewest(db, each.bit)));
          expect(spent(office)).toStrictEqual(model(done));
          expect(office.seq).toBe(done.length);
        }
        await restart();
        expect(spent(office)).toStrictEqual(model(done));
        await restart(() => tamperIn(path, "snapshots", (db) => db.clearSync()));
        expect(spent(office)).toStrictEqual(model(done));
      } finally {
        await office.dismiss();
        await mansion.close();
        rmSync(path, { recursive: true });
      }
    }),
    { numRuns: 60 },
  );
});

test("a damaged snapshot is passed over for the one before it, with a warning that has a code", async () => {
  const path = tempFolder();
  const options = { snapshots: { version: 1, every: 2 } };
  await withOffice(path, options, async (office) => {
    for (let n = 1; n <= 7; n++) {
      office.confirm(spend({ id: "a", minutes: n }));
      await office.settled();
    }
  });
  await tamperIn(path, "snapshots", (db) => flipNewest(db, 8 * 60));
  const warnings: NodeJS.ErrnoException[] = [];
  const hear = (warning: Error): number => warnings.push(warning);
  process.on("warning", hear);
  try {
    await withOffice(path, options, async (office) => expect(spent(office)).toStrictEqual([["a", 28]]));
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("warning", hear);
  }
  expect(warnings.filter(({ code }) => code === "SNAPSHOT_DAMAGED")).toHaveLength(1);
});

test("a snapshot of another history is passed over: a journal that was put back and went on otherwise", async () => {
  const [path, other] = [tempFolder(), tempFolder()];
  const options = { snapshots: { version: 1, every: 1 } };
  await withOffice(path, options, async (office) => office.confirm(spend({ id: "a", minutes: 1 })));
  await withOffice(other, options, async (office) => office.confirm(spend({ id: "b", minutes: 9 })));
  let foreign: { key: Uint8Array; value: Buffer }[] = [];
  await tamperIn(other, "snapshots", (db) => {
    foreign = [...db.getRange()].map(({ key, value }) => ({ key: Buffer.from(key), value: Buffer.from(value) }));
  });
  expect(foreign).toHaveLength(1);
  await tamperIn(path, "snapshots", (db) => foreign.map(({ key, value }) => db.putSync(key, value)));
  await withOffice(path, options, async (office) => expect(spent(office)).toStrictEqual([["a", 1]]));
});

test("the newest two snapshots are kept, and a view of the past begins at none that is newer", async () => {
  const path = tempFolder();
  const mansion = await openMansion({ path, durability: "memory" });
  const journal = mansion.journal("office");
  await journal.append(records(1, 6));
  for (const seq of [2, 4]) await journal.keep({ seq, fold: "fold", state: `state ${seq}` });
  const at = (seq: number) => journal.until(seq).snapshot?.("fold");
  expect(await Promise.all([1, 2, 3, 4].map(at))).toMatchObject([undefined, { seq: 2 }, { seq: 2 }, { seq: 4 }]);
  await journal.keep({ seq: 6, fold: "fold", state: "state 6" });
  // There is no such record: a snapshot of it would be of another history.
  await journal.keep({ seq: 7, fold: "fold", state: "state 7" });
  expect(await Promise.all([3, 5, 9].map(at))).toMatchObject([undefined, { seq: 4 }, { seq: 6, state: "state 6" }]);
  await mansion.close();
  const { journals } = await verifyMansion(path);
  expect(journals[0]?.snapshots).toMatchObject([{ seq: 6 }, { seq: 4 }]);
});

test("a view of the past takes no records", async () => {
  const path = tempFolder();
  await using mansion = await openMansion({ path, durability: "memory" });
  const office = await openOffice(mansion.journal("office"));
  office.confirm(spend({ id: "a", minutes: 1 }), spend({ id: "a", minutes: 2 }));
  await office.settled();
  const then = await openOffice(mansion.journal("office").until(1));
  then.confirm(spend({ id: "a", minutes: 50 }));
  await expect(then.settled()).rejects.toMatchObject({ code: "JOURNAL_FAILED", cause: { code: "MANSION_READ_ONLY" } });
  expect([spent(then), spent(office)]).toStrictEqual([[["a", 1]], [["a", 3]]]);
});

async function withOffice(
  path: string,
  options: object,
  body: (office: Awaited<ReturnType<typeof openOffice>>) => Promise<unknown>,
): Promise<void> {
  await using mansion = await openMansion({ path, durability: "memory" });
  const office = await openOffice(
    mansion.journal("office"),
    options as Partial<Parameters<typeof openOffice>[1] & Office>,
  );
  await body(office);
  await office.settled();
  await office.dismiss();
}

function flipNewest(db: Parameters<Parameters<typeof tamperIn>[2]>[0], bit: number): void {
  const [last] = [...db.getKeys({ reverse: true, limit: 1 })];
  if (last === undefined) return;
  const value = Buffer.from(db.getBinary(last) as Buffer);
  const at = Math.floor(bit / 8) % value.length;
  value[at] = (value[at] as number) ^ (1 << (bit % 8));
  db.putSync(last, value);
}
