import { type Channel, channel, go, type Scope, scope, select, sleep, until } from "@good-place/channel";
import { DeadlockError, type SimulateOptions, type SimulationBody, simulate } from "@good-place/channel/simulation";
import { expect, test } from "vitest";

function deadlockOf(body: SimulationBody<unknown>, options: SimulateOptions = {}): Promise<DeadlockError> {
  return simulate(options, body).then(
    () => expect.fail("it came to an end"),
    (error) => error,
  );
}

test("a deadlock names every parked fiber, what it waits for, since when, and where it was started", async () => {
  const [soup, toast] = [channel<string>(0, { name: "soup" }), channel<string>(0, { name: "toast" })];
  const error = await deadlockOf(function* dinner() {
    const cook = go(function* cook() {
      yield* sleep(5);
      yield* soup.give("hot");
    });
    yield* sleep(20);
    void go(function* eater() {
      yield* select([toast, [soup, "back"]]);
    });
    yield* cook;
  });
  expect(error).toBeInstanceOf(DeadlockError);
  expect(error).toMatchObject({ code: "DEADLOCK", seed: 0 });
  expect(error.parked.map(({ name, on, since }) => [name, on, since])).toEqual([
    ["dinner", "the end of fiber cook", 20],
    ["cook", expect.stringMatching(/give.*soup/), 5],
    ["eater", expect.stringMatching(/toast.*soup/), 20],
  ]);
  for (const { name, startedAt } of error.parked.slice(1)) {
    expect(startedAt).toMatch(/deadlock\.test\.[jt]s.*:\d+:\d+$/);
    expect(error.message).toContain(`${name} waits for`);
    expect(error.message).toContain(`started at ${startedAt}`);
  }
});

test("the fibers of scopes are named by their whole path, and an async body as what it is", async () => {
  const error = await deadlockOf(async function breakfast() {
    const jobs = channel<number>(0, { name: "jobs" });
    await scope(
      ({ go }: Scope) => {
        void go(async function waiter() {
          await jobs.take();
        });
        void go(() => scope(() => jobs.take(), { name: "inner" }), { name: "outer" });
      },
      { name: "kitchen" },
    );
  });
  const names = error.parked.map(({ name }) => name);
  expect(names.slice(0, 3)).toEqual(["breakfast", "kitchen/waiter", "kitchen/outer"]);
  expect(names[3]).toMatch(/^kitchen\/inner\//);
  expect(error.parked[1]?.on).toBe("an async function");
  expect(error.parked[3]?.on).toMatch(/take.*jobs/);
});

test("a fiber from outside that waits is no part of the report", async () => {
  const outside: Channel<number> = channel(0, { name: "outside" });
  const waiting = go(function* outsider() {
    yield* outside.take();
  });
  await Promise.resolve();
  const error = await deadlockOf(() => until(new Promise(() => {})));
  expect(error.parked.map(({ on }) => on)).toEqual(["a promise"]);
  outside.close();
  await waiting;
});

test("a body that waits while others only pass the time is told from one that works by LIVELOCK, and names them", async () => {
  const error = await deadlockOf(
    function* stuck() {
      void go(function* clock() {
        for (;;) yield* sleep(1000);
      });
      yield* channel<number>(0, { name: "never" }).take();
    },
    { maxSteps: 500 },
  );
  expect(error).toMatchObject({ code: "LIVELOCK", message: expect.stringContaining("seed 0") });
  expect(error.parked.map(({ name, on }) => [name, on])).toEqual([
    ["stuck", expect.stringContaining("never")],
    ["clock", expect.any(String)],
  ]);
});

test("a deadlock cancels what was parked, and its finally blocks run", async () => {
  const seen: string[] = [];
  await deadlockOf(function* () {
    try {
      yield* channel<number>().take();
    } finally {
      seen.push("cleaned up");
    }
  });
  expect(seen).toEqual(["cleaned up"]);
});
