import { acts, payload, shawn, table } from "@good-place/shawn";
import { describe, expect, test } from "vitest";
import { codeThrown } from "./office.js";

// biome-ignore lint/suspicious/noExplicitAny: the drafts here are of every shape
type Any = any;
const act = acts<Any>();
const change = act("change", payload<(draft: Any) => void>()).does({
  update(draft, recipe) {
    recipe(draft);
  },
});

/** What the recipe makes of the base, and the store that it ran in. */
function changed(base: object, recipe: (draft: Any) => void): Any {
  const store = shawn<Any>(base, { acts: [change] });
  store.confirm(change(recipe));
  return store.envelope;
}

test("what was not touched is shared, what was touched is new up to the root", () => {
  const base = { a: { x: { n: 1 }, y: {} }, b: { z: {} } };
  const next = changed(base, (draft) => {
    draft.a.x.n = 2;
  });
  expect(next).toEqual({ a: { x: { n: 2 }, y: {} }, b: { z: {} } });
  expect(next.a).not.toBe(base.a);
  expect([next.a.y, next.b]).toEqual([base.a.y, base.b]);
  expect(next.b).toBe(base.b);
});

test("reading changes nothing, nor does writing what is there", () => {
  const base = { a: { n: 1 }, list: [{ id: 1 }], m: new Map([["k", { n: 1 }]]), s: new Set([1]) };
  const next = changed(base, (draft) => {
    draft.a.n = 1;
    draft.list.map((each: Any) => each.id);
    const [first] = draft.list;
    draft.list[0] = first;
    draft.m.forEach((each: Any) => void each.n);
    draft.s.add(1);
    JSON.stringify(draft);
  });
  expect(next).toBe(base);
});

test("arrays know push, splice, sort, reverse, length, and their own kind", () => {
  const next = changed({ list: [3, 1, 2], rows: [{ n: 2 }, { n: 1 }] }, (draft) => {
    expect(Array.isArray(draft.list)).toBe(true);
    draft.list.push(5, 4);
    draft.list.splice(1, 2, 9, 8, 7);
    draft.list.sort();
    draft.list.length = 4;
    draft.rows.sort((a: Any, b: Any) => a.n - b.n);
    draft.rows[0].n = 10;
    draft.rows = [...draft.rows, { n: 3 }].filter((row) => row.n !== 2);
  });
  expect(next).toEqual({ list: [3, 4, 5, 7], rows: [{ n: 10 }, { n: 3 }] });
});

test("delete, in, Object.keys and spread see the draft as it is", () => {
  const next = changed({ a: 1, b: 2 }, (draft) => {
    delete draft.a;
    draft.c = 3;
    expect(["a" in draft, Object.keys(draft), { ...draft }]).toEqual([false, ["b", "c"], { b: 2, c: 3 }]);
  });
  expect(next).toEqual({ b: 2, c: 3 });
});

test("a draft that was moved, or stands inside of new values, is a value in the next envelope", () => {
  const next = changed({ a: { n: 1 }, list: [{ n: 1 }, { n: 2 }], t: table({ rows: [{ id: 1, n: 1 }] }) }, (draft) => {
    const { a } = draft;
    draft.moved = { deep: [a], frozen: Object.freeze({ a }), map: new Map([["a", a]]), set: new Set([a]) };
    draft.copies = table({ rows: [...draft.t] });
    a.n = 2;
    draft.t.at(1).n = 5;
  });
  const { deep, frozen, map, set } = next.moved;
  expect([deep[0].n, frozen.a.n, map.get("a").n, [...set][0].n]).toEqual([2, 2, 2, 2]);
  expect(deep[0]).toBe(next.a);
  expect(JSON.stringify(next.copies)).toBe('[{"id":1,"n":5}]');
});

test("a new value that holds itself is taken as it is", () => {
  const next = changed({}, (draft) => {
    const loop: Any = { name: "loop" };
    loop.self = loop;
    draft.loop = loop;
  });
  expect(next.loop.self).toBe(next.loop);
});

test("an own __proto__ of untrusted data stays a property, and changes nobody's prototype", () => {
  const hostile = JSON.parse('{"__proto__": {"admin": true}, "n": 1}');
  const next = changed({ user: hostile }, (draft) => {
    draft.user.n = 2;
  });
  expect(next.user.admin).toBe(undefined);
  expect(Object.keys(next.user)).toEqual(["__proto__", "n"]);
});

