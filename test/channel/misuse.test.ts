/**
 * Wrong calls: each throws, or fails, at once, with a code and a sentence. None of them waits, and none takes effect.
 */
import {
  CLOSED,
  channel,
  EMPTY,
  type Fiber,
  giveSupervisor,
  go,
  lazy,
  type Op,
  scope,
  select,
  supervise,
  timeout,
  until,
  withDeadline,
} from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown } from "./turn.js";

const wrong = undefined as never;
const jobs = channel<never>(1, { name: "jobs" });

describe("misuse is refused at once", () => {
  test.each<[string, string, () => unknown]>([
    ["a give of CLOSED", "NOT_A_VALUE", () => jobs.give(CLOSED as never)],
    ["a tryGive of EMPTY", "NOT_A_VALUE", () => jobs.tryGive(EMPTY as never)],
    ["a take with options that are none", "BAD_OPTION", () => jobs.take(5 as never)],
    ["a take with a controller as its signal", "BAD_OPTION", () => jobs.take({ signal: {} as never })],
    ["a take with an unknown option", "UNKNOWN_OPTION", () => jobs.take({ timeoutMs: 5 } as never)],
    ["a lazy value that is no function", "NOT_LAZY", () => lazy(wrong)],
    ["until of what is no promise", "NOT_A_PROMISE", () => until(wrong)],
    ["a select of no list", "NOT_CLAUSES", () => select(jobs as never)],
    ["a select of nothing", "NO_CLAUSES", () => select([])],
    ["a clause that is none", "NOT_A_CLAUSE", () => select([5 as never])],
    ["a take that was called, as a clause", "NOT_A_CLAUSE", () => select([channel().take()])],
    ["a timeout that is no time", "BAD_TIME", () => timeout(Number.NaN)],
    ["a scope of nothing", "NOT_A_BODY", () => scope(wrong)],
    ["a deadline of a promise", "NOT_A_BODY", () => withDeadline(5, Promise.resolve(1) as never)],
    ["a supervisor that is no channel", "BAD_OPTION", () => go(() => 1, { supervisor: {} as never })],
    ["supervise of no channel", "NOT_A_CHANNEL", () => supervise(wrong, () => {})],
    ["supervise with no handler", "NOT_A_HANDLER", () => supervise(jobs, wrong)],
    ["a signal without a tag", "NOT_A_SIGNAL", () => giveSupervisor({} as never)],
  ])("%s throws %s", async (_, code, call) => {
    expect(codeThrown(call)).toBe(code);
    expect(jobs.statistics()).toMatchObject({ given: 0, parkedTakes: 0, parkedGives: 0 });
  });

  test("a select that gives CLOSED fails with NOT_A_VALUE, and leaves nothing parked", async () => {
    const free = channel<unknown>(1);
    expect(await codeOf(select([[free, CLOSED]]))).toBe("NOT_A_VALUE");
    expect(free.statistics()).toMatchObject({ given: 0, parkedGives: 0 });
  });

  test("the error is a TypeError or a RangeError, whose text says what came and what to do", () => {
    expect(() => channel(-1)).toThrow(RangeError);
    expect(() => channel(-1)).toThrow("a fixed buffer's capacity must be an integer >= 0, got -1");
    expect(() => channel("5" as never)).toThrow('got "5"');
    expect(() => channel("x".repeat(1000) as never)).toThrow(/got "x{57}\.\.\."$/);
    expect(() => channel(0, { onUndeliverd() {} } as never)).toThrow(TypeError);
    expect(() => channel(0, { onUndeliverd() {} } as never)).toThrow('did you mean "onUndelivered"?');
  });
});

describe("whoever would wait for itself fails with WAITS_FOR_ITSELF", () => {
  test("a fiber that joins itself", async () => {
    const fiber: Fiber<unknown> = go(function* (self): Generator<unknown, unknown, never> {
      return yield* self;
    });
    expect(await codeOf(fiber)).toBe("WAITS_FOR_ITSELF");
  });

  test.each<[string, (self: Fiber<unknown>) => unknown]>([
    ["awaits itself", async (self) => await self],
    ["waits for itself among others", async (self) => await Promise.all([self, 1])],
    ["returns itself", async (self) => self],
    ["is a plain function that returns itself", (self) => self],
  ])("a fiber whose body %s", async (_, body) => {
    expect(await codeOf(go(body))).toBe("WAITS_FOR_ITSELF");
  });

  test("an async body of a scope that awaits the scope", async () => {
    const around = go(function* () {
      const op: Op<void> = scope(async () => await op);
      yield* op;
    });
    expect(await codeOf(around)).toBe("WAITS_FOR_ITSELF");
  });

  test("but a body may ask to be told of its own end", async () => {
    const told: unknown[] = [];
    const fiber = go(async (self) => {
      void self.then((value) => told.push(value));
      return 7;
    });
    await fiber;
    expect(told).toEqual([7]);
  });

  test.each<[string, (wait: () => Generator<unknown, void, never>) => Generator<unknown, void, never>]>([
    ["the body of a scope", (wait) => wait()],
    [
      "a fiber of a scope",
      function* (wait) {
        yield* go(wait);
      },
    ],
    [
      "the body of a scope in that scope",
      function* (wait) {
        yield* scope(wait);
      },
    ],
  ])("%s that waits for the scope", async (_, body) => {
    const around: Op<void> = scope(() =>
      body(function* () {
        yield "turn";
        yield* around;
      }),
    );
    expect(await codeOf(around)).toBe("WAITS_FOR_ITSELF");
  });
});
