import { acts, payload, type Shawn, type ShawnOptions, shawn, type Table, table } from "@good-place/shawn";
import { type DevtoolsOptions, devtools } from "@good-place/shawn/devtools";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Monitor } from "./monitor.js";
import { codeThrown, MemoryJournal, turns } from "./office.js";

interface Office {
  n: number;
  tasks: Table<{ id: string; spent: number }>;
  seen: Map<string, Date>;
}

const act = acts<Office>();
const add = act("add", payload<number>()).does({
  update(office, n) {
    if (n === 13) throw new Error("13 is refused");
    office.n += n;
  },
});
const double = act("double").does({
  update(office) {
    office.n *= 2;
  },
});
const task = act("task", payload<string>()).does({
  update(office, id, { at }) {
    office.tasks.add({ id, spent: 0 });
    office.seen.set(id, new Date(at));
  },
});
const spend = act("spend", payload<Map<string, number>>()).does({
  update(office, spent) {
    for (const [id, ms] of spent) office.tasks.at(id).spent += ms;
  },
});
const both = act("both").does({ watch: () => [add(1), double()] });

interface Setup {
  office: Shawn<Office>;
  monitor: Monitor;
  end: (() => void) | null;
}

function fresh(options: DevtoolsOptions<Office> = {}, store: Partial<ShawnOptions<Office>> = {}): Setup {
  const monitor = new Monitor();
  const all = [add, double, task, spend, both];
  const office = shawn<Office>({ n: 0, tasks: table(), seen: new Map() }, { acts: all, ...store });
  return { office, monitor, end: devtools(office, { extension: monitor, ...options }) };
}
const ns = (monitor: Monitor): unknown[] => monitor.shown.map((entry) => (entry as [string, Office])[1].n);
const names = (monitor: Monitor): unknown[] => monitor.shown.map((entry) => (entry as [string, Office])[0]);

describe("what the extension is told", () => {
  test("every act with its payload and meta, and the envelope after it, within a batch too", () => {
    const { office, monitor } = fresh({ name: "the office", maxAge: 10 });
    office.confirm(add(2), both());
    expect(monitor.options).toMatchObject({ name: "the office", maxAge: 10 });
    expect(names(monitor)).toEqual(["@@INIT", "add", "both", "add", "double"]);
    expect(ns(monitor)).toEqual([0, 2, 2, 3, 6]);
    expect(monitor.lifted.actionsById[1]?.action).toMatchObject({ type: "add", payload: 2, meta: { seq: 1 } });
  });

  test("nothing, where there is none: devtools() answers null, and a function that ends it where there is one", () => {
    const { office } = fresh();
    expect(devtools(office)).toBe(null);
    const { office: other, monitor, end } = fresh();
    end?.();
    other.confirm(add(1));
    expect([monitor.heard, monitor.listening]).toEqual([1, false]);
  });

  test("an extension of the page is found", () => {
    const monitor = new Monitor();
    const page = globalThis as { __REDUX_DEVTOOLS_EXTENSION__?: Monitor };
    page.__REDUX_DEVTOOLS_EXTENSION__ = monitor;
    try {
      devtools(shawn({ n: 7 }, { acts: [] }));
    } finally {
      delete page.__REDUX_DEVTOOLS_EXTENSION__;
    }
    expect(monitor.shown).toEqual([["@@INIT", { n: 7 }]]);
  });

  test("a travel, and what was confirmed while recording was paused, as one entry that is no act", () => {
    const { office, monitor } = fresh();
    office.travel({ ...office.envelope, n: 5 });
    monitor.pause(true);
    office.confirm(add(1), add(1));
    monitor.pause(false);
    office.confirm(double());
    expect(names(monitor)).toEqual(["@@INIT", "@moved", "@moved", "double"]);
    expect(ns(monitor)).toEqual([0, 5, 7, 14]);
  });

  test("options that do not exist, or cannot be, are refused", () => {
    const { office } = fresh();
    expect(codeThrown(() => devtools(office, { max: 5 } as never))).toBe("UNKNOWN_OPTION");
    expect(codeThrown(() => devtools(office, { maxAge: 1 }))).toBe("BAD_OPTION");
    expect(codeThrown(() => devtools(office, { sanitize: { state: 1 } } as never))).toBe("UNKNOWN_OPTION");
  });
});

