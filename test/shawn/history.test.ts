import { channel } from "@good-place/channel";
import {
  acts,
  cocoon,
  type Follow,
  type History,
  history,
  payload,
  retrace,
  type Shawn,
  shawn,
  snoop,
  type Table,
  table,
} from "@good-place/shawn";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Any, arbitraries, copied, type Mutation, mutate, seen } from "./mutations.js";
import { codeThrown, type MemoryJournal, turns } from "./office.js";

interface Office {
  n: number;
  other: number;
  rows: Table<{ id: number }>;
}
const act = acts<Office>();
const set = act("set", payload<Partial<Office>>()).does({
  update(office, fields) {
    Object.assign(office, fields);
  },
});
const remove = act("remove", payload<number>()).does({
  update({ rows }, id) {
    rows.delete(id);
  },
});
const starts = act("starts", payload<() => Follow>()).does({ watch: (_office, follow) => follow() });
const officeOf = (journal?: MemoryJournal): Shawn<Office> =>
  shawn<Office>(
    { n: 0, other: 0, rows: table({ rows: [1, 2, 3].map((id) => ({ id })) }) },
    { acts: [set, remove, starts, retrace], journal },
  );
const ids = ({ envelope }: Shawn<Office>) => [...envelope.rows].map(({ id }) => id);

test("undo takes back the last step, redo does it again, and a new change ends what can be redone", () => {
  const store = officeOf();
  const past = history(store);
  expect([past.undo(), past.redo(), past.canUndo, past.canRedo]).toEqual([false, false, false, false]);
  store.confirm(set({ n: 1 }), set({ n: 2 }));
  store.confirm(remove(2));
  const after = store.envelope;
  expect([past.undo(), ids(store), past.undo(), store.envelope.n]).toEqual([true, [1, 2, 3], true, 1]);
  expect([past.redo(), store.envelope.n, past.redo(), past.redo()]).toEqual([true, 2, true, false]);
  expect(store.envelope).toEqual(after);
  past.undo();
  store.confirm(set({ other: 7 }));
  expect([past.canRedo, past.redo(), ids(store)]).toEqual([false, false, [1, 2, 3]]);
});

test("an act and all that follows from it, later too, is one step", async () => {
  const store = officeOf();
  const past = history(store);
  const late = async function* () {
    await Promise.resolve();
    yield set({ n: 2 });
    yield starts(() => remove(1));
  };
  store.confirm(
    starts(() => [set({ n: 1 }), late()]),
    set({ other: 5 }),
  );
  await store.admit();
  expect([store.envelope.n, store.envelope.other, ids(store)]).toEqual([2, 5, [2, 3]]);
  past.undo();
  expect([store.envelope.n, store.envelope.other]).toEqual([2, 0]);
  past.undo();
  expect([store.envelope.n, ids(store), past.canUndo]).toEqual([0, [1, 2, 3], false]);
  past.redo();
  past.redo();
  expect([store.envelope.n, store.envelope.other, ids(store)]).toEqual([2, 5, [2, 3]]);
});

test("a step takes back only what it changed itself", () => {
  const store = officeOf();
  const past = history(store, { skip: ({ meta }) => meta.seq === 2 });
  store.confirm(set({ n: 1 }));
  store.confirm(set({ other: 9 }));
  expect([past.undo(), store.envelope.n, store.envelope.other, past.canUndo]).toEqual([true, 0, 9, false]);
});

test("what follows from a skipped act is a step, and a skipped act leaves what can be redone", () => {
  const store = officeOf();
  const past = history(store, {
    skip: (act) => starts.match(act) || (set.match(act) && act.payload.other !== undefined),
  });
  store.confirm(starts(() => set({ n: 1 })));
  past.undo();
  store.confirm(set({ other: 1 }));
  expect([past.canRedo, past.redo(), store.envelope.n, store.envelope.other]).toEqual([true, true, 1, 1]);
});

test("a step whose place was changed meanwhile throws HISTORY_CONFLICT, and nothing was changed", () => {
  for (const meanwhile of [set({ n: 5 }), set({ rows: table() })]) {
    const store = officeOf();
    const past = history(store, { skip: ({ meta }) => meta.seq === 2 });
    store.confirm(meanwhile.payload.n === undefined ? remove(1) : set({ n: 1 }));
    store.confirm(meanwhile);
    const before = store.envelope;
    expect(codeThrown(() => past.undo())).toBe("HISTORY_CONFLICT");
    expect(store.envelope).toBe(before);
    past.clear();
    expect(past.undo()).toBe(false);
  }
});

