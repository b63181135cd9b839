import { channel, DeadlineError, EMPTY, go, sleep, withDeadline } from "@good-place/channel";
import { expect, test } from "vitest";
import { codeOf, codeThrown, turn } from "./turn.js";

test("a deadline cancels its body, runs its finally blocks, and fails with DEADLINE", async () => {
  const seen: string[] = [];
  const late = withDeadline(1, function* () {
    try {
      yield* sleep(10_000);
    } catch {
      seen.push("catch");
    } finally {
      seen.push("finally");
    }
  });
  const error = await late.then(null, (thrown) => thrown);
  expect(error).toBeInstanceOf(DeadlineError);
  expect(error).toMatchObject({ code: "DEADLINE", ms: 1 });
  expect(seen).toEqual(["finally"]);
});

test("work that ends in time gives its value", async () => {
  expect(await withDeadline(10_000, () => 1)).toBe(1);
  expect(await withDeadline(10_000, sleep(0))).toBe(undefined);
});

test("what is ready succeeds even with no time left", async () => {
  const jobs = channel<number>(2);
  jobs.tryGive(1);
  jobs.tryGive(2);
  expect(await withDeadline(0, jobs.take())).toBe(1);
  expect(await withDeadline(0, () => jobs.take())).toBe(2);
});

test("what is ready succeeds with no time left also when the turn is used up", async () => {
  const jobs = channel<number>(1);
  const outcomes = new Set<unknown>();
  // Whatever the budget of the turn is: the loop meets its end at every point of the work.
  for (let i = 0; i < 5000; i++) {
    jobs.tryGive(i);
    outcomes.add(await codeOf(withDeadline(0, () => jobs.take())));
  }
  expect([...outcomes]).toEqual([undefined]);
});

test("an operation that is late is withdrawn", async () => {
  const jobs = channel<number>();
  expect(await codeOf(withDeadline(1, jobs.take()))).toBe("DEADLINE");
  expect(await codeOf(withDeadline(1, () => jobs.take()))).toBe("DEADLINE");
  expect([jobs.statistics().parkedTakes, jobs.tryGive(1)]).toEqual([0, "full"]);
});

test("an inner call cannot catch the outer deadline", async () => {
  const seen: string[] = [];
  const outer = withDeadline(5, function* outerBody() {
    try {
      yield* withDeadline(10_000, function* () {
        try {
          yield* sleep(10_000);
        } catch {
          seen.push("inner body");
        }
      });
    } catch {
      seen.push("outer body");
    }
    seen.push("after");
  });
  const error = (await outer.then(null, (thrown) => thrown)) as DeadlineError;
  expect([error.code, error.ms, seen]).toEqual(["DEADLINE", 5, []]);
});

test("the outer body can catch the inner deadline, and tell it by its ms", async () => {
  const caught = withDeadline(10_000, function* () {
    try {
      yield* withDeadline(1, () => sleep(10_000));
    } catch (error) {
      return (error as DeadlineError).ms;
    }
  });
  expect(await caught).toBe(1);
});

test("a deadline's error has the scope whose time was up, also through another deadline", async () => {
  let inner: unknown;
  const outer = withDeadline(10_000, function* () {
    yield* withDeadline(1, function* (self) {
      inner = self;
      yield* sleep(10_000);
    });
  });
  const error = (await outer.then(null, (thrown) => thrown)) as DeadlineError;
  expect([error.code, error.scope === inner]).toEqual(["DEADLINE", true]);
});

test("a body that returns from its finally after the deadline cannot undo it", async () => {
  const late = withDeadline(1, function* () {
    try {
      yield* sleep(10_000);
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: the point of the test
      return "too late";
    }
  });
  expect(await codeOf(late)).toBe("DEADLINE");
});

test("a deadline covers the fibers that its body has started", async () => {
  let ended = false;
  const late = withDeadline(1, () => {
    void go(function* () {
      try {
        yield* sleep(10_000);
      } finally {
        ended = true;
      }
    });
  });
  expect([await codeOf(late), ended]).toEqual(["DEADLINE", true]);
});

test("a deadline within a cancelled fiber takes no effect", async () => {
  const jobs = channel<number>(1);
  const fiber = go(function* (self) {
    self.cancel();
    yield* withDeadline(1, () => jobs.give(1));
  });
  expect(await codeOf(fiber)).toBe("CANCELLED");
  await turn();
  expect(jobs.tryTake()).toBe(EMPTY);
});

test("a deadline that is no time is refused", () => {
  expect(codeThrown(() => withDeadline(-1, () => {}))).toBe("BAD_TIME");
});
