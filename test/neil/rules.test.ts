import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryJournal, openMansion } from "@good-place/mansion";
import {
  addInterval,
  addName,
  decideAway,
  editInterval,
  editName,
  emptyOffice,
  handleOf,
  handleText,
  type Interval,
  importIntervals,
  joinIntervals,
  mergeNames,
  neilActs,
  noticeAway,
  type Office,
  overlapping,
  parseHandle,
  removeIntervals,
  removeName,
  retraces,
  setBudget,
  setRate,
  setTerms,
  snapshotOf,
  splitInterval,
  startTask,
  stopTask,
  switchTask,
} from "@good-place/neil/domain";
import { type Act, type Shawn, shawn } from "@good-place/shawn";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const BEGIN = 1_000_000_000;
const SECOND = 1000;
const HANDLES = ["a/x/1", "a/x/2", "a/y/1", "b/x/1"];

interface Played {
  readonly store: Shawn<Office>;
  readonly clock: { now: number };
}

function office(): Played {
  const clock = { now: BEGIN };
  return { store: shawn(emptyOffice(), { acts: neilActs, now: () => clock.now }), clock };
}

let made = 0;
const command = (): string => `command-${++made}`;
const rest = { note: "", tags: [], zone: "UTC" };

function start(handle: string, more: object = {}): Act {
  return startTask({ interval: command(), handle: parseHandle(handle), ...rest, ...more });
}

function add(handle: string, from: number, to: number, clash: "refuse" | "trim" | "replace" = "refuse"): Act {
  const [start, end] = [BEGIN + from * SECOND, BEGIN + to * SECOND];
  return addInterval({
    command: command(),
    interval: command(),
    handle: parseHandle(handle),
    start,
    end,
    ...rest,
    clash,
  });
}

function rows({ store }: Played): Interval[] {
  return [...store.envelope.intervals].sort((a, b) => a.start - b.start);
}

/** Seconds since the begin, and the handle: what a person sees. */
function seen(played: Played): string[] {
  const seconds = (at: number | null): string => (at === null ? "now" : `${(at - BEGIN) / SECOND}`);
  return rows(played).map(({ start, end, task }) => {
    return `${seconds(start)}-${seconds(end)} ${handleText(handleOf(played.store.envelope, task))}`;
  });
}

const ref = ({ id, rev }: Interval): { id: string; rev: number } => ({ id, rev });
const code = (wanted: string): object => expect.objectContaining({ code: wanted });

describe("what is in the way", () => {
  const three = (): Played => {
    const played = office();
    played.clock.now += 1000 * SECOND;
    played.store.confirm(add("a/x/1", 10, 20), add("a/x/2", 30, 40), add("a/y/1", 50, 60));
    return played;
  };

  test("refuses a new interval that shares time with one, and names that one", () => {
    const { store } = three();
    expect(() => store.confirm(add("b/x/1", 15, 25))).toThrow(code("OVERLAP"));
    expect(() => store.confirm(add("b/x/1", 15, 25))).toThrow("a/x/1");
  });

  test("lets intervals touch", () => {
    const played = three();
    played.store.confirm(add("b/x/1", 20, 30));
    expect(rows(played)).toHaveLength(4);
  });

  test("is trimmed on both sides with trim, and cut in two where the new one lies within", () => {
    const played = three();
    played.store.confirm(add("b/x/1", 15, 35, "trim"), add("b/x/1", 52, 55, "trim"));
    expect(seen(played)).toEqual([
      "10-15 a/x/1",
      "15-35 b/x/1",
      "35-40 a/x/2",
      "50-52 a/y/1",
      "52-55 b/x/1",
      "55-60 a/y/1",
    ]);
  });

  test("is never swallowed whole by trim, but by replace", () => {
    const played = three();
    expect(() => played.store.confirm(add("b/x/1", 25, 45, "trim"))).toThrow(code("OVERLAP"));
    played.store.confirm(add("b/x/1", 25, 55, "replace"));
    expect(seen(played)).toEqual(["10-20 a/x/1", "25-55 b/x/1", "55-60 a/y/1"]);
  });

  test("may be what runs: it goes on behind the new one", () => {
    const played = three();
    played.store.confirm(start("b/x/1"));
    played.clock.now += 100 * SECOND;
    played.store.confirm(add("a/x/1", 1020, 1040, "trim"));
    expect(seen(played).slice(3)).toEqual(["1000-1020 b/x/1", "1020-1040 a/x/1", "1040-now b/x/1"]);
  });
});