test("a rolled back act is no step any more, and the steps around it stay", async () => {
  const refused = act("refused", payload<Partial<Office>>()).does({
    update(office, fields) {
      Object.assign(office, fields);
    },
    watch: () => cocoon(() => Promise.reject(new Error("refused")), { optimistic: true }),
  });
  const store = shawn<Office>(
    { n: 0, other: 0, rows: table() },
    { acts: [set, refused, retrace], onError: () => undefined },
  );
  const past = history(store);
  // There and back again: as it stands, the first of the two would change nothing forth either.
  store.confirm(set({ n: 1 }), set({ n: 0 }), refused({ n: 5 }));
  store.confirm(set({ other: 1 }));
  expect(store.envelope).toMatchObject({ n: 5, other: 1 });
  await store.admit();
  const seen: unknown[] = [];
  while (past.undo()) seen.push([store.envelope.n, store.envelope.other]);
  expect(seen).toEqual([
    [0, 0],
    [1, 0],
    [0, 0],
  ]);
  expect(past.canUndo).toBe(false);
});

test("within a tide a step goes back once: a second time is HISTORY_CONFLICT", () => {
  const store = officeOf();
  const past = history(store);
  store.confirm(set({ n: 1 }));
  store.confirm(set({ n: 2 }));
  let calls = 0;
  store.subscribe(() => {
    if (calls++ === 0) for (let i = 0; i < 2; i++) past.undo();
  });
  expect(codeThrown(() => store.confirm(set({ n: 3 })))).toBe("HISTORY_CONFLICT");
  expect([store.envelope.n, past.undo(), store.envelope.n]).toEqual([2, true, 1]);
});

test("what snoops do about an undo is no step, and comes after it", () => {
  const watching = act("watching").does({
    spy: () =>
      snoop(
        (office: Office) => office.n,
        (n) => set({ other: n * 10 }),
      ),
  });
  const store = shawn<Office>({ n: 0, other: 0, rows: table() }, { acts: [set, watching, retrace] });
  const past = history(store);
  store.confirm(watching());
  store.confirm(set({ n: 1 }));
  past.undo();
  expect([store.envelope.n, store.envelope.other, past.canUndo, past.canRedo]).toEqual([0, 0, false, true]);
  past.redo();
  expect([store.envelope.n, store.envelope.other]).toEqual([1, 10]);
});

test("it keeps as many steps as its limit says, and hears of nothing once it has ended", () => {
  const store = officeOf();
  const past = history(store, { limit: 2 });
  for (const n of [1, 2, 3]) store.confirm(set({ n }));
  expect([past.undo(), past.undo(), past.undo(), store.envelope.n]).toEqual([true, true, false, 1]);
  past.end();
  store.confirm(set({ n: 4 }));
  expect([past.canUndo, past.canRedo]).toEqual([false, false]);
});

test("it is told of acts that were taken over by replay", () => {
  const [leader, follower] = [officeOf(), officeOf()];
  const past = history(follower);
  leader.subscribe((_next, _previous, confirmed) => {
    follower.replay(confirmed.map(({ name, payload, meta }) => ({ seq: meta.seq, name, payload, meta })));
  });
  const leading = history(leader);
  leader.confirm(set({ n: 1 }), remove(2));
  leading.undo();
  expect([past.canUndo, past.canRedo, follower.envelope]).toEqual([true, true, leader.envelope]);
});

