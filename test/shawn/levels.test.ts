import { channel, sleep } from "@good-place/channel";
import { acts, cocoon, type Failure, once, payload, type ShawnOptions, shawn, snoop } from "@good-place/shawn";
import { expect, test } from "vitest";
import { codeOf, codeThrown, MemoryJournal, turns } from "./office.js";

interface Log {
  seen: string[];
}
const act = acts<Log>();
let outside: string[] = [];
// A guess is uncertain until this closes.
let answer = channel<never>();
const note = act("note", payload<string>()).does({
  update(log, word) {
    if (word === "bad") throw new Error("bad");
    log.seen.push(word);
  },
  watch: (_, word) => (word.length === 1 ? note(`${word}-after`) : undefined),
  effect: (_, word) => void outside.push(word),
});
const guess = act("guess", payload<string>()).does({
  update: (log, word) => void log.seen.push(word),
  watch: (_, word) =>
    cocoon(
      async () => {
        await answer.take();
        if (word === "wrong") throw new Error("wrong");
      },
      { optimistic: true },
    ),
  effect: (_, word) => void outside.push(word),
});

class Disk extends MemoryJournal {
  readonly durability = "disk";
}

async function open(journal: MemoryJournal | undefined, options: Partial<ShawnOptions<Log>> = {}) {
  outside = [];
  answer = channel();
  const log = shawn<Log>({ seen: [] }, { acts: [note, guess], journal, onError: () => {}, ...options });
  await log.settled();
  return log;
}

/** What a promise has come to so far. */
function fate(op: PromiseLike<unknown>): { now: unknown } {
  const fate = { now: "open" as unknown };
  op.then(
    () => (fate.now = "settled"),
    (error) => (fate.now = error.code ?? error.message),
  );
  return fate;
}

test("at memory an act counts and its effects run at once, with those of what follows; the journal gets it in its order", async () => {
  const journal = new Disk();
  const log = await open(journal);
  journal.held = true;
  log.confirm(note("first"));
  const memory = fate(log.confirmAt("memory", note("a"), note("second")));
  expect(outside).toEqual(["a", "a-after", "second"]);
  await turns();
  expect([memory.now, log.envelope.seen, journal.records]).toEqual([
    "settled",
    ["first", "a", "a-after", "second"],
    [],
  ]);
  journal.release();
  await log.settled();
  expect(outside).toEqual(["a", "a-after", "second", "first"]);
  expect(journal.records.map(({ payload }) => payload)).toEqual(["first", "a", "a-after", "second"]);
});

test("at disk the wait and the effects end when the record is kept, not before", async () => {
  const journal = new Disk();
  const log = await open(journal);
  journal.held = true;
  const disk = fate(log.as("eleanor").confirmAt("disk", note("a")));
  await turns();
  expect([disk.now, outside, log.envelope.seen]).toEqual(["open", [], ["a", "a-after"]]);
  journal.release();
  await turns();
  expect([disk.now, outside]).toEqual(["settled", ["a", "a-after"]]);
  expect(journal.records.map(({ meta }) => meta.by)).toEqual(["eleanor", "eleanor"]);
});

test("disk is refused with NOT_DURABLE, and nothing confirmed, unless the journal says that it keeps so much", async () => {
  const weak = Object.assign(new MemoryJournal(), { durability: "memory" as const, where: "a journal on sand" });
  for (const journal of [undefined, new MemoryJournal(), weak]) {
    const log = await open(journal);
    expect(codeThrown(() => log.confirmAt("disk", note("a")))).toBe("NOT_DURABLE");
    expect([log.seq, outside]).toEqual([0, []]);
    await log.confirmAt("memory", note("a"));
    expect([log.seq, outside]).toEqual([2, ["a", "a-after"]]);
  }
  const log = await open(weak);
  expect(() => log.confirmAt("disk")).toThrow(/a journal on sand keeps "memory"/);
});

test("a level that is none is refused with BAD_LEVEL", async () => {
  const log = await open(new Disk());
  for (const level of ["os", undefined, note("a")]) {
    expect(codeThrown(() => log.confirmAt(level as "disk", note("a")))).toBe("BAD_LEVEL");
  }
  expect(log.seq).toBe(0);
});

test("a refusal fails the wait, and is thrown where there is no onError; what was confirmed stands", async () => {
  const told: unknown[] = [];
  const log = await open(new Disk(), { onError: ({ phase }: Failure) => void told.push(phase) });
  await expect(log.confirmAt("disk", note("fine"), note("bad"))).rejects.toThrow("bad");
  await expect(log.confirmAt("memory", note("bad"))).rejects.toThrow("bad");
  expect([told, log.envelope.seen]).toEqual([["update", "update"], ["fine"]]);
  const strict = await open(new Disk(), { onError: undefined });
  expect(() => strict.confirmAt("disk", note("fine"), note("bad"))).toThrow("bad");
  expect(strict.envelope.seen).toEqual(["fine"]);
  await strict.settled();
});

test("acts that wait their turn in a tide are told of their own fate", async () => {
  const log = await open(new Disk());
  const fates: { now: unknown }[] = [];
  const stop = log.subscribe(() => {
    stop();
    fates.push(fate(log.confirmAt("disk", note("later"))), fate(log.confirmAt("memory", note("bad"))));
    expect(log.envelope.seen).toEqual(["outer"]);
  });
  const outer = fate(log.confirmAt("disk", note("outer")));
  expect(log.envelope.seen).toEqual(["outer", "later"]);
  await log.settled();
  await turns();
  expect([outer.now, ...fates.map(({ now }) => now)]).toEqual(["settled", "settled", "bad"]);
});

