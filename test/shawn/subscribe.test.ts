import { type Act, acts, payload, type Shawn, type ShawnOptions, shawn, type Table, table } from "@good-place/shawn";
import { expect, test } from "vitest";
import { codeThrown, MemoryJournal, turns } from "./office.js";

interface Office {
  count: number;
  rows: Table<{ id: number; n: number }>;
}
const act = acts<Office>();
const counted = act("counted", payload<number>()).does({
  update(office, to) {
    office.count = to;
  },
});
const put = act("put", payload<[id: number, n: number]>()).does({
  update: (office, [id, n]) => office.rows.set({ id, n }),
});
const removed = act("removed", payload<number>()).does({ update: (office, id) => void office.rows.delete(id) });
const calling = act("calling", payload<() => Act | undefined>()).does({ watch: (_, call) => call() });

function fresh(options: Partial<ShawnOptions<Office>> = {}): Shawn<Office> {
  const rows = table({ rows: Array.from({ length: 100 }, (_, id) => ({ id, n: 0 })) });
  return shawn<Office>({ count: 0, rows }, { acts: [counted, put, removed, calling], ...options });
}

/** Subscribes and keeps what is heard. */
function hearing<T>(office: Shawn<Office>, select: (office: Office) => T): { heard: [T, T][]; stop: () => void } {
  const heard: [T, T][] = [];
  return { heard, stop: office.subscribe(select, (now, was) => void heard.push([now, was])) };
}

test("of 100 selectors that read 100 rows, a change of one row asks only the one that reads it", () => {
  const office = fresh();
  const asked: number[] = [];
  for (let id = 0; id < 100; id++) {
    office.subscribe(
      (now) => {
        asked.push(id);
        return now.rows.get(id)?.n;
      },
      () => {},
    );
  }
  office.confirm(counted(1));
  asked.length = 0;
  office.confirm(put([7, 1]));
  expect(new Set(asked)).toEqual(new Set([7]));
  asked.length = 0;
  office.confirm(counted(2));
  expect(asked).toEqual([]);
});

test("a listener is called once a batch with what is and what was, and not when the batch has put all back", () => {
  const office = fresh();
  const { heard, stop } = hearing(office, ({ count }) => count);
  office.confirm(counted(1), counted(2));
  office.confirm(counted(5), counted(2));
  office.confirm(counted(3));
  stop();
  stop();
  office.confirm(counted(4));
  expect(heard).toEqual([
    [2, 0],
    [3, 2],
  ]);
});

test("a selector may compare objects of the envelope: by identity, by looking for one among others, or as a key", () => {
  interface Row {
    id: number;
  }
  interface Desk {
    current: Row | null;
    items: Row[];
    marked: Set<Row>;
    notes: Map<Row, string>;
  }
  const chosen = acts<Desk>()("chosen", payload<number>()).does({
    update(desk, at) {
      desk.current = desk.items[at] ?? null;
    },
  });
  const items = [{ id: 0 }, { id: 1 }];
  const first = items[0] as Row;
  const desk: Desk = { current: first, items, marked: new Set([first]), notes: new Map([[first, "first"]]) };
  const office = shawn<Desk>(desk, { acts: [chosen] });
  const selectors: ((desk: Desk) => unknown)[] = [
    ({ current, items }) => current === items[0],
    ({ current, items }) => items.indexOf(current as Row),
    ({ current, items }) => items.some((item) => item === current),
    ({ current, items }) => (current === null ? -2 : current.id - items.indexOf(current)),
    ({ current, marked }) => marked.has(current as Row),
    ({ current, notes }) => notes.get(current as Row),
  ];
  const heard: unknown[][] = selectors.map(() => []);
  selectors.forEach((select, at) => {
    office.subscribe(select, (now, was) => heard[at]?.push([now, was]));
  });
  office.confirm(chosen(1));
  office.confirm(chosen(2));
  expect(heard).toEqual([
    [[false, true]],
    [
      [1, 0],
      [-1, 1],
    ],
    [[false, true]],
    [[-2, 0]],
    [[false, true]],
    [[undefined, "first"]],
  ]);
});

test("one that its own selector ends is not called any more", () => {
  const office = fresh();
  const heard: number[] = [];
  const stop = office.subscribe(
    ({ count }) => {
      if (count > 0) stop();
      return count;
    },
    (now) => void heard.push(now),
  );
  office.confirm(counted(1));
  office.confirm(counted(2));
  expect(heard).toEqual([]);
});

test("one that subscribes in the middle of a batch hears of what the rest of the batch does, even if it puts all back", () => {
  const office = fresh();
  let heard: unknown;
  office.confirm(
    counted(1),
    calling(() => {
      heard = hearing(office, ({ count }) => count).heard;
      return undefined;
    }),
    counted(0),
  );
  expect(heard).toEqual([[0, 1]]);
});