describe("backdating", () => {
  test("a start in the past may touch what ended, and not lie in it", () => {
    const played = office();
    played.store.confirm(add("a/x/1", -20, -10));
    expect(() => played.store.confirm(start("a/x/2", { at: BEGIN - 11 * SECOND }))).toThrow(code("OVERLAP"));
    played.store.confirm(start("a/x/2", { at: BEGIN - 10 * SECOND }));
    expect(seen(played)).toEqual(["-20--10 a/x/1", "-10-now a/x/2"]);
  });

  test("a stop before the start, and anything more than two minutes ahead, is refused with BAD_INTERVAL", () => {
    const { store } = office();
    store.confirm(start("a/x/1"));
    const stop = (at: number): Act => stopTask({ interval: store.envelope.running ?? "", note: "", done: false, at });
    expect(() => store.confirm(stop(BEGIN - SECOND))).toThrow(code("BAD_INTERVAL"));
    expect(() => store.confirm(stop(BEGIN + 121 * SECOND))).toThrow(code("BAD_INTERVAL"));
    store.confirm(stop(BEGIN + 119 * SECOND));
    expect(() => store.confirm(add("a/x/2", 120, 122))).toThrow(code("BAD_INTERVAL"));
  });

  test("a switch stops and starts in the same instant", () => {
    const played = office();
    played.store.confirm(start("a/x/1"));
    played.clock.now += 50 * SECOND;
    const stops = { interval: played.store.envelope.running ?? "", note: "enough", done: true };
    const at = BEGIN + 40 * SECOND;
    played.store.confirm(switchTask({ interval: command(), handle: parseHandle("b/x/1"), ...rest, at, stops }));
    expect(seen(played)).toEqual(["0-40 a/x/1", "40-now b/x/1"]);
    expect([...played.store.envelope.tasks][0]?.state).toBe("completed");
  });
});

