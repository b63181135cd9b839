import { goThread, serveThread, type ThreadWorker, threadChannel } from "@good-place/channel/thread";
import { describe, expect, test } from "vitest";
import { codeThrown } from "../turn.js";

function make(): ThreadWorker {
  if (typeof Worker === "function") return new Worker(new URL("./served.mjs", import.meta.url), { type: "module" });
  const { Worker: NodeWorker } = process.getBuiltinModule("node:worker_threads");
  return new NodeWorker(new URL("./served.mjs", import.meta.url));
}

describe("a worker that its user makes", () => {
  test("is a thread as any other: with input, channels and result", async () => {
    const [from, to] = [threadChannel<number>(1), threadChannel<number>()];
    const fiber = goThread(make, { from, to });
    expect(await from.give(21)).toBe(true);
    expect(await to.take()).toBe(42);
    expect(await fiber).toBe("served");
    expect(fiber.name).toBe("thread");
  });

  test("is ended by a cancel", async () => {
    const from = threadChannel<number>();
    const fiber = goThread(make, { from, to: from }, { name: "cancelled" });
    fiber.cancel("enough");
    await expect(fiber).rejects.toMatchObject({ code: "CANCELLED", reason: "enough" });
  });

  test("that cannot be made fails the thread with THREAD_CRASHED", async () => {
    const failing = goThread(() => {
      throw new Error("no worker today");
    });
    await expect(failing).rejects.toMatchObject({ code: "THREAD_CRASHED", cause: { message: "no worker today" } });
  });

  test("serveThread outside of a worker throws NOT_A_THREAD", () => {
    expect(codeThrown(() => serveThread(() => {}))).toBe("NOT_A_THREAD");
  });
});
