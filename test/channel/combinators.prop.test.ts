import {
  type Buffer,
  broadcast,
  type Channel,
  CLOSED,
  channel,
  dropping,
  EMPTY,
  type Fiber,
  fixed,
  go,
  merge,
  pipe,
  pipeline,
  scope,
  sliding,
  topics,
  unbounded,
  until,
} from "@good-place/channel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { turn, turns } from "./turn.js";

const lossless: fc.Arbitrary<Buffer> = fc.oneof(fc.nat(3).map(fixed), fc.constant(unbounded()));
const lossy: fc.Arbitrary<Buffer> = fc.oneof(
  lossless,
  fc.integer({ min: 1, max: 3 }).map(sliding),
  fc.integer({ min: 1, max: 3 }).map(dropping),
);
const step = fc.oneof(
  { weight: 9, arbitrary: fc.record({ do: fc.constant("give" as const), at: fc.nat(3) }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constant("take" as const), at: fc.nat(3) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("stopGive" as const, "stopTake" as const), at: fc.nat(30) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("closeSource" as const, "closeSink" as const), at: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("abort" as const, "cancel" as const), at: fc.nat(30) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("turn" as const), at: fc.nat(2) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Random gives to some sources and takes from a sink, with everything that becomes of each value written down. */
class Traffic {
  readonly sources: Channel<number>[];
  readonly accepted: number[] = [];
  readonly taken: number[] = [];
  readonly lost: number[] = [];
  readonly #givers: Fiber<unknown>[] = [];
  readonly #takers: Fiber<unknown>[] = [];
  // What each taker took, by the order of their starts: who takes first may be resumed later.
  readonly #took: number[] = [];
  #next = 0;

  constructor(buffers: Buffer[]) {
    this.sources = buffers.map((buffer) => channel(buffer, { onUndelivered: this.onUndelivered }));
  }

  readonly onUndelivered = (value: number): void => void this.lost.push(value);

  async run(steps: Step[], sink: Channel<number>, combinator: { cancel(): void }): Promise<void> {
    for (const { do: what, at } of steps) {
      const source = this.sources[at % this.sources.length] as Channel<number>;
      if (what === "give") this.#givers.push(go(() => this.#give(source)));
      else if (what === "take") this.#startTaker(sink);
      else if (what === "stopGive") this.#givers[at]?.cancel();
      else if (what === "stopTake") this.#takers[at]?.cancel();
      else if (what === "closeSource") source.close();
      else if (what === "closeSink") sink.close();
      else if (what === "abort") source.abort(new Error("aborted"));
      else if (what === "cancel") combinator.cancel();
      else await turns(at);
    }
    await turns(2);
  }

  /** What was taken until now, in the order of the takes. */
  get inOrder(): number[] {
    return this.#took.filter((value) => value !== undefined);
  }

  /** Ends everything and takes what is left. Nothing may stay parked anywhere. */
  async end(sink: Channel<number>): Promise<void> {
    for (const fiber of [...this.#givers, ...this.#takers]) fiber.cancel();
    await turns(2);
    for (const each of [...this.sources, sink]) {
      each.close();
      await turns(2);
      for (let value = take(each); typeof value === "number"; value = take(each)) this.taken.push(value);
      expect(each.statistics()).toMatchObject({ parkedGives: 0, parkedTakes: 0, size: 0 });
    }
  }

  #startTaker(sink: Channel<number>): void {
    const which = this.#takers.length;
    this.#takers.push(go(() => this.#take(sink, which)));
  }

  *#give(source: Channel<number>): Generator<unknown, void, never> {
    const value = this.#next++;
    if (yield* source.give(value)) this.accepted.push(value);
  }

  *#take(sink: Channel<number>, which: number): Generator<unknown, void, never> {
    try {
      const value = yield* sink.take();
      if (value === CLOSED) return;
      this.taken.push(value);
      this.#took[which] = value;
    } catch {
      // Aborted: what that dropped has been reported.
    }
  }
}

function take(from: Channel<number>): unknown {
  try {
    return from.tryTake();
  } catch {
    return EMPTY;
  }
}

const sorted = (list: number[]): number[] => [...list].sort((a, b) => a - b);
// An abort reports also the values of gives that it refuses.
const kept = (traffic: Traffic): number[] => traffic.lost.filter((value) => traffic.accepted.includes(value));

test("a pipe under any gives, takes, closes, aborts and cancels loses no value unreported", async () => {
  await fc.assert(
    fc.asyncProperty(
      lossy,
      lossy,
      fc.array(step, { maxLength: 60, size: "max" }),
      fc.boolean(),
      async (from, to, steps, close) => {
        const traffic = new Traffic([from]);
        const sink = channel<number>(to, { onUndelivered: traffic.onUndelivered });
        const moving = pipe(traffic.sources[0] as Channel<number>, sink, { close, closeSource: close });
        moving.then(null, () => {});
        await traffic.run(steps, sink, moving);
        await traffic.end(sink);
        expect(sorted([...traffic.taken, ...kept(traffic)])).toEqual(sorted(traffic.accepted));
        expect(moving.status).not.toBe("running");
      },
    ),
    { numRuns: 300 },
  );
});

test("a pipe that is cancelled or closed but not aborted has no value to report, and keeps the order", async () => {
  const quiet = fc.array(
    step.filter((each) => each.do !== "abort" && each.do !== "stopGive"),
    { maxLength: 60, size: "max" },
  );
  await fc.assert(
    fc.asyncProperty(lossless, lossless, quiet, async (from, to, steps) => {
      const traffic = new Traffic([from]);
      const sink = channel<number>(to, { onUndelivered: traffic.onUndelivered });
      const moving = pipe(traffic.sources[0] as Channel<number>, sink, { close: false, closeSource: false });
      moving.then(null, () => {});
      await traffic.run(steps, sink, moving);
      const { inOrder } = traffic;
      await traffic.end(sink);
      expect(traffic.lost).toEqual([]);
      expect(inOrder).toEqual(sorted(inOrder));
    }),
    { numRuns: 300 },
  );
});

test("a merge of any sources under any program loses no value unreported, and keeps each source's order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(lossy, { minLength: 1, maxLength: 4, size: "max" }),
      lossy,
      fc.array(step, { maxLength: 60, size: "max" }),
      async (froms, buffer, steps) => {
        const traffic = new Traffic(froms);
        let sink = channel<number>();
        const merging = go(() =>
          scope(() => {
            sink = merge(traffic.sources, { buffer, onUndelivered: traffic.onUndelivered });
          }),
        );
        merging.then(null, () => {});
        await turns();
        await traffic.run(steps, sink, merging);
        await traffic.end(sink);
        expect(sorted([...traffic.taken, ...kept(traffic)])).toEqual(sorted(traffic.accepted));
        expect(merging.status).not.toBe("running");
      },
    ),
    { numRuns: 300 },
  );
});

