import { acts, type Patch, patch, patched, patches, payload, shawn, type Table, table } from "@good-place/shawn";
import { expect, test } from "vitest";
import { codeThrown } from "./office.js";

interface Row {
  id: number;
  tags: Map<string, number>;
}
const envelope = {
  user: { name: "Ann", seen: new Set(["a"]) },
  list: [1, 2, 3, 4],
  rows: table<Row>({ rows: [1, 2, 3].map((id) => ({ id, tags: new Map() })) }),
};
type Office = typeof envelope;
const office = (): Office => shawn<Office>(envelope, { acts: [] }).envelope;

test("a patch names the place and what to do there", () => {
  const change = acts<Office>()("change").does({
    update({ user, list, rows }) {
      user.name = "Eve";
      user.seen.add("b");
      list.splice(1, 2);
      rows.delete(1);
      rows.at(3).tags.set("x", 1);
    },
  });
  const before = office();
  const after = shawn<Office>(before, { acts: [change] }).reduce(before, change());
  const forth: Patch[] = [
    { op: "put", path: ["user", "name"], value: "Eve" },
    { op: "put", path: ["user", "seen", "b"] },
    { op: "splice", path: ["list"], at: 1, count: 2, values: [] },
    { op: "put", path: ["rows", 3, "tags", "x"], value: 1 },
    { op: "take", path: ["rows", 1] },
  ];
  expect(patches(before, after)).toEqual(forth);
  expect(patches(after, before).slice(-2)).toEqual([
    { op: "put", path: ["rows", 1], value: { id: 1, tags: null }, before: 2 },
    { op: "make", path: ["rows", 1, "tags"], what: "map" },
  ]);
  expect(patches(before, before)).toEqual([]);
});

test("patches are plain data: an act can carry them", () => {
  const sync = acts<Office>()("sync", payload<Patch[]>()).does({ update: patch });
  const store = shawn<Office>(office(), { acts: [sync] });
  store.confirm(sync([{ op: "put", path: ["user", "name"], value: "Eve" }]));
  expect(store.envelope.user.name).toBe("Eve");
});

test("a row comes before another one that is new itself, and iteration within the update knows", () => {
  const id = (value: number) => ({ id: value, tags: new Map() });
  const puts: Patch[] = [
    { op: "put", path: ["rows", 9], value: id(9) },
    { op: "put", path: ["rows", 8], value: id(8), before: 9 },
    { op: "put", path: ["rows", 7], value: id(7), before: 2 },
    { op: "put", path: ["rows", 6], value: id(6), before: 7 },
    { op: "put", path: ["rows", 5], value: id(5), before: 6 },
    { op: "take", path: ["rows", 6] },
  ];
  const inside: number[][] = [];
  const sync = acts<{ rows: Table<Row> }>()("sync").does({
    update(draft) {
      patch(draft, puts);
      inside.push([...draft.rows].map(({ id }) => id));
    },
  });
  const store = shawn<Office>(office(), { acts: [sync] });
  store.confirm(sync());
  expect(inside).toEqual([[1, 5, 7, 2, 3, 8, 9]]);
  expect([...store.envelope.rows].map(({ id }) => id)).toEqual([1, 5, 7, 2, 3, 8, 9]);
});

const misfits: [why: string, patch: unknown][] = [
  ["no such field above", { op: "put", path: ["none", "name"], value: 1 }],
  ["no container above", { op: "put", path: ["user", "name", "first"], value: 1 }],
  ["nothing to take", { op: "take", path: ["user", "age"] }],
  ["no item to take", { op: "take", path: ["user", "seen", "z"] }],
  ["no row to take", { op: "take", path: ["rows", 9] }],
  ["an array's length", { op: "take", path: ["list", "length"] }],
  ["an index beyond the array", { op: "put", path: ["list", 6], value: 1 }],
  ["no index", { op: "put", path: ["list", "x"], value: 1 }],
  ["the prototype", { op: "put", path: ["user", "__proto__"], value: {} }],
  ["what a prototype holds", { op: "put", path: ["user", "constructor", "name"], value: {} }],
  ["a splice of no array", { op: "splice", path: ["user"], at: 0, count: 0, values: [] }],
  ["a splice beyond the array", { op: "splice", path: ["list"], at: 3, count: 2, values: [] }],
  ["a splice of no values", { op: "splice", path: ["list"], at: 0, count: 0 }],
  ["a row of another key", { op: "put", path: ["rows", 9], value: { id: 8 } }],
  ["no row", { op: "put", path: ["rows", 9] }],
  ["a new row that is there", { op: "put", path: ["rows", 1], value: { id: 1 }, before: 2 }],
  ["no row to come before", { op: "put", path: ["rows", 9], value: { id: 9 }, before: 8 }],
  ["a row before itself", { op: "put", path: ["rows", 9], value: { id: 9 }, before: 9 }],
  ["the envelope itself", { op: "put", path: [], value: {} }],
  ["no path", { op: "take" }],
  ["something else to make", { op: "make", path: ["user", "x"], what: "list" }],
  ["no op", { op: "move", path: ["user"] }],
];

test.each(misfits)("a patch that does not fit is PATCH_MISFIT, and nothing was changed: %s", (_why, misfit) => {
  const store = shawn<Office>(office(), {
    acts: [acts<Office>()("sync", payload<Patch[]>()).does({ update: patch })],
  });
  const before = store.envelope;
  const all = [{ op: "put", path: ["user", "name"], value: "Eve" }, misfit] as Patch[];
  expect(codeThrown(() => store.confirm({ name: "sync", payload: all }))).toBe("PATCH_MISFIT");
  expect(store.envelope).toBe(before);
  expect(codeThrown(() => patched(before, all))).toBe("PATCH_MISFIT");
});

test("what cannot be compared or patched is refused", () => {
  expect(codeThrown(() => patches({}, null as never))).toBe("BAD_ENVELOPE");
  expect(codeThrown(() => patches({} as object, new Map()))).toBe("BAD_ENVELOPE");
  expect(codeThrown(() => patches(new Date(0), new Date(0)))).toBe("BAD_ENVELOPE");
  expect(codeThrown(() => patch(office(), []))).toBe("NOT_A_DRAFT");
});

test("a row that is put back where it was leaves the table's other rows and its order as they were, at any size", () => {
  const rows = Array.from({ length: 5000 }, (_, id) => ({ id, tags: new Map() }));
  const before = { rows: table<Row>({ rows }) };
  for (const id of [0, 2500, 4999]) {
    const without = patched(before, [{ op: "take", path: ["rows", id] }]);
    const back = patched(without, patches(without, before));
    expect([...back.rows].every((row, at) => row.id === at && (at === id || row === before.rows.get(at)))).toBe(true);
    expect(patches(back, before)).toEqual([]);
  }
});

test("a splice takes any number of values", () => {
  const [before, after] = [{ list: [0] }, { list: Array.from({ length: 25_000 }, (_, at) => -at) }];
  expect(patched(before, patches(before, after))).toEqual(after);
  expect(patched(after, patches(after, before))).toEqual(before);
});
