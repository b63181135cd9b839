/** Snapshots: a store that starts at one is the store that replays all, and one that cannot be used is passed over. */
import { acts, cocoon, type Journal, once, payload, type Snapshot, shawn, type Table, table } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codeThrown, MemoryJournal, turns } from "./office.js";

interface Office {
  tasks: Table<{ id: string; spent: number; tags: Set<string> }>;
  byDay: Map<string, number>;
  last: number | bigint | null | undefined;
}
const act = acts<Office>();
const spend = act("task/spend", payload<{ id: string; minutes: number }>()).does({
  update(office, { id, minutes }, meta) {
    const task = office.tasks.get(id) ?? { id, spent: 0, tags: new Set<string>() };
    office.tasks.set({ ...task, spent: task.spent + minutes, tags: new Set([...task.tags, `t${minutes % 3}`]) });
    office.byDay.set(id, (office.byDay.get(id) ?? 0) + meta.seq);
    office.last = [minutes, BigInt(minutes), null, undefined, -0, Number.NaN][minutes % 6];
  },
});
const remove = act("task/remove", payload<string>()).does({
  update: (office, id) => void office.tasks.delete(id),
});
const initial = (): Office => ({ tasks: table(), byDay: new Map(), last: null });

class Keeping extends MemoryJournal implements Journal {
  kept: Snapshot[] = [];
  read = 0;
  async snapshot(fold: string): Promise<Snapshot | undefined> {
    return this.kept.filter((each) => each.fold === fold).at(-1);
  }
  async keep(snapshot: Snapshot): Promise<void> {
    this.kept.push(snapshot);
  }
  override async *replay(from: number) {
    for await (const record of super.replay(from)) {
      this.read++;
      yield record;
    }
  }
}

function open(
  journal: Journal,
  snapshots: object | undefined = { version: 1, every: 3 },
  definitions = [spend, remove],
) {
  return shawn<Office>(initial(), { acts: definitions, journal, ...(snapshots && { snapshots: snapshots as never }) });
}

const step = fc.oneof(
  fc.record({ tag: fc.constant("spend" as const), id: fc.constantFrom("a", "b", "c"), minutes: fc.nat(20) }),
  fc.record({ tag: fc.constant("remove" as const), id: fc.constantFrom("a", "b", "c") }),
  fc.record({ tag: fc.constant("once" as const), key: fc.constantFrom("k", "l"), minutes: fc.nat(5) }),
  fc.record({ tag: fc.constant("restart" as const) }),
  fc.record({ tag: fc.constant("drop" as const) }),
);

test("random acts and restarts: a snapshot and its tail are the whole replay", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), async (steps, every) => {
      const journal = new Keeping();
      let office = open(journal, { version: 1, every });
      await office.settled();
      for (const each of steps) {
        if (each.tag === "spend") office.confirm(spend({ id: each.id, minutes: each.minutes }));
        else if (each.tag === "remove") office.confirm(remove(each.id));
        else if (each.tag === "once") office.confirm(once(each.key, spend({ id: "a", minutes: each.minutes })));
        else {
          await office.settled();
          if (each.tag === "drop") journal.kept.splice(Math.floor(journal.kept.length / 2));
          office = open(journal, { version: 1, every });
        }
        await office.settled();
      }
      const ids = journal.records.filter(({ meta }) => meta.once).map(({ meta }) => meta.id);
      expect(ids.length).toBe(new Set(ids).size);
      const [snapshot, whole] = [
        open(journal, { version: 1, every }),
        open(new MemoryJournal(journal.records), undefined),
      ];
      await Promise.all([snapshot.settled(), whole.settled()]);
      expect(snapshot.envelope).toEqual(office.envelope);
      expect(snapshot.envelope).toEqual(whole.envelope);
      expect([...snapshot.envelope.tasks].map(({ id }) => id)).toEqual([...whole.envelope.tasks].map(({ id }) => id));
      expect(snapshot.seq).toBe(whole.seq);
    }),
    { numRuns: 100 },
  );
});

test("a start at a snapshot reads only what comes behind it", async () => {
  const journal = new Keeping();
  const office = open(journal, { version: 1, every: 10 });
  for (let n = 0; n < 25; n++) {
    office.confirm(spend({ id: "a", minutes: n }));
    await office.settled();
  }
  expect(journal.kept.map(({ seq }) => seq)).toEqual([10, 20]);
  journal.read = 0;
  const again = open(journal, { version: 1, every: 10 });
  await again.settled();
  expect([journal.read, again.seq]).toEqual([5, 25]);
});

