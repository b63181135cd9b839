import { type Act, acts, cocoon, payload, shawn, snoop } from "@good-place/shawn";
import { describe, expect, test } from "vitest";
import { codeThrown } from "./office.js";

interface Log {
  seen: string[];
}
const act = acts<Log>();
const note = act("note", payload<string>()).does({
  update(log, word) {
    log.seen.push(word);
  },
});
const throwing = act("throwing", payload<string>()).does({
  update(log, word) {
    log.seen.push(word);
    throw new Error(word);
  },
});

const fresh = (definitions: Parameters<typeof shawn<Log>>[1]["acts"], rest = {}) =>
  shawn<Log>({ seen: [] }, { acts: [note, throwing, ...definitions], ...rest });

describe("order", () => {
  test("an act runs spy, update, snoops, watch and effect, then what follows from it", () => {
    const order: string[] = [];
    const full = act("full").does({
      spy(log) {
        order.push(`spy ${log.seen.length}`);
        return snoop(
          (now) => now.seen.length,
          (now) => void order.push(`snoop ${now}`),
        );
      },
      update(log) {
        order.push("update");
        log.seen.push("full");
      },
      watch(log) {
        order.push(`watch ${log.seen.length}`);
        return note("after");
      },
      effect(log) {
        order.push(`effect ${log.seen.length}`);
      },
    });
    const log = fresh([full]);
    log.confirm(full());
    expect(order).toEqual(["spy 0", "update", "snoop 1", "watch 1", "effect 1", "snoop 2"]);
  });

  test("follow-ups run depth-first, from left to right, right after their act", () => {
    const branch = act("branch", payload<Act[]>()).does({ watch: (_, follow) => follow });
    const log = fresh([branch]);
    log.confirm(branch([branch([note("a"), note("b")]), note("c")]), note("d"));
    expect(log.envelope.seen).toEqual(["a", "b", "c", "d"]);
  });

  test("confirm in an effect queues: it runs after what follows from the act, before acts that wait longer", () => {
    let log: ReturnType<typeof fresh>;
    const calling = act("calling").does({
      watch: () => note("follow"),
      effect: () => {
        log.confirm(note("queued"));
        expect(log.envelope.seen).toEqual([]);
      },
    });
    log = fresh([calling]);
    log.confirm(calling(), note("last"));
    const together = log.envelope.seen;
    log = fresh([calling]);
    log.confirm(calling());
    log.confirm(note("last"));
    expect(together).toEqual(["follow", "queued", "last"]);
    expect(log.envelope.seen).toEqual(together);
  });

  test("confirm in a snoop queues", () => {
    const spying = act("spying").does({
      spy: () =>
        snoop(
          (log: Log) => log.seen.length,
          (now) => {
            if (now === 1) log.confirm(note("queued"));
          },
        ),
    });
    const log = fresh([spying]);
    log.confirm(spying(), note("first"), note("second"));
    expect(log.envelope.seen).toEqual(["first", "queued", "second"]);
  });

  test("100,000 follow-ups in a chain, and as many side by side, run", () => {
    const count = act("count", payload<number>()).does({ watch: (_, n) => (n > 0 ? count(n - 1) : undefined) });
    const wide = act("wide").does({ watch: () => Array.from({ length: 100_000 }, () => count(0)) });
    const log = fresh([count, wide]);
    log.confirm(count(100_000), wide());
    expect(log.seq).toBe(200_002);
  });
});

