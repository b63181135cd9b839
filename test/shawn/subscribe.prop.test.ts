import { acts, payload, shawn, type Table, table } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";

interface Row {
  readonly id: string;
  n: number;
}
type Flat = Record<string, number | undefined>;
interface Office {
  n?: number;
  plain?: Flat;
  list: (number | Flat)[];
  map: Map<string, Flat | number>;
  set: Set<string>;
  rows: Table<Row>;
  deep: { rows: Table<Row>; flat: Flat };
  any?: unknown;
}

const KEYS = ["a", "b", "c", "length", "size"];
const key = fc.constantFrom(...KEYS);
const small = fc.nat({ max: 2 });
const flat: fc.Arbitrary<Flat> = fc.dictionary(key, fc.option(small, { nil: undefined }), { maxKeys: 3 });
const row: fc.Arbitrary<Row> = fc.record({ id: key, n: small });
const rows = fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 4 });
// The kinds that one place may hold, one after the other.
const any = fc.oneof(
  small,
  flat,
  fc.array(small, { maxLength: 3 }),
  rows.map((given) => () => table({ rows: given })),
  fc.array(fc.tuple(key, small)).map((entries) => () => new Map(entries)),
);
const made = (value: unknown): unknown => (typeof value === "function" ? value() : value);

type Change = (office: Office) => void;
const change: fc.Arbitrary<Change> = fc.oneof(
  small.map((n) => (o: Office) => {
    o.n = n;
  }),
  fc.constant((o: Office) => void delete o.n),
  fc.tuple(key, fc.option(small, { nil: undefined })).map(([k, n]) => (o: Office) => {
    o.plain ??= {};
    o.plain[k] = n;
  }),
  key.map((k) => (o: Office) => void delete o.plain?.[k]),
  flat.map((value) => (o: Office) => {
    o.plain = value;
  }),
  fc.constant((o: Office) => void delete o.plain),
  fc.tuple(small, fc.oneof(small, flat)).map(([at, value]) => (o: Office) => {
    o.list[at] = value;
  }),
  small.map((length) => (o: Office) => {
    o.list.length = length;
  }),
  fc.tuple(key, fc.oneof(small, flat)).map(
    ([k, value]) =>
      (o: Office) =>
        void o.map.set(k, value),
  ),
  key.map((k) => (o: Office) => void o.map.delete(k)),
  key.map((k) => (o: Office) => void (o.set.has(k) ? o.set.delete(k) : o.set.add(k))),
  row.map((value) => (o: Office) => o.rows.set(value)),
  row.map((value) => (o: Office) => o.deep.rows.set(value)),
  key.map((k) => (o: Office) => void o.rows.delete(k)),
  fc.tuple(key, small).map(([k, n]) => (o: Office) => {
    const found = o.rows.get(k);
    if (found !== undefined) found.n = n;
  }),
  rows.map((value) => (o: Office) => {
    o.rows = table({ rows: value });
  }),
  fc.tuple(key, small).map(([k, n]) => (o: Office) => {
    o.deep.flat[k] = n;
  }),
  any.map((value) => (o: Office) => {
    o.any = made(value);
  }),
  // One object in two places.
  fc.constantFrom<Change>(
    (o) => {
      o.any = o.plain;
    },
    (o) => {
      o.any = o.list[0];
    },
    (o) => {
      o.any = o.rows.get("a");
    },
    (o) => {
      o.any = o.list;
    },
    (o) => {
      if (o.plain !== undefined) o.list[0] = o.plain;
    },
    (o) => {
      if (o.plain !== undefined) o.map.set("a", o.plain);
    },
  ),
);

