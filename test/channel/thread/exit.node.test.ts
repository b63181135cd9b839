/**
 * Threads that end by themselves, as only those of Node can: a page's worker cannot exit, nor share memory by default.
 */
import { sleep } from "@good-place/channel";
import { goThread, threadChannel } from "@good-place/channel/thread";
import { expect, test } from "vitest";

const bodies = new URL("./bodies.mjs", import.meta.url);

test.each([0, 3])("an exit with the code %d is THREAD_EXITED", async (code) => {
  await expect(goThread(bodies, { body: "exits", code })).rejects.toMatchObject({
    code: "THREAD_EXITED",
    exitCode: code,
  });
});

test("a value that it was handed and never heard of is taken by the next, before later values", async () => {
  const [from, started] = [threadChannel<number>(4), threadChannel<boolean>()];
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const fiber = goThread(bodies, { body: "blocks", from, started, flag });
  await started.take();
  while (from.statistics().parkedTakes === 0) await sleep(0);
  // By now the thread waits for the flag, and hears nothing.
  await sleep(20);
  expect(from.tryGive(1)).toBe("ok");
  expect(from.tryGive(2)).toBe("ok");
  expect(from.statistics()).toMatchObject({ taken: 1, size: 1 });
  await sleep(0);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
  await expect(fiber).rejects.toMatchObject({ code: "THREAD_EXITED" });
  while (from.statistics().size < 2) await sleep(0);
  expect([from.tryTake(), from.tryTake()]).toEqual([1, 2]);
});
