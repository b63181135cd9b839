import {
  emptyOffice,
  importIntervals,
  neilActs,
  type Office,
  report,
  revived,
  snapshotOf,
  startTask,
  status,
  stopTask,
} from "@good-place/neil/domain";
import { type Act, type JournalRecord, type Shawn, shawn } from "@good-place/shawn";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const handles = ["a/x/1", "a/x/2", "a/y/1", "b/x/1"];

function handle(text: string): { client: string; project: string; task: string } {
  const [client = "", project = "", task = ""] = text.split("/");
  return { client, project, task };
}

// A store whose clock the test sets, and the records of what it confirmed.
function office(): { store: Shawn<Office>; records: JournalRecord[]; clock: { now: number } } {
  const clock = { now: 1_000_000 };
  const records: JournalRecord[] = [];
  const store = shawn(emptyOffice(), { acts: neilActs, now: () => clock.now });
  store.subscribe((_next, _previous, confirmed) => {
    records.push(...confirmed.map(({ name, payload, meta }) => ({ seq: meta.seq, name, payload, meta })));
  });
  return { store, records, clock };
}

function start(interval: string, task = "a/x/1"): Act {
  return startTask({ interval, handle: handle(task), note: "", tags: [], zone: "UTC" });
}

function imported(id: string, from: number, to: number, task = "a/x/1"): Act {
  return importIntervals({
    zone: "UTC",
    intervals: [{ id, handle: handle(task), start: from, end: to, note: "", tags: [] }],
  });
}

describe("the rules of Neil", () => {
  test("a second start is refused with RUNNING and changes nothing", () => {
    const { store } = office();
    store.confirm(start("one"));
    const before = store.envelope;
    expect(() => store.confirm(start("two", "b/x/1"))).toThrow(expect.objectContaining({ code: "RUNNING" }));
    expect(store.envelope).toBe(before);
  });

  test("the same start twice is one start", () => {
    const { store } = office();
    store.confirm(start("one"));
    store.confirm(start("one"));
    expect(store.envelope.intervals.size).toBe(1);
  });

  test("a start that comes again after its stop is still the one start", () => {
    const { store } = office();
    store.confirm(start("one"), stopTask({ interval: "one", note: "", done: false }), start("one"));
    expect([store.envelope.intervals.size, store.envelope.running]).toEqual([1, null]);
  });

  test("a stop that means other work than what runs by now is refused", () => {
    const { store, clock } = office();
    store.confirm(start("one"), stopTask({ interval: "one", note: "", done: false }));
    clock.now += 1;
    store.confirm(start("two"));
    const late = stopTask({ interval: "one", note: "", done: true });
    expect(() => store.confirm(late)).toThrow(expect.objectContaining({ code: "ANOTHER_RUNS" }));
    expect(store.envelope.running).toBe("two");
  });

  test.each(["two\nlines", "\u001b[2J", "\ud800"])("a note with %j is refused with its path", (note) => {
    const { store } = office();
    const wrong = startTask({ interval: "one", handle: handle("a/x/1"), note, tags: [], zone: "UTC" });
    expect(() => store.confirm(wrong)).toThrow(
      expect.objectContaining({ code: "INVALID_PAYLOAD", issues: [{ path: "note", message: expect.any(String) }] }),
    );
  });

  test("a start before the end of the latest interval is refused with OVERLAP", () => {
    const { store, clock } = office();
    store.confirm(start("one"));
    clock.now += 10;
    store.confirm(stopTask({ interval: "one", note: "", done: false }));
    clock.now -= 1;
    expect(() => store.confirm(start("two"))).toThrow(expect.objectContaining({ code: "OVERLAP" }));
  });

  test("a clock that was set back while work ran ends it at its start, not before", () => {
    const { store, clock } = office();
    store.confirm(start("one"));
    clock.now -= 60_000;
    store.confirm(stopTask({ interval: "one", note: "", done: false }));
    expect(report(store.envelope, "task", clock.now).ms).toBe(0);
  });

  test("an import that overlaps what runs, or lies in the future, is refused whole", () => {
    const { store, clock } = office();
    store.confirm(imported("past", 100, 200));
    store.confirm(start("one"));
    clock.now += 1000;
    const before = store.envelope;
    const overlapping = imported("now", clock.now - 500, clock.now - 400);
    expect(() => store.confirm(overlapping)).toThrow(expect.objectContaining({ code: "OVERLAP" }));
    const future = imported("later", 300, clock.now + 120_001);
    expect(() => store.confirm(future)).toThrow(expect.objectContaining({ code: "BAD_INTERVAL" }));
    expect(store.envelope).toBe(before);
  });
});

