/**
 * Runs a case of ours and of its peers in one process, interleaved, several rounds, and reports the median. Ratios are
 * peer / ours for costs and ours / peer for rates, so that above 1 we are ahead.
 */

export interface Case {
  readonly bench: string;
  readonly case: string;
  readonly unit: "ns/op" | "us/op" | "op/s";
  /** Operations of one round of each. */
  readonly ops: number;
  readonly ours: Runner;
  readonly peers: Readonly<Record<string, Runner>>;
}

/** Does `ops` operations. */
export type Runner = (ops: number) => unknown;

export interface Result {
  readonly bench: string;
  readonly case: string;
  readonly ours: number;
  readonly unit: string;
  readonly peers: Readonly<Record<string, number>>;
  readonly ratio: Readonly<Record<string, number>>;
}

const ROUNDS = 7;

export async function measure(subject: Case): Promise<Result> {
  const runners = new Map<string, Runner>([["ours", subject.ours], ...Object.entries(subject.peers)]);
  const samples = new Map<string, number[]>([...runners.keys()].map((name) => [name, []]));
  // The first round warms up and does not count.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of runners) {
      const startedAt = performance.now();
      await run(subject.ops);
      const ms = performance.now() - startedAt;
      if (round > 0) samples.get(name)?.push(ms);
    }
  }
  const value = (name: string): number => inUnit(median(samples.get(name) ?? []), subject);
  const ours = value("ours");
  const peers = Object.fromEntries(Object.keys(subject.peers).map((name) => [name, value(name)]));
  const ahead = (peer: number): number => (subject.unit === "op/s" ? ours / peer : peer / ours);
  const ratio = Object.fromEntries(Object.entries(peers).map(([name, peer]) => [name, rounded(ahead(peer))]));
  return { bench: subject.bench, case: subject.case, ours, unit: subject.unit, peers, ratio };
}

function inUnit(ms: number, { unit, ops }: Case): number {
  if (unit === "op/s") return rounded((ops / ms) * 1000);
  return rounded((ms / ops) * (unit === "ns/op" ? 1e6 : 1e3));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

// Three digits: more would be noise.
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
