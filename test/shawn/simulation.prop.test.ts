/**
 * Stores in the simulation: random graphs of acts with cocoons of every kind, and servers that emerge acts, in random orders
 * of steps.
 */
import { go, now, sleep } from "@good-place/channel";
import { quiet, simulate } from "@good-place/channel/simulation";
import {
  type Act,
  acts,
  type CocoonPolicy,
  type ConfirmedAct,
  type Cx,
  cocoon,
  emerge,
  payload,
  shawn,
} from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";

/** An act: the acts that follow from it at once, the cocoons that it starts, and whether its update refuses. */
interface Node {
  id: number;
  follow: Node[];
  cocoons: Life[];
  refused: boolean;
}

/** A cocoon: it sleeps before each of the acts that it emits, and then fails or leaves a product. */
interface Life {
  kind: "generator" | "async generator" | "async function" | "promise of acts";
  policy: CocoonPolicy;
  key: string;
  steps: { ms: number; emits: Node }[];
  fails: boolean;
}

interface Program {
  seed: number;
  confirmed: Node[];
  /** What a server emerges, each in a fiber of its own, after so many milliseconds. */
  emerged: { ms: number; node: Node }[];
}

const { node } = fc.letrec<{ node: Node; life: Life }>((tie) => ({
  node: fc.record({
    id: fc.nat(1000),
    follow: fc.oneof({ maxDepth: 2, withCrossShrink: true }, fc.constant([]), fc.array(tie("node"), { maxLength: 2 })),
    cocoons: fc.oneof({ maxDepth: 2, withCrossShrink: true }, fc.constant([]), fc.array(tie("life"), { maxLength: 2 })),
    refused: fc.nat(9).map((n) => n === 0),
  }) as fc.Arbitrary<Node>,
  life: fc.record({
    kind: fc.constantFrom("generator", "async generator", "async function", "promise of acts"),
    policy: fc.constantFrom("every", "latest", "leading", "queue"),
    key: fc.constantFrom("a", "b"),
    steps: fc.array(fc.record({ ms: fc.nat(5), emits: tie("node") }), { maxLength: 3 }),
    fails: fc.nat(4).map((n) => n === 0),
  }) as fc.Arbitrary<Life>,
}));

const program: fc.Arbitrary<Program> = fc.record({
  seed: fc.nat(),
  confirmed: fc.array(node, { maxLength: 4 }),
  emerged: fc.array(fc.record({ ms: fc.nat(5), node }), { maxLength: 2 }),
});

interface Log {
  seen: number[];
}

/** A store, and what became of it: every confirmed act, every failure, and which bodies still run. */
class Lab {
  readonly confirmed: ConfirmedAct[] = [];
  readonly failures: string[] = [];
  readonly running = new Set<Life>();
  lastEnd = 0;

  readonly visit = acts<Log>()("visit", payload<Node>()).does({
    update(log, { id, refused }) {
      log.seen.push(id);
      if (refused) throw new Error("refused");
    },
    watch: (_, { follow, cocoons }, cx) => [
      follow.map((each) => this.visit(each)),
      cocoons.map((life) =>
        life.kind === "promise of acts"
          ? this.later(life, cx)
          : cocoon((own: Cx<Log>) => this.body(life, own), { key: life.key, policy: life.policy }),
      ),
    ],
  });

  readonly store = shawn<Log>(
    { seen: [] },
    {
      acts: [this.visit],
      onError: ({ phase, error }) => void this.failures.push(`${phase}: ${(error as Error).message}`),
    },
  );

  constructor() {
    this.store.subscribe((next, previous, batch) => {
      expect(next.seen).toEqual([...previous.seen, ...batch.map(({ payload }) => (payload as Node).id)]);
      this.confirmed.push(...batch);
    });
  }

  async later({ steps }: Life, cx: Cx<Log>): Promise<Act[]> {
    await cx.sleep(steps.length);
    this.lastEnd = now();
    return steps.map(({ emits }) => this.visit(emits));
  }

  body(life: Life, cx: Cx<Log>): unknown {
    if (life.kind === "generator") return this.#generator(life, cx);
    return life.kind === "async generator" ? this.#asyncGenerator(life, cx) : this.#asyncFunction(life, cx);
  }

