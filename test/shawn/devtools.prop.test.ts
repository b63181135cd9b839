import { acts, payload, shawn, table } from "@good-place/shawn";
import { devtools } from "@good-place/shawn/devtools";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Monitor } from "./monitor.js";

const { value } = fc.letrec<{ value: unknown }>((tie) => {
  const few = { maxLength: 3 };
  const inner = tie("value");
  return {
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(undefined, null, true, 0, -0, Number.NaN, Number.NEGATIVE_INFINITY),
      fc.oneof(fc.string(), fc.double(), fc.bigInt(), fc.date({ noInvalidDate: false })),
      fc.array(inner, few),
      fc.dictionary(fc.oneof(fc.constantFrom("$", "value", "__proto__", "toJSON"), fc.string()), inner, {
        maxKeys: 3,
        noNullPrototype: true,
      }),
      fc.uniqueArray(fc.tuple(inner, inner), { ...few, selector: ([key]) => key }).map((entries) => new Map(entries)),
      fc.uniqueArray(inner, few).map((items) => new Set(items)),
      fc
        .uniqueArray(fc.record({ id: fc.oneof(fc.nat(), fc.string()), held: inner }, { noNullPrototype: true }), {
          ...few,
          selector: ({ id }) => id,
        })
        .map((rows) => table({ rows })),
      fc
        .uniqueArray(fc.record({ $: fc.nat() }, { noNullPrototype: true }), { ...few, selector: ({ $ }) => $ })
        .map((rows) => table({ key: "$", rows })),
    ),
  };
});

const put = acts<{ held: unknown }>()("put", payload<unknown>()).does({
  update(envelope, held) {
    envelope.held = held;
  },
});

test("any envelope and payload of plain data comes back from the extension as it was", () => {
  fc.assert(
    fc.property(value, (held) => {
      const monitor = new Monitor();
      const store = shawn<{ held: unknown }>({ held: "nothing" }, { acts: [put] });
      devtools(store, { extension: monitor });
      store.confirm(put(held), put("else"));
      monitor.jump(1);
      expect(store.envelope).toStrictEqual({ held });
      // Re-run from the payload that the extension has kept.
      monitor.toggle(2);
      monitor.jump(1);
      monitor.toggle(1);
      monitor.toggle(1);
      expect(store.envelope).toStrictEqual({ held });
      expect(monitor.errors).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test("what JSON cannot carry is told by its name, and a jump to it is refused", () => {
  const monitor = new Monitor();
  const store = shawn<{ held: unknown }>({ held: "nothing" }, { acts: [put] });
  devtools(store, { extension: monitor });
  store.confirm(put(new URL("https://example.org")), put("else"));
  expect(monitor.shown[1]).toEqual(["put", { held: { $: "opaque", value: "URL" } }]);
  monitor.jump(1);
  expect([store.envelope.held, monitor.errors.length]).toEqual(["else", 1]);
});