describe("maps and sets", () => {
  test("they are changed like any other, the base stays", () => {
    const base = { m: new Map<string, Any>([["a", { n: 1 }]]), s: new Set(["x"]) };
    const next = changed(base, (draft) => {
      draft.m.get("a").n = 2;
      draft.m.set("b", { n: 3 });
      draft.s.add("y");
      draft.s.delete("x");
      expect([[...draft.m.keys()], draft.m.size, draft.m instanceof Map, draft.s.has("x")]).toEqual([
        ["a", "b"],
        2,
        true,
        false,
      ]);
    });
    expect([...next.m]).toEqual([
      ["a", { n: 2 }],
      ["b", { n: 3 }],
    ]);
    expect([[...next.s], [...base.s], base.m.get("a").n, base.m.size]).toEqual([["y"], ["x"], 1, 1]);
  });

  test("outside of an update they refuse writes", () => {
    const next = changed({ m: new Map(), s: new Set() }, (draft) => {
      draft.m.set("k", new Set([1]));
    });
    for (const write of [
      () => next.m.set("x", 1),
      () => next.m.clear(),
      () => next.s.add(1),
      () => next.m.get("k").add(2),
    ]) {
      expect(codeThrown(write)).toBe("OUTSIDE_UPDATE");
    }
  });
});

describe("after the update", () => {
  const read: [string, (draft: Any) => Any, (kept: Any) => unknown][] = [
    ["an object", (draft) => draft.a, (kept) => kept.n],
    ["an object written", (draft) => draft.a, (kept) => (kept.n = 2)],
    ["an array", (draft) => draft.list, (kept) => kept.push(1)],
    ["a map", (draft) => draft.m, (kept) => kept.get("x")],
    ["a set", (draft) => draft.s, (kept) => kept.size],
    ["a table", (draft) => draft.t, (kept) => kept.size],
    ["a row", (draft) => draft.t.at(1), (kept) => kept.id],
    ["keys", (draft) => draft, (kept) => Object.keys(kept)],
  ];

  test.each(read)("an escaped draft throws DRAFT_ESCAPED: %s", (_, take, use) => {
    let kept: Any;
    const base = { a: { n: 1 }, list: [], m: new Map(), s: new Set(), t: table({ rows: [{ id: 1 }] }) };
    changed(base, (draft) => {
      kept = take(draft);
    });
    expect(codeThrown(() => use(kept))).toBe("DRAFT_ESCAPED");
  });

  test("an escaped draft cannot be put into a later envelope, nor be reduced", () => {
    const store = shawn<Any>({ a: { n: 1 } }, { acts: [change] });
    let kept: Any;
    const leak = (draft: Any): never => {
      draft.a.n = 2;
      kept = draft.a;
      throw new Error("dropped");
    };
    expect(() => store.confirm(change(leak))).toThrow("dropped");
    const put = change((draft: Any) => {
      draft.b = { kept };
    });
    expect(codeThrown(() => store.confirm(put))).toBe("DRAFT_ESCAPED");
    expect(codeThrown(() => store.reduce(kept, put))).toBe("UNDRAFTABLE");
    expect(store.envelope).toEqual({ a: { n: 1 } });
  });

  test("values in an envelope are frozen, payload objects stay as they are", () => {
    const given = { id: 1, tags: ["a"] };
    const next = changed({ list: [] }, (draft) => {
      draft.list.push(given);
      draft.list[0].tags.push("b");
    });
    expect([given, next.list]).toEqual([{ id: 1, tags: ["a"] }, [{ id: 1, tags: ["a", "b"] }]]);
    expect(() => next.list.push(1)).toThrow(TypeError);
    expect(() => (next.list[0].id = 2)).toThrow(TypeError);
  });
});

test("what a draft cannot be is refused with UNDRAFTABLE", () => {
  for (const recipe of [
    (draft: Any) => Object.defineProperty(draft.a, "x", { value: 1 }),
    (draft: Any) => Object.setPrototypeOf(draft.a, null),
    (draft: Any) => Object.freeze(draft.a),
    // A key like any other to whoever writes it, and to the language another prototype.
    (draft: Any) => {
      draft.a[["__proto__"][0] as string] = { n: 1 };
    },
  ]) {
    expect(codeThrown(() => changed({ a: {} }, recipe))).toBe("UNDRAFTABLE");
  }
});

test("what newer engines let sets and maps do, drafts of them do too, and an envelope's refuse to be written", () => {
  const few = new Set([1, 2, 3]) as Any;
  const map = new Map() as Any;
  const next = changed({ set: new Set([1, 9]), map: new Map([["a", 1]]), told: null }, (draft) => {
    draft.set.add(2);
    if (few.union !== undefined) {
      expect([...draft.set.union(few)].sort()).toEqual([1, 2, 3, 9]);
      expect([...few.intersection(draft.set)].sort()).toEqual([1, 2]);
      expect([...draft.set.difference(few)]).toEqual([9]);
      expect([draft.set.isSubsetOf(few), draft.set.isDisjointFrom(few)]).toEqual([false, false]);
    }
    expect([draft.map.getOrInsert("a", 2), draft.map.getOrInsertComputed("b", (key: string) => `${key}!`)]).toEqual([
      1,
      "b!",
    ]);
  });
  expect(next.map).toEqual(
    new Map<string, unknown>([
      ["a", 1],
      ["b", "b!"],
    ]),
  );
  if (map.getOrInsert !== undefined) expect(codeThrown(() => next.map.getOrInsert("c", 1))).toBe("OUTSIDE_UPDATE");
});
