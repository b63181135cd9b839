import { acts, payload, shawn, type Table, table } from "@good-place/shawn";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeThrown } from "./office.js";

interface Row {
  id: number;
  n: number;
}
interface Office {
  rows: Table<Row>;
}
const act = acts<Office>();
const change = act("change", payload<(rows: Table<Row>) => void>()).does({
  update({ rows }, recipe) {
    recipe(rows);
  },
});
const storeOf = (rows: Row[] = []) => shawn<Office>({ rows: table({ rows }) }, { acts: [change] });

test("a table gives its rows by key and in the order in which they were added", () => {
  const store = storeOf([
    { id: 2, n: 1 },
    { id: 1, n: 2 },
  ]);
  const { rows } = store.envelope;
  expect([rows.get(1)?.n, rows.at(2).n, rows.has(3), rows.get(3), rows.size]).toEqual([2, 1, false, undefined, 2]);
  expect(JSON.stringify(rows)).toBe('[{"id":2,"n":1},{"id":1,"n":2}]');
  expect([...rows].map(({ id }) => id)).toEqual([2, 1]);
});

test("a table may have another key", () => {
  const people = table<{ mail: string }>({ key: "mail", rows: [{ mail: "a@b" }] });
  expect(people.at("a@b")).toEqual({ mail: "a@b" });
});

test("add, set and delete change it within an update, and are seen there at once", () => {
  const store = storeOf([{ id: 1, n: 1 }]);
  store.confirm(
    change((rows) => {
      rows.add({ id: 2, n: 2 });
      rows.set({ id: 1, n: 5 });
      rows.at(2).n += 1;
      expect([rows.size, rows.at(1).n, rows.delete(1), rows.delete(1), rows.size]).toEqual([2, 5, true, false, 1]);
      rows.set({ id: 3, n: 3 });
    }),
  );
  expect(store.envelope.rows.toJSON()).toEqual([
    { id: 2, n: 3 },
    { id: 3, n: 3 },
  ]);
});

test("a row that is deleted and added again stands at the end", () => {
  const store = storeOf([
    { id: 1, n: 1 },
    { id: 2, n: 2 },
  ]);
  store.confirm(
    change((rows) => {
      rows.delete(1);
      rows.add({ id: 1, n: 9 });
    }),
  );
  expect(store.envelope.rows.toJSON()).toEqual([
    { id: 2, n: 2 },
    { id: 1, n: 9 },
  ]);
});

test("a change of one row shares all others, and the table where nothing was changed", () => {
  const store = storeOf(Array.from({ length: 100 }, (_, id) => ({ id, n: 0 })));
  const before = store.envelope.rows;
  store.confirm(
    change((rows) => {
      rows.at(50).n = 1;
    }),
  );
  const after = store.envelope.rows;
  expect([...after].filter((row) => before.get(row.id) !== row).map(({ id }) => id)).toEqual([50]);
  store.confirm(
    change((rows) => {
      rows.at(50).n = 1;
    }),
  );
  expect(store.envelope.rows).toBe(after);
});

test("tables stand in rows of tables", () => {
  interface Nested {
    projects: Table<{ id: number; tasks: Table<Row> }>;
  }
  const spend = acts<Nested>()("spend").does({
    update({ projects }) {
      projects.at(1).tasks.at(7).n += 1;
      projects.add({ id: 2, tasks: table() });
      projects.at(2).tasks.add({ id: 8, n: 0 });
    },
  });
  const tasks = table<Row>({ rows: [{ id: 7, n: 1 }] });
  const store = shawn<Nested>({ projects: table({ rows: [{ id: 1, tasks }] }) }, { acts: [spend] });
  store.confirm(spend());
  expect(JSON.stringify(store.envelope)).toBe(
    '{"projects":[{"id":1,"tasks":[{"id":7,"n":2}]},{"id":2,"tasks":[{"id":8,"n":0}]}]}',
  );
  expect(tasks.at(7).n).toBe(1);
});

