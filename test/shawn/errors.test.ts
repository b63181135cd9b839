import { type Act, acts, type Failure, payload, shawn, snoop } from "@good-place/shawn";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, turns } from "./office.js";

interface Log {
  seen: string[];
}
const act = acts<Log>();
const note = act("note", payload<string>()).does({ update: (log, word) => void log.seen.push(word) });
const fail = (word: string) => () => {
  throw word;
};
const bad = {
  spy: act("bad/spy").does({ spy: fail("spy") }),
  update: act("bad/update").does({ update: fail("update") }),
  snoop: act("bad/snoop").does({
    spy: () => snoop(({ seen }: Log) => seen.length, fail("snoop")),
    update: (log) => void log.seen.push("x"),
  }),
  watch: act("bad/watch").does({ watch: fail("watch"), effect: () => {} }),
  effect: act("bad/effect").does({ effect: fail("effect"), watch: () => note("followed") }),
  late: act("bad/late").does({ effect: () => Promise.reject("late") }),
  cocoon: act("bad/cocoon").does({ watch: () => Promise.reject("cocoon") }),
};
const definitions = [note, ...Object.values(bad)];
const fresh = (onError?: (failure: Failure) => undefined | Act | readonly Act[]) =>
  shawn<Log>({ seen: [] }, { acts: definitions, onError });

describe("onError", () => {
  test("it gets every failure with its phase and act, and confirm throws nothing", async () => {
    const failures: unknown[] = [];
    const log = fresh(({ phase, act, error, cocoon }) => void failures.push([phase, act?.name, cocoon, error]));
    log.confirm(...Object.values(bad).map((each) => each()));
    await log.admit();
    expect(failures).toEqual([
      ["spy", "bad/spy", undefined, "spy"],
      ["update", "bad/update", undefined, "update"],
      ["snoop", "bad/snoop", undefined, "snoop"],
      ["watch", "bad/watch", undefined, "watch"],
      ["effect", "bad/effect", undefined, "effect"],
      ["snoop", "note", undefined, "snoop"],
      ["effect", "bad/late", undefined, "late"],
      ["cocoon", "bad/cocoon", "bad/cocoon", "cocoon"],
    ]);
  });

  test("the acts that it answers with are confirmed, also for a subscriber, a late effect and a cocoon", async () => {
    const log = fresh(({ phase }) => [note(`after ${phase}`)]);
    const stop = log.subscribe(() => {
      stop();
      throw "loud";
    });
    log.confirm(note("a"));
    expect(log.envelope.seen).toEqual(["a", "after subscriber"]);
    log.confirm(bad.update(), bad.late(), bad.cocoon());
    await log.admit();
    expect(log.envelope.seen.slice(2)).toEqual(["after update", "after effect", "after cocoon"]);
  });

  test("what it throws is thrown by confirm, or kept for admit; the store goes on", async () => {
    const log = fresh(({ error }) => {
      throw `no ${error}`;
    });
    const told: number[] = [];
    log.subscribe((_, __, confirmed) => void told.push(confirmed.length));
    expect(() => log.confirm(note("a"), bad.update(), note("b"))).toThrow("no update");
    expect([log.envelope.seen, told]).toEqual([["a"], [1]]);
    log.confirm(bad.cocoon(), note("c"));
    expect(await codeOf(log.admit())).toBe("no cocoon");
    expect((await log.admit())[0].seen).toEqual(["a", "c"]);
  });

  test.each([
    ["an act that fails itself", () => bad.update(), undefined],
    ["an act whose follow-up fails", () => bad.watch(), undefined],
    ["an act that a subscriber fails at", () => note("answer"), fail("told")],
  ])("it cannot make a tide endless by answering with %s", (_, answer, told) => {
    let asked = 0;
    const log = fresh(() => {
      asked += 1;
      return answer();
    });
    if (told !== undefined) log.subscribe(told);
    expect(codeThrown(() => log.confirm(bad.update()))).toBe("ANSWERS_FAIL");
    expect(asked).toBe(101);
    expect(log.envelope.seen.length).toBe(told === undefined ? 0 : 100);
  });

  test("as many failures as there are can be answered, where the answers do not fail", () => {
    const log = fresh(() => [note("a"), note("b")]);
    log.confirm(...Array.from({ length: 500 }, () => bad.update()));
    expect(log.envelope.seen.length).toBe(1000);
  });

  test("what it answers and is no act is refused with NOT_AN_ACT, thrown by confirm or kept for admit", async () => {
    const log = fresh(((failure: Failure) => [note("a"), failure]) as never);
    expect(codeThrown(() => log.confirm(bad.update()))).toBe("NOT_AN_ACT");
    log.confirm(bad.cocoon());
    expect(await codeOf(log.admit())).toBe("NOT_AN_ACT");
    expect(log.envelope.seen).toEqual([]);
  });
});

describe("without onError", () => {
  test.each(["spy", "update", "snoop", "watch", "effect"] as const)("confirm throws what %s throws", (phase) => {
    expect(() => fresh().confirm(bad[phase]())).toThrow(phase);
  });

  test("the rest of the tide is dropped, follow-ups included; subscribers hear of what was confirmed", () => {
    const log = fresh();
    const told: unknown[] = [];
    log.subscribe((_, __, confirmed) => void told.push(confirmed.map(({ name }) => name)));
    expect(() => log.confirm(note("a"), bad.effect(), note("b"))).toThrow("effect");
    expect([log.envelope.seen, told]).toEqual([["a"], [["note", "bad/effect"]]]);
    log.confirm(note("c"));
    expect(log.envelope.seen).toEqual(["a", "c"]);
  });

  test("a failure of undefined is thrown like any other", async () => {
    const nothing = act("nothing").does({ update: fail(undefined as never) });
    const late = act("late").does({ watch: () => Promise.reject(undefined) });
    const log = shawn<Log>({ seen: [] }, { acts: [nothing, late] });
    let thrown = false;
    try {
      log.confirm(nothing());
    } catch {
      thrown = true;
    }
    expect(thrown).toBe(true);
    log.confirm(late());
    const outcome = await log.admit().then(
      () => "resolved",
      () => "rejected",
    );
    expect(outcome).toBe("rejected");
  });

  test("a cocoon's failure is kept for the next admit, one for each; the flow goes on", async () => {
    const log = fresh();
    log.confirm(bad.cocoon(), bad.late());
    await turns();
    log.confirm(note("on"));
    const codes = [await codeOf(log.admit()), await codeOf(log.admit()), await codeOf(log.admit())];
    expect(codes.sort()).toEqual(["cocoon", "late", undefined]);
    expect(log.envelope.seen).toEqual(["on"]);
  });

  test("what cannot follow from an act is BAD_FOLLOW", async () => {
    const odd = act("odd").does({ watch: () => 5 as never });
    expect(await codeOf((async () => shawn<Log>({ seen: [] }, { acts: [odd] }).confirm(odd()))())).toBe("BAD_FOLLOW");
  });
});
