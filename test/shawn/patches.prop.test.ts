import { acts, patched, patches, payload, shawn, type Table, table } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Any, arbitraries, copied, type Mutation, mutate, seen } from "./mutations.js";

const { envelope, mutation } = arbitraries(true);
const rounds = fc.array(fc.array(mutation, { maxLength: 12 }), { maxLength: 5 });
const change = acts<Any>()("change", payload<readonly Mutation[]>()).does({
  update(draft, mutations) {
    for (const each of mutations) mutate(draft, each);
  },
});

/** The envelopes that any mutations lead through. */
function versions(start: Any, rounds: readonly (readonly Mutation[])[]): Any[] {
  const store = shawn<Any>(copied(start), { acts: [change] });
  const all = [store.envelope];
  for (const round of rounds) {
    store.confirm(change(round));
    all.push(store.envelope);
  }
  return all;
}

test("patches lead forth and back between any two envelopes, rows in their order, and through JSON", () => {
  fc.assert(
    fc.property(envelope, rounds, fc.nat(), fc.nat(), (start, rounds, from, to) => {
      const all = versions(start, rounds);
      const [before, after] = [all[from % all.length], all[to % all.length]];
      const forth = patches(before, after);
      expect(seen(patched(before, forth))).toEqual(seen(after));
      expect(seen(patched(patched(before, forth), patches(after, before)))).toEqual(seen(before));
      // JSON knows neither holes in arrays nor undefined.
      if (/"(hole|undefined)"/.test(JSON.stringify([seen(before), seen(after)]))) return;
      expect(seen(patched(before, JSON.parse(JSON.stringify(forth))))).toEqual(seen(after));
    }),
    { numRuns: 600, endOnFailure: true },
  );
});

test("what patches do not name is shared with the envelope they are applied to", () => {
  fc.assert(
    fc.property(envelope, rounds, (start, rounds) => {
      const all = versions(start, rounds);
      const [before, after] = [all[0], all[all.length - 1]];
      const forth = patches(before, after);
      const made = patched(before, forth);
      const touched = new Set(forth.map(({ path }) => String(path[0])));
      for (const key of Object.keys(before)) if (!touched.has(key)) expect(made[key]).toBe(before[key]);
      if (forth.length === 0) expect(made).toBe(before);
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

interface Row {
  id: number;
  n: number;
}
interface Book {
  rows: Table<Row>;
}
const book = shawn<Book>(
  { rows: table() },
  {
    acts: [
      acts<Book>()("edit", payload<readonly [what: string, id: number, n: number][]>()).does({
        update({ rows }, edits) {
          for (const [what, id, n] of edits) {
            if (what === "delete" || (what === "again" && rows.has(id))) rows.delete(id);
            if (what !== "delete") rows.set({ id, n });
          }
        },
      }),
    ],
  },
);
const edits = fc.array(fc.tuple(fc.constantFrom("set", "delete", "again"), fc.nat(150), fc.nat(3)), { maxLength: 80 });
const ids = fc.uniqueArray(fc.nat(150), { maxLength: 150 });

test("between tables, of one descent or not, patches name the rows that differ and keep the order of all", () => {
  fc.assert(
    fc.property(ids, fc.array(fc.tuple(edits, fc.nat()), { maxLength: 8 }), ids, (start, rounds, other) => {
      const tableOf = (ids: number[]) => table({ rows: ids.map((id) => ({ id, n: 0 })) });
      const all: Book[] = [{ rows: tableOf(start) }, { rows: tableOf(other) }];
      for (const [payload, from] of rounds) {
        all.push(book.reduce(all[from % all.length] as Book, { name: "edit", payload }));
      }
      for (const before of all) {
        for (const after of all) {
          const forth = patches(before, after);
          const made = patched(before, forth);
          expect(made.rows.toJSON()).toEqual(after.rows.toJSON());
          for (let id = 0; id <= 150; id++) expect(made.rows.get(id)).toEqual(after.rows.get(id));
          const named = new Set(forth.map(({ path }) => path[1]));
          const differ = (id: number) => before.rows.get(id)?.n !== after.rows.get(id)?.n;
          const differing = [...Array(151).keys()].filter(differ);
          for (const id of differing) expect(named).toContain(id);
          const order = (rows: Table<Row>, also: Table<Row>) =>
            [...rows].map(({ id }) => id).filter((id) => also.has(id));
          const reordered = String(order(before.rows, after.rows)) !== String(order(after.rows, before.rows));
          if (!reordered) expect(named.size).toBe(differing.length);
        }
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
});
