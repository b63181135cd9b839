import { explore, simulate } from "@good-place/channel/simulation";
import { acts, cocoon, payload, type Table, table } from "@good-place/shawn";
import { type Expected, type Trial, TrialError, type TrialOptions, trial } from "@good-place/shawn/trial";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown } from "./office.js";

interface Task {
  id: string;
  spent: number;
}
interface Office {
  running: string | null;
  tasks: Table<Task>;
  tags: Set<string>;
  log: Map<string, unknown>;
}

const act = acts<Office>();
const add = act("add", payload<string>()).does({
  update: (office, id) => office.tasks.add({ id, spent: 0 }),
});
const tick = act("tick", payload<string>()).does({
  update(office, id) {
    office.tasks.at(id).spent += 1;
  },
});
const stop = act("stop").does({
  update(office) {
    office.running = null;
  },
});
const start = act("start", payload<{ id: string; ticks: number }>()).does({
  update(office, { id }) {
    office.running = id;
  },
  async *watch(_office, { id, ticks }, cx) {
    for (let i = 0; i < ticks; i++) {
      await cx.sleep(1000);
      yield tick(id);
    }
    return `${id} at ${cx.now()}`;
  },
});
const both = act("both", payload<string>()).does({ watch: (_, id) => [add(id), tick(id)] });
const note = act("note", payload<string>()).does({
  update(office, key, meta) {
    office.log.set(key, [meta.id, meta.at]);
    office.tags.add(key);
  },
});
const chance = act("chance").does({ effect: (_office, _payload, cx) => void drawn.push(cx.random()) });
const fails = act("fails", payload<"update" | "cocoon">()).does({
  update(_office, phase) {
    if (phase === "update") throw new Error("the update fails");
  },
  watch: () => Promise.reject(new Error("the cocoon fails")),
});
let drawn: number[] = [];

const everything = [add, tick, stop, start, both, note, chance, fails];
const fresh = (options: Partial<TrialOptions<Office>> = {}): Trial<Office> =>
  trial<Office>({ running: null, tasks: table(), tags: new Set(), log: new Map() }, { acts: everything, ...options });
const added =
  (id: string): Expected<Office> =>
  (office) =>
    office.tasks.add({ id, spent: 0 });
const ticked =
  (id: string, n = 1): Expected<Office> =>
  (office) => {
    office.tasks.at(id).spent += n;
  };