describe("what the extension asks for", () => {
  test.each(["JUMP_TO_STATE", "JUMP_TO_ACTION"] as const)(
    "%s shows that envelope, tables, maps and dates included",
    (jump) => {
      const { office, monitor } = fresh();
      office.confirm(task("a"), add(1));
      const was = office.envelope;
      office.confirm(spend(new Map([["a", 5]])), add(1));
      monitor.jump(2, jump);
      expect(office.envelope).toEqual(was);
      expect(office.envelope.tasks.at("a").spent).toBe(0);
      expect(office.envelope.seen.get("a")).toEqual(was.seen.get("a"));
      office.confirm(spend(new Map([["a", 7]])));
      expect(office.envelope.tasks.at("a").spent).toBe(7);
      expect(monitor.errors).toEqual([]);
      expect(names(monitor)).toEqual(["@@INIT", "task", "add", "spend", "add", "spend"]);
    },
  );

  test("a subscriber that confirms on a jump is told, and the jump is no entry", () => {
    const { office, monitor } = fresh();
    office.confirm(add(1), add(1));
    office.subscribe((_, __, confirmed) => void (confirmed.length === 0 && office.confirm(add(10))));
    monitor.jump(1);
    expect(names(monitor)).toEqual(["@@INIT", "add", "add", "add"]);
    expect(ns(monitor)).toEqual([0, 1, 2, 11]);
  });

  test("COMMIT begins anew here, ROLLBACK at the last commit, RESET at the very beginning", () => {
    const { office, monitor } = fresh();
    office.confirm(add(1));
    monitor.commit();
    expect([names(monitor), ns(monitor)]).toEqual([["@@INIT"], [1]]);
    office.confirm(add(1));
    monitor.rollback();
    expect([office.envelope.n, ns(monitor)]).toEqual([1, [1]]);
    office.confirm(add(1));
    monitor.reset();
    expect([office.envelope.n, ns(monitor)]).toEqual([0, [0]]);
  });

  test("TOGGLE_ACTION re-runs the acts without that one, and with it again", () => {
    const { office, monitor } = fresh();
    office.confirm(add(1), add(2), double());
    const { seq } = office;
    monitor.toggle(2);
    expect([office.envelope.n, ns(monitor), monitor.lifted.skippedActionIds]).toEqual([2, [0, 1, 1, 2], [2]]);
    monitor.toggle(1);
    expect([office.envelope.n, ns(monitor)]).toEqual([0, [0, 0, 0, 0]]);
    monitor.toggle(2);
    monitor.toggle(1);
    expect([office.envelope.n, ns(monitor), monitor.lifted.skippedActionIds]).toEqual([6, [0, 1, 3, 6], []]);
    expect(office.seq).toBe(seq);
  });

  test("an act that cannot be re-run without the toggled one changes nothing, and its entry says why", () => {
    const { office, monitor } = fresh();
    office.confirm(task("a"), spend(new Map([["a", 5]])), add(1));
    monitor.toggle(1);
    expect([office.envelope.n, office.envelope.tasks.size]).toEqual([1, 0]);
    expect(monitor.lifted.computedStates.map(({ error }) => error !== undefined)).toEqual([false, false, true, false]);
    monitor.toggle(1);
    expect(office.envelope.tasks.at("a").spent).toBe(5);
  });

  test("a toggle before a travel does not reach beyond it, and shows the state that the monitor is at", () => {
    const { office, monitor } = fresh();
    office.confirm(add(1));
    office.travel({ ...office.envelope, n: 50 });
    office.confirm(add(1));
    monitor.toggle(1);
    expect([office.envelope.n, ns(monitor)]).toEqual([51, [0, 0, 50, 51]]);
    monitor.jump(1);
    monitor.toggle(1);
    expect([office.envelope.n, ns(monitor)]).toEqual([1, [0, 1, 50, 51]]);
  });

  test("IMPORT_STATE takes over a history that was exported", () => {
    const from = fresh();
    from.office.confirm(task("a"), add(5));
    const { office, monitor } = fresh();
    monitor.import(from.monitor.lifted);
    expect([office.envelope, monitor.shown]).toEqual([from.office.envelope, from.monitor.shown]);
    monitor.toggle(1);
    expect([office.envelope.n, office.envelope.tasks.size]).toEqual([5, 0]);
  });

  test("an act typed by hand is confirmed", () => {
    const { office, monitor } = fresh();
    monitor.type('{"type": "add", "payload": 3}');
    monitor.type({ name: "double" });
    expect([office.envelope.n, office.seq, monitor.errors]).toEqual([6, 2, []]);
  });

  test("the oldest acts go when there are more than maxAge; the others can be jumped to and toggled", () => {
    const { office, monitor } = fresh({ maxAge: 3, sanitize: { envelope: ({ n }) => ({ n }), payload: () => "***" } });
    for (let i = 1; i <= 6; i++) office.confirm(add(i));
    monitor.jump(0);
    expect(office.envelope.n).toBe(10);
    monitor.toggle(1);
    monitor.jump(2);
    expect(office.envelope.n).toBe(16);
    monitor.toggle(1);
    monitor.jump(0);
    expect([office.envelope.n, monitor.errors]).toEqual([10, []]);
  });
});

