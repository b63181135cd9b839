/**
 * Drafts against three others that do the same mutations: a deep clone, immer and mutative.
 */
import { acts, payload, shawn } from "@good-place/shawn";
import fc from "fast-check";
import { enableMapSet, produce } from "immer";
import { create } from "mutative";
import { expect, test } from "vitest";
import { type Any, arbitraries, copied, type Mutation, mutate, seen } from "./mutations.js";

enableMapSet();

const { envelope, mutation } = arbitraries(false);
const change = acts<Any>()("change", payload<readonly Mutation[]>()).does({
  update(draft, mutations) {
    for (const each of mutations) mutate(draft, each);
  },
});

/** To the other two, deleting an item of an array is setting it to undefined. */
function filled(value: Any): Any {
  return JSON.parse(JSON.stringify(seen(value)).replaceAll('"hole"', '["undefined"]'));
}

test("drafts do what immer, mutative and a mutation of a deep clone do", () => {
  fc.assert(
    fc.property(envelope, fc.array(fc.array(mutation, { maxLength: 10 }), { maxLength: 4 }), (start, rounds) => {
      const store = shawn<Any>(copied(start), { acts: [change] });
      const [plain, others] = [copied(start), [copied(start), copied(start)]];
      for (const round of rounds) {
        const recipe = (draft: Any): void => {
          for (const each of round) mutate(draft, each);
        };
        store.confirm(change(round));
        recipe(plain);
        others[0] = produce(others[0], recipe);
        others[1] = create(others[1], recipe);
        expect(seen(store.envelope)).toEqual(seen(plain));
        for (const other of others) expect(filled(store.envelope)).toEqual(filled(other));
      }
    }),
    { numRuns: 400, endOnFailure: true },
  );
});
