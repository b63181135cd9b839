import { go, now, sleep } from "@good-place/channel";
import { explore, simulate } from "@good-place/channel/simulation";
import {
  acts,
  type Cx,
  cocoon,
  type Failure,
  type Journal,
  type JournalRecord,
  type Meta,
  payload,
  type Shawn,
  type ShawnOptions,
  shawn,
} from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codeOf, codeThrown } from "./office.js";

/** An act: what its update does, how long it is uncertain and how that ends, what follows at once and from its cocoon. */
interface Step {
  id: number;
  at: number;
  ends: "never uncertain" | "ok" | "fails" | "is cancelled";
  lasts: number;
  follow: Step[];
  yields: Step[];
}
const step = fc.letrec<{ step: Step }>((tie) => ({
  step: fc.record({
    id: fc.nat(99),
    at: fc.nat(9),
    ends: fc.constantFrom("never uncertain", "ok", "fails", "is cancelled"),
    lasts: fc.nat(9),
    follow: fc.oneof({ maxDepth: 2, withCrossShrink: true }, fc.constant([]), fc.array(tie("step"), { maxLength: 2 })),
    yields: fc.oneof({ maxDepth: 2, withCrossShrink: true }, fc.constant([]), fc.array(tie("step"), { maxLength: 2 })),
  }) as fc.Arbitrary<Step>,
})).step;

interface State {
  seen: string[];
  sum: number;
}
const QUIET: Step = { id: 0, at: 0, ends: "never uncertain", lasts: 0, follow: [], yields: [] };
const EMPTY: State = { seen: [], sum: 0 };
/** Depends on all that came before it, and on its number; does not fit everywhere. */
function update(state: State, { id }: Step, { seq, id: key }: Pick<Meta, "seq" | "id">): void {
  if ((state.sum + id) % 7 === 3) throw new Error("does not fit");
  state.sum = (state.sum * 3 + id + seq) % 1009;
  state.seen.push(`${seq}: ${key}`);
}

/** The slow model: the acts that count, in order; the envelope is a fold over all of them. */
class Model {
  readonly acts: readonly { readonly key: string; readonly step: Step }[];

  constructor(acts: Model["acts"] = []) {
    this.acts = acts;
  }

  state(count = this.acts.length): State {
    const state: State = structuredClone(EMPTY);
    this.acts.slice(0, count).forEach(({ step, key }, i) => {
      update(state, step, { seq: i + 1, id: key });
    });
    return state;
  }

  /** Without one act, and then without every later one that does not fit any more. */
  without(gone: string): Model {
    let rest = new Model();
    for (const act of this.acts) {
      if (act.key === gone) continue;
      const longer = new Model([...rest.acts, act]);
      try {
        longer.state();
        rest = longer;
      } catch {
        // It is out, too.
      }
    }
    return rest;
  }
}

const plain = (state: State): string => JSON.stringify(state);
const act = acts<State>();

/** A journal in memory whose appends take their time, and whose `failAt`th fails. */
class SlowJournal implements Journal {
  readonly records: JournalRecord[] = [];
  readonly #wait: () => number;
  readonly #failAt: number;
  #appends = 0;
  #last: PromiseLike<void> = Promise.resolve();

  constructor(wait: () => number, failAt: number) {
    this.#wait = wait;
    this.#failAt = failAt;
  }

