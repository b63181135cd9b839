import { go, local, scope } from "@good-place/channel";
import { expect, test } from "vitest";
import { codeThrown } from "./turn.js";

test("a local is inherited at go, as it is then; a child's own value stays with the child", async () => {
  const user = local<string>();
  const seen: unknown[] = [];
  await go(function* () {
    user.set("ann");
    const child = go(function* () {
      seen.push(user.get());
      user.set("bob");
      yield "turn";
      seen.push(user.get());
    });
    user.set("eve");
    yield* child;
    seen.push(user.get());
    yield* scope(() => {
      seen.push(user.get());
    });
  });
  expect(seen).toEqual(["ann", "bob", "eve", "eve"]);
});

test("locals do not mix, and are unset where nobody set them", async () => {
  const [a, b] = [local<number>(), local<number>()];
  expect(
    await go(() => {
      a.set(1);
      return [a.get(), b.get()];
    }),
  ).toEqual([1, undefined]);
  expect(a.get()).toBe(undefined);
});

test("setting a local outside of a fiber is refused with NO_FIBER", () => {
  expect(codeThrown(() => local<number>().set(1))).toBe("NO_FIBER");
});
