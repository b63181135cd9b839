/**
 * What runs in the other thread of ours: takes so many values and answers the bytes that they had, or gives as many.
 */
import { CLOSED } from "@good-place/channel";

const bodies = {
  *taking({ pipe, ready, ops }) {
    yield* ready.give(true);
    let bytes = 0;
    for (let i = 0; i < ops; i++) {
      const value = yield* pipe.take();
      if (value === CLOSED) break;
      bytes += value.length;
    }
    return bytes;
  },
  *giving({ pipe, ready, ops, size }) {
    yield* ready.give(true);
    const value = new Uint8Array(size);
    for (let i = 0; i < ops; i++) yield* pipe.give(value);
  },
};

export default (input) => bodies[input.body](input);
