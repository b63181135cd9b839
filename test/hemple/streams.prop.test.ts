import { contract, method } from "@good-place/hemple";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anything } from "./schemas.js";
import { stage } from "./stage.js";
import { relay } from "./wire.js";

const mirror = contract({ mirror: method({ feed: anything, stream: anything }) });
const handlers = {
  async *mirror(_: undefined, { feed }: { feed: AsyncIterable<unknown> }) {
    for await (const item of feed) yield item;
  },
};

const item = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.array(fc.integer(), { maxLength: 20 }),
  fc.integer({ min: 0, max: 20_000 }).map((length) => "x".repeat(length)),
);
const run = fc.record({
  streams: fc.array(fc.array(item, { maxLength: 30 }), { minLength: 1, maxLength: 4 }),
  // The connection is cut when so many items have come back.
  cut: fc.option(fc.nat(40), { nil: undefined }),
});

// The credit of both sides, from less than one item to more than all of them.
test.each([1, 700, 2 ** 18])(
  "random streams both ways, through cuts or not, arrive whole and in order or end in an error",
  async (creditBytes) => {
    const { dial, port } = await stage(mirror, handlers, { creditBytes });
    await fc.assert(
      fc.asyncProperty(run, async ({ streams, cut }) => {
        const tap = await relay(port);
        const tell = await dial({ port: tap.port, creditBytes });
        let left = cut ?? Number.POSITIVE_INFINITY;
        const read = async (items: unknown[]): Promise<void> => {
          const come: unknown[] = [];
          try {
            for await (const each of tell.mirror(undefined, items)) {
              come.push(each);
              if (left-- === 0) tap.cut();
            }
            expect(come).toEqual(items);
          } catch (error) {
            expect(error).toMatchObject({ code: "CLOSED" });
            expect(left).toBeLessThan(0);
            expect(come).toEqual(items.slice(0, come.length));
          }
        };
        await Promise.all(streams.map(read));
        await tell[Symbol.asyncDispose]();
      }),
      { numRuns: 12 },
    );
  },
  120_000,
);
