import { channel, type Fiber, go, onUnhandled, scope, sleep, until } from "@good-place/channel";
import { type Act, acts, type CocoonPolicy, cocoon, type Follow, payload, shawn } from "@good-place/shawn";
import { describe, expect, onTestFinished, test } from "vitest";
import { codeOf, codeThrown, turns } from "./office.js";

interface Log {
  seen: unknown[];
}
const act = acts<Log>();
const note = act("note", payload<unknown>()).does({ update: (log, word) => void log.seen.push(word) });
const start = act("start", payload<(envelope: Log, cx: never) => Follow>()).does({
  watch: (envelope, make, cx) => make(envelope, cx as never),
});
const fresh = (rest = {}) => shawn<Log>({ seen: [] }, { acts: [note, start], ...rest });

describe("what follows later", () => {
  test("a promise's acts are confirmed when it resolves; it has no product", async () => {
    const log = fresh();
    log.confirm(start(() => Promise.resolve([note("a"), Promise.resolve(note("b"))])));
    expect(await log.admit()).toEqual([{ seen: ["a", "b"] }]);
  });

  test("an operation that watch returns is waited for like a promise", async () => {
    const log = fresh();
    const jobs = channel<Act>(1);
    jobs.tryGive(note("from a channel"));
    log.confirm(start(() => jobs.take() as PromiseLike<Act>));
    expect(await log.admit()).toEqual([{ seen: ["from a channel"] }]);
  });

  test("an act that a generator yields is confirmed before the generator goes on", async () => {
    const log = fresh();
    const bodies = [
      function* () {
        yield note(1);
        const [seen] = [log.envelope.seen.length];
        yield* sleep(0);
        return ["generator", seen];
      },
      async function* () {
        yield note(2);
        const [seen] = [log.envelope.seen.length];
        await sleep(0);
        return ["async generator", seen];
      },
    ];
    log.confirm(start(bodies[0] as never));
    const [, first] = await log.admit();
    log.confirm(start(bodies[1] as never));
    const [envelope, second] = await log.admit();
    expect([envelope.seen, first, second]).toEqual([
      [1, 2],
      ["generator", 1],
      ["async generator", 2],
    ]);
  });

  test("a refused act is thrown into the generator that yields it", async () => {
    const log = fresh();
    const unknown = { name: "nobody", payload: 1 };
    const sync = function* () {
      try {
        yield unknown;
      } catch (error) {
        yield note((error as { code: string }).code);
      }
    };
    const later = async function* () {
      try {
        yield 5 as never;
      } catch (error) {
        yield note((error as { code: string }).code);
      }
    };
    log.confirm(start(sync), start(later));
    expect([...(await log.admit())[0].seen].sort()).toEqual(["NOT_AN_ACT", "UNKNOWN_ACT"]);
  });

  test("a generator that only yields acts starves no timer, and can be cancelled", async () => {
    const log = fresh();
    log.confirm(
      start(function* () {
        for (;;) yield note(1);
      }),
    );
    // More than one: a browser's timer may come before the first act.
    while (log.seq < 3) await new Promise((resolve) => setTimeout(resolve, 0));
    await log.dismiss();
    const { seq } = log;
    await turns();
    expect(log.seq).toBe(seq);
  });

  test("what follows knows its cause", async () => {
    const causes: unknown[] = [];
    const ids: unknown[] = [];
    const log = fresh();
    log.subscribe((_, __, confirmed) => {
      for (const { name, meta } of confirmed)
        (name === "start" ? ids : causes).push(name === "start" ? meta.id : meta.cause);
    });
    log.confirm(
      start(async function* (_: Log, cx: { emerge(...acts: Act[]): PromiseLike<void> }) {
        yield note(1);
        await cx.emerge(note(2));
      } as never),
    );
    await log.admit();
    expect(causes).toEqual([ids[0], ids[0]]);
  });
});

describe("where cocoons live", () => {
  test("they run under the flow, and not in the scope of whoever confirms", async () => {
    const log = fresh();
    const gate = channel<string>();
    await scope(function* () {
      log.confirm(start(() => cocoon(() => gate.take())));
      yield* sleep(0);
    });
    await codeOf(
      scope(function* () {
        log.confirm(start(() => cocoon(() => gate.take())));
        yield* until(Promise.reject(new Error("the scope fails")));
      }),
    );
    gate.tryGive("first");
    gate.tryGive("second");
    expect((await log.admit()).slice(1)).toEqual(["first", "second"]);
  });

  test("a store made in a scope does not keep the scope from ending, and outlives it", async () => {
    const log = await scope(() => [fresh()] as const);
    log[0].confirm(start(() => cocoon(() => 1)));
    expect((await log[0].admit()).slice(1)).toEqual([1]);
  });

  test("a finished cocoon leaves no listener on the store's signal", async () => {
    const log = fresh();
    let count = 0;
    const { addEventListener } = AbortSignal.prototype;
    const signals = new Set<AbortSignal>();
    AbortSignal.prototype.addEventListener = function (this: AbortSignal, ...args: unknown[]) {
      if (signals.has(this)) count++;
      signals.add(this);
      return addEventListener.apply(this, args as never);
    } as never;
    try {
      for (let i = 0; i < 20; i++) {
        log.confirm(
          start(async function* (_: Log, cx: { sleep(ms: number): PromiseLike<void> }) {
            await cx.sleep(0);
            yield note(i);
          } as never),
        );
        await log.admit();
      }
    } finally {
      AbortSignal.prototype.addEventListener = addEventListener;
    }
    expect(count).toBe(0);
  });
});