test("what is sanitized is not told, and jumps and toggles show the whole all the same", () => {
  const sanitize = { envelope: ({ n }: Office) => ({ n }), payload: () => "***" };
  const { office, monitor } = fresh({ sanitize });
  office.confirm(task("secret"), add(1), double());
  expect(JSON.stringify(monitor.lifted)).not.toContain("secret");
  const whole = office.envelope;
  monitor.jump(0);
  expect(office.envelope.tasks.size).toBe(0);
  monitor.jump(3);
  expect(office.envelope).toBe(whole);
  monitor.toggle(2);
  expect([office.envelope.n, office.envelope.tasks.size, monitor.errors]).toEqual([0, 1, []]);
  expect(JSON.stringify(monitor.lifted)).not.toContain("secret");
});

test("on a store with a journal acts are told, the replayed ones as one entry; jumps are refused, and the extension told so", async () => {
  const journal = new MemoryJournal();
  const before = shawn<Office>({ n: 0, tasks: table(), seen: new Map() }, { acts: [add], journal });
  before.confirm(add(1), add(1));
  await before.settled();
  const { office, monitor } = fresh({}, { journal });
  await office.settled();
  await turns();
  office.confirm(add(1));
  expect([names(monitor), ns(monitor)]).toEqual([
    ["@@INIT", "@moved", "add"],
    [0, 2, 3],
  ]);
  monitor.jump(0);
  monitor.toggle(2);
  monitor.import(monitor.lifted);
  monitor.reset();
  monitor.rollback();
  expect(monitor.errors.map((text) => /travel\(\) on a store with a journal/.test(text))).toEqual(Array(5).fill(true));
  expect([office.envelope.n, ns(monitor)]).toEqual([3, [0, 2, 3]]);
  monitor.commit();
  expect(ns(monitor)).toEqual([3]);
});

describe("nothing is thrown into the page", () => {
  test.each<[string, unknown]>([
    ["no JSON", "add(3)"],
    ["no act", "7"],
    ["null", "null"],
    ["an act without a name", '{"payload": 3}'],
    ["an act that the store has not", '{"type": "subtract"}'],
    ["an act that is refused", '{"type": "add", "payload": 13}'],
  ])("typed by hand: %s", (_, text) => {
    const { office, monitor } = fresh();
    monitor.type(text);
    expect([monitor.errors.length, office.seq]).toEqual([1, 0]);
  });

  test("whatever the extension says", () => {
    const word = fc.constantFrom(
      ...[
        "DISPATCH",
        "ACTION",
        "START",
        "JUMP_TO_STATE",
        "TOGGLE_ACTION",
        "IMPORT_STATE",
        "ROLLBACK",
        "COMMIT",
        "RESET",
      ],
      ...["PAUSE_RECORDING", "LOCK_CHANGES", "REORDER_ACTION", "{", "[1]", '{"n": 1}', '{"$":"Table","value":7}'],
    );
    const odd = fc.oneof(word, fc.anything());
    const history = fc.record(
      {
        actionsById: odd,
        stagedActionIds: fc.oneof(fc.array(fc.nat(3)), odd),
        computedStates: fc.oneof(fc.array(fc.record({ state: odd })), odd),
        skippedActionIds: fc.oneof(fc.array(fc.nat(3)), odd),
        currentStateIndex: odd,
      },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      odd,
      fc.json(),
      history.map((each) => quietly(each)),
    );
    const payload = fc.oneof(
      odd,
      fc.record(
        { type: word, id: odd, status: odd, nextLiftedState: fc.oneof(odd, history) },
        { requiredKeys: ["type"] },
      ),
    );
    const message = fc.oneof(odd, fc.record({ type: word, payload, state: text }, { requiredKeys: [] }));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        const { office, monitor } = fresh();
        office.confirm(add(1), add(2));
        for (const each of messages) monitor.say(each);
        office.confirm(double());
        expect(typeof office.envelope).toBe("object");
      }),
      { numRuns: 1000 },
    );
  });

  test("an extension that throws, or cannot tell errors, is told of on the console", () => {
    const warned: unknown[] = [];
    const { warn } = console;
    console.warn = (text) => void warned.push(text);
    try {
      const broken = (): never => {
        throw new Error("the extension is gone");
      };
      const office = shawn<Office>({ n: 0, tasks: table(), seen: new Map() }, { acts: [add] });
      devtools(office, { extension: { connect: () => ({ init: () => {}, send: broken, subscribe: () => {} }) } });
      office.confirm(add(1));
      expect([office.envelope.n, warned]).toEqual([1, ["shawn: the extension is gone"]]);
    } finally {
      console.warn = warn;
    }
  });
});

function quietly(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