describe("changing what is there", () => {
  const one = (): Played & { it: () => Interval } => {
    const played = office();
    played.clock.now += 1000 * SECOND;
    played.store.confirm(add("a/x/1", 10, 40));
    return { ...played, it: () => rows(played)[0] as Interval };
  };

  test("an edit of what another device has changed meanwhile is refused, and says who did what", () => {
    const { store, it } = one();
    const old = ref(it());
    store.as("laptop").confirm(editInterval({ command: command(), interval: old, note: "mine", clash: "refuse" }));
    const late = editInterval({ command: command(), interval: old, note: "yours", clash: "refuse" });
    expect(() => store.confirm(late)).toThrow(code("CONFLICT"));
    expect(() => store.confirm(late)).toThrow("interval/edit of laptop");
    expect(it().note).toBe("mine");
  });

  test("a revision is never used again: what was seen before an undo and a redo is old", () => {
    const { store, it } = one();
    const edit = (note: string): void =>
      store.confirm(editInterval({ command: command(), interval: ref(it()), note, clash: "refuse" }));
    edit("first");
    const old = ref(it());
    store.confirm(...retraces(store.envelope, "back", command()));
    edit("second");
    const late = removeIntervals({ command: command(), intervals: [old] });
    expect(() => store.confirm(late)).toThrow(code("CONFLICT"));
  });

  test("split makes pieces that add up, join makes them one again", () => {
    const played = one();
    const at = [20, 30].map((second) => BEGIN + second * SECOND);
    played.store.confirm(splitInterval({ command: command(), interval: ref(played.it()), at }));
    expect(seen(played)).toEqual(["10-20 a/x/1", "20-30 a/x/1", "30-40 a/x/1"]);
    played.store.confirm(joinIntervals({ command: command(), intervals: rows(played).map(ref) }));
    expect(seen(played)).toEqual(["10-40 a/x/1"]);
  });

  test.each([[10], [40], [5]])("a split at second %d, which is not within, is refused", (second) => {
    const { store, it } = one();
    const split = splitInterval({ command: command(), interval: ref(it()), at: [BEGIN + second * SECOND] });
    expect(() => store.confirm(split)).toThrow(code("BAD_INTERVAL"));
  });

  test("only intervals of one task are joined, and nothing else may lie between them", () => {
    const played = one();
    played.store.confirm(add("a/x/2", 50, 60), add("a/x/1", 70, 80));
    const join = (...places: number[]): Act =>
      joinIntervals({ command: command(), intervals: places.map((place) => ref(rows(played)[place] as Interval)) });
    expect(() => played.store.confirm(join(0, 1))).toThrow(code("BAD_INTERVAL"));
    expect(() => played.store.confirm(join(0, 2))).toThrow(code("OVERLAP"));
  });

  test("an interval runs again when its end is taken away, unless another runs", () => {
    const { store, it, clock } = one();
    const again = (): Act => editInterval({ command: command(), interval: ref(it()), end: null, clash: "refuse" });
    store.confirm(again());
    expect(store.envelope.running).toBe(it().id);
    store.confirm(stopTask({ interval: it().id, note: "", done: false }));
    clock.now += SECOND;
    store.confirm(start("b/x/1"));
    expect(() => store.confirm(again())).toThrow(code("RUNNING"));
  });

  test("an interval of no length is neither added nor made by an edit", () => {
    const { store, it } = one();
    expect(() => store.confirm(add("a/x/1", 5, 5))).toThrow(code("BAD_INTERVAL"));
    const empty = editInterval({ command: command(), interval: ref(it()), end: it().start, clash: "refuse" });
    expect(() => store.confirm(empty)).toThrow(code("BAD_INTERVAL"));
  });
});