describe("update", () => {
  test("an update that throws changes nothing: the snapshot is the same object, and seq stands", () => {
    const log = fresh([]);
    log.confirm(note("a"));
    const before = log.envelope;
    expect(() => log.confirm(throwing("b"))).toThrow("b");
    expect(log.envelope).toBe(before);
    expect(log.seq).toBe(1);
  });

  test("what an update returns is ignored, one that changes nothing gives the same envelope", () => {
    const idle = act("idle").does({ update: () => ({ seen: ["no"] }) as never });
    const log = fresh([idle]);
    const before = log.envelope;
    log.confirm(idle());
    expect(log.envelope).toBe(before);
  });

  test("confirm inside an update throws CONFIRM_IN_UPDATE, and the update is dropped", () => {
    const nested = act("nested").does({
      update(log) {
        log.seen.push("x");
        office.confirm(note("y"));
      },
    });
    const office = fresh([nested]);
    expect(codeThrown(() => office.confirm(nested()))).toBe("CONFIRM_IN_UPDATE");
    expect(office.envelope.seen).toEqual([]);
    office.confirm(note("z"));
    expect(office.envelope.seen).toEqual(["z"]);
  });

  test("an update that is a generator, and so never runs, is refused with ASYNC_UPDATE", () => {
    const stepped = act("stepped").does({
      *update(log: Log) {
        yield log.seen.push("x");
      },
    });
    const log = fresh([stepped]);
    expect(codeThrown(() => log.confirm(stepped()))).toBe("ASYNC_UPDATE");
    expect([log.envelope.seen, log.seq]).toEqual([[], 0]);
  });

  test("an async update is refused with ASYNC_UPDATE and changes nothing", () => {
    const slow = act("slow").does({
      async update(log) {
        log.seen.push("x");
        await null;
        log.seen.push("y");
      },
    });
    const log = fresh([slow]);
    expect(codeThrown(() => log.confirm(slow()))).toBe("ASYNC_UPDATE");
    expect(log.envelope.seen).toEqual([]);
  });
});

describe("acts and meta", () => {
  test("meta is drawn once at confirm: id, seq, at, cause", () => {
    const metas: unknown[] = [];
    let id = 0;
    const parent = act("parent").does({ update: (_, __, meta) => void metas.push(meta), watch: () => child() });
    const child = act("child").does({ update: (_, __, meta) => void metas.push(meta) });
    const log = fresh([parent, child], { now: () => 1000, id: () => `id${++id}`, seq: 7 });
    log.confirm(parent());
    expect(metas).toEqual([
      { id: "id1", seq: 8, at: 1000, cause: undefined, by: undefined },
      { id: "id2", seq: 9, at: 1000, cause: "id1", by: undefined },
    ]);
  });

  test("confirming an act that has meta already draws a new one", () => {
    const seen: Act[] = [];
    const log = fresh([]);
    log.subscribe((_, __, confirmed) => seen.push(...confirmed));
    log.confirm(note("a"));
    log.confirm(seen[0] as Act);
    expect(seen.map(({ meta }) => meta?.seq)).toEqual([1, 2]);
    expect(seen[0]?.meta?.id).not.toBe(seen[1]?.meta?.id);
  });

  test("every confirmed act has an id of its own, in all stores", () => {
    const stores = [fresh([]), fresh([])];
    const ids: unknown[] = [];
    for (const log of stores) log.subscribe((_, __, confirmed) => ids.push(...confirmed.map(({ meta }) => meta.id)));
    for (const log of stores) for (let i = 0; i < 100; i++) log.confirm(note("a"));
    expect(new Set(ids).size).toBe(200);
  });

  test("an act is data, and its definition knows it", () => {
    expect(note("a")).toEqual({ name: "note", payload: "a" });
    expect([note.match(note("a")), note.match(throwing("a")), note.name]).toEqual([true, false, "note"]);
  });

  test("an act that has lost its payload of undefined as JSON is one still, confirmed or replayed", () => {
    const told = act("told").does({ update: (log) => void log.seen.push("told") });
    const journal: unknown[] = [];
    const first = fresh([told]);
    first.subscribe((_next, _previous, confirmed) => {
      for (const { name, payload, meta } of confirmed) journal.push({ seq: meta.seq, name, payload, meta });
    });
    first.confirm(JSON.parse(JSON.stringify(told())));
    const second = fresh([told]);
    second.replay(JSON.parse(JSON.stringify(journal)));
    expect([first.envelope.seen, second.envelope]).toEqual([["told"], first.envelope]);
  });

  test.each([
    ["a body that is none", () => act("x").does(null as never), "BAD_ACT_BODY"],
    ["a part that is no function", () => act("x").does({ update: 5 } as never), "BAD_ACT_BODY"],
    ["a schema that is none", () => act("x", 5 as never), "NOT_A_SCHEMA"],
    ["a store without acts", () => shawn({}, {} as never), "BAD_OPTION"],
    ["an act that does nothing yet", () => shawn({}, { acts: [act("x")] } as never), "BAD_OPTION"],
    ["an onError that is no function", () => shawn({}, { acts: [], onError: 5 } as never), "BAD_OPTION"],
    ["a seq that is no number", () => shawn({}, { acts: [], seq: "1" } as never), "BAD_OPTION"],
    ["a snoop of no function", () => snoop(5 as never, () => {}), "NOT_A_SNOOP"],
    ["a key of a cocoon that is no string", () => cocoon(() => {}, { key: 5 } as never), "BAD_OPTION"],
  ])("is refused with a code at once: %s", (_, run, code) => {
    expect(codeThrown(run)).toBe(code);
  });

  test("a spy that leaves what is no snoop is refused with NOT_A_SNOOP, which names the act", () => {
    const spying = act("spying").does({ spy: () => ({ select: 5 }) as never });
    const log = fresh([spying]);
    expect(() => log.confirm(spying())).toThrow(/act spying: a spy/);
    expect(codeThrown(() => log.confirm(spying()))).toBe("NOT_A_SNOOP");
  });

  test("misuse has codes", () => {
    expect(codeThrown(() => shawn({}, { acts: [note as never, note as never] }))).toBe("DUPLICATE_ACT");
    expect(codeThrown(() => shawn(5 as never, { acts: [] }))).toBe("BAD_ENVELOPE");
    expect(codeThrown(() => shawn({}, { acts: [], jurnal: 1 } as never))).toBe("UNKNOWN_OPTION");
    expect(codeThrown(() => act(""))).toBe("BAD_ACT_NAME");
    for (const body of [undefined, () => {}, { updat() {} }, { update: 5 }]) {
      expect(codeThrown(() => act("x").does(body as never))).toBe("BAD_ACT_BODY");
    }
    const log = fresh([]);
    expect(codeThrown(() => log.confirm({ name: "nota", payload: 1 }))).toBe("UNKNOWN_ACT");
    expect(codeThrown(() => log.confirm(note as never))).toBe("NOT_AN_ACT");
    expect(codeThrown(() => log.confirm(undefined as never))).toBe("NOT_AN_ACT");
    expect(codeThrown(() => log.subscribe(undefined as never))).toBe("NOT_A_LISTENER");
  });
});

