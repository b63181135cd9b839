/** Leaving a channel's iterator while it waits: what only its `return` can do, since a `for await` leaves between two values. */
import { channel } from "@good-place/channel";
import { expect, test } from "vitest";

test("an iterator that is left while it waits withdraws its take, and takes nothing again", async () => {
  const numbers = channel<number>(1);
  const iterator = numbers[Symbol.asyncIterator]();
  const waiting = [iterator.next(), iterator.next()];
  expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
  for (const step of waiting) expect(await step).toEqual({ done: true, value: undefined });
  expect(numbers.tryGive(1)).toBe("ok");
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
  expect(numbers.tryTake()).toBe(1);
});

test("a value that was handed over before the iterator was left is given out", async () => {
  const numbers = channel<number>();
  const iterator = numbers[Symbol.asyncIterator]();
  const waiting = iterator.next();
  expect(numbers.tryGive(1)).toBe("ok");
  await iterator.return?.();
  expect(await waiting).toEqual({ done: false, value: 1 });
  expect(numbers.closed).toBe(false);
});
