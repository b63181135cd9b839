/** Acts that change: versions, upcasts, and what is refused when the store is made. */
import { acts, type JournalRecord, payload, shawn, type Upcast, upcast } from "@good-place/shawn";
import { describe, expect, test } from "vitest";
import { codeThrown, MemoryJournal } from "./office.js";

interface Log {
  minutes: number[];
}
const act = acts<Log>();
const spend = act("time/spend", payload<{ minutes: number }>()).does({
  version: 3,
  update: (log, { minutes }) => void log.minutes.push(minutes),
});
const upcasts = [
  upcast<number>("work@1", "time/spend@1"),
  upcast<number>("time/spend@1", "time/spend@2", (hours) => hours * 60),
  upcast<number>("time/spend@2", "time/spend@3", (minutes) => ({ minutes })),
];

function record(seq: number, name: string, value: unknown, version?: number): JournalRecord {
  const meta = { id: `id${seq}`, seq, at: seq, cause: undefined, by: undefined };
  return { seq, name, payload: value, meta: version === undefined ? meta : { ...meta, version } };
}

async function open(records: readonly JournalRecord[], more: readonly Upcast[] = upcasts) {
  const journal = new MemoryJournal(records);
  const log = shawn<Log>({ minutes: [] }, { acts: [spend], upcasts: more, journal, onError: () => undefined });
  const failure = (await log.settled().then(null, (error) => error)) as
    | { code: string; cause: { code: string } }
    | undefined;
  return { log, journal, failure };
}

describe("records of older versions", () => {
  test("are led through the upcasts of each version and name to the act that there is", async () => {
    const { log } = await open([
      record(1, "work", 2),
      record(2, "time/spend", 1),
      record(3, "time/spend", 30, 2),
      record(4, "time/spend", { minutes: 5 }, 3),
    ]);
    expect(log.envelope.minutes).toEqual([120, 60, 30, 5]);
  });

  test("stay in the journal as they are, and new ones carry their version", async () => {
    const { log, journal } = await open([record(1, "work", 2)]);
    log.confirm(spend({ minutes: 7 }));
    await log.settled();
    expect(journal.records.map(({ name, meta }) => [name, meta.version])).toEqual([
      ["work", undefined],
      ["time/spend", 3],
    ]);
    expect((await open(journal.records)).log.envelope.minutes).toEqual([120, 7]);
  });

  test("are led there by replay() too, and an act of version 1 carries none", () => {
    const log = shawn<Log>({ minutes: [] }, { acts: [spend], upcasts });
    log.replay([record(1, "work", 1), record(2, "time/spend", 15, 2)]);
    expect(log.envelope.minutes).toEqual([60, 15]);
    const first = act("first").does({});
    const plain = shawn<Log>({ minutes: [] }, { acts: [first] });
    const metas: object[] = [];
    plain.subscribe((_, __, confirmed) => metas.push(...confirmed.map(({ meta }) => meta)));
    plain.confirm(first());
    expect(metas[0]).not.toHaveProperty("version");
  });

  test("that come to version 1 carry none", () => {
    const later = act("later", payload<number>()).does({});
    const log = shawn<Log>({ minutes: [] }, { acts: [later], upcasts: [upcast("older@2", "later@1")] });
    const metas: object[] = [];
    log.subscribe((_, __, confirmed) => metas.push(...confirmed.map(({ meta }) => meta)));
    log.replay([record(1, "older", 1, 2)]);
    expect(metas).toHaveLength(1);
    expect(metas[0]).not.toHaveProperty("version");
  });

  test("that a newer program wrote fail the opening with NEWER_ACT, and nothing can be confirmed over them", async () => {
    const { log, failure, journal } = await open([record(1, "work", 1), record(2, "time/spend", {}, 4)]);
    expect([failure?.code, failure?.cause.code]).toEqual(["JOURNAL_FAILED", "NEWER_ACT"]);
    expect(log.envelope.minutes).toEqual([60]);
    expect(codeThrown(() => log.confirm(spend({ minutes: 1 })))).toBe("JOURNAL_FAILED");
    expect(journal.records).toHaveLength(2);
  });

  test("whose upcast throws fail the opening, and the record is named", async () => {
    const broken = upcast("work@1", "time/spend@1", () => {
      throw new Error("no hours in it");
    });
    const { failure } = await open([record(1, "work", 1)], [broken, ...upcasts.slice(1)]);
    expect(failure).toMatchObject({
      code: "JOURNAL_FAILED",
      message: expect.stringContaining("record 0: no hours in it"),
    });
  });
});

describe("what cannot lead there is refused when the store is made", () => {
  const made = (more: readonly Upcast[]) =>
    codeThrown(() => shawn<Log>({ minutes: [] }, { acts: [spend], upcasts: more }));

  test.each([
    ["a way that ends before the act's version", upcasts.slice(0, 2), "UPCAST_GAP"],
    ["an earlier version without a way", upcasts.slice(2), "UPCAST_GAP"],
    ["a way to an act that is not there", [...upcasts, upcast("a@1", "b@1")], "UPCAST_GAP"],
    ["a way to a version that is not there yet", [...upcasts, upcast("a@1", "time/spend@4")], "UPCAST_GAP"],
    ["a circle", [...upcasts, upcast("a@1", "b@1"), upcast("b@1", "a@1")], "UPCAST_CYCLE"],
    ["a way from the present version back", [...upcasts, upcast("time/spend@3", "time/spend@1")], "UPCAST_CYCLE"],
    ["a way to itself", [...upcasts, upcast("a@1", "a@1")], "UPCAST_CYCLE"],
    ["two ways from one version", [...upcasts, upcast("work@1", "time/spend@2")], "DUPLICATE_UPCAST"],
    ["what is no upcast", [...upcasts, { from: "work@1" } as unknown as Upcast], "BAD_UPCAST"],
  ])("%s", (_, more, code) => {
    expect(made(more)).toBe(code);
  });

  test("an act of version 1 needs none", () => {
    expect(codeThrown(() => shawn<Log>({ minutes: [] }, { acts: [act("plain").does({})] }))).toBeUndefined();
  });

  test.each(["work", "work@0", "work@", "@1", "work@1.5", "work@-1", 5])("upcast() from %j with BAD_UPCAST", (from) => {
    expect(codeThrown(() => upcast(from as string, "a@1"))).toBe("BAD_UPCAST");
  });

  test.each([0, 1.5, "2", Number.NaN])("an act of version %j with BAD_ACT_BODY", (version) => {
    expect(codeThrown(() => act("bad").does({ version: version as number }))).toBe("BAD_ACT_BODY");
  });
});
