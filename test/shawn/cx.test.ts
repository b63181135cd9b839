import { sleep } from "@good-place/channel";
import { simulate } from "@good-place/channel/simulation";
import { acts, cocoon, shawn } from "@good-place/shawn";
import { expect, test } from "vitest";

test("cocoons of one watch have a signal each, which aborts with its own cocoon", async () => {
  const ends = await simulate({}, async () => {
    const ends: string[] = [];
    const act = acts<{ n: number }>();
    const pair = act("pair").does({
      watch: () =>
        [1, 1000].map((ms) =>
          cocoon(
            async (cx) => {
              await cx.sleep(ms).then(undefined, () => {});
              ends.push(`${ms} ${cx.signal.aborted}`);
            },
            { key: String(ms) },
          ),
        ),
    });
    const after = act("after").does({
      watch: () =>
        cocoon(
          function* (cx): Generator<unknown, void, never> {
            yield* cx.sleep(1);
          },
          { key: "1000", policy: "latest" },
        ),
    });
    const store = shawn({ n: 0 }, { acts: [pair, after] });
    store.confirm(pair());
    await Promise.resolve(store.admit());
    store.confirm(pair());
    await sleep(0.5);
    store.confirm(after());
    await store.admit();
    return ends;
  });
  expect(ends).toEqual(["1 false", "1000 false", "1000 true", "1 false"]);
});
