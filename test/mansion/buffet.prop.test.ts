/** Random documents, changes, queries and reopenings, against an array that is filtered and sorted. */

import { type Buffet, type Condition, openMansion, type Query, type Scalar, type Where } from "@good-place/mansion";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Model, type Row } from "./buffet-model.js";
import { tempFolder } from "./fixtures.js";

const texts = [
  "",
  "a",
  "ab",
  "abc",
  "b",
  "a\0",
  "a\0b",
  "\0",
  "ä",
  "z",
  "\uffff",
  "\u{1f3e0}",
  "\ud800",
  "\ud83c",
  "é".repeat(90),
];
const numbers = [
  0,
  -0,
  1,
  -1,
  1.5,
  1e300,
  -1e300,
  5e-324,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const ids = ["1", "10", "2", "a", "a!", "aa", "b", "ÿ", "\u{1f3e0}", "\uffff", "x".repeat(128)];

const text = fc.oneof(fc.constantFrom(...texts), fc.string({ unit: "binary", maxLength: 3 }));
const number = fc.oneof(fc.constantFrom(...numbers), fc.double());
const scalar: fc.Arbitrary<Scalar> = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const id = fc.constantFrom(...ids);
const row: fc.Arbitrary<Row> = fc
  .record({
    id,
    a: fc.option(scalar, { nil: undefined }),
    b: fc.option(fc.constantFrom(1, 2, "x"), { nil: undefined }),
  })
  .map(({ id, a, b }) => ({ id, ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }), note: [a] }));

const bounds = fc.oneof(text, number, fc.boolean(), fc.constant(null)).chain((first) => {
  const second = typeof first === "string" ? text : typeof first === "number" ? number : fc.constant(first);
  return fc
    .tuple(fc.constant(first as Scalar), second as fc.Arbitrary<Scalar>, fc.nat(7))
    .map(([low, high, which]) => ({
      ...(which & 1 ? { gt: low } : which & 2 ? { gte: low } : {}),
      ...(which & 4 ? { lt: high } : { lte: high }),
    }));
});
const condition: fc.Arbitrary<Condition> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }).map((values) => ({ in: values })),
  bounds,
  text.map((startsWith) => ({ startsWith })),
  fc.boolean().map((exists) => ({ exists })),
);
const all = fc.record(
  { a: condition, b: fc.constantFrom<Condition>(1, "x", { gte: 1 }, { exists: false }), id: fc.oneof(id, bounds) },
  { requiredKeys: [] },
) as fc.Arbitrary<Where<"a" | "b">>;
const where = fc.oneof(all, fc.array(all, { maxLength: 3 }));
const query: fc.Arbitrary<Query<"a" | "b">> = fc.record(
  { where, order: fc.constantFrom("id", "a", "b"), descending: fc.boolean(), limit: fc.integer({ min: 1, max: 12 }) },
  { requiredKeys: [] },
);

type Step =
  | { readonly put: readonly Row[] }
  | { readonly remove: string }
  | { readonly ask: Query<"a" | "b"> }
  | { readonly open: readonly ("a" | "b")[] };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.array(row, { minLength: 1, maxLength: 6 }).map((put) => ({ put })) },
  { weight: 1, arbitrary: id.map((remove) => ({ remove })) },
  { weight: 5, arbitrary: query.map((ask) => ({ ask })) },
  { weight: 1, arbitrary: fc.subarray(["a", "b"] as ("a" | "b")[]).map((open) => ({ open })) },
);

test("find, page and count give what an array gives that is filtered and sorted, over any writes and changes of the indexes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const path = tempFolder();
      const model = new Model();
      const open = async (index: readonly ("a" | "b")[]) => {
        const mansion = await openMansion({ path, durability: "memory" });
        return { mansion, buffet: mansion.buffet<Row, "a" | "b">("rows", { index }) };
      };
      let { mansion, buffet } = await open(["a", "b"]);
      try {
        for (const each of steps) {
          if ("open" in each) {
            await mansion.close();
            ({ mansion, buffet } = await open(each.open));
          } else if ("put" in each) {
            await buffet.write((tx) => {
              for (const one of each.put) tx.put(one);
            });
            for (const one of each.put) model.rows.set(one.id, one);
          } else if ("remove" in each) {
            expect(await buffet.delete(each.remove)).toBe(model.rows.delete(each.remove));
          } else await compare(buffet, model, each.ask);
        }
      } finally {
        await mansion.close();
      }
    }),
    { numRuns: 60 },
  );
}, 120_000);

async function compare(buffet: Buffet<Row, "a" | "b">, model: Model, asked: Query<"a" | "b">): Promise<void> {
  await buffet.ready();
  const used = JSON.stringify([asked.where, asked.order]);
  const gone = ["a", "b"].filter((field) => !(buffet.index as string[]).includes(field) && used.includes(`"${field}"`));
  // A value may look like a field: then nothing is asked.
  if (gone.length > 0) return;
  expect(buffet.find(asked)).toStrictEqual(model.find(asked));
  const { limit: _, ...unlimited } = asked;
  expect(buffet.count(asked.where)).toBe(model.find(unlimited).length);
  const paged: Row[] = [];
  for (let after: string | undefined, first = true; first || after !== undefined; first = false) {
    const page = buffet.page({ ...asked, limit: 2, ...(after === undefined ? {} : { after }) });
    expect(page.documents.length).toBe(page.next === undefined ? page.documents.length : 2);
    paged.push(...page.documents);
    after = page.next;
  }
  expect(paged).toStrictEqual(model.find(unlimited));
}

test("pages of many documents are those of the array, whichever way a search takes", async () => {
  await using mansion = await openMansion({ path: tempFolder(), durability: "memory" });
  const buffet = mansion.buffet<Row, "a" | "b">("rows", { index: ["a", "b"] });
  const model = new Model();
  await buffet.write((tx) => {
    for (let n = 0; n < 12_000; n++) {
      const each = { id: `${(n * 7919) % 12_000}`, a: n % 3, b: n % 1000 };
      model.rows.set(each.id, tx.put(each) as Row);
    }
  });
  for (const where of [
    {},
    { a: { gte: 0 } },
    { a: { gte: 0 }, b: 7 },
    { b: { lt: 20 } },
    [{ a: { gte: 1 } }, { b: 3 }],
    [{ a: { gte: 0 } }, { b: 3 }],
  ]) {
    for (const order of ["id", "a", "b"] as const) {
      for (const descending of [false, true]) {
        const asked = { where: where as Where<"a" | "b">, order, descending };
        const expected = model.find(asked);
        expect(buffet.count(asked.where)).toBe(expected.length);
        const first = buffet.page({ ...asked, limit: 30 });
        expect(first.documents).toStrictEqual(expected.slice(0, 30));
        if (first.next === undefined) continue;
        const second = buffet.page({ ...asked, limit: 30, after: first.next });
        expect(second.documents).toStrictEqual(expected.slice(30, 60));
      }
    }
  }
}, 60_000);
