import {
  type Channel,
  channel,
  emergence,
  giveSupervisor,
  go,
  type Signal,
  sleep,
  supervise,
} from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, collectingUnhandled, turn, turns } from "./turn.js";

type Any = Signal & Record<string, unknown>;

function drained(signals: Channel<Any>): Any[] {
  const all: Any[] = [];
  while (signals.statistics().size + signals.statistics().parkedGives > 0) all.push(signals.tryTake() as Any);
  return all;
}

describe("life-cycle signals", () => {
  test("ok, error, cancelled and yield reach the supervisor with their fiber, whatever its capacity", async () => {
    const signals = channel<Any>();
    const options = { supervisor: signals };
    const ok = go(() => 1, options);
    const bad = go(() => Promise.reject("no"), options);
    const cancelled = go(() => sleep(1000), options);
    const yielding = go(function* () {
      yield "step";
    }, options);
    cancelled.cancel("why");
    await turns();
    const fibers = [ok, bad, cancelled, yielding];
    // A fiber is iterable, so it is told by its place and not compared.
    const told = drained(signals).map(({ fiber, ...rest }) => [fibers.indexOf(fiber as never), rest]);
    expect(told).toEqual([
      [0, { tag: "ok", value: 1 }],
      [2, { tag: "cancelled", reason: "why" }],
      [3, { tag: "yield", value: "step" }],
      [3, { tag: "ok", value: undefined }],
      [1, { tag: "error", error: "no" }],
    ]);
  });

  test("started fibers inherit the supervisor, unless they are given null", async () => {
    const signals = channel<Any>(9);
    await go(
      function* () {
        yield* go(() => 1, { name: "heir" });
        yield* go(() => 2, { supervisor: null });
      },
      { supervisor: signals, name: "parent" },
    );
    expect(drained(signals).map(({ fiber }) => fiber?.name)).toEqual(["heir", "parent"]);
  });

  test("the error of a root fiber whose supervisor is closed is unhandled", async () => {
    await collectingUnhandled(async (errors) => {
      void go(() => Promise.reject("no"), { supervisor: channel<Any>().close() });
      await turns();
      expect(errors).toEqual(["no"]);
    });
  });
});

describe("giveSupervisor", () => {
  test("it gives the signal with its fiber, and waits for room", async () => {
    const signals = channel<Any>();
    let accepted: unknown;
    const fiber = go(
      function* () {
        accepted = yield* giveSupervisor({ tag: "conn", connection: 7 });
      },
      { supervisor: signals },
    );
    await turn();
    expect(accepted).toBe(undefined);
    const signal = (await signals.take()) as Any;
    expect([signal.tag, signal.connection, signal.fiber === fiber]).toEqual(["conn", 7, true]);
    await fiber;
    expect(accepted).toBe(true);
  });

  test("it answers false without a supervisor or with a closed one, and refuses what is no signal", async () => {
    expect(await go(() => giveSupervisor({ tag: "conn" }))).toBe(false);
    const options = { supervisor: channel<Any>().close() };
    expect(await go(() => giveSupervisor({ tag: "conn" }), options)).toBe(false);
    expect(codeThrown(() => giveSupervisor({} as never))).toBe("NOT_A_SIGNAL");
  });
});

describe("supervise", () => {
  test("it works off signals in turn, waits for handlers of every kind, and ends when the channel closes", async () => {
    const signals = channel<number>(9);
    const seen: unknown[] = [];
    for (const i of [1, 2, 3]) signals.tryGive(i);
    signals.close();
    await supervise(signals, (signal) => {
      seen.push(signal);
      if (signal === 1) {
        return (function* () {
          yield* sleep(1);
          seen.push("generator");
        })();
      }
      if (signal === 2) return turn().then(() => seen.push("promise"));
      return sleep(0);
    });
    expect(seen).toEqual([1, "generator", 2, "promise", 3]);
  });

  test("a handler that throws costs one signal, which becomes an error signal of the supervising fiber", async () => {
    const [signals, above] = [channel<string>(9), channel<Any>(9)];
    const seen: string[] = [];
    for (const each of ["a", "throw", "reject", "b"]) signals.tryGive(each);
    const loop = supervise(
      signals,
      (signal) => {
        if (signal === "throw") throw "thrown";
        if (signal === "reject") return Promise.reject("rejected");
        seen.push(signal);
      },
      { supervisor: above },
    );
    signals.close();
    await loop;
    expect(seen).toEqual(["a", "b"]);
    expect(drained(above)).toMatchObject([
      { tag: "error", error: "thrown" },
      { tag: "error", error: "rejected" },
      { tag: "ok" },
    ]);
  });

  test("without a supervisor above it what a handler throws is unhandled, and the loop goes on", async () => {
    await collectingUnhandled(async (errors) => {
      const signals = channel<number>(9);
      signals.tryGive(1);
      signals.close();
      await supervise(signals, () => {
        throw "no";
      });
      expect(errors).toEqual(["no"]);
    });
  });

  test("cancelling it withdraws what its handler waits for", async () => {
    const [signals, other] = [channel<number>(1), channel<number>()];
    signals.tryGive(1);
    const loop = supervise(signals, () => other.take());
    await turns();
    loop.cancel();
    expect(await codeOf(loop)).toBe("CANCELLED");
    expect(other.statistics().parkedTakes).toBe(0);
  });
});

describe("emergence", () => {
  const confirming = (answer?: unknown) => {
    const signals = channel<Any>(9);
    const taken: unknown[] = [];
    void supervise(signals, (signal) => {
      if (signal.tag !== "emergence") return;
      taken.push(signal.acts);
      (signal.settle as (error?: unknown) => void)(answer);
    });
    return { signals, taken };
  };

  test("it settles when its acts are confirmed", async () => {
    const { signals, taken } = confirming();
    await emergence(signals, ["act"]);
    await go(() => emergence(undefined, ["other"]), { supervisor: signals });
    expect(taken).toEqual([["act"], ["other"]]);
  });

  test("it fails with the refusal", async () => {
    const refusal = new Error("refused");
    await expect(emergence(confirming(refusal).signals, ["act"])).rejects.toBe(refusal);
  });

  test("a refusal that nobody awaits is unhandled", async () => {
    await collectingUnhandled(async (errors) => {
      void emergence(confirming("refused").signals, ["act"]);
      await turns();
      expect(errors).toEqual(["refused"]);
    });
  });

  test("without a supervisor it fails with NO_SUPERVISOR, with a closed one with SUPERVISOR_CLOSED", async () => {
    expect(await codeOf(emergence(undefined, ["act"]))).toBe("NO_SUPERVISOR");
    expect(await codeOf(emergence(null, ["act"]))).toBe("NO_SUPERVISOR");
    expect(await codeOf(emergence(channel<Any>().close(), ["act"]))).toBe("SUPERVISOR_CLOSED");
    const full = channel<Any>();
    const parked = codeOf(emergence(full, ["act"]));
    full.close();
    expect(await parked).toBe("SUPERVISOR_CLOSED");
  });

  test("a cancelled fiber's emergence that was not taken yet is withdrawn", async () => {
    const signals = channel<Any>();
    const fiber = go(() => emergence(signals, ["act"]));
    await turn();
    expect(signals.statistics().parkedGives).toBe(1);
    fiber.cancel();
    expect(await codeOf(fiber)).toBe("CANCELLED");
    expect(signals.statistics().parkedGives).toBe(0);
  });
});