describe("names", () => {
  const named = (): Played => {
    const played = office();
    played.store.confirm(add("a/x/1", -20, -10), add("a/x/2", -10, -5), add("b/x/1", -5, 0));
    return played;
  };
  const task = ({ store }: Played, handle: string): { id: string; rev: number } =>
    [...store.envelope.tasks].find(({ id }) => handleText(handleOf(store.envelope, id)) === handle) as never;

  test("a rename that another has is refused, and one that is free is what its intervals are called by", () => {
    const played = named();
    const rename = (to: string): Act =>
      editName({ command: command(), kind: "tasks", ...pick(task(played, "a/x/1")), rename: to, fields: {} });
    expect(() => played.store.confirm(rename("2"))).toThrow(code("ALREADY"));
    played.store.confirm(rename("header"));
    expect(seen(played)[0]).toBe("-20--10 a/x/header");
    played.store.confirm(start("a/x/1"));
    expect(new Set([...played.store.envelope.intervals].map((each) => each.task)).size).toBe(4);
  });

  test("merging two clients merges what is called alike below them", () => {
    const played = named();
    const [a, b] = [...played.store.envelope.clients].map(pick) as [
      { id: string; rev: number },
      { id: string; rev: number },
    ];
    played.store.confirm(mergeNames({ command: command(), kind: "clients", from: b, into: a }));
    expect(seen(played)).toEqual(["-20--10 a/x/1", "-10--5 a/x/2", "-5-0 a/x/1"]);
    expect(played.store.envelope.clients.size).toBe(1);
  });

  test("what has a rate, a budget or terms of its own is not merged away: what it costs would change unsaid", () => {
    const { store } = named();
    const [from, into] = [...store.envelope.clients].map(pick) as [
      { id: string; rev: number },
      { id: string; rev: number },
    ];
    const merge = (): Act => mergeNames({ command: command(), kind: "clients", from, into });
    const [{ id: scope = "" } = {}] = store.envelope.projects;
    store.confirm(setRate({ command: command(), scope, from: "", amount: { currency: "EUR", minor: 6000 } }));
    expect(() => store.confirm(merge())).toThrow(code("IN_USE"));
    store.confirm(setRate({ command: command(), scope, from: "", amount: null }));
    store.confirm(setBudget({ command: command(), scope, per: "all", limit: { ms: 1 } }));
    expect(() => store.confirm(merge())).toThrow(code("IN_USE"));
    store.confirm(setBudget({ command: command(), scope, per: "all", limit: null }));
    store.confirm(setTerms({ command: command(), scope, fields: { vat: 1200 } }));
    expect(() => store.confirm(merge())).toThrow(code("IN_USE"));
    store.confirm(setTerms({ command: command(), scope, fields: { vat: null } }));
    store.confirm(merge());
    expect(store.envelope.clients.size).toBe(1);
  });

  test("what something belongs to is not removed, and what was worked on is not canceled", () => {
    const played = named();
    const row = pick(task(played, "a/x/1"));
    const remove = removeName({ command: command(), kind: "tasks", ...row });
    expect(() => played.store.confirm(remove)).toThrow(code("IN_USE"));
    const cancel = editName({ command: command(), kind: "tasks", ...row, state: "canceled", fields: {} });
    expect(() => played.store.confirm(cancel)).toThrow(code("IN_USE"));
    played.store.confirm(addName({ command: command(), handle: ["a", "x", "9"], fields: { note: "later" } }));
    const idle = pick(task(played, "a/x/9"));
    played.store.confirm(editName({ command: command(), kind: "tasks", ...idle, state: "canceled", fields: {} }));
    expect(() => played.store.confirm(start("a/x/9"))).toThrow(code("TASK_COMPLETED"));
  });

  function pick({ id, rev }: { id: string; rev: number }): { id: string; rev: number } {
    return { id, rev };
  }
});

describe("an absence", () => {
  // Work from 0 on, nobody there from 100 to 200, and it is 300.
  const gone = (): Played & { away: string } => {
    const played = office();
    played.store.confirm(start("a/x/1"));
    const { running } = played.store.envelope;
    played.clock.now += 300 * SECOND;
    const [from, to] = [BEGIN + 100 * SECOND, BEGIN + 200 * SECOND];
    played.store.confirm(noticeAway({ interval: running ?? "", from, to }));
    return { ...played, away: [...played.store.envelope.away][0]?.id ?? "" };
  };

  test.each([
    ["keep", ["0-now a/x/1"]],
    ["cut", ["0-100 a/x/1"]],
    ["go-on", ["0-100 a/x/1", "200-now a/x/1"]],
    ["move", ["0-100 a/x/1", "100-200 b/x/1", "200-now a/x/1"]],
  ] as const)("cuts nothing by itself; %s does what it says, once, and an undo asks again", (choice, wanted) => {
    const played = gone();
    const decide = (): Act =>
      decideAway({
        ...{ command: command(), away: played.away, choice },
        ...(choice === "move" && { handle: parseHandle("b/x/1") }),
      });
    expect(seen(played)).toEqual(["0-now a/x/1"]);
    played.store.confirm(decide());
    expect(seen(played)).toEqual(wanted);
    expect(() => played.store.confirm(decide())).toThrow(code("ALREADY"));
    played.store.confirm(...retraces(played.store.envelope, "back", command()));
    expect(seen(played)).toEqual(["0-now a/x/1"]);
    played.store.confirm(decide());
  });

  test("of an interval that was stopped meanwhile is not decided over its head", () => {
    const played = gone();
    const { store, away } = played;
    store.confirm(
      stopTask({ interval: store.envelope.running ?? "", note: "", done: false, at: BEGIN + 150 * SECOND }),
    );
    const cut = decideAway({ command: command(), away, choice: "cut" });
    expect(() => store.confirm(cut)).toThrow(code("CONFLICT"));
  });
});

