import { acts, payload, shawn, snoop } from "@good-place/shawn";
import { describe, expect, test } from "vitest";
import { codeThrown, MemoryJournal } from "./office.js";

interface Count {
  n: number;
}
const act = acts<Count>();
const add = act("add", payload<number>()).does({
  update: (count, n) => {
    count.n += n;
  },
});
const call = act("call", payload<() => void>()).does({ effect: (_, run) => run() });
const change = act("change", payload<() => void>()).does({ update: (_, run) => run() });

describe("travel", () => {
  test("shows another envelope: subscribers are told, no act is confirmed, seq stays", () => {
    const count = shawn<Count>({ n: 0 }, { acts: [add] });
    count.confirm(add(1));
    const told: unknown[] = [];
    count.subscribe((next, previous, confirmed) => told.push([next, previous, confirmed]));
    count.travel({ n: 7 });
    expect(told).toEqual([[{ n: 7 }, { n: 1 }, []]]);
    expect([count.envelope, count.seq]).toEqual([{ n: 7 }, 1]);
    expect(Object.isFrozen(count.envelope)).toBe(true);
    count.confirm(add(1));
    expect([count.envelope, count.seq]).toEqual([{ n: 8 }, 2]);
  });

  test("is no change to a snoop, which goes on from what is shown", () => {
    const seen: unknown[] = [];
    const look = act("look").does({
      spy: () =>
        snoop(
          ({ n }: Count) => n,
          (now, was) => void seen.push([now, was]),
        ),
    });
    const count = shawn<Count>({ n: 0 }, { acts: [add, look] });
    count.confirm(look());
    count.travel({ n: 7 });
    count.confirm(look(), add(1));
    expect(seen).toEqual([
      [8, 7],
      [8, 7],
    ]);
  });

  test("what a subscriber confirms then is confirmed after all have heard", () => {
    const heard: unknown[] = [];
    const count = shawn<Count>({ n: 0 }, { acts: [add] });
    count.subscribe((_, __, confirmed) => void (confirmed.length === 0 && count.confirm(add(1))));
    count.subscribe((next) => heard.push(next.n));
    count.travel({ n: 7 });
    expect(heard).toEqual([7, 8]);
  });

  test("is refused while acts are confirmed, by a store with a journal, after dismiss, and for what is no object", async () => {
    const codes: unknown[] = [];
    const count = shawn<Count>({ n: 0 }, { acts: [call, change] });
    const travel = (): void => void codes.push(codeThrown(() => count.travel({ n: 7 })));
    count.confirm(call(travel), change(travel));
    expect(codes).toEqual(["TRAVEL_IN_TIDE", "TRAVEL_IN_TIDE"]);
    expect(codeThrown(() => count.travel(null as never))).toBe("BAD_ENVELOPE");
    await count.dismiss();
    expect(codeThrown(() => count.travel({ n: 7 }))).toBe("DISMISSED");
    const journaled = shawn<Count>({ n: 0 }, { acts: [], journal: new MemoryJournal() });
    await journaled.settled();
    expect(codeThrown(() => journaled.travel({ n: 7 }))).toBe("TRAVEL_JOURNALED");
    expect([count.envelope, journaled.envelope]).toEqual([{ n: 0 }, { n: 0 }]);
  });
});
