import { channel, EMPTY, emergence, go, scope, select, sleep, until } from "@good-place/channel";
import { expect, test } from "vitest";
import { codeOf, turn, turns } from "./turn.js";

/** A controller whose signal counts its listeners. */
function counting(): { controller: AbortController; signal: AbortSignal; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  let count = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    count++;
    addEventListener.apply(signal, args as never);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    count--;
    removeEventListener.apply(signal, args as never);
  };
  return { controller, signal, listeners: () => count };
}

test("an operation with an aborted signal takes no effect, not even where it need not wait", async () => {
  const jobs = channel<number>(2);
  jobs.tryGive(1);
  const signal = AbortSignal.abort("stop");
  for (const op of [
    jobs.take({ signal }),
    jobs.give(2, { signal }),
    select([jobs], { signal }),
    sleep(0, { signal }),
  ]) {
    await expect(op).rejects.toBe("stop");
  }
  expect([jobs.tryTake(), jobs.tryTake()]).toEqual([1, EMPTY]);
});

test("a parked operation whose signal aborts is withdrawn and fails with the reason", async () => {
  const [jobs, full] = [channel<number>(), channel<number>()];
  const { controller, signal, listeners } = counting();
  const ops = [
    jobs.take({ signal }),
    full.give(1, { signal }),
    select([jobs, [full, 2]], { signal }),
    until(new Promise(() => {}), { signal }),
    scope(() => sleep(1000), { signal }),
  ];
  controller.abort("stop");
  for (const op of ops) await expect(op).rejects.toBe("stop");
  expect([jobs.tryGive(1), full.tryTake(), listeners()]).toEqual(["full", EMPTY, 0]);
});

test("operations that settle leave no listener on their signal", async () => {
  const jobs = channel<number>();
  const { signal, listeners } = counting();
  for (let i = 0; i < 100; i++) {
    const ops = [jobs.take({ signal }), select([jobs, signal], { signal }), until(Promise.resolve(), { signal })];
    jobs.tryGive(1);
    jobs.tryGive(2);
    await Promise.all([...ops, sleep(0, { signal }), scope(() => 1, { signal })]);
  }
  expect(listeners()).toBe(0);
});

test("operations whose fiber is cancelled leave no listener on their signal", async () => {
  const jobs = channel<number>();
  const { signal, listeners } = counting();
  const waits = [
    () => jobs.take({ signal }),
    () => jobs.give(1, { signal }),
    () => select([jobs, signal], { signal }),
    () => sleep(1000, { signal }),
    () => until(new Promise(() => {}), { signal }),
    () => scope(() => sleep(1000), { signal }),
    () => emergence(channel(), [], { signal }),
  ];
  for (const wait of waits) {
    const fiber = go(function* () {
      yield* wait();
    });
    await turn();
    fiber.cancel();
    expect(await codeOf(fiber)).toBe("CANCELLED");
  }
  await turns();
  expect(listeners()).toBe(0);
  expect(jobs.statistics()).toMatchObject({ parkedGives: 0, parkedTakes: 0 });
});
