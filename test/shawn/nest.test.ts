/**
 * What belongs to a cocoon and ends with it, what does not, and what becomes of cocoons whose flow is closed.
 */
import {
  channel,
  type Emergence,
  emergence,
  go,
  type Op,
  onUnhandled,
  type Signal,
  scope,
  sleep,
} from "@good-place/channel";
import { simulate } from "@good-place/channel/simulation";
import { type Act, acts, type Cx, cocoon, type Failure, type Follow, payload, shawn } from "@good-place/shawn";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { codeOf, turns } from "./office.js";

interface Log {
  seen: unknown[];
}
const act = acts<Log>();
const note = act("note", payload<unknown>()).does({ update: (log, word) => void log.seen.push(word) });
const start = act("start", payload<(cx: Cx<Log>) => Follow>()).does({ watch: (_, make, cx) => make(cx) });
const fresh = (rest = {}) => shawn<Log>({ seen: [] }, { acts: [note, start], ...rest });

// A fiber that tells how it ends.
const ends: string[] = [];
function* child(ms: number): Generator<Op<unknown>, string, never> {
  let how = "cancelled";
  try {
    yield* sleep(ms);
    how = "done";
    return how;
  } finally {
    ends.push(how);
  }
}
beforeEach(() => void ends.splice(0));

describe("what a cocoon's body starts", () => {
  test("the cocoon ends only after it, with the product of its body", () =>
    simulate({}, async () => {
      const log = fresh();
      log.confirm(
        start(() =>
          cocoon(function* () {
            void go(() => child(10));
            yield note("body done");
            return "product";
          }),
        ),
      );
      expect(await log.admit()).toEqual([{ seen: ["body done"] }, "product"]);
      expect(ends).toEqual(["done"]);
    }));

  test.each(["generator", "async function", "async generator"])("is cancelled with it: %s", (kind) =>
    simulate({}, async () => {
      const log = fresh();
      const bodies: Record<string, (cx: Cx<Log>) => Follow> = {
        *generator() {
          void go(() => child(1000));
          yield* sleep(1000);
        },
        "async function": () =>
          cocoon(async (cx: Cx<Log>) => {
            void go(() => child(1000));
            await cx.sleep(1000);
          }),
        async *"async generator"(cx) {
          void go(() => child(1000));
          yield note("begun");
          await cx.sleep(1000);
        },
      };
      const body = bodies[kind] as (cx: Cx<Log>) => Follow;
      log.confirm(start((cx) => [body(cx), cocoon(() => child(1))]));
      await sleep(2);
      await log.dismiss();
      expect([log.living, ends]).toEqual([[], ["done", "cancelled"]]);
    }),
  );

  test("fails it, once, and its signal tells the body", () =>
    simulate({}, async () => {
      const told: Failure[] = [];
      const log = fresh({ onError: (failure: Failure) => void told.push(failure) });
      let reason: unknown;
      log.confirm(
        start(() =>
          cocoon(
            async (cx: Cx<Log>) => {
              void go(() => Promise.reject(new Error("of a child")));
              await cx.sleep(1000).then(null, (error) => {
                reason = error;
              });
            },
            { key: "parent" },
          ),
        ),
      );
      await log.admit();
      expect(told.map(({ phase, cocoon, error }) => [phase, cocoon, error])).toEqual([
        ["cocoon", "parent", new Error("of a child")],
      ]);
      expect(reason).toMatchObject({ code: "CANCELLED" });
    }));

  test("fails no scope twice where nobody looks at signals: only the admit rejects", async () => {
    const heard: unknown[] = [];
    onTestFinished(onUnhandled((error) => heard.push(error)));
    const log = fresh();
    log.confirm(start(() => cocoon(() => scope(() => void go(() => Promise.reject("of a child"))))));
    expect(await codeOf(log.admit())).toBe("of a child");
    await turns();
    expect(heard).toEqual([]);
  });

  test("does not end what follows from the acts that it emits: that belongs to its act", () =>
    simulate({}, async () => {
      const log = fresh();
      const slow = start(() => cocoon(() => child(10)));
      log.confirm(
        start(() =>
          cocoon(function* (): Generator<Act, string, never> {
            yield slow;
            return "emitted it";
          }),
        ),
      );
      await sleep(5);
      expect(log.living.map(({ key, since }) => [key, since])).toEqual([["start", 0]]);
      expect(await log.admit()).toEqual([{ seen: [] }, "emitted it", "done"]);
      log.confirm(
        start(() =>
          cocoon(function* (): Generator<Act, string, never> {
            yield slow;
            throw new Error("after it");
          }),
        ),
      );
      expect(await codeOf(log.admit())).toMatchObject({ message: "after it" });
      expect((await log.admit()).slice(1)).toEqual(["done"]);
    }));

  test("knows the act that it all follows from", async () => {
    const causes: unknown[] = [];
    const log = fresh({ id: () => `id ${log.seq + 1}` });
    log.subscribe((_: Log, __: Log, confirmed: readonly { meta: { cause: unknown } }[]) => {
      causes.push(...confirmed.map(({ meta }) => meta.cause));
    });
    log.confirm(
      start((cx) =>
        cocoon(function* () {
          yield note("yielded");
          yield* cx.emerge(note("emerged"));
        }),
      ),
    );
    await log.admit();
    expect(causes).toEqual([undefined, "id 1", "id 1"]);
  });
});

