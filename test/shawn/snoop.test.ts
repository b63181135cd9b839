import { acts, payload, type Snoop, shawn, snoop } from "@good-place/shawn";
import { describe, expect, test } from "vitest";
import { codeThrown } from "./office.js";

interface Office {
  a: number;
  b: number;
}
const act = acts<Office>();
const setA = act("set/a", payload<number>()).does({
  update: (office, n) => {
    office.a = n;
  },
});
const setB = act("set/b", payload<number>()).does({
  update: (office, n) => {
    office.b = n;
  },
});
const spy = act("spy", payload<() => Snoop<Office> | Snoop<Office>[]>()).does({ spy: (_, make) => make() });
const fresh = (rest = {}) => shawn<Office>({ a: 0, b: 0 }, { acts: [setA, setB, spy], ...rest });

describe("snoops", () => {
  test("a snoop is called with now and was, only when what it selects has changed", () => {
    const seen: unknown[] = [];
    const office = fresh();
    office.confirm(
      spy(() =>
        snoop(
          ({ a }) => a,
          (now, was) => void seen.push([now, was]),
        ),
      ),
    );
    office.confirm(setB(1), setA(1), setA(1), setB(2), setA(2));
    expect(seen).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  test("spy may return several snoops; each is called, and keeps living", () => {
    const seen: string[] = [];
    const office = fresh();
    const make = (name: "a" | "b") =>
      snoop(
        (now: Office) => now[name],
        () => void seen.push(name),
      );
    office.confirm(spy(() => [make("a"), make("b"), make("a")]));
    office.confirm(setA(1), setB(1), setA(2));
    expect(seen).toEqual(["a", "a", "b", "a", "a"]);
  });

  test("a snoop's baseline is taken before its own act's update", () => {
    const seen: unknown[] = [];
    const both = act("both").does({
      spy: () =>
        snoop(
          ({ a }) => a,
          (now, was) => void seen.push([now, was]),
        ),
      update: (office) => {
        office.a = 7;
      },
    });
    const office = shawn<Office>({ a: 1, b: 0 }, { acts: [both] });
    office.confirm(both());
    expect(seen).toEqual([[7, 1]]);
  });

  test("a snoop of an act whose update throws is not kept", () => {
    let called = 0;
    const bad = act("bad").does({
      spy: () =>
        snoop(
          ({ a }) => a,
          () => void called++,
        ),
      update() {
        throw new Error("no");
      },
    });
    const office = shawn<Office>({ a: 0, b: 0 }, { acts: [bad, setA], onError: () => {} });
    office.confirm(bad(), setA(1));
    expect(called).toBe(0);
  });

  test("stop ends a snoop, from inside and later from outside", () => {
    const seen: number[] = [];
    const stops: (() => void)[] = [];
    const office = fresh();
    office.confirm(
      spy(() => [
        snoop(
          ({ a }) => a,
          (now, _, { stop }) => {
            seen.push(now);
            stop();
          },
        ),
        snoop(
          ({ b }) => b,
          (now, _, { stop }) => {
            seen.push(now);
            stops.push(stop);
          },
        ),
      ]),
    );
    office.confirm(setA(1), setA(2), setB(3));
    for (const stop of stops) stop();
    office.confirm(setB(4));
    expect(seen).toEqual([1, 3]);
  });

  test("acts from a snoop come before acts from watch", () => {
    const order: string[] = [];
    const mark = act("mark", payload<string>()).does({ update: (_, name) => void order.push(name) });
    const go = act("go").does({
      update: (office) => {
        office.a = 1;
      },
      watch: () => mark("watch"),
    });
    const office = shawn<Office>({ a: 0, b: 0 }, { acts: [spy, go, mark] });
    office.confirm(
      spy(() =>
        snoop(
          ({ a }) => a,
          () => mark("snoop"),
        ),
      ),
    );
    office.confirm(go());
    expect(order).toEqual(["snoop", "watch"]);
  });

  test("a snoop that throws silences no other, and lives on", () => {
    const seen: unknown[] = [];
    const failures: unknown[] = [];
    const office = fresh({
      onError: ({ phase, error }: { phase: string; error: unknown }) => void failures.push([phase, error]),
    });
    office.confirm(
      spy(() => [
        snoop(
          ({ a }) => a,
          (now) => {
            throw now;
          },
        ),
        snoop(
          ({ a }) => a,
          (now) => void seen.push(now),
        ),
      ]),
    );
    office.confirm(setA(1), setA(2));
    expect([seen, failures]).toEqual([
      [1, 2],
      [
        ["snoop", 1],
        ["snoop", 2],
      ],
    ]);
  });
});

describe("subscribers", () => {
  test("they are called once a drained batch, with next, previous and the confirmed acts", () => {
    const office = fresh();
    const calls: unknown[][] = [];
    office.subscribe(
      (next, previous, confirmed) => void calls.push([next, previous, confirmed.map(({ name }) => name)]),
    );
    const before = office.envelope;
    office.confirm(setA(1), setB(2), setA(3));
    expect(calls).toEqual([[office.envelope, before, ["set/a", "set/b", "set/a"]]]);
    expect([calls[0]?.[0] === office.envelope, calls[0]?.[1] === before]).toEqual([true, true]);
  });

  test("a subscriber that confirms gets a batch of its own, after all have heard of the first", () => {
    const office = fresh();
    const heard: unknown[] = [];
    office.subscribe(({ a }) => {
      heard.push(["first", a]);
      if (a < 3) office.confirm(setA(a + 1));
    });
    office.subscribe(({ a }) => void heard.push(["second", a]));
    office.confirm(setA(1));
    expect(heard).toEqual([1, 2, 3].flatMap((a) => ["first", "second"].map((who) => [who, a])));
  });

  test("one that is ended by an earlier one in the same batch is not called", () => {
    const office = fresh();
    const heard: string[] = [];
    office.subscribe(() => stop());
    const stop = office.subscribe(() => void heard.push("ended"));
    office.confirm(setA(1));
    expect(heard).toEqual([]);
  });

  test("the same function subscribed twice is called twice, and ends one at a time", () => {
    const office = fresh();
    let calls = 0;
    const listener = () => void calls++;
    const stop = office.subscribe(listener);
    office.subscribe(listener);
    office.confirm(setA(1));
    stop();
    stop();
    office.confirm(setA(2));
    expect(calls).toBe(3);
  });

  test("a subscriber that throws silences no other; confirm throws when all have heard", () => {
    const office = fresh();
    const heard: number[] = [];
    office.subscribe(() => {
      throw new Error("loud");
    });
    office.subscribe(({ a }) => void heard.push(a));
    expect(() => office.confirm(setA(1))).toThrow("loud");
    expect(heard).toEqual([1]);
  });
});

test("what is no selector, or does not react, is NOT_A_SNOOP", () => {
  expect(codeThrown(() => snoop(5 as never, () => {}))).toBe("NOT_A_SNOOP");
  expect(codeThrown(() => snoop(() => 1, undefined as never))).toBe("NOT_A_SNOOP");
});