type Step =
  | { tag: "start"; task: string }
  | { tag: "stop"; done: boolean }
  | { tag: "wait"; ms: number }
  | { tag: "import"; from: number; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ tag: fc.constant("start" as const), task: fc.constantFrom(...handles) }),
  fc.record({ tag: fc.constant("stop" as const), done: fc.boolean() }),
  fc.record({ tag: fc.constant("wait" as const), ms: fc.integer({ min: -50, max: 500 }) }),
  fc.record({
    tag: fc.constant("import" as const),
    from: fc.integer({ min: 0, max: 1_001_000 }),
    ms: fc.integer({ min: 0, max: 300 }),
  }),
);

function act(step: Step, n: number, running: string | null): Act | undefined {
  if (step.tag === "start") return start(`i${n}`, step.task);
  if (step.tag === "stop") return stopTask({ interval: running ?? "none", note: "", done: step.done });
  if (step.tag === "import") return imported(`m${n}`, step.from, step.from + step.ms);
  return undefined;
}

function played(steps: readonly Step[]): ReturnType<typeof office> {
  const played = office();
  steps.forEach((step, n) => {
    if (step.tag === "wait") played.clock.now += step.ms;
    const next = act(step, n, played.store.envelope.running);
    try {
      if (next !== undefined) played.store.confirm(next);
    } catch (error) {
      // A refusal is an answer; anything else is a defect.
      if (typeof (error as { code?: unknown }).code !== "string") throw error;
    }
  });
  return played;
}

describe("any sequence of commands", () => {
  test("leaves no overlap, at most one running interval, and totals that agree by every grouping", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { store, clock } = played(steps);
        const intervals = [...store.envelope.intervals];
        const spans = intervals.map(({ start, end }) => [start, end ?? Number.POSITIVE_INFINITY] as const);
        const sorted = spans.filter(([from, to]) => to > from).sort(([a], [b]) => a - b);
        for (let i = 1; i < sorted.length; i++) expect(sorted[i - 1]?.[1]).toBeLessThanOrEqual(sorted[i]?.[0] ?? 0);
        expect(intervals.filter(({ end }) => end === null).map(({ id }) => id)).toEqual(
          store.envelope.running === null ? [] : [store.envelope.running],
        );
        const sums = (["client", "project", "task"] as const).map((by) => report(store.envelope, by, clock.now));
        expect(new Set(sums.map(({ ms }) => ms)).size).toBe(1);
        for (const { totals, ms } of sums) expect(totals.reduce((sum, total) => sum + total.ms, 0)).toBe(ms);
      }),
    );
  });

  test("is the same office when its records are replayed, at once or on a snapshot of any moment", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(), (steps, cut) => {
        const { store, records } = played(steps);
        const whole = shawn(emptyOffice(), { acts: neilActs });
        whole.replay(records);
        expect(JSON.stringify(whole.envelope)).toBe(JSON.stringify(store.envelope));
        const seq = records.length === 0 ? 0 : cut % (records.length + 1);
        const half = shawn(emptyOffice(), { acts: neilActs });
        half.replay(records.slice(0, seq));
        const copy = shawn(revived(JSON.parse(JSON.stringify(snapshotOf(half.envelope)))), { acts: neilActs, seq });
        copy.replay(records);
        expect(snapshotOf(copy.envelope)).toEqual(snapshotOf(store.envelope));
        expect(status(copy.envelope, 2_000_000)).toEqual(status(store.envelope, 2_000_000));
      }),
    );
  });
});