describe("policies", () => {
  // Every cocoon takes from its own gate, and notes how it ended.
  async function run(policy: CocoonPolicy, key?: string) {
    const log = fresh();
    const gates = [0, 1, 2].map(() => channel<string>());
    const events: string[] = [];
    gates.forEach((gate, i) => {
      const body = function* () {
        events.push(`start ${i}`);
        try {
          return yield* gate.take();
        } finally {
          events.push(`end ${i}`);
        }
      };
      log.confirm(start(() => cocoon(body, { policy, key })));
    });
    await turns();
    for (const [i, gate] of gates.entries()) {
      gate.tryGive(`product ${i}`);
      await turns();
    }
    const [, ...products] = await log.admit();
    return { events, products };
  }

  test("every: all live side by side", async () => {
    expect(await run("every")).toEqual({
      events: ["start 0", "start 1", "start 2", "end 0", "end 1", "end 2"],
      products: ["product 0", "product 1", "product 2"],
    });
  });

  test("latest: the living one is cancelled, and has no product", async () => {
    expect(await run("latest", "k")).toEqual({ events: ["start 2", "end 2"], products: ["product 2"] });
  });

  test("leading: a later one is not started", async () => {
    expect(await run("leading", "k")).toEqual({ events: ["start 0", "end 0"], products: ["product 0"] });
  });

  test("queue: a later one waits for the end of those before", async () => {
    expect(await run("queue", "k")).toEqual({
      events: ["start 0", "end 0", "start 1", "end 1", "start 2", "end 2"],
      products: ["product 0", "product 1", "product 2"],
    });
  });

  test("a key belongs to one store, and another key is another cocoon", async () => {
    const [one, two] = [fresh(), fresh()];
    const gate = channel<string>();
    const spec = (key: string) => start(() => cocoon(() => gate.take(), { policy: "leading", key }));
    one.confirm(spec("a"), spec("b"));
    two.confirm(spec("a"));
    await turns();
    expect(gate.statistics().parkedTakes).toBe(3);
    gate.close();
    await Promise.all([one.admit(), two.admit()]);
  });

  test("what a cancelled async cocoon still emits does not reach the envelope", async () => {
    const log = fresh();
    const gates = [channel<string>(), channel<string>()];
    for (const gate of gates) {
      const body = async (cx: { emerge(act: Act): PromiseLike<void> }) => {
        const value = await gate.take();
        await cx.emerge(note(value));
      };
      log.confirm(start(() => cocoon(body, { policy: "latest" })));
      await turns();
    }
    for (const [i, gate] of gates.entries()) gate.tryGive(`value ${i}`);
    expect((await log.admit())[0].seen).toEqual(["value 1"]);
  });

  test("wrong options have codes", () => {
    expect(codeThrown(() => cocoon(5 as never))).toBe("NOT_A_COCOON");
    expect(codeThrown(() => cocoon(() => {}, { policy: "last" as never }))).toBe("BAD_POLICY");
    expect(codeThrown(() => cocoon(() => {}, { kye: "x" } as never))).toBe("UNKNOWN_OPTION");
    expect(codeThrown(() => cocoon(() => {}, { key: 5 as never }))).toBe("BAD_OPTION");
  });
});

test("a failing cocoon leaves its siblings alone", async () => {
  const log = fresh();
  log.confirm(
    start(() => [
      cocoon(() => Promise.reject(new Error("no"))),
      cocoon(function* () {
        yield* sleep(1);
        yield note("alive");
      }),
    ]),
  );
  await expect(log.admit()).rejects.toThrow("no");
  expect((await log.admit())[0].seen).toEqual(["alive"]);
});

test("the failure of a foreign fiber under the flow is unhandled, and not kept, when nobody looks at signals", async () => {
  const heard: unknown[] = [];
  onTestFinished(onUnhandled((error) => heard.push(error)));
  const log = fresh();
  const foreign: Fiber<never> = go(() => Promise.reject("foreign"), { supervisor: log.flow });
  await foreign.then(null, () => {});
  await turns();
  await log.admit();
  expect(heard).toEqual(["foreign"]);
});