test("in print it shows its rows", () => {
  const { rows } = storeOf([{ id: 1, n: 1 }]).envelope;
  expect(String(rows)).toBe("[object Table]");
  const inspect: unknown = Reflect.get(rows, Symbol.for("nodejs.util.inspect.custom"));
  const json = (value: unknown) => JSON.stringify(value);
  expect(Reflect.apply(inspect as never, rows, [2, {}, json])).toBe('Table(1) [{"id":1,"n":1}]');
});

describe("refusals", () => {
  test("writes outside of an update are refused with OUTSIDE_UPDATE", () => {
    const { rows } = storeOf([{ id: 1, n: 1 }]).envelope;
    for (const write of [() => rows.add({ id: 2, n: 2 }), () => rows.set({ id: 1, n: 2 }), () => rows.delete(1)]) {
      expect(codeThrown(write)).toBe("OUTSIDE_UPDATE");
    }
    expect(() => ((rows.at(1) as Row).n = 2)).toThrow(TypeError);
  });

  test("a missing row, a present key, a changed key and a row without a key have codes", () => {
    const store = storeOf([{ id: 1, n: 1 }]);
    const codes: [string, (rows: Table<Row>) => void][] = [
      ["NO_ROW", (rows) => rows.at(9)],
      ["ROW_EXISTS", (rows) => rows.add({ id: 1, n: 2 })],
      [
        "KEY_CHANGED",
        (rows) => {
          rows.at(1).id = 2;
        },
      ],
      ["BAD_ROW", (rows) => rows.add({ n: 1 } as Row)],
    ];
    for (const [code, recipe] of codes) expect(codeThrown(() => store.confirm(change(recipe)))).toBe(code);
    expect(store.envelope.rows.toJSON()).toEqual([{ id: 1, n: 1 }]);
    expect(codeThrown(() => store.envelope.rows.at(9))).toBe("NO_ROW");
    expect(codeThrown(() => table({ rows: [{ id: 1 }, { id: 1 }] }))).toBe("ROW_EXISTS");
    expect(codeThrown(() => table({ kye: "id" } as never))).toBe("UNKNOWN_OPTION");
  });
});

test("any changes do what they do to a Map, and no older version sees them", () => {
  const op = fc.record({
    what: fc.constantFrom("add", "set", "delete", "write", "read"),
    id: fc.nat(60),
    n: fc.nat(9),
  });
  const round = fc.record({
    ops: fc.array(op, { maxLength: 60 }),
    from: fc.nat(9),
    fails: fc.nat(5).map((n) => n === 0),
  });
  const store = storeOf();
  const apply = (ops: { what: string; id: number; n: number }[], rows: Table<Row>) => {
    for (const { what, id, n } of ops) {
      if (what === "add" && !rows.has(id)) rows.add({ id, n });
      else if (what === "set") rows.set({ id, n });
      else if (what === "delete") rows.delete(id);
      else if (what === "write" && rows.has(id)) rows.at(id).n = n;
      else if (what === "read") expect(rows.has(id)).toBe(rows.get(id) !== undefined);
    }
  };
  fc.assert(
    fc.property(fc.array(round, { maxLength: 12 }), (rounds) => {
      const versions: [Office, Map<number, Row>][] = [[{ rows: table() }, new Map()]];
      for (const { ops, from, fails } of rounds) {
        const [base, model] = versions[from % versions.length] as [Office, Map<number, Row>];
        const copy = new Map([...model].map(([id, row]) => [id, { ...row }]));
        apply(ops, {
          has: (id: number) => copy.has(id),
          get: (id: number) => copy.get(id),
          at: (id: number) => copy.get(id),
          add: (row: Row) => copy.set(row.id, row),
          set: (row: Row) => copy.set(row.id, row),
          delete: (id: number) => copy.delete(id),
        } as never);
        const recipe = change((rows) => {
          apply(ops, rows);
          if (fails) throw new Error("no");
        });
        if (fails) expect(() => store.reduce(base, recipe)).toThrow("no");
        else versions.push([store.reduce(base, recipe), copy]);
      }
      for (const [{ rows }, model] of versions) {
        expect(rows.toJSON()).toEqual([...model.values()]);
        expect(rows.size).toBe(model.size);
        for (let id = 0; id <= 60; id++) expect(rows.get(id)).toEqual(model.get(id));
      }
    }),
    { numRuns: 300 },
  );
});
