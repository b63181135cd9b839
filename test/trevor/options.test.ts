/** What `trevor` refuses at once. */
import { type TrevorOptions, trevor } from "@good-place/trevor";
import { expect, test } from "vitest";

test("an option that does not exist is refused with the nearest that does", () => {
  const call = (): unknown => trevor({ path: "/live", origin: [] } as never);
  expect(call).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
  expect(call).toThrow(/did you mean "origins"/);
});

test("options of the wrong kind are refused with what was expected", () => {
  const wrong: object[] = [
    { path: "live" },
    { path: "/live?x" },
    { origins: ["example.org"] },
    { origins: ["http://example.org/"] },
    { protocols: ["a b"] },
    { check: true },
    { schema: {} },
    { overflow: "wat" },
    { onInvalid: "drop" },
    { onInvalid: "close" },
    { messageBurst: 5 },
    { highWaterMark: 0 },
    { pingMs: -1 },
    { supervisor: {} },
    { messagesPerSecond: -1 },
    { messageBurst: 0 },
    { checkMs: 0 },
    { maxFragments: 0 },
    { maxBufferedChunks: 1.5 },
    { presence: "all" },
    { pingMs: 2 ** 31 },
    { closeMs: Number.NaN },
    { compress: 1 },
    { compress: { level: 10 } },
    { compress: { thresholdBytes: -1 } },
    { compress: { contextTakeover: "yes" } },
  ];
  for (const options of wrong) {
    const call = (): unknown => trevor({ path: "/live", ...options } as TrevorOptions<never>);
    expect(call, JSON.stringify(options)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }
  expect(() => trevor({ path: "/live", rules: [[{}]] as never })).toThrow(
    expect.objectContaining({ code: "BAD_RULES" }),
  );
});
