import { go, sleep, until } from "@good-place/channel";
import { expect, test } from "vitest";
import { codeOf, codeThrown, turn } from "./turn.js";

test("sleeps end in the order of their times", async () => {
  const order: number[] = [];
  const sleeper = (ms: number) =>
    go(function* () {
      yield* sleep(ms);
      order.push(ms);
    });
  await Promise.all([sleeper(30), sleeper(1), sleeper(15)]);
  expect(order).toEqual([1, 15, 30]);
});

test("a time that is none, or longer than a timer can wait, is refused with BAD_TIME", () => {
  for (const ms of [-1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY, "5" as never]) {
    expect(codeThrown(() => sleep(ms))).toBe("BAD_TIME");
  }
});

test("until passes on what its promise does", async () => {
  const error = new Error("no");
  expect(await until(Promise.resolve(null))).toBe(null);
  await expect(until(Promise.reject(error))).rejects.toBe(error);
});

test("cancelling until leaves the promise alone", async () => {
  let resolve = (_: number): void => {};
  const promise = new Promise<number>((done) => {
    resolve = done;
  });
  const fiber = go(() => until(promise));
  await turn();
  fiber.cancel();
  expect(await codeOf(fiber)).toBe("CANCELLED");
  resolve(5);
  expect(await promise).toBe(5);
});
