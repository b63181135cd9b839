import { acts, payload, shawn } from "@good-place/shawn";
import { expect, test } from "vitest";
import { codeOf, codeThrown, MemoryJournal } from "./office.js";

interface Log {
  seen: string[];
}
const act = acts<Log>();
const outside: string[] = [];
const note = act("note", payload<string>()).does({
  update(log, word) {
    if (word === "bad") throw new Error("bad");
    log.seen.push(word);
  },
  watch: () => note("never"),
  effect: (_, word) => void outside.push(word),
});
const record = (seq: number, payload: string) => ({
  seq,
  name: "note",
  payload,
  meta: { id: `id${seq}`, seq, at: 0, cause: undefined, by: undefined },
});
const records = ["a", "b", "c"].map((word, i) => record(i + 1, word));
const follower = (rest = {}) => shawn<Log>({ seen: [] }, { acts: [note], ...rest });

test("a follower's updates run and its subscribers are told, nothing else", () => {
  const log = follower();
  const told: unknown[] = [];
  log.subscribe((next, previous, confirmed) =>
    told.push([previous.seen, next.seen, confirmed.map(({ meta }) => meta.id)]),
  );
  log.replay(records);
  expect(told).toEqual([[[], ["a", "b", "c"], ["id1", "id2", "id3"]]]);
  expect([log.seq, outside]).toEqual([3, []]);
});

test("records that are known are passed over, and then nobody is told", () => {
  const log = follower();
  log.replay(records.slice(0, 2));
  let told = 0;
  log.subscribe(() => void told++);
  log.replay(records.slice(0, 2));
  expect(told).toBe(0);
  log.replay(records);
  expect([log.envelope.seen, told]).toEqual([["a", "b", "c"], 1]);
});

test("a missing record is SEQ_GAP, and the envelope is as it was before", () => {
  const log = follower();
  const before = log.envelope;
  expect(codeThrown(() => log.replay([record(1, "a"), record(3, "c")]))).toBe("SEQ_GAP");
  expect(() => log.replay([record(1, "a"), record(2, "bad")])).toThrow("bad");
  expect([log.envelope === before, log.seq]).toEqual([true, 0]);
  log.replay(records);
  expect(log.seq).toBe(3);
});

test("a subscriber that throws is heard of, and the follower has the acts", () => {
  const log = follower();
  log.subscribe(() => {
    throw new Error("loud");
  });
  expect(() => log.replay(records)).toThrow("loud");
  expect(log.seq).toBe(3);
});

test("a subscriber that confirms during a replay gets a batch of its own, after all were told", () => {
  const own = act("own").does({ update: (log) => void log.seen.push("own") });
  const log = shawn<Log>({ seen: [] }, { acts: [note, own] });
  const heard: unknown[] = [];
  log.subscribe(({ seen }) => {
    heard.push(["first", seen.length]);
    if (seen.length === 3) log.confirm(own());
  });
  log.subscribe(({ seen }) => heard.push(["second", seen.length]));
  log.replay(records);
  expect(heard).toEqual([
    ["first", 3],
    ["second", 3],
    ["first", 4],
    ["second", 4],
  ]);
});

test("replay within a tide or an update is refused with REPLAY_IN_TIDE", () => {
  const codes: unknown[] = [];
  const inside = act("inside").does({
    update: () => void codes.push(codeThrown(() => log.replay(records))),
    effect: () => void codes.push(codeThrown(() => log.replay(records))),
  });
  const log = shawn<Log>({ seen: [] }, { acts: [note, inside] });
  log.confirm(inside());
  expect(codes).toEqual(["REPLAY_IN_TIDE", "REPLAY_IN_TIDE"]);
  expect([log.seq, log.envelope.seen]).toEqual([1, []]);
});

test("a follower with a journal keeps what it takes over", async () => {
  const journal = new MemoryJournal();
  const log = follower({ journal });
  expect(codeThrown(() => log.replay(records))).toBe("REPLAY_IN_TIDE");
  await log.settled();
  log.replay(records);
  await log.settled();
  expect(journal.records.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  journal.failing = new Error("disk full");
  log.replay([record(4, "d")]);
  expect(await codeOf(log.settled())).toBe("JOURNAL_FAILED");
  expect(log.envelope.seen).toEqual(["a", "b", "c"]);
});
