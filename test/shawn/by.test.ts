import { emergence, go, until } from "@good-place/channel";
import { acts, cocoon, emerge, payload, shawn } from "@good-place/shawn";
import { expect, test } from "vitest";
import { codeOf, codeThrown, MemoryJournal, turns } from "./office.js";

interface Log {
  seen: string[];
}
const act = acts<Log>();
const note = act("note", payload<string>()).does({
  update(log, word, { by }) {
    if (word === "bad") throw new Error("bad");
    log.seen.push(`${word} by ${by}`);
  },
});
const follow = act("follow").does({ watch: () => [note("followed"), Promise.resolve(note("promised"))] });
const grow = act("grow").does({
  watch: () =>
    cocoon(async function* (cx) {
      yield note("yielded");
      await cx.emerge(note("emerged"));
    }),
});
const ask = act("ask").does({
  watch: () =>
    cocoon(function* () {
      yield* emerge(note("asked"));
    }),
});
const all = [note, follow, grow, ask];
const fresh = (rest = {}) => shawn<Log>({ seen: [] }, { acts: all, ...rest });

test("as() says who confirms; without it nobody does", () => {
  const log = fresh();
  log.as("ada").confirm(note("a"), note("b"));
  log.confirm(note("c"));
  expect(log.envelope.seen).toEqual(["a by ada", "b by ada", "c by undefined"]);
});

test("what follows has the by of its act: follow-ups, promises, and what cocoons yield and emerge", async () => {
  const log = fresh();
  log.as("ada").confirm(follow(), grow(), ask());
  const [{ seen }] = await log.admit();
  expect([...seen].sort()).toEqual(["asked", "emerged", "followed", "promised", "yielded"].map((w) => `${w} by ada`));
});

test("what a cocoon emerges has its act as the cause, by whichever emerge", async () => {
  const log = fresh();
  const causes: unknown[] = [];
  log.subscribe((_, __, confirmed) => {
    for (const { name, meta } of confirmed) causes.push(name === "note" ? meta.cause : meta.id);
  });
  log.confirm(ask());
  await log.admit();
  expect(causes).toHaveLength(2);
  expect(causes[0]).toBe(causes[1]);
});

test("what a cocoon leaves to live on speaks for its act after its end", async () => {
  const leaving = act("leaving").does({
    watch: () =>
      cocoon(() => {
        void go(
          function* () {
            yield* until(ended);
            yield* emerge(note("late"));
          },
          { detached: true },
        );
      }),
  });
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const log = fresh({ acts: [...all, leaving] });
  const causes: unknown[] = [];
  log.subscribe((_next, _previous, [first]) => causes.push(first?.meta.cause ?? first?.meta.id));
  log.as("ada").confirm(leaving());
  await log.admit();
  end();
  await turns();
  expect(log.envelope.seen).toEqual(["late by ada"]);
  expect(causes[1]).toBe(causes[0]);
});

test("an emergence may say who asks", async () => {
  const log = fresh();
  await emergence(log.flow, [note("a")], { by: "bob" });
  await go(() => emergence(undefined, [note("b")], { by: "eve" }), { supervisor: log.flow });
  expect(log.envelope.seen).toEqual(["a by bob", "b by eve"]);
});

test("what onError answers is by whoever confirmed what failed, whatever the act claims of itself", () => {
  const log = fresh({ onError: () => note("sorry") });
  const meta = { id: "x", seq: 1, at: 1, cause: undefined, by: "mallory" };
  log.as("ada").confirm({ ...note("bad"), meta }, { ...note("good"), meta });
  expect(log.envelope.seen).toEqual(["sorry by ada", "good by ada"]);
});

test("the journal keeps it, and a replay gives it back", async () => {
  const journal = new MemoryJournal();
  const log = fresh({ journal });
  log.as("ada").confirm(follow());
  await log.admit();
  await log.settled();
  expect(journal.records.map(({ meta }) => meta.by)).toEqual(["ada", "ada", "ada"]);
  const again = fresh({ journal });
  await again.settled();
  expect(again.envelope).toEqual(log.envelope);
});

test("a by that is no name is refused with BAD_BY", async () => {
  const log = fresh();
  expect(codeThrown(() => log.as(""))).toBe("BAD_BY");
  expect(codeThrown(() => log.as(5 as never))).toBe("BAD_BY");
  expect(await codeOf(emergence(log.flow, [note("a")], { by: 5 as never }))).toBe("BAD_BY");
  expect(log.seq).toBe(0);
});
