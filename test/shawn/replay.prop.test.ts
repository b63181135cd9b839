import { now } from "@good-place/channel";
import { simulate } from "@good-place/channel/simulation";
import { acts, cocoon, payload, shawn, type Table, table } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryJournal } from "./office.js";

/** An act: what changes, what follows at once, by a snoop, and what a cocoon confirms after a while. */
interface Tree {
  id: number;
  wait: number;
  kind: "put" | "delete" | "draw" | "throw";
  follow: Tree[];
  later: Tree[];
}
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    id: fc.nat(9),
    wait: fc.nat(5),
    kind: fc.constantFrom("put", "put", "delete", "draw", "throw"),
    follow: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.constant([]), fc.array(tie("tree"), { maxLength: 2 })),
    later: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.constant([]), fc.array(tie("tree"), { maxLength: 2 })),
  }) as fc.Arbitrary<Tree>,
}));

interface Office {
  rows: Table<{ id: number; by: string; times: number[] }>;
  drawn: Map<string, number>;
  known: Set<number>;
  deep: { log: string[] };
}
const act = acts<Office>();
const drawn = act("drawn", payload<{ id: string; chance: number; at: number }>()).does({
  update: ({ drawn }, { id, chance, at }) => void drawn.set(id, chance + at),
});
const node = act("node", payload<Tree>()).does({
  update(office, { id, kind }, { seq, at, id: key, cause, by }) {
    const { rows } = office;
    office.deep.log.push(`${seq} ${at} ${key} ${cause} ${by}`);
    if (kind === "throw") throw new Error("refused");
    if (kind === "delete") rows.delete(id);
    else if (rows.has(id)) rows.at(id).times.push(at);
    else rows.add({ id, by: by ?? "nobody", times: [at] });
    if (office.known.has(id)) office.known.delete(id);
    else office.known.add(id);
  },
  watch: (_, { kind, wait, follow, later }, cx) => [
    ...follow.map((each) => node(each)),
    kind === "draw" ? drawn({ id: cx.id(), chance: cx.random(), at: cx.now() }) : undefined,
    cocoon(function* () {
      yield* cx.sleep(wait);
      for (const each of later) yield node(each);
      yield drawn({ id: cx.id(), chance: cx.random(), at: cx.now() });
    }),
  ],
});
const empty = (): Office => ({ rows: table(), drawn: new Map(), known: new Set(), deep: { log: [] } });
const plain = ({ rows, drawn, known, deep }: Office): unknown => [[...rows], [...drawn], [...known], deep.log];

test("a replay is the live store: any graph of acts and cocoons, what they draw, tables, maps and sets", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(tree, { maxLength: 5 }),
      fc.nat(),
      fc.integer({ min: 1, max: 7 }),
      async (trees, seed, portion) => {
        await simulate({ seed }, async () => {
          const journal = new MemoryJournal();
          const office = shawn(empty(), { acts: [node, drawn], journal, onError: () => {}, now });
          await office.settled();
          trees.forEach((each, i) => {
            office.as(`user ${i}`).confirm(node(each));
          });
          await office.admit();
          await office.settled();
          const { records } = journal;
          const again = shawn(empty(), { acts: [node, drawn], journal });
          await again.settled();
          const follower = shawn(empty(), { acts: [node, drawn] });
          for (let i = 0; i < records.length; i += portion) follower.replay(records.slice(i, i + portion));
          for (const other of [again, follower]) {
            expect([plain(other.envelope), other.seq]).toEqual([plain(office.envelope), records.length]);
          }
          expect(records.every(({ meta }) => meta.by?.startsWith("user "))).toBe(true);
        });
      },
    ),
    { numRuns: 150 },
  );
});