// Selectors that read by key, list, hand on, compare, mix, make new objects, depend on what they have read, and throw.
type Select = (office: Office) => unknown;
const fresh: fc.Arbitrary<Select> = fc.constantFrom<Select>(
  (o) => ({ ...o.plain }),
  (o) => o.list.filter((item) => typeof item === "number"),
  (o) => [...o.map.keys()],
  (o) => [...o.rows].map(({ n }) => n),
  (o) => structuredClone(o.plain),
  ({ rows, n }) => ({ rows, n, first: rows.get("a") }),
  ({ rows }) => [rows, rows.get("a")?.n],
);
const still: fc.Arbitrary<Select> = fc.oneof(
  fc.constantFrom<Select>(
    (o) => o,
    (o) => o.n,
    (o) => "n" in o,
    (o) => Object.keys(o).length,
    (o) => o.plain,
    (o) => Object.keys(o.plain ?? {}).join(),
    (o) => o.list,
    (o) => o.list.length,
    (o) => [...o.list].length,
    (o) => JSON.stringify(o.list),
    (o) => o.list.at(-1),
    (o) => o.map.size,
    (o) => o.set.size,
    (o) => o.rows,
    (o) => o.rows.size,
    (o) => JSON.stringify(o),
    (o) => o.any,
    (o) => typeof o.any,
    (o) => Array.isArray(o.any) && o.any[0],
    (o) => o.any instanceof Map && o.any.get("a"),
    (o) => (o.any as Flat | undefined)?.length,
    (o) => o.map.get(o.rows.has("a") ? "a" : "b"),
    (o) => o.any === o.plain,
    (o) => o.plain === o.list[0],
    (o) => o.any === o.list,
    (o) => o.any === o.map.get("a"),
    (o) => (o.any === o.rows.get("a") ? o.n : o.list.length),
    (o) => o.list.indexOf(o.plain as Flat),
    (o) => `${o.plain?.a} ${o.list.includes(o.plain as Flat)}`,
    (o) => o.list.some((item) => item === o.any),
    (o) => o.set.has(o.any as string),
    (o) => new Set<unknown>([o.any, o.plain, o.list]).size,
  ),
  key.map<Select>((k) => (o) => o.plain?.[k]),
  key.map<Select>((k) => (o) => o.plain !== undefined && k in o.plain),
  key.map<Select>((k) => (o) => o.plain !== undefined && Object.hasOwn(o.plain, k)),
  key.map<Select>((k) => (o) => (o.any as Flat | undefined)?.[k]),
  small.map<Select>((at) => (o) => o.list[at]),
  key.map<Select>((k) => (o) => o.map.get(k)),
  key.map<Select>((k) => (o) => o.map.has(k)),
  key.map<Select>((k) => (o) => o.set.has(k)),
  key.map<Select>((k) => (o) => o.rows.get(k)),
  key.map<Select>((k) => (o) => o.rows.get(k)?.n),
  key.map<Select>((k) => (o) => o.rows.at(k).n),
  key.map<Select>((k) => (o) => o.deep.rows.get(k)?.n),
  key.map<Select>((k) => (o) => o.deep.flat[k]),
);
const select = fc.oneof(
  { weight: 3, arbitrary: still },
  { weight: 1, arbitrary: fresh },
  {
    weight: 1,
    arbitrary: fc.array(still, { maxLength: 3 }).map(
      (parts): Select =>
        (o) =>
          parts.map((part) => part(o)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(still, still, fresh).map(
      ([test, yes, no]): Select =>
        (o) =>
          test(o) ? yes(o) : no(o),
    ),
  },
);

const act = acts<Office>();
const changed = act("changed", payload<Change>()).does({ update: (office, how) => how(office) });

function begun() {
  const deep = { rows: table<Row>(), flat: {} };
  const office: Office = { list: [], map: new Map(), set: new Set(), rows: table<Row>(), deep };
  return shawn(office, { acts: [changed], onError: () => {} });
}

function attempt(select: Select, office: Office): { value: unknown } | null {
  try {
    return { value: select(office) };
  } catch {
    return null;
  }
}

// The rule as the documentation has it, written as plainly as can be.
function alike(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  const kinds = [one, other].map((value) => Object.prototype.toString.call(value));
  if (kinds[0] !== kinds[1] || !["[object Object]", "[object Array]"].includes(kinds[0] ?? "")) return false;
  const [ones, others] = [one, other].map((value) => new Map(Object.entries(value as object)));
  if ("key" in (one as object) && "toJSON" in (one as object)) return false;
  if (Array.isArray(one) && one.length !== (other as unknown[]).length) return false;
  return (
    ones?.size === others?.size && [...(ones ?? [])].every(([k, v]) => others?.has(k) && Object.is(v, others.get(k)))
  );
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(change, { minLength: 1, maxLength: 3 })
      .map((changes) => ({ kind: "confirm", changes }) as const),
  },
  { weight: 2, arbitrary: select.map((chosen) => ({ kind: "subscribe", select: chosen }) as const) },
  { weight: 1, arbitrary: fc.nat({ max: 9 }).map((which) => ({ kind: "end", which }) as const) },
);

test("a listener of a selection is called exactly when running all selectors after each batch would call it", () => {
  fc.assert(
    fc.property(fc.array(select, { maxLength: 4 }), fc.array(step, { maxLength: 20 }), (first, steps) => {
      const office = begun();
      const heard: unknown[][] = [];
      const expected: unknown[][] = [];
      const naive: { select: Select; known: unknown; id: number; end: () => void }[] = [];
      let ids = 0;
      const subscribe = (chosen: Select) => {
        const begin = attempt(chosen, office.envelope);
        const id = ids++;
        const listening = () => office.subscribe(chosen, (now, was) => void heard.push([id, now, was]));
        if (begin === null) return void expect(listening).toThrow();
        naive.push({ select: chosen, known: begin.value, id, end: listening() });
      };
      first.forEach(subscribe);
      for (const each of steps) {
        if (each.kind === "subscribe") subscribe(each.select);
        else if (each.kind === "end") naive.splice(each.which, 1)[0]?.end();
        else {
          office.confirm(...each.changes.map((how) => changed(how)));
          for (const one of naive) {
            const now = attempt(one.select, office.envelope);
            if (now === null || alike(now.value, one.known)) continue;
            expected.push([one.id, now.value, one.known]);
            one.known = now.value;
          }
        }
      }
      expect(heard).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});
