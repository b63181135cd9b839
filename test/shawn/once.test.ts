/** Acts that may be asked for twice and count once. */
import { emergence } from "@good-place/channel";
import { acts, cocoon, once, payload, shawn } from "@good-place/shawn";
import { expect, test } from "vitest";
import { codeThrown, MemoryJournal, turns } from "./office.js";

interface Jar {
  coins: number;
}
const act = acts<Jar>();
const outside: number[] = [];
const add = act("coins/add", payload<number>()).does({
  update(jar, coins) {
    if (coins < 0) throw new Error("no debts");
    jar.coins += coins;
  },
  effect: (_, coins) => void outside.push(coins),
});

function open(journal?: MemoryJournal, rest = {}) {
  outside.length = 0;
  return shawn<Jar>({ coins: 0 }, { acts: [add], journal, ...rest });
}

function refusing() {
  let refuse: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  return { promise, refuse };
}

test("the first act of an id counts, every other is passed over, whatever it says", () => {
  const jar = open();
  jar.confirm(once("a", add(5)), once("a", add(5)), once("b", add(1)));
  jar.confirm(once("a", add(100)), add(10));
  expect([jar.envelope.coins, jar.seq, outside]).toEqual([16, 3, [5, 1, 10]]);
});

test("the id is the act's own, and it is passed over after a restart too", async () => {
  const journal = new MemoryJournal();
  const first = open(journal);
  first.confirm(once("a", add(5)));
  await first.settled();
  expect(journal.records[0]?.meta).toMatchObject({ id: "a", once: true });
  const second = open(journal);
  second.confirm(once("a", add(5)));
  await second.settled();
  expect([second.envelope.coins, journal.records.length]).toEqual([5, 1]);
});

test("an act that is refused leaves its id free", () => {
  const jar = open(undefined, { onError: () => undefined });
  jar.confirm(once("a", add(-1)));
  jar.confirm(once("a", add(2)));
  expect(jar.envelope.coins).toBe(2);
});

test("an act that is rolled back leaves its id free", async () => {
  let fail: (error: Error) => void = () => {};
  const guess = act("coins/guess", payload<number>()).does({
    update(jar, coins) {
      jar.coins += coins;
    },
    watch: () =>
      cocoon(
        () =>
          new Promise((_, reject) => {
            fail = reject;
          }),
        { optimistic: true },
      ),
  });
  const jar = open(undefined, { acts: [add, guess], onError: () => undefined });
  jar.confirm(once("a", guess(3)), once("a", add(50)));
  expect(jar.envelope.coins).toBe(3);
  await turns();
  fail(new Error("the bank says no"));
  await jar.admit();
  expect(jar.envelope.coins).toBe(0);
  jar.confirm(once("a", add(4)));
  expect(jar.envelope.coins).toBe(4);
});

test("an emergence that is passed over fails when the first is rolled back, whatever else it asked for", async () => {
  const bank = refusing();
  const guess = act("coins/guess", payload<number>()).does({
    update(jar, coins) {
      jar.coins += coins;
    },
    watch: () => cocoon(() => bank.promise, { optimistic: true }),
  });
  const journal = new MemoryJournal();
  const jar = open(journal, { acts: [add, guess], onError: () => undefined });
  await jar.settled();
  jar.confirm(once("a", guess(3)));
  const again = emergence(jar.flow, [once("a", guess(3))]).then(null, (error) => error.code);
  const withMore = emergence(jar.flow, [once("a", guess(3)), add(1)]).then(null, (error) => error.code);
  await turns();
  bank.refuse(new Error("the bank says no"));
  expect(await Promise.all([again, withMore])).toEqual(["ROLLED_BACK", "ROLLED_BACK"]);
  await jar.settled();
  expect([jar.envelope.coins, journal.records.map(({ name }) => name)]).toEqual([1, ["coins/add"]]);
});

test("a rollback frees the ids of the acts that are out, and no other", async () => {
  const bank = refusing();
  const guess = act("coins/guess", payload<number>()).does({
    watch: () => cocoon(() => bank.promise, { optimistic: true }),
  });
  let ids = 0;
  const jar = open(undefined, { acts: [add, guess], onError: () => undefined, id: () => String(++ids) });
  jar.confirm(once("1", add(5)), guess(1));
  await turns();
  bank.refuse(new Error("the bank says no"));
  await jar.admit();
  jar.confirm(once("1", add(5)));
  expect(jar.envelope.coins).toBe(5);
});

test("records that come from elsewhere bring their ids", () => {
  const jar = open();
  const meta = { id: "a", seq: 1, at: 0, cause: undefined, by: undefined, once: true } as const;
  jar.replay([{ seq: 1, name: "coins/add", payload: 7, meta }]);
  jar.confirm(once("a", add(7)));
  expect(jar.envelope.coins).toBe(7);
});

test("an emergence that is passed over settles when the first is durable, not before", async () => {
  const journal = new MemoryJournal();
  const jar = open(journal);
  await jar.settled();
  journal.held = true;
  const settled: string[] = [];
  const asked = ["first", "again"].map((name) =>
    emergence(jar.flow, [once("a", add(1))]).then(() => settled.push(name)),
  );
  await turns(50);
  expect([jar.envelope.coins, settled]).toEqual([1, []]);
  journal.release();
  await Promise.all(asked);
  expect(settled.sort()).toEqual(["again", "first"]);
});

test("an emergence that is passed over fails when the first never becomes durable", async () => {
  const journal = new MemoryJournal();
  const jar = open(journal, { onError: () => undefined });
  await jar.settled();
  journal.held = true;
  journal.failing = new Error("disk full");
  const asked = ["first", "again"].map(() =>
    emergence(jar.flow, [once("a", add(1))]).then(null, (error) => error.code),
  );
  await turns(50);
  journal.release();
  expect(await Promise.all(asked)).toEqual(["JOURNAL_FAILED", "JOURNAL_FAILED"]);
});

test.each(["", "x".repeat(201), 5, null])("the id %j is refused with BAD_ACT_ID", (id) => {
  expect(codeThrown(() => once(id as string, add(1)))).toBe("BAD_ACT_ID");
  const jar = open();
  expect(codeThrown(() => jar.confirm({ ...add(1), id: id as string }))).toBe("BAD_ACT_ID");
  expect(jar.envelope.coins).toBe(0);
});
