import { acts, PayloadError, payload, type ShawnError, shawn, upcast } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { codeOf, codeThrown, MemoryJournal } from "./office.js";

interface Got {
  got: unknown[];
}
const act = acts<Got>();
const put = { update: (envelope: Got, given: unknown): void => void envelope.got.push(given) };
const hours = z.string().transform(Number);
const minutes = z.object({ minutes: z.number().min(0) });
const open = (definition: Parameters<typeof shawn<Got>>[1]["acts"][number], journal?: MemoryJournal, rest = {}) =>
  shawn<Got>({ got: [] }, { acts: [definition], journal, ...rest });
const record = (seq: number, given: unknown, version?: number) => ({
  seq,
  name: "spend",
  payload: given,
  meta: { id: `id${seq}`, seq, at: seq, cause: undefined, by: undefined, ...(version && { version }) },
});

test("with a journal an act whose schema refuses its own output is refused with NOT_REPLAYABLE; without one it counts", async () => {
  const spend = act("spend", hours).does(put);
  const journal = new MemoryJournal();
  const office = open(spend, journal);
  await office.settled();
  let error: unknown;
  try {
    office.confirm(spend("2"));
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(PayloadError);
  expect(error).toMatchObject({ code: "NOT_REPLAYABLE", act: "spend", issues: [{ path: "" }] });
  expect([office.seq, office.envelope.got, journal.records]).toEqual([0, [], []]);
  expect(codeThrown(() => office.confirm(spend(2 as never)))).toBe("INVALID_PAYLOAD");
  const free = open(spend);
  free.confirm(spend("2"));
  expect(free.envelope.got).toEqual([2]);
});

test("a schema of what is kept judges it at confirm and at replay, and changes nothing of it", async () => {
  const judged: unknown[] = [];
  const kept = z.number().transform((n) => void judged.push(n));
  const spend = act("spend", hours, { kept }).does(put);
  const journal = new MemoryJournal();
  const office = open(spend, journal);
  await office.settled();
  office.confirm(spend("2"));
  expect(codeThrown(() => office.confirm(spend("two")))).toBe("NOT_REPLAYABLE");
  await office.settled();
  const again = open(spend, journal);
  await again.settled();
  expect([again.envelope, journal.records[0]?.payload, judged]).toEqual([{ got: [2] }, 2, [2, 2]]);
});

test("payload() in its place leaves what is kept unchecked", async () => {
  const spend = act("spend", hours, { kept: payload<number>() }).does(put);
  const journal = new MemoryJournal([record(1, "odd")]);
  const office = open(spend, journal);
  await office.settled();
  office.confirm(spend("2"));
  await office.settled();
  expect(office.envelope.got).toEqual(["odd", 2]);
});

test("a record that its act refuses ends the opening with INVALID_RECORD, which names journal, record, act and issue", async () => {
  const spend = act("spend", minutes).does(put);
  const records = [record(1, { minutes: 5 }), record(2, { minutes: -5 }), record(3, { minutes: 6 })];
  const journal = Object.assign(new MemoryJournal(records), { where: "the book on the shelf" });
  const office = open(spend, journal);
  const error = (await Promise.resolve(office.settled()).catch((thrown) => thrown)) as ShawnError;
  expect(error).toMatchObject({ code: "JOURNAL_FAILED", message: expect.stringContaining("the book on the shelf") });
  expect(error.message).toMatch(/past record 1: record 2, of act spend, .* minutes: /);
  expect(error.cause).toMatchObject({ code: "INVALID_RECORD", act: "spend", seq: 2, issues: [{ path: "minutes" }] });
  expect([office.envelope.got, codeThrown(() => office.confirm(spend({ minutes: 1 })))]).toEqual([
    [{ minutes: 5 }],
    "JOURNAL_FAILED",
  ]);
  expect(journal.records).toEqual(records);
});

test("upcasts come before the check", async () => {
  const spend = act("spend", minutes).does({ ...put, version: 2 });
  const upcasts = [upcast<number>("spend@1", "spend@2", (n) => ({ minutes: n * 60 }))];
  const office = open(spend, new MemoryJournal([record(1, 2), record(2, { minutes: 5 }, 2)]), { upcasts });
  await office.settled();
  expect(office.envelope.got).toEqual([{ minutes: 120 }, { minutes: 5 }]);
  const negative = open(spend, new MemoryJournal([record(1, -2)]), { upcasts });
  await expect(negative.settled()).rejects.toMatchObject({ cause: { code: "INVALID_RECORD", seq: 1 } });
});

test("records from elsewhere are checked before a journal gets them; without a journal they are taken as they are", async () => {
  const spend = act("spend", minutes).does(put);
  const journal = new MemoryJournal();
  const follower = open(spend, journal);
  await follower.settled();
  const records = [record(1, { minutes: 5 }), record(2, "nonsense")];
  expect(codeThrown(() => follower.replay(records))).toBe("INVALID_RECORD");
  expect([follower.seq, journal.records]).toEqual([0, []]);
  const mirror = open(spend);
  mirror.replay(records);
  expect(mirror.envelope.got).toEqual([{ minutes: 5 }, "nonsense"]);
});

test("options of an act that are wrong are refused", async () => {
  const wrong = (options: unknown) => codeThrown(() => act("spend", hours, options as never));
  expect([wrong({ kep: minutes }), wrong({ kept: 5 }), wrong(5)]).toEqual([
    "UNKNOWN_OPTION",
    "NOT_A_SCHEMA",
    "BAD_OPTION",
  ]);
});

test("whatever its schemas do to payloads, a store opens on all that it has confirmed", async () => {
  const anyNumber = z.union([z.number(), z.string()]);
  const schemas: readonly z.ZodType[] = [
    z.string().transform((text) => text.length),
    anyNumber.transform((n) => Number(n) - 2).refine((n) => n > 0),
    z
      .array(anyNumber)
      .transform((list) => list.slice(1))
      .refine((list) => list.length > 0),
    z.object({ n: z.coerce.number().default(3) }),
    z.string().transform((text) => (text.length > 2 ? text : text.length)),
    z.string().trim().min(1),
  ];
  const one = fc.oneof(fc.string({ maxLength: 4 }), fc.integer({ min: -3, max: 9 }));
  const given = fc.oneof(one, fc.array(one, { maxLength: 3 }), fc.record({ n: one }), fc.constant({}));
  const counts = { kept: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...schemas), fc.array(given, { maxLength: 9 }), async (schema, all) => {
      const spend = act("spend", schema).does(put);
      const journal = new MemoryJournal();
      const office = open(spend, journal, { onError: () => {} });
      await office.settled();
      for (const each of all) office.confirm(spend(each));
      const outputs = all.map((each) => schema.safeParse(each)).flatMap(({ success, data }) => (success ? [data] : []));
      const replayable = outputs.filter((output) => schema.safeParse(output).success);
      expect(office.envelope.got).toEqual(replayable);
      counts.kept += replayable.length;
      counts.refused += outputs.length - replayable.length;
      await office.settled();
      const again = open(spend, journal);
      expect(await codeOf(again.settled())).toBeUndefined();
      expect(again.envelope).toEqual(office.envelope);
    }),
    { numRuns: 300 },
  );
  expect(Math.min(counts.kept, counts.refused)).toBeGreaterThan(20);
});
