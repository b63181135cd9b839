/**
 * Threads that end in ways only Node has: `process.exit`, and memory that is shared without an isolated page.
 */
import { type Fiber, sleep } from "@good-place/channel";
import { goThread, type ThreadError, type ThreadOptions, threadChannel } from "@good-place/channel/thread";
import { describe, expect, test } from "vitest";

const bodies = new URL("./bodies.mjs", import.meta.url);

function run(body: string, input: object = {}, options: ThreadOptions = {}): Fiber<unknown> {
  return goThread(bodies, { body, ...input }, options);
}

describe("a thread's process", () => {
  test.each([0, 3])("an exit with the code %d is THREAD_EXITED", async (code) => {
    const failure = run("exits", { code }).then(undefined, (error: ThreadError) => error);
    expect(await failure).toMatchObject({ code: "THREAD_EXITED", exitCode: code });
  });
});

describe("a thread that dies", () => {
  test("a value that it was handed and never heard of is taken by the next, before later values", async () => {
    const [from, started] = [threadChannel<number>(4), threadChannel<boolean>()];
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const fiber = run("blocks", { from, started, flag });
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
});
