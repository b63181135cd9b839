import { CancelledError, channel, type Fiber, go, type Scope, scope, sleep } from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, collectingUnhandled, turn, turns } from "./turn.js";

/** A body that notes its end, and waits until then. */
function* waiting(seen: unknown[], name: string): Generator<unknown, void, unknown> {
  try {
    yield* sleep(10_000);
  } finally {
    seen.push(name);
  }
}

test("a scope settles with its body's value when the last of its fibers has ended", async () => {
  const seen: string[] = [];
  const value = await scope(() => {
    void go(function* () {
      yield* sleep(1);
      seen.push("child");
    });
    return "body";
  });
  expect([value, seen]).toEqual(["body", ["child"]]);
});

test("go inside a fiber attaches to the innermost open scope", async () => {
  let inner: unknown;
  await scope(function* () {
    yield* scope(function* () {
      inner = go(() => sleep(1));
    });
    expect((inner as { status: string }).status).toBe("ok");
  });
});

test("a detached fiber belongs to the root: no scope waits for it or cancels it", async () => {
  const gate = channel<string>();
  const free = await scope(function* () {
    return [go(() => gate.take(), { detached: true })];
  });
  await codeOf(scope(() => Promise.reject(new Error("no"))));
  gate.tryGive("alive");
  expect(await free[0]).toBe("alive");
});

test("a detached fiber runs though a cancelled one starts it, an attached one does not", async () => {
  const started: Fiber<unknown>[] = [];
  const starter = go(function* (self) {
    self.cancel();
    started.push(
      go(() => sleep(0), { detached: true }),
      go(() => sleep(0)),
    );
    yield* sleep(0);
  });
  expect(await codeOf(starter)).toBe("CANCELLED");
  expect(await Promise.all(started.map(codeOf))).toEqual([undefined, "CANCELLED"]);
});

test("a cancelled joiner leaves the fiber that it joins alone", async () => {
  const gate = channel<string>();
  const joined = go(() => gate.take());
  const joiner = go(() => joined);
  await turn();
  joiner.cancel();
  expect(await codeOf(joiner)).toBe("CANCELLED");
  gate.tryGive("alive");
  expect(await joined).toBe("alive");
});

test("an async body starts fibers in its scope by the go that it gets", async () => {
  const seen: string[] = [];
  await scope(async (inner) => {
    await turn();
    void inner.go(async () => {
      await turn();
      seen.push("child");
    });
  });
  expect(seen).toEqual(["child"]);
});

describe("errors", () => {
  test("the first error fails the scope, after the others were cancelled in reverse order and have ended", async () => {
    const seen: unknown[] = [];
    const error = new Error("no");
    const failing = scope(function* body() {
      for (const name of ["a", "b", "c"]) void go(() => waiting(seen, name));
      yield* sleep(0);
      void go(() => {
        throw error;
      });
      yield* waiting(seen, "body");
    });
    await expect(failing).rejects.toBe(error);
    expect(seen).toEqual(["c", "b", "a", "body"]);
  });

  test("further errors are kept on the scope, in the order in which they came", async () => {
    let self: Scope | undefined;
    const late = (name: string) => () =>
      (function* () {
        try {
          yield* sleep(1000);
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: the point of the test
          throw name;
        }
      })();
    const failing = scope(function* (inner) {
      self = inner;
      void go(late("a"));
      void go(late("b"));
      yield* sleep(0);
      throw "first";
    });
    await expect(failing).rejects.toBe("first");
    expect(self?.errors).toEqual(["b", "a"]);
  });

  test("a supervised error does not fail the scope, an inherited supervisor only hears of it", async () => {
    const signals = channel<{ tag: string }>(9);
    await scope(function* () {
      void go(() => Promise.reject("handled"), { supervisor: signals });
      yield* sleep(0);
    });
    expect(signals.tryTake()).toMatchObject({ tag: "error", error: "handled" });
    const above = go(
      function* () {
        yield* scope(function* () {
          void go(() => Promise.reject("inherited"));
        });
      },
      { supervisor: signals },
    );
    expect(await codeOf(above)).toBe("inherited");
    expect(signals.tryTake()).toMatchObject({ tag: "error", error: "inherited" });
  });

  test("an error can be caught around the scope", async () => {
    const caught = go(function* () {
      try {
        yield* scope(() => Promise.reject("no"));
      } catch (error) {
        return error;
      }
    });
    expect(await caught).toBe("no");
  });

  test("a failed scope that is yielded only after it has ended is not reported as unhandled", async () => {
    await collectingUnhandled(async (errors) => {
      const caught = go(function* () {
        const failing = scope(() => {
          throw "no";
        });
        yield "one turn";
        try {
          yield* failing;
        } catch (error) {
          return error;
        }
      });
      expect(await caught).toBe("no");
      await turns();
      expect(errors).toEqual([]);
    });
  });

  test("a failed scope that nobody awaits is reported", async () => {
    await collectingUnhandled(async (errors) => {
      void scope(() => Promise.reject("no"));
      await turns();
      expect(errors).toEqual(["no"]);
    });
  });
});

