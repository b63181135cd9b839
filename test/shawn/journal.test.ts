import { until } from "@good-place/channel";
import { acts, cocoon, payload, shawn } from "@good-place/shawn";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, MemoryJournal, turns } from "./office.js";

interface Log {
  seen: string[];
}
const act = acts<Log>();
const outside: string[] = [];
const note = act("note", payload<string>()).does({
  update: (log, word, meta) => void log.seen.push(`${word}@${meta.at}`),
  watch: (_, word) => (word === "a" ? note("b") : undefined),
  effect: (_, word) => void outside.push(word),
});
const record = (seq: number, payload: string, name = "note") => ({
  seq,
  name,
  payload,
  meta: { id: `id${seq}`, seq, at: seq * 10, cause: undefined, by: undefined },
});

async function open(journal: MemoryJournal, rest = {}) {
  outside.length = 0;
  let now = 0;
  const log = shawn<Log>({ seen: [] }, { acts: [note], journal, now: () => ++now, ...rest });
  await log.settled();
  return log;
}

describe("records and replay", () => {
  test("every confirmed act is a record { seq, name, payload, meta }, follow-ups included", async () => {
    const journal = new MemoryJournal();
    const log = await open(journal);
    log.confirm(note("a"));
    await log.settled();
    expect(journal.records.map(({ seq, name, payload, meta }) => [seq, name, payload, meta.seq, meta.at])).toEqual([
      [1, "note", "a", 1, 1],
      [2, "note", "b", 2, 2],
    ]);
    expect(journal.records[1]?.meta.cause).toBe(journal.records[0]?.meta.id);
  });

  test("replay runs updates only, and gives the same envelope", async () => {
    const journal = new MemoryJournal();
    const first = await open(journal);
    first.confirm(note("a"), note("c"));
    await first.settled();
    const second = await open(journal);
    expect(second.envelope).toEqual(first.envelope);
    expect([second.seq, outside]).toEqual([3, []]);
    second.confirm(note("d"));
    await second.settled();
    expect(journal.records.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });

  test("acts confirmed while the journal is replayed queue", async () => {
    const journal = new MemoryJournal([record(1, "old")]);
    const log = shawn<Log>({ seen: [] }, { acts: [note], journal, now: () => 1 });
    log.confirm(note("new"));
    expect(log.envelope.seen).toEqual([]);
    await log.settled();
    expect(log.envelope.seen).toEqual(["old@10", "new@1"]);
    expect(journal.records).toHaveLength(2);
  });

  test("a store that starts at a snapshot replays what comes after it", async () => {
    const journal = new MemoryJournal([record(1, "x"), record(2, "y"), record(3, "z")]);
    const log = await open(journal, { seq: 2 });
    expect([log.envelope.seen, log.seq]).toEqual([["z@30"], 3]);
  });

  test("a journal with a gap, or an act that nobody knows, fails settled with JOURNAL_FAILED", async () => {
    for (const [bad, code] of [
      [record(3, "z"), "SEQ_GAP"],
      [record(2, "z", "nobody"), "UNKNOWN_ACT"],
    ] as const) {
      const phases: string[] = [];
      const log = shawn<Log>(
        { seen: [] },
        {
          acts: [note],
          journal: new MemoryJournal([record(1, "x"), bad]),
          onError: ({ phase }) => void phases.push(phase),
        },
      );
      const error = (await log.settled().then(null, (thrown) => thrown)) as { code: string; cause: { code: string } };
      expect([error.code, error.cause.code, phases]).toEqual(["JOURNAL_FAILED", code, ["journal"]]);
      expect(codeThrown(() => log.confirm(note("a")))).toBe("JOURNAL_FAILED");
      expect(await codeOf(log.admit())).toBe("JOURNAL_FAILED");
    }
  });
});

describe("the start", () => {
  const starting = (journal: MemoryJournal, rest = {}) => {
    const told: unknown[] = [];
    const log = shawn<Log>({ seen: [] }, { acts: [note], journal, now: () => 1, ...rest });
    log.subscribe((next, previous, confirmed) => told.push([previous.seen, next.seen, confirmed.length]));
    return { log, told };
  };

  test("when the journal is replayed subscribers are told once, of no acts; an empty journal tells nobody", async () => {
    const { log, told } = starting(new MemoryJournal([record(1, "x"), record(2, "y")]));
    log.confirm(note("z"));
    expect([log.envelope.seen, log.seq]).toEqual([[], 0]);
    await log.settled();
    expect(told).toEqual([
      [[], ["x@10", "y@20"], 0],
      [["x@10", "y@20"], ["x@10", "y@20", "z@1"], 1],
    ]);
    const empty = starting(new MemoryJournal());
    await empty.log.settled();
    expect(empty.told).toEqual([]);
  });

  test("a journal that cannot be read to its end leaves what came before, durable and readable, and names the record", async () => {
    const journal = new MemoryJournal([record(1, "x"), record(2, "y"), record(4, "z")]);
    const { log, told } = starting(journal, { onError: () => note("answer") });
    log.confirm(note("waits"));
    await expect(log.settled()).rejects.toThrow(/could not be read past record 2/);
    expect([log.envelope.seen, log.seq, log.durable]).toEqual([
      ["x@10", "y@20"],
      2,
      { envelope: log.envelope, seq: 2 },
    ]);
    expect(told).toEqual([[[], ["x@10", "y@20"], 0]]);
    expect(codeThrown(() => log.confirm(note("a")))).toBe("JOURNAL_FAILED");
    expect(codeThrown(() => log.replay([record(3, "a")]))).toBe("JOURNAL_FAILED");
    expect(journal.records).toHaveLength(3);
    await log.dismiss();
  });

  test("a subscriber that throws then is kept for an admit", async () => {
    const { log } = starting(new MemoryJournal([record(1, "x")]));
    log.subscribe(() => {
      throw new Error("loud");
    });
    await log.settled();
    await expect(log.admit()).rejects.toThrow("loud");
  });
});

describe("durability", () => {
  test("update and subscribers run at once, effects when their act is durable", async () => {
    const journal = new MemoryJournal();
    const log = await open(journal);
    journal.held = true;
    log.confirm(note("a"));
    await turns();
    expect([log.envelope.seen.length, outside]).toEqual([2, []]);
    journal.release();
    await log.settled();
    expect(outside).toEqual(["a", "b"]);
  });

  test("durable is what was before until the append is done, and stays there when it fails", async () => {
    const journal = new MemoryJournal();
    const log = await open(journal);
    const { envelope: empty } = log.durable;
    log.confirm(note("kept"));
    expect([log.durable.envelope === empty, log.durable.seq, log.seq]).toEqual([true, 0, 1]);
    await log.settled();
    expect([log.durable.envelope === log.envelope, log.durable.seq]).toEqual([true, 1]);
    journal.failing = new Error("disk full");
    log.confirm(note("lost"));
    expect(await codeOf(log.settled())).toBe("JOURNAL_FAILED");
    expect([log.durable.seq, log.durable.envelope.seen.length]).toEqual([1, 1]);
  });

  test("a failed append rolls memory back, tells the subscribers, and later confirms fail", async () => {
    const journal = new MemoryJournal();
    const phases: string[] = [];
    const log = await open(journal, { onError: ({ phase }: { phase: string }) => void phases.push(phase) });
    log.confirm(note("kept"));
    await log.settled();
    const durable = log.envelope;
    const told: unknown[] = [];
    journal.failing = new Error("disk full");
    log.confirm(note("lost"));
    log.subscribe((next, _, confirmed) => void told.push([next === durable, confirmed.length]));
    log.confirm(note("lost, too"));
    expect(await codeOf(log.settled())).toBe("JOURNAL_FAILED");
    expect([log.envelope === durable, log.seq, phases]).toEqual([true, 1, ["journal"]]);
    expect(told).toEqual([
      [false, 1],
      [true, 0],
    ]);
    expect(codeThrown(() => log.confirm(note("no")))).toBe("JOURNAL_FAILED");
    expect(outside).toEqual(["kept"]);
  });

  test("a journal that throws instead of rejecting has failed, too", async () => {
    const journal = new MemoryJournal();
    const log = await open(journal);
    journal.append = () => {
      throw new Error("disk gone");
    };
    const told: number[] = [];
    log.subscribe((_, __, confirmed) => void told.push(confirmed.length));
    log.confirm(note("lost"));
    expect(await codeOf(log.settled())).toBe("JOURNAL_FAILED");
    expect([log.envelope.seen, told]).toEqual([[], [1, 0]]);
  });

  test("nothing is confirmed after a failure, not even what onError answers to a cocoon", async () => {
    const journal = new MemoryJournal();
    const failing = act("failing").does({ watch: () => cocoon(() => turns().then(() => Promise.reject("no"))) });
    const log = await open(journal, { acts: [note, failing], onError: () => note("answer") });
    journal.failing = new Error("disk full");
    log.confirm(failing());
    await codeOf(log.settled());
    await turns(9);
    expect([log.envelope.seen, log.seq]).toEqual([[], 0]);
    await log.dismiss();
  });

  test("an onError that throws keeps neither the rollback nor the subscribers from the failure", async () => {
    const journal = new MemoryJournal();
    const log = await open(journal, {
      onError: () => {
        throw new Error("loud");
      },
    });
    const told: number[] = [];
    journal.failing = new Error("disk full");
    log.confirm(note("lost"));
    log.subscribe((_, __, confirmed) => void told.push(confirmed.length));
    expect(await codeOf(log.settled())).toBe("JOURNAL_FAILED");
    expect([log.envelope.seen, told]).toEqual([[], [0]]);
  });

  test("without onError a failure is kept for an admit, once, and so is what a subscriber throws that is told", async () => {
    const journal = new MemoryJournal();
    const log = await open(journal);
    log.subscribe((_, __, confirmed) => {
      if (confirmed.length === 0) throw new Error("loud");
    });
    journal.failing = new Error("disk full");
    log.confirm(note("lost"));
    await codeOf(log.settled());
    expect(await codeOf(log.admit())).toBe("JOURNAL_FAILED");
    await expect(log.admit()).rejects.toThrow("loud");
    expect(await log.admit()).toEqual([{ seen: [] }]);
  });

  test("several appends in flight fail as one", async () => {
    const journal = new MemoryJournal();
    const told: unknown[] = [];
    const log = await open(journal, { onError: ({ phase }: { phase: string }) => void told.push(phase) });
    journal.held = true;
    for (const word of ["a", "b", "c"]) log.confirm(note(word));
    log.subscribe((_, __, confirmed) => told.push(confirmed.length));
    await turns();
    journal.failing = new Error("disk full");
    journal.release();
    expect(await codeOf(log.settled())).toBe("JOURNAL_FAILED");
    expect(told).toEqual(["journal", 0]);
  });

  test("a cocoon's emission after a failure is refused with JOURNAL_FAILED", async () => {
    const codes: unknown[] = [];
    const emits = act("emits").does({
      watch: () =>
        cocoon(function* (cx) {
          yield* cx.sleep(1);
          try {
            yield note("refused");
          } catch (error) {
            codes.push((error as { code: unknown }).code);
          }
          codes.push(yield* until(codeOf(cx.emerge(note("refused")))));
        }),
    });
    const journal = new MemoryJournal();
    const log = await open(journal, { acts: [note, emits], onError: () => {} });
    journal.failing = new Error("disk full");
    log.confirm(emits());
    await log.admit();
    expect([codes, log.seq, journal.records]).toEqual([["JOURNAL_FAILED", "JOURNAL_FAILED"], 0, []]);
  });

  test("settled waits for what was confirmed before it, without a journal for nothing", async () => {
    await shawn<Log>({ seen: [] }, { acts: [note] }).settled();
    const journal = new MemoryJournal();
    const log = await open(journal);
    journal.held = true;
    log.confirm(note("x"));
    const settled = log.settled();
    journal.release();
    await settled;
    expect(journal.records).toHaveLength(1);
  });

  test("dismiss waits for the journal", async () => {
    const journal = new MemoryJournal();
    const log = await open(journal);
    journal.held = true;
    log.confirm(note("x"));
    const dismissed = log.dismiss();
    await turns();
    journal.release();
    await dismissed;
    expect([journal.records.length, outside]).toEqual([1, ["x"]]);
  });
});
