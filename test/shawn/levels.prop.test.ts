import { acts, type Journal, type JournalRecord, type Level, payload, shawn } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codeThrown, turns } from "./office.js";

interface Seen {
  ids: number[];
}
interface Step {
  readonly id: number;
  readonly follow: readonly number[];
}
const act = acts<Seen>();
const outside: string[] = [];
const step = act("step", payload<Step>()).does({
  update: (seen, { id }) => void seen.ids.push(id),
  watch: (_, { follow }) => follow.map((id) => step({ id, follow: [] })),
  effect: (_, { id }) => void outside.push(`effect ${id}`),
});

/** Each append waits until it is the oldest, and the test lets it succeed or fail. */
class SteeredJournal implements Journal {
  readonly durability = "disk";
  readonly records: JournalRecord[] = [];
  readonly waiting: { records: readonly JournalRecord[]; resolve(): void; reject(error: unknown): void }[] = [];

  append(records: readonly JournalRecord[]): Promise<void> {
    return new Promise((resolve, reject) => void this.waiting.push({ records, resolve, reject }));
  }

  next(fails: boolean): void {
    const oldest = this.waiting.shift();
    if (oldest === undefined) return;
    if (fails) {
      for (const each of [oldest, ...this.waiting.splice(0)]) each.reject(new Error("disk full"));
      return;
    }
    this.records.push(...oldest.records);
    oldest.resolve();
  }

  async *replay(): AsyncGenerator<JournalRecord, void, unknown> {}
}

interface Confirm {
  readonly level: Level | undefined;
  readonly steps: readonly (readonly number[])[];
}

/** The slow model: lists, and what each call does to them. */
class Model {
  ids: number[] = [];
  log: string[] = [];
  #durable = 0;
  #batches: { call: number; level: Level | undefined; ids: number[] }[] = [];
  failed = false;

  confirm(call: number, { level, steps }: Confirm, ids: readonly number[]): void {
    this.ids.push(...ids);
    if (level === "memory") this.log.push(...ids.map((id) => `effect ${id}`), `settled ${call}`);
    if (steps.length > 0) this.#batches.push({ call, level, ids: [...ids] });
    else if (level === "disk") this.log.push(`settled ${call}`);
  }

  next(fails: boolean): void {
    if (this.#batches.length === 0) return;
    if (fails) {
      this.failed = true;
      this.ids = this.ids.slice(0, this.#durable);
      for (const { call, level } of this.#batches.splice(0))
        if (level === "disk") this.log.push(`JOURNAL_FAILED ${call}`);
      return;
    }
    const { call, level, ids } = this.#batches.shift() as { call: number; level: Level | undefined; ids: number[] };
    this.#durable += ids.length;
    if (level !== "memory") this.log.push(...ids.map((id) => `effect ${id}`));
    if (level === "disk") this.log.push(`settled ${call}`);
  }
}

const confirm = fc.record({
  level: fc.constantFrom<(Level | undefined)[]>(undefined, "memory", "disk"),
  steps: fc.array(fc.array(fc.nat(9), { maxLength: 2 }), { maxLength: 3 }),
});
const next = fc.record({ fails: fc.integer({ min: 0, max: 3 }).map((n) => n === 0) });

test("random levels on a journal that is slow and may fail: effects, waits and the envelope are those of the model", async () => {
  let failures = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(confirm, next), { maxLength: 25 }), async (events) => {
      outside.length = 0;
      const journal = new SteeredJournal();
      const store = shawn<Seen>({ ids: [] }, { acts: [step], journal, onError: () => {} });
      await store.settled();
      const model = new Model();
      let [ids, call] = [0, 0];
      for (const event of events) {
        if ("fails" in event) {
          journal.next(event.fails);
          model.next(event.fails);
        } else {
          const given = event.steps.map((follow) => step({ id: ids++, follow: follow.map(() => ids++) }));
          const all = given.flatMap(({ payload: { id, follow } }) => [id, ...follow]);
          const number = call++;
          const confirmed = (): void => {
            if (event.level === undefined) return store.confirm(...given);
            store.confirmAt(event.level, ...given).then(
              () => outside.push(`settled ${number}`),
              ({ code }) => outside.push(`${code} ${number}`),
            );
          };
          if (model.failed) expect(codeThrown(confirmed)).toBe("JOURNAL_FAILED");
          else {
            confirmed();
            model.confirm(number, event, all);
          }
        }
        await turns();
        expect([outside, store.envelope.ids]).toEqual([model.log, model.ids]);
      }
      const kept = journal.records.map(({ payload }) => (payload as Step).id);
      expect(store.envelope.ids.slice(0, kept.length)).toEqual(kept);
      if (model.failed) failures++;
    }),
    { numRuns: 300 },
  );
  expect(failures).toBeGreaterThan(20);
});
