/**
 * What every kind of journal promises, as one suite. A `Place` says how one is made, opened again, and damaged.
 */

import { acts, type Journal, type JournalRecord, payload, shawn } from "@good-place/shawn";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";

/** Where journals of one kind live. */
export interface Place {
  /** The journal of this name. Of one place there is one object a name. */
  journal(name: string): Journal;
  /** Closes it, and opens it again; left out where nothing outlives it. */
  reopen?(): Promise<Place>;
  close(): Promise<void>;
}

/** A record with every field that a store fills in. */
export function record(seq: number, payload: unknown = { id: `t${seq}` }): JournalRecord {
  const by = seq % 2 ? "eleanor" : undefined;
  return {
    seq,
    name: "task/tick",
    payload,
    meta: { id: `a${seq}`, seq, at: 1_700_000_000_000 + seq, cause: undefined, by },
  };
}

/** Records `from` to `to`, both included. */
export function records(from: number, to: number): JournalRecord[] {
  return Array.from({ length: to - from + 1 }, (_, index) => record(from + index));
}

/** All that a replay gives. */
export async function collect(journal: Journal, from = 1): Promise<JournalRecord[]> {
  const found: JournalRecord[] = [];
  for await (const each of journal.replay(from)) found.push(each);
  return found;
}

const coins = z.object({ worth: z.number() });
const cycle: { self?: unknown } = {};
cycle.self = cycle;

