/**
 * What ends, is abandoned or loses leaves nothing behind: no listener, no timer, no waiter that swallows a value.
 */
import {
  CLOSED,
  channel,
  EMPTY,
  go,
  lazy,
  onLeak,
  otherwise,
  type Supervisor,
  scope,
  select,
  sleep,
} from "@good-place/channel";
import { simulate } from "@good-place/channel/simulation";
import { expect, test } from "vitest";
import { watchingTimers } from "./timers.js";
import { codeOf, collectingUnhandled, turns } from "./turn.js";

test("a signal gets one listener, however many wait with it, and loses it with the last of them", async () => {
  const { signal } = new AbortController();
  const calls: string[] = [];
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: [string, never]) => {
    calls.push("added");
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: [string, never]) => {
    calls.push("removed");
    removeEventListener.apply(signal, args);
  };
  const jobs = channel<number>();
  const ops = Array.from({ length: 20 }, () => jobs.take({ signal }));
  const hits = Array.from({ length: 20 }, () => select([jobs, signal]));
  expect(calls).toEqual(["added"]);
  jobs.close();
  await Promise.all([...ops, ...hits]);
  expect(calls).toEqual(["added", "removed"]);
});

test("a signal that aborts while a lazy value is made ends the select that waits for it", async () => {
  const stop = new AbortController();
  const jobs = channel<number>(1);
  const making = lazy(() => {
    stop.abort("late");
    jobs.tryGive(1);
    return 2;
  });
  expect(await select([stop.signal, [jobs, making]])).toMatchObject({ tag: "abort", index: 0, value: "late" });
  expect([jobs.tryTake(), jobs.tryTake()]).toEqual([1, EMPTY]);
});

test("selects in a loop wait for a promise once, and a promise that has come is ready", async () => {
  let asked = 0;
  let resolve = (_: string): void => {};
  const promise: PromiseLike<string> = {
    // biome-ignore lint/suspicious/noThenProperty: it counts who waits
    then(onValue, onError) {
      asked++;
      return new Promise<string>((come) => (resolve = come)).then(onValue, onError);
    },
  };
  const jobs = channel<number>(1);
  for (let i = 0; i < 10; i++) {
    jobs.tryGive(i);
    expect((await select([promise, jobs])).tag).toBe("take");
  }
  expect(asked).toBe(1);
  resolve("come");
  await turns();
  expect(await select([otherwise, promise])).toMatchObject({ tag: "promise", value: "come" });
});

test.each([
  ["CLOSED", CLOSED],
  ["EMPTY", EMPTY],
])("%s is no value that a select could give, now or later", async (_, answer) => {
  const jobs = channel<unknown>();
  expect(await codeOf(select([[jobs, answer]]))).toBe("NOT_A_VALUE");
  const made = codeOf(select([[jobs, lazy(() => answer)]]));
  expect(jobs.tryTake()).toBe(EMPTY);
  expect(await made).toBe("NOT_A_VALUE");
});

test("a lazy value whose making aborts its channel is reported undelivered", async () => {
  const lost: number[] = [];
  const jobs = channel<number>(1, { onUndelivered: (job) => lost.push(job) });
  jobs.tryGive(1);
  const making = lazy(() => {
    jobs.abort(new Error("gone"));
    return 2;
  });
  const hit = select([[jobs, making]]);
  expect(jobs.tryTake()).toBe(1);
  expect([(await hit).tag, lost, jobs.statistics().size]).toEqual(["give", [2], 0]);
});

test("what an abandoned body calls takes no effect", () =>
  simulate({}, async () => {
    const jobs = channel<number>();
    const stuck = go(
      function* () {
        try {
          yield* sleep(1000);
        } finally {
          try {
            yield* sleep(1000);
          } finally {
            yield* jobs.take();
          }
        }
      },
      { graceMs: 10 },
    );
    await collectingUnhandled(async () => {
      await sleep(1);
      stuck.cancel();
      expect(await codeOf(stuck)).toBe("CANCELLED");
    });
    expect([jobs.statistics().parkedTakes, jobs.tryGive(1)]).toEqual([0, "full"]);
  }));

test("a fiber that cancels itself before its first wait leaves no timer behind", () =>
  watchingTimers(async (delays) => {
    const fiber = go((self) => {
      self.cancel();
      return sleep(10);
    });
    expect(await codeOf(fiber)).toBe("CANCELLED");
    expect(delays()).toEqual([]);
  }));

test("a supervisor channel that throws does not keep its fiber from ending", () =>
  collectingUnhandled(async (errors) => {
    const broken = Object.assign(Object.create(channel(1)), {
      force() {
        throw new Error("broken");
      },
    }) as Supervisor;
    const fibers = scope(({ go }) => void go(() => 1, { supervisor: broken }));
    expect(await fibers).toBe(undefined);
    expect(errors).toMatchObject([{ message: "broken" }]);
  }));

test("handlers of leaks can be taken out in any order", () =>
  simulate({}, async () => {
    const told: string[] = [];
    const first = onLeak(() => told.push("first"), { afterMs: 1 });
    const second = onLeak(() => told.push("second"), { afterMs: 1 });
    first();
    await scope(({ go }) => void go(() => sleep(10)));
    second();
    await scope(({ go }) => void go(() => sleep(10)));
    expect(told).toEqual(["second"]);
  }));
