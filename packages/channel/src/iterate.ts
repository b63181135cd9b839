/**
 * `for await` over a channel: takes until it is closed and empty. Leaving the loop leaves the channel as it is: a take that
 * waits is withdrawn, so that it swallows no value.
 */
import { CLOSED } from "./answers.js";
import type { Channel } from "./channel-face.js";

export function iterate<T>(channel: Channel<T>): AsyncIterableIterator<T> {
  const left = new AbortController();
  const { signal } = left;
  const options = { signal };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next(): Promise<IteratorResult<T>> {
      if (signal.aborted) return { done: true, value: undefined };
      try {
        const value = await channel.take(options);
        return value === CLOSED ? { done: true, value: undefined } : { done: false, value };
      } catch (error) {
        if (signal.aborted && error === signal.reason) return { done: true, value: undefined };
        throw error;
      }
    },
    async return(): Promise<IteratorResult<T>> {
      left.abort();
      return { done: true, value: undefined };
    },
  };
}
