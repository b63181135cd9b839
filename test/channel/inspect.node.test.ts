/**
 * What `console.log` shows in Node.
 */
import { inspect } from "node:util";
import { channel, go, scope, sliding, supervise } from "@good-place/channel";
import { threadChannel } from "@good-place/channel/thread";
import { expect, test } from "vitest";
import { turn } from "./turn.js";

test("a fiber is shown by its path, its id and what it waits for, or how it ended", async () => {
  const jobs = channel<number>(0, { name: "jobs" });
  const shown: string[] = [];
  await scope(
    function* (): Generator<unknown, void, never> {
      const worker = go(
        function* (self): Generator<unknown, void, never> {
          shown.push(inspect(self));
          yield* jobs.take();
        },
        { name: "worker" },
      );
      const path = `Fiber crew/worker #${worker.id}`;
      shown.push(inspect({ worker }));
      yield* jobs.give(1);
      expect(shown).toEqual([`{ worker: ${path} (waits for its turn) }`, `${path} (running)`]);
      yield* worker;
      expect(inspect(worker)).toBe(`${path} (ok)`);
      const parked = go(() => jobs.take(), { name: "parked" });
      yield "turn";
      expect(inspect(parked)).toBe(`Fiber crew/parked #${parked.id} (waits for a take from channel jobs)`);
      parked.cancel();
    },
    { name: "crew" },
  );
});

test("a channel is shown by its name, what it holds and who waits", async () => {
  const jobs = channel<number>(2, { name: "jobs" });
  for (let i = 0; i < 3; i++) void jobs.give(i);
  expect(inspect([jobs])).toBe("[ Channel jobs (open, 2 of 2 buffered, 1 gives and 0 takes wait) ]");
  const news = channel(sliding(1)).close();
  expect(inspect(news)).toBe("Channel without a name (closed, 0 of 1 buffered, 0 gives and 0 takes wait)");
  expect(inspect(threadChannel(1, { name: "far" }))).toContain("Channel far (open");
});

test("the fiber that works off a supervisor channel has its name", async () => {
  const named = supervise(channel(0, { name: "jobs" }), () => {});
  const unnamed = supervise(channel(), () => {});
  expect([named.name, unnamed.name]).toEqual(["supervisor of jobs", "supervisor"]);
  for (const fiber of [named, unnamed]) fiber.cancel();
  await turn();
});