test("acts that a failing tide drops fail with what dropped it", async () => {
  const spying = act("spying").does({
    spy: () =>
      snoop(
        (o: Log) => o.seen.length,
        () => {
          fates.push(fate(log.confirmAt("disk", note("dropped"))));
          throw new Error("loud");
        },
      ),
  });
  const fates: { now: unknown }[] = [];
  const log = await open(new Disk(), { acts: [note, spying], onError: undefined });
  log.confirm(spying());
  expect(() => log.confirm(note("outer"))).toThrow("loud");
  await turns();
  expect([fates.map(({ now }) => now), log.envelope.seen]).toEqual([["loud"], ["outer"]]);
});

test("while the journal is replayed acts wait; where that fails they fail with JOURNAL_FAILED, and after a dismiss with DISMISSED", async () => {
  const record = { name: "note", payload: "old", meta: { id: "x", seq: 1, at: 1, cause: undefined, by: undefined } };
  const start = (seq: number) => {
    outside = [];
    const journal = new Disk([{ ...record, seq }]);
    return shawn<Log>({ seen: [] }, { acts: [note], journal, onError: () => {} });
  };
  const sound = start(1);
  const fates = [fate(sound.confirmAt("disk", note("new"))), fate(sound.confirmAt("memory", note("newer")))];
  expect([sound.envelope.seen, outside]).toEqual([[], []]);
  await sound.settled();
  await turns();
  expect([fates.map(({ now }) => now), sound.envelope.seen]).toEqual([
    ["settled", "settled"],
    ["old", "new", "newer"],
  ]);
  const damaged = start(2);
  expect(await codeOf(damaged.confirmAt("memory", note("new")))).toBe("JOURNAL_FAILED");
  const dismissed = start(1);
  const waits = fate(dismissed.confirmAt("disk", note("new")));
  await dismissed.dismiss();
  expect(waits.now).toBe("DISMISSED");
});

test("when the journal fails disk fails; what memory has done outside stays done, and the envelope goes back", async () => {
  const journal = new Disk();
  const log = await open(journal);
  await log.confirmAt("disk", note("kept"));
  journal.failing = new Error("disk full");
  const memory = fate(log.confirmAt("memory", note("told")));
  const disk = fate(log.confirmAt("disk", note("lost")));
  expect(await codeOf(log.settled())).toBe("JOURNAL_FAILED");
  await turns();
  expect([memory.now, disk.now, outside]).toEqual(["settled", "JOURNAL_FAILED", ["kept", "told"]]);
  expect([log.envelope.seen, journal.records.length]).toEqual([["kept"], 1]);
  expect(codeThrown(() => log.confirmAt("memory", note("no")))).toBe("JOURNAL_FAILED");
});

test("behind an optimistic act memory settles at once, and its effects wait for the cocoon but not for the journal", async () => {
  const journal = new Disk();
  const log = await open(journal);
  journal.held = true;
  log.confirm(guess("right"));
  const fates = [fate(log.confirmAt("memory", note("told"))), fate(log.confirmAt("disk", note("kept")))];
  await turns();
  expect([fates.map(({ now }) => now), outside]).toEqual([["settled", "open"], []]);
  answer.close();
  await log.admit();
  expect([outside, journal.records]).toEqual([["told"], []]);
  journal.release();
  await log.settled();
  await turns();
  expect([fates[1]?.now, outside]).toEqual(["settled", ["told", "right", "kept"]]);
});

test("an optimistic act at disk fails with ROLLED_BACK when its cocoon fails, at memory it has settled by then", async () => {
  const log = await open(new Disk());
  const fates = [fate(log.confirmAt("memory", guess("wrong"))), fate(log.confirmAt("disk", guess("wrong")))];
  answer.close();
  await log.admit();
  await log.settled();
  await turns();
  expect([fates.map(({ now }) => now), log.envelope.seen, outside]).toEqual([["settled", "ROLLED_BACK"], [], []]);
});

test("an act that was asked for twice is waited for at disk until the first is kept", async () => {
  const journal = new Disk();
  const log = await open(journal);
  journal.held = true;
  log.confirm(once("1", note("first")));
  const again = fate(log.confirmAt("disk", once("1", note("again"))));
  await turns();
  expect(again.now).toBe("open");
  journal.release();
  await log.settled();
  await turns();
  expect([again.now, log.envelope.seen]).toEqual(["settled", ["first"]]);
});

test("what a snoop answers with has the level of the act that it answers", async () => {
  const spying = act("spying").does({
    spy: () =>
      snoop(
        (log: Log) => log.seen.length,
        (length) => (length < 4 ? note(`${length} seen`) : undefined),
      ),
  });
  const journal = new Disk();
  const log = await open(journal, { acts: [note, spying] });
  journal.held = true;
  log.confirm(spying(), note("kept"));
  expect([log.envelope.seen, outside]).toEqual([["kept", "1 seen", "2 seen", "3 seen"], []]);
  journal.release();
  await log.settled();
  outside = [];
  const other = await open(new Disk(), { acts: [note, spying] });
  await other.confirmAt("memory", spying(), note("told"));
  expect(outside).toEqual(["told", "1 seen", "2 seen", "3 seen"]);
});

test("what comes of an act later names no level: its effects wait for the journal", async () => {
  const slow = act("slow", payload<string>()).does({
    async *watch(_, word) {
      await sleep(1);
      yield note(word);
    },
    effect: (_, word) => void outside.push(`slow ${word}`),
  });
  const journal = new Disk();
  const log = await open(journal, { acts: [note, slow] });
  journal.held = true;
  await log.confirmAt("memory", slow("later"));
  await log.admit();
  expect([log.envelope.seen, outside]).toEqual([["later"], ["slow later"]]);
  journal.release();
  await log.settled();
  expect(outside).toEqual(["slow later", "later"]);
});
