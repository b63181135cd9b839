import { go, sleep } from "@good-place/channel";
import { simulate } from "@good-place/channel/simulation";
import { acts, cocoon, type JournalRecord, payload, shawn } from "@good-place/shawn";
import { expect, test } from "vitest";

interface Log {
  seen: string[];
}
const act = acts<Log>();

test("a cocoon that is cancelled by one that it starts itself lets that one live", async () => {
  const count = act("count", payload<number>()).does({
    update: (log, n) => void log.seen.push(`${n}`),
    watch: (_, n) =>
      cocoon(
        function* (cx): Generator<unknown, string, never> {
          yield* cx.sleep(1);
          if (n > 0) yield count(n - 1);
          return `ended ${n}`;
        },
        { key: "count", policy: "latest" },
      ),
  });
  const log = shawn<Log>({ seen: [] }, { acts: [count] });
  log.confirm(count(2));
  expect(await log.admit()).toEqual([{ seen: ["2", "1", "0"] }, "ended 0"]);
});

test("what a cancelled cocoon confirms comes to the journal, however that waits", async () => {
  const note = act("note").does({ update: (log) => void log.seen.push("note") });
  const grow = act("grow").does({
    watch: () =>
      cocoon(
        function* (): Generator<unknown, void, never> {
          try {
            yield* sleep(1000);
          } finally {
            yield note();
          }
        },
        { key: "grow", policy: "latest" },
      ),
  });
  await simulate({ seed: 1 }, async () => {
    const kept: JournalRecord[] = [];
    const journal = {
      append: async (records: readonly JournalRecord[]): Promise<void> => {
        await sleep(5);
        kept.push(...records);
      },
      replay: async function* (): AsyncGenerator<JournalRecord> {},
    };
    const log = shawn<Log>({ seen: [] }, { acts: [grow, note], journal });
    await log.settled();
    log.confirm(grow());
    await go(() => sleep(1));
    log.confirm(grow());
    await log.admit();
    await log.settled();
    expect(kept.map(({ name }) => name)).toEqual(["grow", "grow", "note", "note"]);
  });
});
