import { channel, supervisor } from "@good-place/channel";
import { expect, test } from "vitest";
import { codeOf, codeThrown } from "./turn.js";

const start = (): number => 1;

function child(more: object): object {
  return { children: [{ name: "a", start, ...more }] };
}

test.each([
  ["no object", undefined, "BAD_OPTION"],
  ["no list", {}, "BAD_OPTION"],
  ["a misspelt option", { children: [], stategy: "one-for-all" }, "UNKNOWN_OPTION"],
  ["a strategy that does not exist", { children: [], strategy: "one_for_all" }, "BAD_OPTION"],
  ["an empty name", { children: [], name: "" }, "BAD_OPTION"],
  ["an autoShutdown that does not exist", { children: [], autoShutdown: true }, "BAD_OPTION"],
  ["events that are no channel", { children: [], events: [] }, "BAD_OPTION"],
  ["an intensity that is no object", { children: [], intensity: 3 }, "BAD_OPTION"],
  ["a misspelt intensity", { children: [], intensity: { restart: 3 } }, "UNKNOWN_OPTION"],
  ["half a restart", { children: [], intensity: { restarts: 0.5 } }, "BAD_OPTION"],
  ["a window of nothing", { children: [], intensity: { withinMs: 0 } }, "BAD_TIME"],
  ["a child that is none", { children: [null] }, "BAD_OPTION"],
  ["a child without a name", { children: [{ start }] }, "BAD_OPTION"],
  ["a child without a start", { children: [{ name: "a" }] }, "NOT_A_BODY"],
  ["two children of one name", { children: [1, 2].map(() => ({ name: "a", start })) }, "DUPLICATE_CHILD"],
  ["a misspelt option of a child", child({ restarts: "transient" }), "UNKNOWN_OPTION"],
  ["a restart that does not exist", child({ restart: "always" }), "BAD_OPTION"],
  ["a negative shutdownMs", child({ shutdownMs: -1 }), "BAD_TIME"],
  ["a readyMs that is no number", child({ readyMs: "5s" }), "BAD_TIME"],
  ["a backoff of nothing", child({ backoff: { minMs: 0 } }), "BAD_TIME"],
  ["a backoff that is no number", child({ backoff: { minMs: "1" } }), "BAD_TIME"],
  ["a backoff whose most is less than its least", child({ backoff: { minMs: 5, maxMs: 4 } }), "BAD_TIME"],
  ["a backoff that shrinks", child({ backoff: { factor: 0.5 } }), "BAD_OPTION"],
  ["more jitter than there is", child({ backoff: { jitter: 2 } }), "BAD_OPTION"],
  ["a misspelt backoff", child({ backoff: { min: 1 } }), "UNKNOWN_OPTION"],
  ["a significant that is no boolean", child({ significant: 1 }), "BAD_OPTION"],
  ["a significant child that nothing looks at", child({ significant: true, restart: "transient" }), "BAD_OPTION"],
  ["a significant permanent child", { autoShutdown: "any-significant", ...child({ significant: true }) }, "BAD_OPTION"],
])("a spec with %s is refused before anything starts", (_, spec, code) => {
  expect(codeThrown(() => supervisor(spec as never))).toBe(code);
});

test("the text of a refusal names the child and the field, what came, and what there is", () => {
  expect(() => supervisor(child({ restart: "permanant" }) as never)).toThrow(
    'child "a": restart cannot be "permanant"; did you mean "permanent"?',
  );
});

test("start() and stop() refuse what they cannot use before they wait", async () => {
  const tree = supervisor({ children: [] });
  expect(codeThrown(() => tree.start({ name: "a" } as never))).toBe("NOT_A_BODY");
  expect(codeThrown(() => tree.start({ name: "a", start, significant: true, restart: "transient" }))).toBe(
    "BAD_OPTION",
  );
  expect(codeThrown(() => tree.stop(1 as never))).toBe("BAD_OPTION");
  tree.cancel();
  expect(await codeOf(tree)).toBe("CANCELLED");
});

test("a spec is copied: changing it afterwards changes nothing", async () => {
  const children = [{ name: "a", start: () => channel().take() }];
  const tree = supervisor({ children });
  children.pop();
  await tree.waitReady();
  expect(tree.children().map(({ name }) => name)).toEqual(["a"]);
  tree.cancel();
});