const changed = act("task/spend", payload<{ id: string; minutes: number }>()).does({
  update(office) {
    office.last = 42;
  },
});
test.each([
  ["another version of the program", { version: 2 }, [spend, remove]],
  ["another source of an update", { version: 1 }, [changed, remove]],
  ["an act more", { version: 1 }, [spend, remove, act("more").does({ update: () => undefined })]],
] as const)("a snapshot that was made by %s is passed over, and all is replayed", async (_, snapshots, definitions) => {
  const journal = new Keeping();
  const office = open(journal, { version: 1, every: 1 });
  office.confirm(spend({ id: "a", minutes: 1 }));
  await office.settled();
  journal.read = 0;
  await open(journal, snapshots, [...definitions] as never).settled();
  expect([journal.kept.length, journal.read]).toEqual([1, 1]);
});

test.each([
  ["is no JSON", "{"],
  ["holds what cannot be revived", JSON.stringify({ $: "opaque", value: "Socket" })],
])("a snapshot that %s is passed over, and all is replayed", async (_, state) => {
  const journal = new Keeping();
  const office = open(journal, { version: 1, every: 1 });
  office.confirm(spend({ id: "a", minutes: 1 }));
  await office.settled();
  journal.kept = journal.kept.map((each) => ({ ...each, state }));
  const again = open(journal, { version: 1, every: 1 });
  await again.settled();
  expect(again.envelope).toEqual(office.envelope);
});

test("an envelope that comes from a snapshot refuses writes like any other, and its objects are what they were", async () => {
  const put = acts<{ days: Map<string, number>; bare: object }>()("put").does({
    update(envelope) {
      envelope.days.set("mon", 1);
      envelope.bare = Object.assign(Object.create(null), { $: 1, toString: 2 });
    },
  });
  const journal = new Keeping();
  const options = { acts: [put], journal, snapshots: { version: 1, every: 1 } };
  const first = shawn({ days: new Map<string, number>(), bare: {} }, options);
  first.confirm(put());
  await first.settled();
  journal.read = 0;
  const again = shawn({ days: new Map<string, number>(), bare: {} }, options);
  await again.settled();
  expect([journal.read, again.envelope]).toEqual([0, first.envelope]);
  expect(Object.getPrototypeOf(again.envelope.bare)).toBe(null);
  expect(codeThrown(() => again.envelope.days.set("tue", 2))).toBe("OUTSIDE_UPDATE");
  expect(Object.isFrozen(again.envelope)).toBe(true);
});

test("a snapshot has no id of an act that was not durable, though records came before it", async () => {
  const guess = act("task/guess", payload<string>()).does({
    update: (office, id) => void office.byDay.set(id, 1),
    watch: () => cocoon(() => new Promise(() => {}), { optimistic: true }),
  });
  const journal = new Keeping();
  const snapshots = { version: 1, every: 1 };
  const office = open(journal, snapshots, [spend, remove, guess] as never);
  await office.settled();
  office.confirm(once("k", guess("a")));
  const meta = { at: 0, cause: undefined, by: undefined };
  const records = [1, 2].map((seq) => ({
    seq,
    name: "task/spend",
    payload: { id: "b", minutes: seq },
    meta: { ...meta, id: `other-${seq}`, seq },
  }));
  office.replay(records);
  await turns();
  expect([journal.records.length, journal.kept.at(-1)?.seq]).toEqual([2, 2]);
  const again = open(journal, snapshots, [spend, remove, guess] as never);
  await again.settled();
  again.confirm(once("k", guess("a")));
  expect(again.envelope.byDay.get("a")).toBe(1);
});

test("snapshots that are not what is expected are refused with BAD_OPTION", () => {
  for (const snapshots of [{}, { version: null }, { version: 1, every: 0 }, { version: 1, every: "often" }]) {
    expect(codeThrown(() => open(new Keeping(), snapshots))).toBe("BAD_OPTION");
  }
  expect(codeThrown(() => open(new Keeping(), { version: 1, evry: 5 }))).toBe("UNKNOWN_OPTION");
});