describe("a generator that yields what is no act", () => {
  test.each([5, undefined, Promise.resolve(1)])(
    "is thrown NOT_AN_ACT there, which names the act and the cocoon: %s",
    async (bad) => {
      const bodies = [
        function* () {
          yield bad;
        },
        async function* () {
          yield bad;
        },
      ];
      for (const body of bodies) {
        const log = fresh();
        log.confirm(start(() => cocoon(body as never, { key: "odd" })));
        const error = await log.admit().then(null, (error: Error & { code: string }) => error);
        // An async generator awaits the promise that it yields.
        expect([(error as { code?: string }).code, (error as Error).message]).toEqual([
          "NOT_AN_ACT",
          expect.stringContaining("cocoon odd of act start yielded"),
        ]);
      }
    },
  );
});

describe("a flow that is closed by hand", () => {
  test("ends nothing: what lives goes on and is admitted, as is what starts afterwards", async () => {
    const log = fresh();
    const gate = channel<string>();
    log.confirm(start(() => cocoon(() => gate.take())));
    log.flow.close("by hand");
    log.confirm(
      start(() =>
        cocoon(function* () {
          yield note("yielded");
          return yield* gate.take();
        }),
      ),
    );
    await turns();
    log.confirm(start(() => cocoon(() => gate.take())));
    for (const word of ["first", "second", "third"]) await gate.give(word);
    expect(await log.admit()).toEqual([{ seen: ["yielded"] }, "first", "second", "third"]);
    await log.dismiss();
  });

  test("refuses to emerge, and failures are told all the same", async () => {
    onTestFinished(onUnhandled(() => {}));
    const log = fresh();
    log.flow.close();
    await turns();
    log.confirm(start(() => cocoon((cx) => cx.emerge(note("not this")))));
    expect(await codeOf(log.admit())).toBe("SUPERVISOR_CLOSED");
    const gate = channel<string>();
    log.confirm(start(() => cocoon(() => gate.take())));
    await log.dismiss();
    expect([log.living, log.envelope.seen]).toEqual([[], []]);
  });

  test("that is aborted tells its error", async () => {
    const log = fresh();
    log.flow.abort(new Error("by hand"));
    await turns();
    expect(await codeOf(log.admit())).toMatchObject({ message: "by hand" });
  });
});

describe.each(["flow", "threadFlow"] as const)("%s", (name) => {
  test("an act of an emergence that is unknown, refused or none is its sender's error", async () => {
    for (const rest of [{}, { onError: () => {} }]) {
      const log = fresh(rest);
      const flow = log[name];
      for (const [given, code] of [
        [[{ name: "nobody", payload: 1 }], "UNKNOWN_ACT"],
        [[null], "NOT_AN_ACT"],
        [{ name: "note", payload: 1 }, "NOT_AN_ACT"],
      ] as const) {
        expect(await codeOf(emergence(flow, given as never))).toBe(code);
      }
      await emergence(flow, [note("on")]);
      expect(log.envelope.seen).toEqual(["on"]);
      expect(await log.admit()).toEqual([{ seen: ["on"] }]);
    }
  });

  test("where nobody waits for the answer it is onError's, or the next admit's", async () => {
    const told: Failure[] = [];
    const log = fresh({ onError: (failure: Failure) => void told.push(failure) });
    const silent = fresh();
    for (const { [name]: flow } of [log, silent]) {
      await flow.give({ tag: "emergence", acts: [{ name: "nobody", payload: 1 }] } as Emergence as Signal);
    }
    await turns();
    expect(told).toMatchObject([{ phase: "validate", error: { code: "UNKNOWN_ACT" } }]);
    expect(await codeOf(silent.admit())).toBe("UNKNOWN_ACT");
  });
});
