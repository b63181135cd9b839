import { type Act, acts, payload, shawn } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";

/** An act as a tree: what follows from it, what its effect confirms, and whether its update refuses. */
interface Tree {
  id: number;
  follow: Tree[];
  queued: Tree[];
  refused: boolean;
}

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    id: fc.nat(1000),
    follow: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.constant([]), fc.array(tie("tree"), { maxLength: 3 })),
    queued: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.constant([]), fc.array(tie("tree"), { maxLength: 2 })),
    refused: fc.nat(9).map((n) => n === 0),
  }) as fc.Arbitrary<Tree>,
}));

const act = acts<{ seen: number[] }>();

function run(...groups: Tree[][]): readonly number[] {
  const node = act("node", payload<Tree>()).does({
    update(log, { id, refused }) {
      log.seen.push(id);
      if (refused) throw new Error("refused");
    },
    watch: (_, { follow }) => follow.map((each) => node(each)),
    effect: (_, { queued }) => store.confirm(...queued.map((each): Act => node(each))),
  });
  const store = shawn({ seen: [] as number[] }, { acts: [node], onError: () => {} });
  for (const group of groups) store.confirm(...group.map((each) => node(each)));
  expect(store.seq).toBe(store.envelope.seen.length);
  return store.envelope.seen;
}

/** The slow model: an act, all that follows from it, and then all that its whole tide has confirmed. */
function model(trees: Tree[]): number[] {
  return trees.flatMap((top) => {
    const queued: Tree[] = [];
    const visit = (each: Tree): number[] => {
      if (each.refused) return [];
      queued.push(...each.queued);
      return [each.id, ...each.follow.flatMap(visit)];
    };
    const seen = visit(top);
    return [...seen, ...model(queued)];
  });
}

test("confirm(a, b) is confirm(a); confirm(b), for any graph of acts", () => {
  fc.assert(
    fc.property(fc.array(tree, { maxLength: 5 }), (trees) => {
      const together = run(trees);
      expect(together).toEqual(run(...trees.map((each) => [each])));
      expect(together).toEqual(model(trees));
    }),
    { numRuns: 300 },
  );
});