test("a selector's value is the envelope's own, and a new object with the same values is no change", () => {
  const office = fresh();
  const rows = hearing(office, (now) => now.rows);
  const both = hearing(office, (now) => ({ first: now.rows.get(1), zero: now.count * 0 }));
  office.confirm(counted(1));
  expect([rows.heard, both.heard]).toEqual([[], []]);
  office.confirm(put([1, 1]));
  expect(rows.heard[0]?.[0]).toBe(office.envelope.rows);
  expect(both.heard[0]?.[0].first).toBe(office.envelope.rows.get(1));
});

test("a selector that throws is a failure of phase subscriber; the others hear, and so does it when it gives something again", () => {
  const failures: unknown[] = [];
  const office = fresh({
    onError: ({ phase, error }) => void failures.push([phase, (error as { code: string }).code]),
  });
  const strict = hearing(office, ({ rows }) => rows.at(1).n);
  const lax = hearing(office, ({ rows }) => rows.has(1));
  office.confirm(removed(1));
  office.confirm(put([2, 2]));
  expect([failures, strict.heard, lax.heard]).toEqual([[["subscriber", "NO_ROW"]], [], [[false, true]]]);
  office.confirm(put([1, 5]));
  expect(strict.heard).toEqual([[5, 0]]);
});

test("a selector that throws when it is subscribed throws from subscribe, and is not asked again", () => {
  const office = fresh();
  let asked = 0;
  const select = () => {
    asked++;
    throw new Error("blind");
  };
  expect(() => office.subscribe(select, () => {})).toThrow("blind");
  const before = asked;
  office.confirm(counted(1));
  expect(asked).toBe(before);
});

test("listeners of both kinds are called in the order in which they subscribed", () => {
  const office = fresh();
  const order: string[] = [];
  office.subscribe(
    ({ count }) => count,
    () => order.push("first"),
  );
  office.subscribe(() => void order.push("second"));
  office.subscribe(
    ({ rows }) => rows.get(1),
    () => order.push("third"),
  );
  office.subscribe(
    ({ count }) => count,
    () => order.push("fourth"),
  );
  office.confirm(counted(1));
  office.confirm(put([1, 1]), counted(2));
  expect(order).toEqual(["first", "second", "fourth", "first", "second", "third", "fourth"]);
});

test("a listener that another ends in the same batch is not called, one that comes in it hears of the next", () => {
  const office = fresh();
  const heard: string[] = [];
  const select = ({ count }: Office) => count;
  office.subscribe(select, (now) => {
    ended();
    office.subscribe(select, (later) => heard.push(`from ${now}: ${later}`));
  });
  const ended = office.subscribe(select, () => heard.push("ended"));
  office.confirm(counted(1));
  office.confirm(counted(2));
  expect(heard).toEqual(["from 1: 2"]);
});

test("what a listener confirms is a batch of its own, after all have heard of the first", () => {
  const office = fresh();
  const heard: [string, number][] = [];
  office.subscribe(
    ({ count }) => count,
    (now) => {
      heard.push(["first", now]);
      if (now < 3) office.confirm(counted(now + 1));
    },
  );
  office.subscribe(
    ({ count }) => count,
    (now) => heard.push(["second", now]),
  );
  office.confirm(counted(1));
  expect(heard).toEqual([1, 2, 3].flatMap((now) => ["first", "second"].map((who) => [who, now])));
});

test("a replay is heard, at the start too, and so is the way back when an append fails", async () => {
  const source = new MemoryJournal();
  const first = fresh({ journal: source });
  first.confirm(counted(1));
  await first.settled();
  const journal = new MemoryJournal(source.records);
  const office = fresh({ journal, onError: () => {} });
  const { heard } = hearing(office, ({ count }) => count);
  const batches: unknown[][] = [];
  office.subscribe((now, was, confirmed) => batches.push([now.count, was.count, confirmed]));
  await office.settled();
  expect(heard).toEqual([[1, 0]]);
  expect(batches).toEqual([[1, 0, []]]);
  journal.failing = new Error("full");
  office.confirm(counted(2));
  await turns();
  expect(heard).toEqual([
    [1, 0],
    [2, 1],
    [1, 2],
  ]);
  const follower = fresh();
  const followed = hearing(follower, ({ count }) => count);
  follower.replay(source.records);
  expect(followed.heard).toEqual([[1, 0]]);
});

test("what is no listener is refused with NOT_A_LISTENER", () => {
  const office = fresh();
  const subscribe = office.subscribe.bind(office) as (...given: unknown[]) => void;
  for (const given of [[], [null], [() => 1, undefined], ["count", () => {}]]) {
    expect(codeThrown(() => subscribe(...given))).toBe("NOT_A_LISTENER");
  }
});
