import { type Act, acts, payload, shawn, type Table, table } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codeOf, MemoryJournal, turns } from "./office.js";

interface Office {
  rows: Table<{ id: number; n: number }>;
  log: string[];
}
const act = acts<Office>();
const put = act("put", payload<{ id: number; n: number; next: number[] }>()).does({
  update(office, { id, n }, meta) {
    office.rows.set({ id, n });
    office.log.push(`${meta.seq} ${meta.at} ${meta.id}`);
    if (n === 0) throw new Error("refused");
  },
  watch: (_, { id, next }): Act[] => next.map((n) => put({ id: id + 1, n, next: [] })),
});
const open = (journal: MemoryJournal, rest = {}) =>
  shawn<Office>({ rows: table(), log: [] }, { acts: [put], journal, onError: () => {}, ...rest });

const batch = fc.array(fc.record({ id: fc.nat(9), n: fc.nat(9), next: fc.array(fc.nat(9), { maxLength: 3 }) }), {
  maxLength: 4,
});

test("a replayed store, and a follower in any portions, have the envelope of the store that confirmed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch), fc.integer({ min: 1, max: 7 }), async (batches, portion) => {
      const journal = new MemoryJournal();
      const office = open(journal);
      await office.settled();
      for (const each of batches) office.confirm(...each.map((row) => put(row)));
      await office.settled();
      const again = open(journal);
      await again.settled();
      const follower = shawn<Office>({ rows: table(), log: [] }, { acts: [put] });
      // Each portion repeats the last record of the one before.
      for (let i = 0; i < journal.records.length; i += portion) {
        follower.replay(journal.records.slice(Math.max(0, i - 1), i + portion));
      }
      for (const other of [again, follower]) {
        expect([JSON.stringify(other.envelope), other.seq]).toEqual([JSON.stringify(office.envelope), office.seq]);
      }
      expect(journal.records.map(({ seq }) => seq)).toEqual(Array.from({ length: office.seq }, (_, i) => i + 1));
    }),
    { numRuns: 100 },
  );
});

test("whichever append fails, memory is what a replay of the journal gives", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1 }), fc.nat(6), fc.boolean(), async (batches, failAt, waits) => {
      const journal = new MemoryJournal();
      const office = open(journal);
      await office.settled();
      let appends = 0;
      const append = journal.append.bind(journal);
      journal.append = async (records) => {
        if (appends++ >= failAt) throw new Error("disk full");
        await append(records);
      };
      for (const each of batches) {
        if (waits) await turns(1);
        if ((await codeOf((async () => office.confirm(...each.map((row) => put(row))))())) === "JOURNAL_FAILED") break;
      }
      await codeOf(office.settled());
      await turns();
      const again = open(new MemoryJournal(journal.records));
      await again.settled();
      expect([JSON.stringify(office.envelope), office.seq]).toEqual([JSON.stringify(again.envelope), again.seq]);
    }),
    { numRuns: 100 },
  );
});
