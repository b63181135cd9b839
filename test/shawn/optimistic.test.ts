import { activity, emergence, go, until } from "@good-place/channel";
import {
  type Act,
  acts,
  cocoon,
  emerge,
  payload,
  type Shawn,
  type ShawnOptions,
  shawn,
  snoop,
} from "@good-place/shawn";
import { beforeEach, describe, expect, test } from "vitest";
import { codeOf, codeThrown, MemoryJournal, turns } from "./office.js";

interface Log {
  seen: string[];
}
const act = acts<Log>();
const outside: string[] = [];
const ends = new Map<string, { ok(): void; fail(error: unknown): void }>();
beforeEach(() => {
  outside.length = 0;
  ends.clear();
});

/** What the outside says about a word, when the test says so. */
const answer = (word: string): Promise<void> =>
  new Promise((resolve, reject) => {
    ends.set(word, { ok: resolve, fail: reject });
  });
const ok = async (word: string): Promise<void> => {
  ends.get(word)?.ok();
  await turns();
};
const fail = async (word: string, why: unknown = new Error(`${word} refused`)): Promise<void> => {
  ends.get(word)?.fail(why);
  await turns();
};

const note = act("note", payload<string>()).does({
  update(log, word) {
    if (word === "needs a" && !log.seen.includes("a")) throw new Error("there is no a");
    log.seen.push(word);
  },
  effect: (log, word) => void outside.push(`${word} of ${log.seen.join(" ")}`),
});
const send = act("send", payload<string>()).does({
  update: (log, word) => void log.seen.push(word),
  watch: (_, word) => cocoon(() => until(answer(word)), { optimistic: true, key: word, policy: "latest" }),
  effect: (log, word) => void outside.push(`${word} of ${log.seen.join(" ")}`),
});

async function open(options: Partial<ShawnOptions<Log>> = {}): Promise<Shawn<Log>> {
  const log = shawn<Log>({ seen: [] }, { acts: [note, send], onError: () => {}, ...options });
  await log.settled();
  return log;
}

describe("an optimistic act", () => {
  test("counts at once, and for good when its cocoon ends well", async () => {
    const log = await open();
    log.confirm(send("a"), note("b"));
    expect([log.envelope.seen, log.seq]).toEqual([["a", "b"], 2]);
    await turns();
    await ok("a");
    await fail("a");
    expect([log.envelope.seen, log.seq]).toEqual([["a", "b"], 2]);
  });

  test("is rolled back when its cocoon fails: later acts stay, with the numbers that are left", async () => {
    const log = await open();
    log.confirm(note("x"), send("a"), note("b"));
    await turns();
    await fail("a");
    expect([log.envelope.seen, log.seq]).toEqual([["x", "b"], 2]);
    log.confirm(note("c"));
    expect([log.envelope.seen, log.seq]).toEqual([["x", "b", "c"], 3]);
  });

  test("is rolled back when its cocoon is cancelled, by a later one of its key or by dismiss", async () => {
    const log = await open();
    log.confirm(send("a"));
    log.confirm(send("a"));
    await turns();
    expect(log.envelope.seen).toEqual(["a"]);
    await log.dismiss();
    expect([log.envelope.seen, log.seq]).toEqual([[], 0]);
  });

  test("is not held by a cocoon whose policy does not let it begin", async () => {
    const once = act("once", payload<string>()).does({
      update: (log, word) => void log.seen.push(word),
      watch: (_, word) => cocoon(() => answer(word), { optimistic: true, policy: "leading" }),
    });
    const log = await open({ acts: [once] });
    log.confirm(once("a"), once("b"));
    await turns();
    await fail("a");
    expect([log.envelope.seen, log.durable.seq]).toEqual([["b"], 1]);
  });

  test("has as many cocoons as its watch returns: the first that fails rolls it back, and all must end well", async () => {
    const both = act("both", payload<string[]>()).does({
      update: (log, words) => void log.seen.push(...words),
      watch: (_, words) => words.map((word) => cocoon(() => answer(word), { optimistic: true })),
    });
    const log = await open({ acts: [both] });
    log.confirm(both(["a", "b"]), both(["c", "d"]));
    await turns();
    await ok("a");
    await ok("c");
    expect(log.durable.seq).toBe(0);
    await fail("b");
    await ok("d");
    expect([log.envelope.seen, log.durable.envelope.seen]).toEqual([
      ["c", "d"],
      ["c", "d"],
    ]);
  });

  test("several are settled and rolled back in any order", async () => {
    const log = await open();
    for (const word of ["a", "b", "c"]) log.confirm(send(word), note(word.toUpperCase()));
    await turns();
    await ok("b");
    expect(log.durable.envelope.seen).toEqual([]);
    await fail("c");
    expect(log.envelope.seen).toEqual(["a", "A", "b", "B", "C"]);
    await fail("a");
    expect([log.envelope.seen, log.durable.envelope]).toEqual([["A", "b", "B", "C"], log.envelope]);
  });

  test("an act that the snoop it set off followed up with an optimistic cocoon is held by it", async () => {
    const spying = act("spying").does({
      spy: () =>
        snoop(
          (log: Log) => log.seen.length,
          (_, __, { stop }) => {
            stop();
            return cocoon(() => answer("snoop"), { optimistic: true });
          },
        ),
    });
    const log = await open({ acts: [note, spying] });
    log.confirm(spying(), note("a"), note("b"));
    await turns();
    await fail("snoop");
    expect(log.envelope.seen).toEqual(["b"]);
  });

  test("a promise that brings an optimistic cocoon is refused with OPTIMISTIC_TOO_LATE", async () => {
    const late = act("late").does({ watch: async () => cocoon(() => {}, { optimistic: true }) });
    const codes: unknown[] = [];
    const log = await open({
      acts: [late],
      onError: ({ error }) => void codes.push((error as { code: unknown }).code),
    });
    log.confirm(late());
    await log.admit();
    expect(codes).toEqual(["OPTIMISTIC_TOO_LATE"]);
    expect(codeThrown(() => cocoon(() => {}, { optimistic: 1 as never }))).toBe("BAD_OPTION");
  });
});