describe("cancel", () => {
  test("cancelling the fiber that waits cancels the scope, and waits for the finally blocks in it", async () => {
    const seen: unknown[] = [];
    const fiber = go(function* () {
      yield* scope(function* body() {
        void go(() => waiting(seen, "outer child"));
        yield* scope(function* () {
          void go(() => waiting(seen, "inner child"));
          yield* waiting(seen, "inner body");
        });
      });
    });
    await turn();
    fiber.cancel("enough");
    expect(await codeOf(fiber)).toBe("CANCELLED");
    expect(seen.sort()).toEqual(["inner body", "inner child", "outer child"]);
  });

  test("cancel of the scope cancels all its fibers and fails it with CANCELLED", async () => {
    const seen: unknown[] = [];
    const cancelled = scope(function* (inner) {
      void go(() => waiting(seen, "child"));
      yield* sleep(0);
      inner.cancel("enough");
      yield* sleep(1000);
    });
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED", reason: "enough" });
    expect(seen).toEqual(["child"]);
  });

  test("a fiber that is cancelled alone does not end its scope", async () => {
    const value = await scope(function* () {
      const child = go(() => sleep(1000));
      yield* sleep(0);
      child.cancel();
      return "on";
    });
    expect(value).toBe("on");
  });

  test("a finally that throws while a scope is cancelled fails it, and the fiber that waits", async () => {
    const error = new Error("late");
    const fiber = go(function* () {
      yield* scope(() => {
        void go(function* () {
          try {
            yield* sleep(1000);
          } finally {
            // biome-ignore lint/correctness/noUnsafeFinally: the point of the test
            throw error;
          }
        });
      });
    });
    await turn();
    fiber.cancel("why");
    await expect(fiber).rejects.toBe(error);
    expect(error.cause).toBeInstanceOf(CancelledError);
  });

  test("the signal of a scope aborts when the scope fails", async () => {
    let signal: AbortSignal | undefined;
    await codeOf(
      scope(async (inner) => {
        signal = inner.signal;
        throw new Error("no");
      }),
    );
    expect(signal?.aborted).toBe(true);
  });

  test("a scope that has ended starts nothing more: SCOPE_CLOSED", async () => {
    const ended = await scope((inner) => [inner]);
    expect(codeThrown(() => ended[0]?.go(() => {}))).toBe("SCOPE_CLOSED");
  });

  test("a fiber started in a scope that is already cancelled never runs", async () => {
    const seen: string[] = [];
    const cancelled = scope(function* (inner) {
      inner.cancel();
      void go(() => void seen.push("ran"));
    });
    expect(await codeOf(cancelled)).toBe("CANCELLED");
    expect(seen).toEqual([]);
  });
});