  *#generator(life: Life, cx: Cx<Log>): Generator<unknown, string, never> {
    try {
      this.running.add(life);
      for (const { ms, emits } of life.steps) {
        yield* cx.sleep(ms);
        yield this.visit(emits);
      }
      return product(life);
    } finally {
      this.#ended(life);
    }
  }

  async *#asyncGenerator(life: Life, cx: Cx<Log>): AsyncGenerator<Act, string, never> {
    try {
      this.running.add(life);
      for (const { ms, emits } of life.steps) {
        await cx.sleep(ms);
        yield this.visit(emits);
      }
      return product(life);
    } finally {
      this.#ended(life);
    }
  }

  async #asyncFunction(life: Life, cx: Cx<Log>): Promise<string> {
    try {
      this.running.add(life);
      for (const { ms, emits } of life.steps) {
        await cx.sleep(ms);
        await cx.emerge(this.visit(emits)).then(undefined, () => {});
      }
      return product(life);
    } finally {
      this.#ended(life);
    }
  }

  #ended(life: Life): void {
    this.running.delete(life);
    this.lastEnd = now();
  }

  /** Everything that must be the same when the run is. */
  report(rest: readonly unknown[]): unknown {
    const history = this.confirmed.map(({ payload, meta }) => ({ id: (payload as Node).id, meta }));
    expect(history.map(({ meta }) => meta.seq)).toEqual(history.map((_, i) => i + 1));
    expect(history.map(({ id }) => id)).toEqual(this.store.envelope.seen);
    return { history, failures: this.failures, rest };
  }
}

function product({ fails, key }: Life): string {
  if (fails) throw new Error("failed");
  return `product of ${key}`;
}

/** The acts that a confirm confirms before it returns, in order. */
function model(nodes: readonly Node[]): number[] {
  return nodes.flatMap(({ id, follow, refused }) => (refused ? [] : [id, ...model(follow)]));
}

function admitted({ seed, confirmed, emerged }: Program): Promise<unknown> {
  return simulate({ seed }, async () => {
    const lab = new Lab();
    const { store, visit } = lab;
    const answers = emerged.map(({ ms, node }) =>
      go(
        function* (): Generator<unknown, string, never> {
          yield* sleep(ms);
          try {
            yield* emerge(visit(node));
            lab.lastEnd = now();
            return "confirmed";
          } catch (error) {
            return (error as Error).message;
          }
        },
        { supervisor: store.flow, detached: true },
      ),
    );
    store.confirm(...confirmed.map((each) => visit(each)));
    expect(store.envelope.seen).toEqual(model(confirmed));
    const heard = await Promise.all(answers);
    expect(heard).toEqual(emerged.map(({ node }) => (node.refused ? "refused" : "confirmed")));
    const before = lab.lastEnd;
    const [, ...products] = await store.admit();
    expect([lab.running.size, store.living]).toEqual([0, []]);
    // At the moment in which the last cocoon ended, and not later.
    expect(now()).toBe(Math.max(lab.lastEnd, before, ...emerged.map(({ ms }) => ms)));
    const report = lab.report([products, heard, now()]);
    await sleep(1000);
    expect(lab.report([products, heard, now() - 1000])).toEqual(report);
    return report;
  });
}

function dismissed({ seed, confirmed }: Program, at: number): Promise<unknown> {
  return simulate({ seed }, async () => {
    const lab = new Lab();
    lab.store.confirm(...confirmed.map((each) => lab.visit(each)));
    const admit = Promise.resolve(lab.store.admit());
    await sleep(at);
    await lab.store.dismiss("enough");
    expect(lab.store.living).toEqual([]);
    // Async functions have only the signal to tell them, and are not waited for.
    await quiet();
    expect([lab.running.size, now()]).toEqual([0, at]);
    const report = lab.report(await admit);
    await sleep(1000);
    expect(lab.report(await admit)).toEqual(report);
    return report;
  });
}

test("any graph of acts and cocoons keeps the order law, is told once, and is admitted in the moment of its last end", async () => {
  await fc.assert(
    fc.asyncProperty(program, async (given) => {
      const once = await admitted(given);
      expect(await admitted(given)).toEqual(once);
    }),
    { numRuns: 200 },
  );
});

test("a dismiss at any moment ends all cocoons in that moment, and nothing is confirmed after it", async () => {
  await fc.assert(
    fc.asyncProperty(program, fc.nat(8), async (given, at) => {
      const once = await dismissed(given, at);
      expect(await dismissed(given, at)).toEqual(once);
    }),
    { numRuns: 200 },
  );
});

test("the order of steps is the simulation's: other seeds give other histories", async () => {
  const cocoons = [1, 2].map((id): Life => {
    const steps = [{ ms: 1, emits: { id, follow: [], cocoons: [], refused: false } }];
    return { kind: "generator", policy: "every", key: "a", steps, fails: false };
  });
  const confirmed: Node[] = [{ id: 9, follow: [], cocoons, refused: false }];
  const reports = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const { history } = (await admitted({ seed, confirmed, emerged: [] })) as { history: { id: number }[] };
    reports.add(JSON.stringify(history.map(({ id }) => id)));
  }
  expect(reports.size).toBeGreaterThan(1);
});