type Step = {
  tag:
    | "start"
    | "stop"
    | "switch"
    | "add"
    | "edit"
    | "split"
    | "join"
    | "remove"
    | "rename"
    | "merge"
    | "back"
    | "forth";
  handle: string;
  from: number;
  ms: number;
  clash: "refuse" | "trim" | "replace";
  pick: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  tag: fc.constantFrom(
    ...(["start", "stop", "switch", "add", "add", "add", "edit", "edit", "split", "join"] as const),
    ...(["remove", "rename", "merge", "back", "forth"] as const),
  ),
  handle: fc.constantFrom(...HANDLES),
  from: fc.integer({ min: -300, max: 100 }),
  ms: fc.integer({ min: -5, max: 90 }),
  clash: fc.constantFrom("refuse", "trim", "replace"),
  pick: fc.nat(20),
});

function acts(played: Played, { tag, handle, from, ms, clash, pick }: Step): readonly Act[] {
  const { envelope } = played.store;
  const all = rows(played);
  const row = all[pick % Math.max(1, all.length)];
  const at = BEGIN + from * SECOND;
  const tasks = [...envelope.tasks];
  const [one, other] = [tasks[pick % Math.max(1, tasks.length)], tasks[(pick + 1) % Math.max(1, tasks.length)]];
  const stops = { interval: envelope.running ?? "none", note: "", done: pick === 0 };
  if (tag === "start") return [start(handle, pick < 10 ? { at, clash } : {})];
  if (tag === "stop") return [stopTask({ ...stops, ...(pick < 10 && { at }) })];
  if (tag === "switch") return [switchTask({ interval: command(), handle: parseHandle(handle), ...rest, at, stops })];
  if (tag === "add") return [add(handle, from, from + ms, clash)];
  if (tag === "back" || tag === "forth") return retraces(envelope, tag, command());
  if (tag === "rename" && one) {
    return [
      editName({ command: command(), kind: "tasks", id: one.id, rev: one.rev, rename: `${pick % 4}`, fields: {} }),
    ];
  }
  if (tag === "merge" && one && other) {
    const [a, b] = [one, other].map(({ id, rev }) => ({ id, rev })) as [
      { id: string; rev: number },
      { id: string; rev: number },
    ];
    return [mergeNames({ command: command(), kind: "tasks", from: a, into: b })];
  }
  if (row === undefined) return [];
  const next = all[(pick + 1) % all.length] as Interval;
  if (tag === "split") return [splitInterval({ command: command(), interval: ref(row), at: [at, at + ms * SECOND] })];
  if (tag === "join") return [joinIntervals({ command: command(), intervals: [ref(row), ref(next)] })];
  if (tag === "remove") return [removeIntervals({ command: command(), intervals: [ref(row)] })];
  const end = pick % 5 === 0 ? null : at + ms * SECOND;
  return [editInterval({ command: command(), interval: ref(row), start: at, end, handle: parseHandle(handle), clash })];
}

// Whatever the domain says no with; anything else is a defect.
function tried(played: Played, step: Step): boolean {
  try {
    played.store.confirm(...acts(played, step));
    return true;
  } catch (error) {
    expect((error as Error).name).toBe("Refused");
    return false;
  }
}

// Slow and obvious: every interval against every other.
function judged(played: Played): void {
  const all = rows(played);
  const end = (row: Interval): number => row.end ?? Number.POSITIVE_INFINITY;
  for (const one of all) {
    expect(end(one)).toBeGreaterThanOrEqual(one.start);
    for (const other of all) {
      if (one === other || one.start === one.end || other.start === other.end) continue;
      expect(end(one) <= other.start || end(other) <= one.start, `${one.id} and ${other.id}`).toBe(true);
    }
  }
  const { envelope } = played.store;
  expect(all.filter(({ end }) => end === null).map(({ id }) => id)).toEqual(
    envelope.running === null ? [] : [envelope.running],
  );
  const handles = [...envelope.tasks].map(({ id }) => handleText(handleOf(envelope, id)));
  expect(new Set(handles).size).toBe(handles.length);
  // What the timeline finds is what a walk over everything finds.
  const [from, to] = [BEGIN - 200 * SECOND, BEGIN - 50 * SECOND];
  const within = all.filter((row) => row.start < to && end(row) > from && row.start !== row.end);
  expect([...overlapping(envelope, from, to)].map(({ id }) => id)).toEqual(within.map(({ id }) => id));
}