/** What the call throws, as a TrialError. */
function thrown(call: () => void): TrialError {
  try {
    call();
  } catch (error) {
    if (error instanceof TrialError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("what an act changes", () => {
  test("is asserted as the mutation that it should be, and all that emerges in its order", async () => {
    const t = fresh();
    t.confirm(both("a"));
    t.emerged(add("a"), added("a"));
    t.emerged(tick("a"), ticked("a"));
    t.confirm(note("x"), (office) => {
      office.tags.add("x");
      office.log.set("x", ["4", 0]);
    });
    expect(await t.done()).toEqual([t.envelope]);
  });

  test("is told with path, expected and got where it is another", () => {
    const error = thrown(() => fresh().confirm(add("a"), (office) => office.tasks.add({ id: "a", spent: 2 })));
    expect(error.code).toBe("UNEXPECTED_CHANGE");
    expect(error.differences).toEqual([{ path: "tasks.a.spent", expected: "2", got: "0" }]);
    expect(error.message).toBe(
      'add("a") has not changed the envelope as expected:\n  tasks.a.spent: expected 2, got 0',
    );
  });

  const alsoAdded =
    (change: Expected<Office>): Expected<Office> =>
    (office) => {
      added("b")(office);
      change(office);
    };
  test.each<[string, Expected<Office> | undefined, unknown]>([
    ["nothing", undefined, { path: "tasks.b", expected: "nothing", got: '{"id":"b","spent":0}' }],
    ["something else", added("c"), { path: "tasks.c", expected: '{"id":"c","spent":0}', got: "nothing" }],
    ["too much", alsoAdded(ticked("a", 7)), { path: "tasks.a.spent", expected: "7", got: "0" }],
    ["a set", alsoAdded(({ tags }) => void tags.add("t")), { path: "tags.0", expected: '"t"', got: "nothing" }],
    ["a map", alsoAdded(({ log }) => void log.set("k", 1)), { path: "log.k", expected: "1", got: "nothing" }],
    [
      "another order",
      (office) => {
        office.tasks.delete("a");
        for (const id of ["b", "a"]) added(id)(office);
      },
      { path: "tasks", expected: 'the order ["b","a"]', got: '["a","b"]' },
    ],
    [
      "another type",
      alsoAdded((office) => {
        office.tags = [] as never;
      }),
      { path: "tags", expected: "[]", got: '{"$":"Set","value":[]}' },
    ],
  ])("expected %s", (_, expected, difference) => {
    const t = fresh();
    t.confirm(add("a"), added("a"));
    expect(thrown(() => t.confirm(add("b"), expected)).differences).toContainEqual(difference);
  });

  test("a refused act changes nothing, and its confirm throws; with an onError it is NOT_CONFIRMED", async () => {
    const t = fresh();
    expect(() => t.confirm(fails("update"))).toThrow("the update fails");
    expect((await t.done()).length).toBe(1);
    const heard: unknown[] = [];
    const other = fresh({ onError: ({ phase }) => void heard.push(phase) });
    expect(thrown(() => other.confirm(fails("update"))).code).toBe("NOT_CONFIRMED");
    expect(heard).toEqual(["update"]);
  });
});

describe("what emerges", () => {
  test("another act, another payload, or none is UNEXPECTED_ACT, and stays to be asserted", () => {
    const t = fresh();
    t.confirm(both("a"));
    for (const wrong of [tick("a"), add("b")]) expect(thrown(() => t.emerged(wrong)).code).toBe("UNEXPECTED_ACT");
    expect(thrown(() => t.emerged(add("b"))).differences).toEqual([{ path: "payload", expected: '"b"', got: '"a"' }]);
    t.emerged(add("a"), added("a"));
    t.emerged(tick("a"), ticked("a"));
    expect(thrown(() => t.emerged(tick("a"))).message).toBe('expected tick("a") to emerge, but no such act is left');
  });

  test("has to be asserted before the next confirm, and before the end", async () => {
    const t = fresh();
    t.confirm(both("a"));
    const error = thrown(() => t.confirm(stop()));
    expect([error.code, error.message]).toEqual([
      "UNASSERTED_ACTS",
      'assert what has emerged before stop() can be confirmed: add("a"), tick("a")',
    ]);
    expect(await codeOf(t.done())).toBe("UNASSERTED_ACTS");
    expect(codeThrown(() => t.office.confirm(stop()))).toBe("DISMISSED");
  });

  test("what is confirmed past the trial has to be asserted, too", async () => {
    const t = fresh();
    t.office.confirm(add("a"));
    t.emerged(add("a"), added("a"));
    expect(await codeOf(t.done())).toBe(undefined);
  });
});

describe("time", () => {
  test("stands still until it is advanced; then cocoons run to that moment, in any order of steps", async () => {
    await explore(
      async () => {
        const t = fresh();
        t.confirm(add("a"), added("a"));
        t.confirm(start({ id: "a", ticks: 3 }), (office) => {
          office.running = "a";
        });
        await t.advance(999);
        expect(thrown(() => t.emerged(tick("a"))).code).toBe("UNEXPECTED_ACT");
        await t.advance(1);
        t.emerged(tick("a"), ticked("a"));
        await t.advance(2000);
        t.emerged(tick("a"), ticked("a"));
        t.emerged(tick("a"), ticked("a"));
        expect(await t.done()).toEqual([t.envelope, "a at 3000"]);
      },
      { runs: 50, seed: 1 },
    );
  });

  test("a living cocoon at the end is LIVING_COCOONS, told by its key and act, and is cancelled", async () => {
    await simulate({}, async () => {
      const ends: unknown[] = [];
      const wait = act("wait").does({
        watch: () =>
          cocoon(
            function* (cx): Generator<unknown, void, never> {
              try {
                yield* cx.sleep(10);
              } finally {
                ends.push(cx.now());
              }
            },
            { key: "waiting" },
          ),
      });
      const t = fresh({ acts: [wait] });
      t.confirm(wait());
      await t.advance(5);
      await expect(t.done()).rejects.toThrow("cocoons live: waiting (of wait())");
      expect(ends).toEqual([5]);
      const loose = fresh({ acts: [wait], exhaustive: false });
      loose.confirm(wait());
      expect(await codeOf(loose.done())).toBe(undefined);
    });
  });

  test("outside of a simulation there is none: advance is NOT_SIMULATED", async () => {
    expect(await codeOf(fresh().advance(1))).toBe("NOT_SIMULATED");
  });
});

test("what a cocoon fails with, done fails with", async () => {
  const t = fresh();
  t.confirm(fails("cocoon"));
  await expect(t.done()).rejects.toThrow("the cocoon fails");
});

test("what the store takes over by replay is asserted like what has emerged", async () => {
  const t = fresh();
  const meta = { id: "elsewhere", at: 0, cause: undefined, by: undefined };
  t.office.replay([
    { seq: 1, name: "add", payload: "a", meta: { ...meta, seq: 1 } },
    { seq: 2, name: "tick", payload: "a", meta: { ...meta, seq: 2 } },
  ]);
  t.emerged(add("a"), (office) => office.tasks.add({ id: "a", spent: 0 }));
  t.emerged(tick("a"), ticked("a"));
  await t.done();
});

test("where it is not exhaustive, only what is asked is asserted", async () => {
  const t = fresh({ exhaustive: false });
  t.confirm(both("a"));
  t.confirm(add("b"));
  t.emerged(tick("a"), ticked("a"));
  expect(thrown(() => t.emerged(add("a"))).code).toBe("UNEXPECTED_ACT");
  expect(thrown(() => t.confirm(tick("b"), ticked("b", 2))).code).toBe("UNEXPECTED_CHANGE");
  expect((await t.done())[0].tasks.size).toBe(2);
});

test("chance follows from the seed, and other options are refused", () => {
  const draw = (seed?: number): number[] => {
    drawn = [];
    fresh({ seed }).confirm(chance());
    return drawn;
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(0)).toEqual(draw());
  expect(draw(1)).not.toEqual(draw(2));
  expect(codeThrown(() => fresh({ exhaustiv: true } as never))).toBe("UNKNOWN_OPTION");
  expect(codeThrown(() => fresh({ exhaustive: 1 as never }))).toBe("BAD_OPTION");
  expect(codeThrown(() => fresh({ acts: [acts()("odd")] } as never))).toBe("BAD_OPTION");
});
