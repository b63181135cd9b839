/**
 * What a cancel does to a body that waits inside of a helper: `yield* helper()`. JavaScript ends a nested generator by
 * `return()`; one that waits in its `finally` then answers its caller like one that has returned by itself.
 */
import { go, onUnhandled, scope, sleep } from "@good-place/channel";
import { describe, expect, onTestFinished, test } from "vitest";
import { codeOf, turn } from "./turn.js";

type Body = Generator<unknown, void, unknown>;

/** A helper that waits; its `finally` waits as well where it is told to. */
function* helper(seen: string[], waits: boolean): Body {
  try {
    yield* sleep(10_000);
  } finally {
    seen.push("finally");
    if (waits) yield* sleep(0);
    seen.push("end of finally");
  }
}

/** What a caller of the helper does until it has ended, when it is cancelled while the helper waits. */
async function cancelled(call: (seen: string[]) => Body): Promise<[string, string[]]> {
  const seen: string[] = [];
  const caller = go(function* () {
    try {
      yield* call(seen);
      seen.push("goes on");
      yield* sleep(0);
      seen.push("went on");
    } finally {
      seen.push("caller's finally");
    }
  });
  await turn();
  caller.cancel();
  await codeOf(caller);
  return [caller.status, seen];
}

describe("a cancelled caller of a helper", () => {
  const cleanedUp = ["finally", "end of finally", "caller's finally"];

  test("ends where it waits when the helper's finally does not wait", async () => {
    expect(await cancelled((seen) => helper(seen, false))).toEqual(["cancelled", cleanedUp]);
  });

  test("goes on after a yield* to a helper whose finally waits, and ends as it ends", async () => {
    const wentOn = ["finally", "end of finally", "goes on", "went on", "caller's finally"];
    expect(await cancelled((seen) => helper(seen, true))).toEqual(["ok", wentOn]);
  });

  test.each<[string, (seen: string[]) => Body]>([
    [
      "scope",
      function* (seen) {
        yield* scope(() => helper(seen, true));
      },
    ],
    [
      "go in a scope",
      function* (seen) {
        yield* scope(({ go }) => void go(() => helper(seen, true)));
      },
    ],
  ])("ends where it waits when it calls such a helper by %s", async (_, call) => {
    expect(await cancelled(call)).toEqual(["cancelled", cleanedUp]);
  });

  test("that goes on is abandoned after graceMs, and reported", async () => {
    const reports: unknown[] = [];
    onTestFinished(onUnhandled((error) => reports.push((error as Error).message)));
    const caller = go(
      function* caller() {
        for (;;) yield* helper([], true);
      },
      { graceMs: 20 },
    );
    await turn();
    caller.cancel();
    expect(await codeOf(caller)).toBe("CANCELLED");
    expect(reports).toEqual(["the body of caller had not ended 20 ms after its cancel, and was abandoned"]);
  });
});