describe("beside acts that may be rolled back", () => {
  const ends: { resolve: () => void; reject: (why: unknown) => void }[] = [];
  const hoped = act("hoped", payload<Partial<Office>>()).does({
    update(office, fields) {
      Object.assign(office, fields);
    },
    watch: () =>
      cocoon(() => new Promise<void>((resolve, reject) => void ends.push({ resolve, reject })), { optimistic: true }),
  });
  const begun = async (): Promise<[Shawn<Office>, History]> => {
    ends.length = 0;
    const office = shawn<Office>({ n: 0, other: 0, rows: table() }, { acts: [set, hoped, retrace], onError: () => {} });
    return [office, history(office)];
  };

  test("a step that was rolled back is none any more, and bars no other", async () => {
    const [office, past] = await begun();
    office.confirm(set({ n: 1 }), hoped({ other: 1 }));
    await turns();
    ends[0]?.reject("no");
    await turns();
    expect([past.canUndo, past.undo(), office.envelope.n, past.canUndo]).toEqual([true, true, 0, false]);
    expect([past.redo(), office.envelope.n, office.envelope.other]).toEqual([true, 1, 0]);
  });

  test("a step whose way back was rolled back can go back again", async () => {
    const [office, past] = await begun();
    office.confirm(hoped({ other: 1 }), set({ n: 1 }));
    past.undo();
    await turns();
    ends[0]?.reject("no");
    await turns();
    expect([office.envelope.n, office.envelope.other, past.canUndo, past.canRedo]).toEqual([1, 0, true, false]);
    expect([past.undo(), office.envelope.n]).toEqual([true, 0]);
  });

  test("an act that was taken over by replay takes back only what it changed itself", async () => {
    const [office, past] = await begun();
    office.confirm(hoped({ other: 1 }));
    await turns();
    const meta = { id: "elsewhere", seq: 1, at: 0, cause: undefined, by: undefined };
    office.replay([{ seq: 1, name: "set", payload: { n: 1 }, meta }]);
    expect([past.undo(), office.envelope.n, office.envelope.other]).toEqual([true, 0, 1]);
  });
});

describe("refusals", () => {
  test("a store without retrace, and options that do not exist", () => {
    const store = shawn<Office>({ n: 0, other: 0, rows: table() }, { acts: [set] });
    const past = history(store);
    store.confirm(set({ n: 1 }));
    expect(codeThrown(() => past.undo())).toBe("UNKNOWN_ACT");
    expect(codeThrown(() => history(store, { limits: 1 } as never))).toBe("UNKNOWN_OPTION");
    expect(codeThrown(() => history(store, { limit: 0 }))).toBe("BAD_OPTION");
  });
});

const { envelope, mutation } = arbitraries(true);
const change = acts<Any>()("change", payload<readonly Mutation[]>()).does({
  update(draft, mutations) {
    for (const each of mutations) mutate(draft, each);
  },
});

test("undoing all leads back, redoing all leads forth, step by step; a replay of the journal needs no history", async () => {
  const rounds = fc.array(fc.array(mutation, { maxLength: 8 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(envelope, rounds, async (start, rounds) => {
      const records: Any[] = [];
      const journal = { append: async (more: readonly Any[]) => void records.push(...more), async *replay() {} };
      const store = shawn<Any>(copied(start), { acts: [change, retrace], journal });
      const past = history(store);
      await store.settled();
      const all = [seen(store.envelope)];
      for (const round of rounds) {
        const before = store.envelope;
        store.confirm(change(round));
        if (store.envelope !== before) all.push(seen(store.envelope));
      }
      for (const was of all.slice(0, -1).reverse()) {
        expect(past.undo()).toBe(true);
        expect(seen(store.envelope)).toEqual(was);
      }
      expect(past.undo()).toBe(false);
      for (const is of all.slice(1)) {
        expect(past.redo()).toBe(true);
        expect(seen(store.envelope)).toEqual(is);
      }
      await store.settled();
      const follower = shawn<Any>(copied(start), { acts: [change, retrace] });
      follower.replay(records);
      expect(seen(follower.envelope)).toEqual(seen(store.envelope));
    }),
    { numRuns: 150, endOnFailure: true },
  );
});

test("a step that began with what a rollback took out is out, too: an undo never brings that back", async () => {
  const act = acts<{ n: number; other: number }>();
  const fails = channel<never>();
  const guess = act("guess", payload<number>()).does({
    update(envelope, n) {
      envelope.n = n;
    },
    watch: () =>
      cocoon(
        async () => {
          await fails.take();
          throw new Error("refused");
        },
        { optimistic: true },
      ),
  });
  const set = act("set", payload<number>()).does({
    update(envelope, n) {
      envelope.n = n;
    },
  });
  const beside = act("beside", payload<number>()).does({
    update(envelope, n) {
      envelope.other = n;
    },
  });
  const store = shawn({ n: 1, other: 0 }, { acts: [guess, set, beside, retrace], onError: () => {} });
  const past = history(store);
  store.confirm(beside(1), guess(5), set(7), beside(2));
  fails.close();
  await store.admit();
  expect(store.envelope).toEqual({ n: 7, other: 2 });
  past.undo();
  expect(store.envelope).toEqual({ n: 7, other: 1 });
  past.undo();
  expect(store.envelope).toEqual({ n: 7, other: 0 });
  expect(past.canUndo).toBe(false);
});
