import { go, onUnhandled } from "@good-place/channel";
import { expect, test, vi } from "vitest";
import { codeThrown, collectingUnhandled, turns } from "./turn.js";

async function fail(error: unknown): Promise<void> {
  void go(() => {
    throw error;
  });
  await turns();
}

test("onUnhandled gives back what puts the former handler back", async () => {
  await collectingUnhandled(async (outer) => {
    const inner: unknown[] = [];
    const restore = onUnhandled((error) => inner.push(error));
    await fail(1);
    restore();
    await fail(2);
    restore();
    await fail(3);
    expect([inner, outer]).toEqual([[1], [2, 3]]);
  });
});

test("handlers put back out of order leave none of those that were taken out", async () => {
  await collectingUnhandled(async (outer) => {
    const first = onUnhandled(() => outer.push("first"));
    const second = onUnhandled((error) => outer.push(["second", error]));
    first();
    await fail(1);
    second();
    await fail(2);
    expect(outer).toEqual([["second", 1], 2]);
  });
});

test("the handler gets the path of the fiber", async () => {
  const paths: string[] = [];
  const restore = onUnhandled((_, path) => paths.push(path));
  void go(
    function named() {
      throw new Error("no");
    },
    { name: "worker" },
  );
  await turns();
  restore();
  expect(paths).toEqual(["worker"]);
});

test("by default a failure is printed with the path of its fiber", async () => {
  // In Node it also sets the exit code (unhandled.node.test.ts), which is not to be that of the test run.
  const { process } = globalThis as { process?: { exitCode?: unknown } };
  const exitCode = process?.exitCode;
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    await fail(1);
    expect(print.mock.calls).toEqual([["unhandled failure in fiber:", 1]]);
  } finally {
    print.mockRestore();
    if (process !== undefined) process.exitCode = exitCode;
  }
});

test("onUnhandled refuses what is no function", () => {
  expect(codeThrown(() => onUnhandled(undefined as never))).toBe("NOT_A_HANDLER");
});
