import { type Op, scope, sleep, supervisor, withDeadline } from "@good-place/channel";
import { simulate } from "@good-place/channel/simulation";
import { expect, test } from "vitest";
import { codeOf } from "./turn.js";

function* waiting(log: string[], ms = 1000): Generator<unknown, void, never> {
  try {
    yield* sleep(ms);
    log.push("over");
  } finally {
    log.push("down");
  }
}

test("a scope waits for the scopes in it that nobody waits for", () =>
  simulate({}, async () => {
    const log: string[] = [];
    await scope(function* () {
      void scope(() => waiting(log));
    });
    expect(log).toEqual(["over", "down"]);
  }));

test.each([
  ["scope", (log: string[]): Op<unknown> => scope(() => waiting(log))],
  ["deadline", (log: string[]): Op<unknown> => withDeadline(5000, () => waiting(log))],
  [
    "supervisor",
    (log: string[]): Op<unknown> => supervisor({ children: [{ name: "child", start: () => waiting(log) }] }),
  ],
])("a scope that is cancelled cancels a %s in it that nobody waits for, and waits for its end", (_, open) =>
  simulate({}, async () => {
    const log: string[] = [];
    const outer = scope(function* ({ cancel }) {
      open(log);
      yield* sleep(10);
      cancel();
    });
    expect(await codeOf(outer)).toBe("CANCELLED");
    expect(log).toEqual(["down"]);
  }),
);

test("a scope that a cancelled fiber opens in its finally is spared, and ends with that fiber where nobody waits for it", () =>
  simulate({}, async () => {
    const log: string[] = [];
    const forgotten: string[] = [];
    const outer = scope(function* ({ go, cancel }) {
      const cancelled = go(function* () {
        try {
          yield* sleep(5000);
        } finally {
          void scope(() => waiting(forgotten, 4000));
          yield* scope(() => waiting(log, 100));
        }
      });
      yield* sleep(10);
      cancelled.cancel();
      yield* sleep(10);
      cancel();
    });
    expect(await codeOf(outer)).toBe("CANCELLED");
    expect([log, forgotten]).toEqual([["over", "down"], ["down"]]);
  }));

test("a scope that a background fiber opens does not keep the scope around it open", () =>
  simulate({}, async () => {
    const log: string[] = [];
    await scope(function* ({ go }) {
      void go(() => scope(() => waiting(log, 5000)), { background: true });
      yield* sleep(10);
    });
    expect(log).toEqual(["down"]);
  }));