/** A pipeline over 40 numbers whose works wait for different lengths, cut off in some way after some results. */
class Works {
  readonly begun: number[] = [];
  readonly ended: number[] = [];
  readonly lost: number[] = [];
  readonly taken: number[] = [];
  most = 0;
  readonly source: Channel<number> = channel(2);
  out: Channel<number> = channel();
  readonly #plan: number[];
  #working = 0;

  constructor(plan: number[]) {
    this.#plan = plan;
  }

  async run(n: number, buffer: Buffer, afterTaken: number, by: string): Promise<void> {
    const onUndelivered = (value: number): void => void this.lost.push(value);
    const stage = pipeline<number, number>(n, (value) => this.#work(value), { buffer, onUndelivered });
    const body = (): void => {
      this.out = pipe(this.source, stage);
    };
    const fiber = go(() => scope(body));
    fiber.then(null, () => {});
    const giver = go(() => this.#give());
    await turns();
    const reader = go(() => this.#read(afterTaken));
    await reader;
    if (by === "close") this.out.close();
    if (by === "cancel") fiber.cancel();
    if (by === "abort") this.source.abort(new Error("aborted"));
    await Promise.allSettled([fiber, giver, go(() => this.#read(99))]);
  }

  *#give(): Generator<unknown, void, never> {
    for (let i = 0; i < 40; i++) if (!(yield* this.source.give(i))) return;
    this.source.close();
  }

  *#read(most: number): Generator<unknown, void, never> {
    while (this.taken.length < most) {
      const value = yield* this.out.take();
      if (value === CLOSED) return;
      this.taken.push(value);
    }
  }

  *#work(value: number): Generator<unknown, number, never> {
    this.begun.push(value);
    this.most = Math.max(this.most, ++this.#working);
    try {
      for (let i = this.#plan[value % this.#plan.length] as number; i > 0; i--) yield* until(Promise.resolve());
      this.ended.push(value);
      return value;
    } finally {
      this.#working--;
    }
  }
}

test("a pipeline gives the results of the first values in order, works on n at once, and accounts for each", async () => {
  const plan = fc.array(fc.nat(4), { minLength: 1, maxLength: 9, size: "max" });
  const cut = fc.constantFrom("close", "cancel", "abort", "nothing");
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), lossless, plan, fc.nat(40), cut, async (n, buffer, ...rest) => {
      const [waits, afterTaken, by] = rest;
      const { taken, begun, ended, lost, ...works } = await worked(new Works(waits), n, buffer, afterTaken, by);
      expect(taken).toEqual(begun.slice(0, taken.length));
      expect(begun).toEqual(sorted(begun));
      expect(sorted([...taken, ...lost])).toEqual(sorted(ended));
      if (by === "nothing") expect(taken.length).toBe(40);
      expect(works.most).toBeLessThanOrEqual(n);
      for (const each of [works.source, works.out]) {
        expect(each.statistics()).toMatchObject({ parkedGives: 0, parkedTakes: 0 });
      }
    }),
    { numRuns: 200 },
  );
});

async function worked(works: Works, ...how: Parameters<Works["run"]>): Promise<Works> {
  await works.run(...how);
  return works;
}

test("taps that come and go at any time see every value in their time, or in order those they had room for", async () => {
  const visit = fc.record({ from: fc.nat(30), takes: fc.nat(40), buffer: lossy });
  await fc.assert(
    fc.asyncProperty(
      fc.array(visit, { minLength: 1, maxLength: 5, size: "max" }),
      fc.constantFrom("wait" as const, "skip" as const),
      async (visits, slow) => {
        const source = channel<number>();
        const hub = broadcast(source, { slow });
        const whole = hub.tap(unbounded());
        const visiting = visits.map(({ from, takes, buffer }) =>
          go(function* () {
            while (whole.statistics().given < from) yield* until(turn());
            const [tap, seen]: [Channel<number>, number[]] = [hub.tap(buffer), []];
            for (let value = yield* tap.take(); value !== CLOSED; value = yield* tap.take()) {
              seen.push(value);
              if (seen.length >= takes) tap.close();
            }
            return { seen, dropped: tap.statistics().dropped, rule: buffer.rule };
          }),
        );
        for (let i = 0; i < 50; i++) {
          await source.give(i);
          if (i % 7 === 0) await turn();
        }
        await turns(2);
        source.close();
        await hub.fiber;
        for (const { seen, dropped, rule } of await Promise.all(visiting)) {
          expect(seen).toEqual(sorted([...new Set(seen)]));
          const run = (seen.at(-1) ?? 0) - (seen[0] ?? 0) + 1;
          if (slow === "wait" && (rule === "fixed" || rule === "unbounded") && seen.length > 0)
            expect(run).toBe(seen.length);
          else expect(run - seen.length).toBeLessThanOrEqual(dropped + 1);
        }
        expect(whole.statistics().given).toBe(50);
        expect(source.statistics()).toMatchObject({ parkedGives: 0, parkedTakes: 0 });
      },
    ),
    { numRuns: 100 },
  );
});

test("subscriptions get the values of their topics, in order, and the rest is reported", async () => {
  const publication = fc.array(fc.nat(4), { maxLength: 60, size: "max" });
  await fc.assert(
    fc.asyncProperty(
      publication,
      fc.uniqueArray(fc.nat(4), { maxLength: 4, size: "max" }),
      fc.nat(3),
      async (published, wanted, buffer) => {
        const lost: number[] = [];
        const source = channel<number>(2);
        const news = topics(source, (n) => published[n] as number, { buffer, onUndelivered: (n) => void lost.push(n) });
        const readers = wanted.map((topic) => {
          const own = news.subscribe(topic);
          return go(function* () {
            const seen: number[] = [];
            for (let n = yield* own.take(); n !== CLOSED; n = yield* own.take()) seen.push(n);
            return seen;
          });
        });
        for (let n = 0; n < published.length; n++) await source.give(n);
        source.close();
        await news.fiber;
        const of = (test: (topic: number) => boolean): number[] =>
          published.flatMap((topic, n) => (test(topic) ? [n] : []));
        expect(await Promise.all(readers)).toEqual(wanted.map((topic) => of((each) => each === topic)));
        expect(lost).toEqual(of((each) => !wanted.includes(each)));
        expect(news.statistics()).toMatchObject({ topics: 0, missed: lost.length });
      },
    ),
    { numRuns: 100 },
  );
});