function content({ store }: Played): string {
  const tables = Object.values(snapshotOf(store.envelope)).map((rows) =>
    [...rows].sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
  return JSON.stringify(tables, (key, value) => (key === "rev" ? undefined : value));
}

describe("any sequence of commands", () => {
  test("leaves no overlap, at most one running interval, and unique names", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const played = office();
        for (const each of steps) {
          played.clock.now += 500;
          tried(played, each);
          judged(played);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("undone to the last is the empty store, and done again what it was", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const played = office();
        for (const each of steps) {
          played.clock.now += 500;
          tried(played, each);
        }
        const before = content(played);
        let count = 0;
        for (let back = acts(played, { ...some, tag: "back" }); back.length > 0; count++) {
          played.store.confirm(...back);
          judged(played);
          back = acts(played, { ...some, tag: "back" });
        }
        expect(content(played)).toBe(content(office()));
        for (; count > 0; count--) played.store.confirm(...acts(played, { ...some, tag: "forth" }));
        expect(content(played)).toBe(before);
      }),
      { numRuns: 150 },
    );
  });

  test("that comes twice is run once", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const played = office();
        for (const each of steps) {
          played.clock.now += 500;
          const all = acts(played, each);
          try {
            played.store.confirm(...all);
          } catch {
            continue;
          }
          const once = content(played);
          // Without a command id only the interval's own id tells that it is the same.
          if (each.tag !== "stop" && each.tag !== "switch") played.store.confirm(...all);
          expect(content(played)).toBe(once);
        }
      }),
      { numRuns: 100 },
    );
  });
});

const some: Step = { tag: "back", handle: "a/x/1", from: 0, ms: 0, clash: "refuse", pick: 0 };

test("work in a zone that this machine does not know is refused when it is confirmed, and replayed where it was kept", async () => {
  const journal = memoryJournal();
  const begun = shawn(emptyOffice(), { acts: neilActs, journal, now: () => BEGIN });
  begun.confirm(add("a/x/1", -7200, -3600));
  await begun.settled();
  const there: Act = { ...add("a/x/1", -3600, 0) };
  const elsewhere = { ...there, payload: { ...(there.payload as object), zone: "Mars/Olympus_Mons" } };
  expect(() => begun.confirm(elsewhere)).toThrow("zone");
  await begun.dismiss();

  // As another machine, or an older one, has written it.
  const meta = { id: "there", seq: 2, at: BEGIN, cause: undefined, by: undefined };
  await journal.append([{ seq: 2, name: "interval/add", payload: elsewhere.payload, meta }]);
  const again = shawn(emptyOffice(), { acts: neilActs, journal, now: () => BEGIN });
  await again.settled();
  expect([...again.envelope.intervals].map(({ zone }) => zone)).toEqual(["UTC", "Mars/Olympus_Mons"]);
  again.confirm(add("a/x/1", -9000, -7200));
  expect(again.envelope.intervals.size).toBe(3);
});

