/**
 * `for await` over a channel: takes until it is closed and empty. Leaving the loop leaves the channel as it is.
 */
import { CLOSED } from "./answers.js";
import type { Channel } from "./channel-face.js";

export function iterate<T>(channel: Channel<T>): AsyncIterableIterator<T> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next(): Promise<IteratorResult<T>> {
      const value = await channel.take();
      return value === CLOSED ? { done: true, value: undefined } : { done: false, value };
    },
  };
}