  append(records: readonly JournalRecord[]): Promise<void> {
    const before = this.#last;
    const turn = this.#write(records, before);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #write(records: readonly JournalRecord[], before: PromiseLike<void>): Promise<void> {
    const fails = ++this.#appends >= this.#failAt;
    await before;
    await sleep(this.#wait());
    if (fails) throw new Error("disk full");
    this.records.push(...structuredClone([...records]));
  }

  async *replay(from: number): AsyncGenerator<JournalRecord, void, unknown> {
    for (const record of this.records) {
      await sleep(1);
      if (record.seq >= from) yield structuredClone(record);
    }
  }
}

const body = (cx: Cx<State>, { ends, lasts, yields }: Step): Generator<unknown, void, never> =>
  (function* () {
    for (const each of yields) yield node(each);
    yield* cx.sleep(lasts);
    if (ends === "fails") throw new Error("refused");
  })();
const node = act("node", payload<Step>()).does({
  update,
  watch(_, step) {
    const { ends, follow } = step;
    const key = ends === "is cancelled" ? "cancelled" : undefined;
    const optimistic = ends !== "never uncertain";
    const policy = key === undefined ? "every" : "latest";
    return [
      cocoon((cx: Cx<State>) => body(cx, step), { optimistic, key, policy }),
      ...follow.map((each) => node(each)),
    ];
  },
});

/** Runs the steps, each at its time, and compares the store with the model whenever its envelope has changed. */
async function run(steps: Step[], options: Partial<ShawnOptions<State>> = {}): Promise<[Shawn<State>, Model]> {
  let model = new Model();
  let ids = 0;
  let lost = false;
  const differences: unknown[] = [];
  const onError = ({ phase, error }: Failure): void => {
    if (phase === "subscriber") differences.push(error);
    if (phase === "journal") lost = true;
  };
  const store = shawn(EMPTY, { acts: [node], onError, id: () => `act ${++ids}`, now, ...options });
  await store.settled();
  store.subscribe((next, _, confirmed) => {
    if (lost) model = new Model(model.acts.slice(0, store.durable.seq));
    else if (confirmed.length > 0) {
      model = new Model([
        ...model.acts,
        ...confirmed.map(({ payload, meta }) => ({ key: meta.id, step: payload as Step })),
      ]);
    } else {
      const mayEndBadly = model.acts.filter(({ step }) => step.ends === "fails" || step.ends === "is cancelled");
      const rests = mayEndBadly.map(({ key }) => model.without(key));
      model = rests.find((rest) => plain(rest.state()) === plain(next)) ?? model;
    }
    expect([plain(next), store.seq]).toEqual([plain(model.state()), model.acts.length]);
    expect(plain(store.durable.envelope)).toEqual(plain(model.state(store.durable.seq)));
  });
  const confirms = steps.map((each) =>
    go(function* () {
      yield* sleep(each.at);
      store.confirm(node(each));
    }),
  );
  await Promise.allSettled(confirms);
  await store.admit();
  if (differences.length > 0) throw differences[0];
  return [store, model];
}

test("in any order of ends, the envelope is the fold over the acts that were not rolled back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), fc.nat(), async (steps, seed) => {
      await simulate({ seed }, async () => {
        const [store, model] = await run(steps);
        expect(model.acts.filter(({ step }) => step.ends === "fails")).toEqual([]);
        expect(store.durable).toEqual({ envelope: store.envelope, seq: model.acts.length });
      });
    }),
    { numRuns: 300 },
  );
});

test("with a journal that is slow, and fails at any append: memory is what is durable, and a replay gives it", async () => {
  const failAt = fc.option(fc.integer({ min: 1, max: 9 }), { nil: Number.POSITIVE_INFINITY });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), fc.nat(), failAt, async (steps, seed, failAt) => {
      await simulate({ seed }, async ({ choose }) => {
        const journal = new SlowJournal(() => choose(9), failAt);
        const [store, model] = await run(steps, { journal });
        const code = await codeOf(store.settled());
        const { records } = journal;
        expect(store.durable).toEqual({ envelope: store.envelope, seq: store.seq });
        expect(records.map(({ seq, meta }) => [seq, meta.seq])).toEqual(records.map((_, i) => [i + 1, i + 1]));
        const again = shawn(EMPTY, { acts: [node], journal, now });
        await again.settled();
        expect([again.envelope, again.seq]).toEqual([store.envelope, store.seq]);
        if (code === undefined) expect(records.map(({ meta }) => meta.id)).toEqual(model.acts.map(({ key }) => key));
        else
          expect([code, codeThrown(() => store.confirm(node({} as Step)))]).toEqual([
            "JOURNAL_FAILED",
            "JOURNAL_FAILED",
          ]);
      });
    }),
    { numRuns: 300 },
  );
});

test("explore finds no interleaving of ends, appends and confirms that differs", async () => {
  const steps = (ends: Step["ends"][]): Step[] =>
    ends.map((ends, id) => ({ id, at: 1, ends, lasts: 1, follow: [], yields: [{ ...QUIET, id: id + 10 }] }));
  await explore(
    async ({ choose }) => {
      const journal = new SlowJournal(() => choose(3), choose(2) === 0 ? 2 : Number.POSITIVE_INFINITY);
      const [store] = await run(steps(["fails", "ok", "is cancelled", "is cancelled"]), { journal });
      await codeOf(store.settled());
      expect(journal.records).toHaveLength(store.seq);
      const again = shawn(EMPTY, { acts: [node], journal });
      await again.settled();
      expect(again.envelope).toEqual(store.envelope);
    },
    { runs: 150 },
  );
});
