import { neilActs } from "@good-place/neil/domain";
import type { StandardSchema } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";

// One good payload of each act with all that it may have; each is then spoiled in random places.
const handle = { client: "acme", project: "site", task: "header" };
const seen = { id: "i", rev: 3 };
const words = { note: "a note", tags: ["css"], zone: "Europe/Prague" };
const started = { interval: "i", handle, ...words, command: "c", at: 5, clash: "trim" };
const stops = { interval: "i", note: "", done: true };
const address = { street: "", city: "", zip: "", regId: "", vatId: "", legal: "" };
const period = { from: 1, to: 2, zone: "UTC", dayStart: 60, text: "May" };
const issued = { command: "c", invoice: "v", rev: 1, day: "2026-05-01" };
const line = {
  ...{ task: "t", text: "work", ms: 1, billedMs: 2, lastDay: "2026-05-01", vat: 2100, minor: 7 },
  rate: { scope: "", from: "2026-01-01", minor: 5000 },
};
const terms = {
  ...{ sender: { name: "me", ...address }, bank: "b", pattern: "{YYYY}-{NNN}", first: { series: "2026-{NNN}", n: 2 } },
  ...{ vat: 2100, dueDays: 14, round: "15m", currency: "EUR", reverse: "r", note: "n" },
};
const row = { ...seen, task: "t", start: 1, end: 2 };
const GOOD: Readonly<Record<string, object>> = {
  "task/start": started,
  "task/switch": { ...started, stops },
  "task/stop": { ...stops, command: "c", at: 5 },
  "interval/add": { ...words, command: "c", interval: "i", handle, start: 1, end: 2, clash: "refuse" },
  "interval/edit": {
    ...{ command: "c", interval: seen, start: 1, end: null, handle, note: "n", tags: [] },
    ...{ billable: true, clash: "replace" },
  },
  "interval/split": { command: "c", interval: seen, at: [1, 2] },
  "interval/join": { command: "c", intervals: [seen, { id: "j", rev: 1 }] },
  "interval/remove": { command: "c", intervals: [seen] },
  "interval/import": {
    ...{ command: "c", zone: "UTC" },
    intervals: [{ id: "i", handle, start: 1, end: 2, ...words, billable: false }],
  },
  "name/add": { command: "c", handle: ["acme", "site"], fields: { title: "t", note: "n", invoice: address } },
  "name/edit": { command: "c", kind: "clients", ...seen, rename: "b", state: "active", fields: { note: "n" } },
  "name/merge": { command: "c", kind: "tasks", from: seen, into: seen },
  "name/remove": { command: "c", kind: "tasks", ...seen },
  "away/notice": { interval: "i", from: 1, to: 2 },
  "away/decide": { command: "c", away: "a", choice: "move", handle },
  "rate/set": { command: "c", scope: "", from: "2026-02-28", amount: { minor: 5, currency: "EUR" } },
  "budget/set": { command: "c", scope: "s", per: "month", limit: { ms: 5 } },
  "terms/set": { command: "c", scope: "", fields: terms },
  "invoice/draft": { command: "c", client: "k", period },
  "invoice/issue": { ...issued, intervals: [seen], lines: [line], currency: "EUR", round: "15m" },
  "invoice/cancel": issued,
  "invoice/pay": { ...issued, day: "" },
  "invoice/remove": { command: "c", invoice: "v", rev: 1 },
  "step/retrace": {
    ...{ command: "c", step: "s", way: "back" },
    changes: [{ table: "intervals", id: "i", before: null, after: row }],
  },
};

// What normalizes to more or to less, halves of characters, what JSON or a regular expression may take for another thing.
const odd = fc.oneof(
  fc.constantFrom("A\u030a", "\u212b", "\u0958", "\ufb2c".repeat(64), "e\u0301".repeat(64), "\ud800", "\u{1d160}", "$"),
  fc.constantFrom("2024-02-29", "2026-02-30", "europe/prague", "EUR", "", "-0", "draft-1", "\u017f{NNN}", "15m"),
  fc.string({ unit: "binary", maxLength: 70 }),
  fc.string({ unit: "grapheme", maxLength: 70 }),
);
const number = fc.oneof(fc.constantFrom(-0, 8.64e15, 1e15, 1e21, 0.5, -1), fc.nat());

/** Arbitraries of what a payload may become: leaves of the same kind, and parts that are left out or not defined. */
function near(value: unknown): fc.Arbitrary<unknown> {
  const same = { weight: 6, arbitrary: fc.constant(value) };
  if (typeof value === "string") return fc.oneof(same, { weight: 1, arbitrary: odd });
  if (typeof value === "number") return fc.oneof(same, { weight: 1, arbitrary: number });
  if (Array.isArray(value)) return fc.tuple(...value.map(near)).map((all) => [...all]);
  if (typeof value !== "object" || value === null) return fc.constant(value);
  const entries = Object.entries(value).map(([key, inner]) => {
    const without = { weight: 1, arbitrary: fc.constantFrom<unknown>([], [[key, undefined]]) };
    return fc.oneof({ weight: 12, arbitrary: near(inner).map((it) => [[key, it]]) }, without);
  });
  return fc.tuple(...entries).map((all) => Object.fromEntries(all.flat() as [string, unknown][]));
}

function judged(schema: unknown, value: unknown): { readonly value?: unknown; readonly issues?: readonly unknown[] } {
  const result = (schema as StandardSchema)["~standard"].validate(value);
  if (result instanceof Promise) throw new Error("a schema that has to be awaited");
  return result;
}

test("there is a good payload of every act", () => {
  expect(Object.keys(GOOD).sort()).toEqual(neilActs.map(({ name }) => name).sort());
  for (const { name, schema } of neilActs) expect([name, judged(schema, GOOD[name]).issues]).toEqual([name, undefined]);
});

test.each(neilActs.map((act) => [act.name, act] as const))(
  "what %s accepts passes when it is replayed, and again when that is confirmed",
  (name, { schema, kept }) => {
    let accepted = 0;
    fc.assert(
      fc.property(near(GOOD[name]), (payload) => {
        const result = judged(schema, payload);
        if (result.issues !== undefined) return;
        accepted += 1;
        const back: unknown = JSON.parse(JSON.stringify(result.value));
        expect(judged(kept, back).issues).toBe(undefined);
        const again = judged(schema, back);
        expect([again.issues, JSON.stringify(again.value)]).toEqual([undefined, JSON.stringify(back)]);
      }),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(10);
  },
);