test("options of the wrong kind are refused before anything starts", () => {
  for (const [option, odd] of [
    ...[undefined, { note }, [note("a")], [act("x")]].map((odd) => ["acts", odd] as const),
    ...["onError", "onSignal", "now", "random", "id", "log"].map((name) => [name, 5] as const),
    ...[5, {}, null, { append() {} }].map((odd) => ["journal", odd] as const),
    ...[-1, 0.5, "1"].map((odd) => ["seq", odd] as const),
  ]) {
    const options = { acts: [], [option]: odd } as never;
    expect([option, odd, codeThrown(() => shawn({}, options))]).toEqual([option, odd, "BAD_OPTION"]);
  }
});

describe("reduce", () => {
  test("reduce is the update and nothing else, on any envelope", () => {
    const log = fresh([]);
    const base = { seen: ["base"] };
    const next = log.reduce(base, note("a"));
    expect([next.seen, base.seen, log.envelope.seen, log.seq]).toEqual([["base", "a"], ["base"], [], 0]);
  });

  test("reduce uses the act's meta, and throws what the update throws", () => {
    const stamp = act("stamp").does({ update: (log, _, meta) => void log.seen.push(meta.id) });
    const log = fresh([stamp]);
    const meta = { id: "given", seq: 1, at: 0, cause: undefined, by: undefined };
    expect(log.reduce({ seen: [] }, { ...stamp(), meta }).seen).toEqual(["given"]);
    expect(() => log.reduce({ seen: [] }, throwing("no"))).toThrow("no");
  });
});

test("two stores share nothing", () => {
  const [one, two] = [fresh([]), fresh([])];
  const told: string[] = [];
  two.subscribe(() => told.push("two"));
  one.confirm(note("a"));
  expect([one.envelope.seen, two.envelope.seen, two.seq, told]).toEqual([["a"], [], 0, []]);
  expect(one.flow).not.toBe(two.flow);
});