test("a name with a letter that this machine does not know is refused when it is confirmed, and replayed where it was kept", async () => {
  const journal = memoryJournal();
  const handle = { client: "a", project: "x", task: "\u{1f9ff}" };
  const there = { ...add("a/x/1", -3600, 0) };
  const begun = shawn(emptyOffice(), { acts: neilActs, now: () => BEGIN });
  const odd = { ...there, payload: { ...(there.payload as object), handle } };
  expect(() => begun.confirm(odd)).toThrow("letters");
  const named = addName({ command: command(), handle: ["\u{1f9ff}"], fields: {} });
  expect(() => begun.confirm(named)).toThrow("letters");

  const meta = { at: BEGIN, cause: undefined, by: undefined };
  const kept = [odd, named].map(({ name, payload }, n) => ({ name, payload, seq: n + 1 }));
  await journal.append(kept.map((each) => ({ ...each, meta: { ...meta, id: `there${each.seq}`, seq: each.seq } })));
  const again = shawn(emptyOffice(), { acts: neilActs, journal, now: () => BEGIN });
  await again.settled();
  expect([...again.envelope.tasks].map(({ name }) => name)).toEqual(["\u{1f9ff}"]);
  again.confirm(...retraces(again.envelope, "back", "back"));
  expect(again.envelope.clients.size).toBe(1);
});

describe("an undo of a merge", () => {
  const merged = (store: Shawn<Office>): void => {
    for (let n = 0; n < 400; n += 100) {
      const intervals = Array.from({ length: 100 }, (_, index) => {
        const start = BEGIN - (n + index + 1) * SECOND;
        return { id: `i${n + index}`, handle: parseHandle("a/x/1"), start, end: start + SECOND, note: "", tags: [] };
      });
      store.confirm(importIntervals({ command: command(), zone: "UTC", intervals }));
    }
    store.confirm(addName({ command: command(), handle: ["a", "x", "2"], fields: {} }));
    const [from, into] = [...store.envelope.tasks].map(({ id, rev }) => ({ id, rev }));
    if (from === undefined || into === undefined) throw new Error("no tasks");
    store.confirm(mergeNames({ command: "merge", kind: "tasks", from, into }));
  };
  const shares = (store: Shawn<Office>): number[] =>
    ["1", "2"].map((name) => {
      const task = [...store.envelope.tasks].find((row) => row.name === name);
      return [...store.envelope.intervals].filter((row) => row.task === task?.id).length;
    });

  test("fits into the journal, however many intervals go back, and so does the redo", async () => {
    const home = mkdtempSync(join(tmpdir(), "neil-merge-"));
    try {
      const mansion = await openMansion({ path: home, maxRecordBytes: 32_768 });
      const store = shawn(emptyOffice(), { acts: neilActs, journal: mansion.journal("office"), now: () => BEGIN });
      await store.settled();
      merged(store);
      for (const [way, after] of [
        ["back", [400, 0]],
        ["forth", [0, 400]],
        ["back", [400, 0]],
      ] as const) {
        store.confirm(...retraces(store.envelope, way, command()));
        await store.settled();
        expect(shares(store)).toEqual(after);
      }
      await store.dismiss();
      await mansion.close();
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  test("is replayed as older programs wrote it, with the rows in it", async () => {
    const journal = memoryJournal();
    const store = shawn(emptyOffice(), { acts: neilActs, journal, now: () => BEGIN });
    await store.settled();
    merged(store);
    await store.settled();
    const changes = store.envelope.steps.at("merge").changes;
    const meta = { id: "old", seq: store.seq + 1, at: BEGIN, cause: undefined, by: undefined };
    const payload = JSON.parse(JSON.stringify({ command: "undo", step: "merge", way: "back", changes }));
    await journal.append([{ seq: meta.seq, name: "step/retrace", payload, meta }]);
    const again = shawn(emptyOffice(), { acts: neilActs, journal, now: () => BEGIN });
    await again.settled();
    expect([shares(again), again.envelope.undone]).toEqual([[400, 0], ["merge"]]);
    again.confirm(...retraces(again.envelope, "forth", "redo"));
    expect(shares(again)).toEqual([0, 400]);
  });

  test("is refused when another command has made it final meanwhile, and changes nothing", () => {
    const { store } = office();
    merged(store);
    const late = retraces(store.envelope, "back", "late");
    store.confirm(...retraces(store.envelope, "back", "first"));
    store.confirm(addName({ command: command(), handle: ["b"], fields: {} }));
    const before = store.envelope;
    expect(() => store.confirm(...late)).toThrow("can no longer be undone");
    expect(store.envelope).toBe(before);
  });
});