describe("a rollback", () => {
  test("runs updates and nothing else; subscribers are told once, of no acts, before onError hears of the cocoon", async () => {
    const calls: string[] = [];
    const loud = act("loud").does({
      spy() {
        calls.push("spy");
        return [];
      },
      update(log) {
        calls.push("update");
        log.seen.push("loud");
      },
      watch: () => void calls.push("watch"),
    });
    const log = await open({
      acts: [send, loud],
      onError: ({ phase, error }) => void calls.push(`${phase}: ${(error as Error).message}`),
    });
    log.confirm(send("a"), loud());
    await turns();
    calls.length = 0;
    log.subscribe(({ seen }, previous, confirmed) => calls.push(`${previous.seen} -> ${seen}: ${confirmed.length}`));
    await fail("a");
    expect(calls).toEqual(["update", "a,loud -> loud: 0", "cocoon: a refused"]);
  });

  test("drops what does not fit any more, tells onError, and keeps the rest", async () => {
    const failures: unknown[] = [];
    const log = await open({
      onError: ({ phase, act, error }) => void failures.push([phase, act?.payload, (error as Error).message]),
    });
    log.confirm(send("a"), note("needs a"), note("b"));
    await turns();
    await fail("a");
    expect([log.envelope.seen, log.seq]).toEqual([["b"], 1]);
    expect(failures).toEqual([
      ["update", "needs a", "there is no a"],
      ["cocoon", "a", "a refused"],
    ]);
  });

  test("without onError, every act that is lost is kept for an admit", async () => {
    const log = shawn<Log>({ seen: [] }, { acts: [note, send] });
    log.confirm(send("a"), note("needs a"), note("needs a"));
    await turns();
    await fail("a");
    for (const message of ["there is no a", "there is no a", "a refused"]) {
      await expect(log.admit()).rejects.toThrow(message);
    }
    expect(await log.admit()).toEqual([{ seen: [] }]);
  });

  test("an optimistic act that it loses is out whatever its cocoon comes to", async () => {
    const chain = act("chain", payload<string>()).does({
      update(log, word) {
        if (word !== "a" && !log.seen.includes("a")) throw new Error("there is no a");
        log.seen.push(word);
      },
      watch: (_, word) => cocoon(() => answer(word), { optimistic: true }),
    });
    const log = await open({ acts: [chain, note] });
    log.confirm(chain("a"), chain("b"), note("c"));
    await turns();
    await fail("a");
    expect([log.envelope.seen, log.durable.seq]).toEqual([["c"], 1]);
    let told = 0;
    log.subscribe(() => told++);
    await fail("b");
    expect([log.envelope.seen, told]).toEqual([["c"], 0]);
  });

  test("a snoop is not called; at the next act it compares with the envelope after the rollback", async () => {
    const changes: unknown[] = [];
    const spying = act("spying").does({
      spy: () =>
        snoop(
          (log: Log) => log.seen.length,
          (now, was) => void changes.push([was, now]),
        ),
    });
    const log = await open({ acts: [note, send, spying] });
    log.confirm(spying(), send("a"));
    await turns();
    await fail("a");
    log.confirm(note("b"));
    expect(changes).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test("what onError and subscribers confirm comes after it", async () => {
    const log = await open({ onError: ({ phase }) => (phase === "cocoon" ? note("sorry") : undefined) });
    log.subscribe((_, __, confirmed) => {
      if (confirmed.length === 0) log.confirm(note("told"));
    });
    log.confirm(send("a"), note("b"));
    await turns();
    await fail("a");
    expect(log.envelope.seen).toEqual(["b", "told", "sorry"]);
  });

  test("an update that confirms while it runs again is lost, like one that throws", async () => {
    let nasty = false;
    const confirms = act("confirms").does({
      update(log) {
        log.seen.push("confirms");
        if (nasty) store.confirm(note("inner"));
      },
    });
    const codes: unknown[] = [];
    const store = await open({
      acts: [note, send, confirms],
      onError: ({ error }) => void codes.push((error as { code?: unknown }).code),
    });
    store.confirm(send("a"), confirms(), note("b"));
    await turns();
    nasty = true;
    await fail("a");
    expect([store.envelope.seen, codes]).toEqual([["b"], ["CONFIRM_IN_UPDATE", undefined]]);
  });
});

describe("what is not certain", () => {
  test("is not durable, and its effects wait, with a journal or without", async () => {
    for (const journal of [undefined, new MemoryJournal()]) {
      outside.length = 0;
      const log = await open({ journal });
      log.confirm(note("x"), send("a"), note("b"), send("c"));
      await turns();
      expect([log.durable.envelope.seen, log.durable.seq, outside]).toEqual([["x"], 1, ["x of x"]]);
      await ok("a");
      expect([log.durable.envelope.seen, outside]).toEqual([
        ["x", "a", "b"],
        ["x of x", "a of x a", "b of x a b"],
      ]);
      await fail("c");
      expect([log.durable.envelope === log.envelope, outside.length]).toEqual([true, 3]);
      await log.dismiss();
    }
  });

  test("effects see the envelope as it has become", async () => {
    const log = await open();
    log.confirm(send("a"), note("b"));
    await turns();
    await fail("a");
    expect([log.envelope.seen, outside]).toEqual([["b"], ["b of b"]]);
  });

  test("comes to the journal when it is certain, with numbers that have no gap", async () => {
    const journal = new MemoryJournal();
    const log = await open({ journal });
    log.confirm(note("x"), send("a"), note("b"), send("c"), note("d"));
    await turns();
    await ok("c");
    expect(journal.records.map(({ payload }) => payload)).toEqual(["x"]);
    await fail("a");
    await log.settled();
    expect(journal.records.map(({ seq, payload, meta }) => [seq, payload, meta.seq])).toEqual([
      [1, "x", 1],
      [2, "b", 2],
      [3, "c", 3],
      [4, "d", 4],
    ]);
    const again = await open({ journal });
    expect([again.envelope, again.seq]).toEqual([log.envelope, log.seq]);
  });

  test("keeps the ids of its acts, and the updates see the new numbers, as a replay will", async () => {
    const numbered = act("numbered").does({ update: (log, _, { seq, id }) => void log.seen.push(`${seq} ${id}`) });
    let n = 0;
    const journal = new MemoryJournal();
    const log = await open({ acts: [send, numbered], journal, id: () => `id${++n}` });
    log.confirm(send("a"), numbered());
    expect(log.envelope.seen).toEqual(["a", "2 id2"]);
    await turns();
    await fail("a");
    expect(log.envelope.seen).toEqual(["1 id2"]);
    await log.settled();
    expect(journal.records[0]?.meta).toMatchObject({ id: "id2", seq: 1 });
  });

  test("settled waits for it, and for what it was held up by", async () => {
    for (const journal of [undefined, new MemoryJournal()]) {
      const log = await open({ journal });
      log.confirm(send("a"), note("b"));
      let settled = false;
      const waiting = log.settled().then(() => {
        settled = true;
      });
      await turns();
      log.confirm(send("later"));
      await turns();
      expect(settled).toBe(false);
      await ok("a");
      await waiting;
      expect([log.durable.seq, journal?.records.length]).toEqual([2, journal && 2]);
      await log.dismiss();
    }
  });

  test("an emergence settles when its acts are durable, and fails with ROLLED_BACK when one never will be", async () => {
    const log = await open({ journal: new MemoryJournal() });
    log.confirm(send("a"));
    let done = false;
    const emerging = go(() => emerge(note("b")), { supervisor: log.flow }).then(() => {
      done = true;
    });
    const lost = go(() => emerge(note("needs a")), { supervisor: log.flow });
    const code = codeOf(lost);
    await turns();
    expect([log.envelope.seen, done]).toEqual([["a", "b", "needs a"], false]);
    await fail("a");
    await emerging;
    expect([await code, log.envelope.seen, log.durable.seq]).toEqual(["ROLLED_BACK", ["b"], 1]);
  });

  test("what the optimistic cocoon itself emerges settles when it is confirmed, and stays when the act is rolled back", async () => {
    const order = act("order").does({
      update: (log) => void log.seen.push("order"),
      watch: () =>
        cocoon(
          async (cx) => {
            await cx.emerge(note("asked"));
            throw new Error("refused");
          },
          { optimistic: true },
        ),
    });
    const log = await open({ acts: [note, order], journal: new MemoryJournal() });
    log.confirm(order());
    await log.admit();
    await log.settled();
    expect([log.envelope.seen, log.durable.seq]).toEqual([["asked"], 1]);
  });

  test("dismiss rolls it back, and makes the rest durable", async () => {
    const journal = new MemoryJournal();
    const log = await open({ journal });
    log.confirm(send("a"), note("b"));
    await turns();
    await log.dismiss();
    expect([log.envelope.seen, journal.records.map(({ payload }) => payload)]).toEqual([["b"], ["b"]]);
  });

  test("replay puts its records before it, and runs it again behind them", async () => {
    const journal = new MemoryJournal();
    const log = await open({ journal });
    log.confirm(note("x"), send("a"), note("b"));
    await turns();
    const meta = { id: "r", seq: 2, at: 0, cause: undefined, by: undefined };
    const told: unknown[] = [];
    log.subscribe(({ seen }, _, confirmed) => told.push([seen, confirmed.map((each: Act) => each.payload)]));
    log.replay([{ seq: 2, name: "note", payload: "from elsewhere", meta }]);
    expect([told, log.seq]).toEqual([[[["x", "from elsewhere", "a", "b"], ["from elsewhere"]]], 4]);
    await ok("a");
    await log.settled();
    expect(journal.records.map(({ seq, payload }) => [seq, payload])).toEqual([
      [1, "x"],
      [2, "from elsewhere"],
      [3, "a"],
      [4, "b"],
    ]);
  });
});

describe("a journal that fails", () => {
  test("takes what is not certain with it, and what its cocoons come to changes nothing more", async () => {
    const journal = new MemoryJournal();
    const phases: string[] = [];
    const log = await open({ journal, onError: ({ phase }) => void phases.push(phase) });
    log.confirm(note("kept"));
    await log.settled();
    log.confirm(send("a"), note("b"), send("c"));
    const emerging = codeOf(emergence(log.flow, [note("d")]));
    await turns();
    journal.failing = new Error("disk full");
    await ok("a");
    expect([log.envelope.seen, log.seq, phases]).toEqual([["kept"], 1, ["journal"]]);
    expect(await emerging).toBe("JOURNAL_FAILED");
    let told = 0;
    log.subscribe(() => told++);
    await ok("c");
    expect([await codeOf(log.settled()), log.envelope.seen, told, phases]).toEqual([
      "JOURNAL_FAILED",
      ["kept"],
      0,
      ["journal"],
    ]);
    expect(outside).toEqual(["kept of kept"]);
  });

  test("leaves no fiber behind", async () => {
    const journal = new MemoryJournal();
    const log = await open({ journal });
    log.confirm(note("a"), send("b"));
    await turns();
    await log.dismiss();
    await turns();
    expect(activity().filter(({ name }) => name === "journal")).toEqual([]);
  });
});