const plain: readonly (readonly [string, unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["special numbers", [Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1, 2 ** 53]],
  ["a bigint", { spent: -(2n ** 70n) }],
  ["undefined inside", { note: undefined, list: [undefined, 1] }],
  ["names that a format may use itself", { $: "undefined", inner: { $: [1, { $: undefined }] } }],
  ["a key named __proto__", JSON.parse('{"__proto__":{"a":1},"b":[]}')],
  ["text of all kinds", "\u0000 ü 🏠 \ud800 \u2028"],
];

const refused: readonly (readonly [string, unknown, string])[] = [
  ["a Date", { at: [new Date()] }, "payload.at[0]"],
  ["a function", { run() {} }, "payload.run"],
  ["bytes", { bytes: new Uint8Array(1) }, "payload.bytes"],
  ["a cycle", cycle, "payload.self"],
];

/** The suite, for one kind. */
export function journalContract(kind: string, make: () => Promise<Place>): void {
  const within = async (work: (place: Place) => Promise<void>): Promise<void> => {
    const place = await make();
    try {
      await work(place);
    } finally {
      await place.close();
    }
  };

  describe(`a journal in ${kind}`, () => {
    test("replays what was appended, in order, from any record on", () =>
      within(async (place) => {
        const journal = place.journal("office");
        expect(await collect(journal)).toStrictEqual([]);
        const all = records(1, 600);
        await Promise.all([
          journal.append(all.slice(0, 1)),
          journal.append(all.slice(1, 5)),
          journal.append(all.slice(5)),
        ]);
        await journal.append([]);
        expect(await collect(journal)).toStrictEqual(all);
        expect(await collect(journal, 598)).toStrictEqual(records(598, 600));
        expect(await collect(journal, 601)).toStrictEqual([]);
        expect(await collect(journal, 700)).toStrictEqual([]);
        for (const from of [1.5, -1, Number.NaN, "1"]) {
          await expect(collect(journal, from as number)).rejects.toMatchObject({ code: "JOURNAL_FROM" });
        }
      }));

    test.each(plain)("gives a payload back equal: %s", (_, payload) =>
      within(async (place) => {
        await place.journal("office").append([record(1, payload)]);
        expect(await collect(place.journal("office"))).toStrictEqual([record(1, payload)]);
      }),
    );

    test.each(refused)(
      "refuses a payload with %s, says where it is, and keeps none of the append",
      (_, payload, where) =>
        within(async (place) => {
          const journal = place.journal("office");
          const refusal = await journal.append([record(1), record(2, payload)]).catch((error: unknown) => error);
          expect(refusal).toMatchObject({ code: "JOURNAL_RECORD", message: expect.stringContaining(`${where} is`) });
          expect(await collect(journal)).toStrictEqual([]);
          await journal.append(records(1, 2));
          expect(await collect(journal)).toHaveLength(2);
        }),
    );

    test.each([0, 2, 4, -1, 1.5, Number.NaN])("refuses seq %d where 3 is next, and goes on with 3", (seq) =>
      within(async (place) => {
        const journal = place.journal("office");
        await journal.append(records(1, 2));
        const wrong = { ...record(3), seq };
        await expect(journal.append([wrong])).rejects.toMatchObject({ code: "JOURNAL_SEQUENCE", seq });
        await expect(journal.append([record(3), record(5)])).rejects.toMatchObject({
          code: "JOURNAL_SEQUENCE",
          seq: 5,
        });
        await journal.append([record(3)]);
        expect(await collect(journal)).toStrictEqual(records(1, 3));
      }),
    );

    test("reads its records before append returns, and gives copies of its own", () =>
      within(async (place) => {
        const journal = place.journal("office");
        const payload = { id: "before" };
        const appended = journal.append([record(1, payload)]);
        payload.id = "after";
        await appended;
        const [first] = await collect(journal);
        (first?.payload as { id: string }).id = "changed";
        expect(await collect(journal)).toStrictEqual([record(1, { id: "before" })]);
      }));

    test("a replay gives what was there when it began, while others append", () =>
      within(async (place) => {
        const journal = place.journal("office");
        await journal.append(records(1, 300));
        const replay = journal.replay(1)[Symbol.asyncIterator]();
        expect((await replay.next()).value).toStrictEqual(record(1));
        await journal.append(records(301, 310));
        const rest: JournalRecord[] = [];
        for (let next = await replay.next(); next.done !== true; next = await replay.next()) rest.push(next.value);
        expect(rest).toStrictEqual(records(2, 300));
      }));

    test("keeps the newest snapshot of each fold, and none of records that it does not have", () =>
      within(async (place) => {
        const journal = place.journal("office");
        await journal.append(records(1, 5));
        expect(await journal.snapshot?.("acts")).toBeUndefined();
        await journal.keep?.({ seq: 3, fold: "acts", state: "three" });
        await journal.keep?.({ seq: 5, fold: "acts", state: "five" });
        await journal.keep?.({ seq: 4, fold: "other", state: "four" });
        await journal.keep?.({ seq: 9, fold: "late", state: "nine" });
        expect(await journal.snapshot?.("acts")).toStrictEqual({ seq: 5, fold: "acts", state: "five" });
        expect(await journal.snapshot?.("other")).toStrictEqual({ seq: 4, fold: "other", state: "four" });
        expect(await journal.snapshot?.("late")).toBeUndefined();
      }));

    test("a store on it settles, and one on it later has what was settled", () =>
      within(async (place) => {
        const act = acts<{ coins: number }>();
        const add = act("coins/add", payload<number>()).does({
          update(jar, coins) {
            jar.coins += coins;
          },
        });
        const open = () => shawn({ coins: 0 }, { acts: [add], journal: place.journal("jar") });
        const jar = open();
        for (const coins of [1, 2, 3]) jar.confirm(add(coins));
        await jar.settled();
        await jar.dismiss();
        const again = open();
        await again.settled();
        expect(again.envelope.coins).toBe(6);
        await again.dismiss();
      }));

    test("a store does not open on a record that its act's schema refuses, names it, and leaves the journal as it is", () =>
      within(async (place) => {
        const put = acts<{ sum: number }>()("task/tick", coins).does({
          update(jar, { worth }) {
            jar.sum += worth;
          },
        });
        const all = [record(1, { worth: 1 }), record(2, { worth: "much" }), record(3, { worth: 3 })];
        await place.journal("jar").append(all);
        const jar = shawn({ sum: 0 }, { acts: [put], journal: place.journal("jar"), onError: () => undefined });
        const error = await Promise.resolve(jar.settled()).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: "JOURNAL_FAILED",
          message: expect.stringContaining(place.journal("jar").where as string),
          cause: { code: "INVALID_RECORD", seq: 2, act: "task/tick", issues: [{ path: "worth" }] },
        });
        expect(jar.envelope).toStrictEqual({ sum: 1 });
        expect(() => jar.confirm(put({ worth: 2 }))).toThrow(expect.objectContaining({ code: "JOURNAL_FAILED" }));
        await jar.dismiss();
        expect(await collect(place.journal("jar"))).toStrictEqual(all);
      }));

    test("says how durable it is, and a store that is asked for more confirms nothing", () =>
      within(async (place) => {
        const put = acts<{ sum: number }>()("task/tick", coins).does({});
        const journal = place.journal("jar");
        expect(journal.durability).toBe("memory");
        const jar = shawn({ sum: 0 }, { acts: [put], journal });
        await jar.settled();
        expect(() => jar.confirmAt("disk", put({ worth: 1 }))).toThrow(
          expect.objectContaining({ code: "NOT_DURABLE" }),
        );
        await jar.confirmAt("memory", put({ worth: 1 }));
        await jar.settled();
        expect(await collect(journal)).toHaveLength(1);
        await jar.dismiss();
      }));

    test("any sequence of appends, refusals, replays and reopenings is what an array of records would be", async () => {
      const step = fc.oneof(
        fc.record({
          append: fc.array(
            fc.anything({
              maxDepth: 1,
              withBigInt: true,
              withNullPrototype: false,
              values: [fc.string(), fc.double(), fc.constant(undefined)],
            }),
            { maxLength: 4 },
          ),
        }),
        fc.record({ wrong: fc.integer({ min: -2, max: 30 }) }),
        fc.record({ from: fc.nat(20) }),
        fc.constant({ reopen: true as const }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          let place = await make();
          const model: JournalRecord[] = [];
          try {
            for (const each of steps) {
              const journal = place.journal("office");
              if ("append" in each) {
                const added = each.append.map((payload, index) => record(model.length + 1 + index, payload));
                await journal.append(added);
                model.push(...added);
              } else if ("wrong" in each && each.wrong !== model.length + 1) {
                await expect(journal.append([record(each.wrong)])).rejects.toMatchObject({ code: "JOURNAL_SEQUENCE" });
              } else if ("reopen" in each) place = (await place.reopen?.()) ?? place;
              else if ("from" in each) {
                expect(await collect(journal, each.from)).toStrictEqual(model.slice(Math.max(0, each.from - 1)));
              }
            }
            expect(await collect(place.journal("office"))).toStrictEqual(model);
          } finally {
            await place.close();
          }
        }),
        { numRuns: 20 },
      );
    });
  });
}
