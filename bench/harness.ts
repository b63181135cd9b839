/**
 * Runs a case of ours and of its peers interleaved, several rounds, and reports the median. Ratios are peer / ours for
 * costs and ours / peer for rates, so that above 1 we are ahead.
 * Each runner has a process of its own: in a shared one the order decides what the compiler makes of the code that they
 * share, and the garbage of one is collected in the time of another. Only one of them works at a time.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Case {
  readonly bench: string;
  readonly case: string;
  /** "bytes" and "ms" are what the runners answer; the others are made of the time that the harness takes. */
  readonly unit: "ns/op" | "us/op" | "op/s" | "bytes" | "ms";
  /** Operations of one round of each. */
  readonly ops: number;
  /** What a runner has to answer for so many operations: whoever did not do the work has no result. */
  readonly expected?: ((ops: number) => unknown) | undefined;
  /** By how much fewer operations a slow peer does in a round. */
  readonly fewer?: Readonly<Record<string, number | undefined>>;
  /** Where nothing waits, the processor's time: on a busy machine it is what is left of the wall's. "wall" by default. */
  readonly clock?: "wall" | "processor";
  /** How long a round may take, where what it needs takes long to be made; a minute by default. */
  readonly roundTimeoutMs?: number;
  /** How many rounds count, where one takes so long that it needs nothing to warm up. */
  readonly rounds?: number;
  readonly ours: Runner;
  readonly peers: Readonly<Record<string, Runner>>;
}

/**
 * Does `ops` operations. What happens before it calls `start`, if it does, does not count; nor does the work of the
 * function that it may answer, which then gives the answer.
 */
export type Runner = (ops: number, start: () => void) => unknown;

export interface Result {
  readonly bench: string;
  readonly case: string;
  readonly ours: number;
  readonly unit: string;
  readonly peers: Readonly<Record<string, number>>;
  readonly ratio: Readonly<Record<string, number>>;
}

const OURS = "ours";
const ROUND_TIMEOUT_MS = 60_000;
const WARM_UPS = 3;
const ROUNDS = 7;

export async function measure(subject: Case, index: number): Promise<Result> {
  const names = [OURS, ...Object.keys(subject.peers)];
  const contestants = await Promise.all(names.map((name) => Contestant.enter(subject, index, name)));
  try {
    // Bytes do not depend on how warm the code is, but on what a former round left behind.
    const rounds = subject.rounds ?? (subject.unit === "bytes" ? 1 : ROUNDS);
    const warmUps = subject.unit === "bytes" || subject.rounds !== undefined ? 0 : WARM_UPS;
    for (let round = -warmUps; round < rounds; round++) {
      for (const contestant of contestants) {
        const sample = await contestant.round();
        if (round >= 0) contestant.samples.push(sample);
      }
    }
  } finally {
    for (const contestant of contestants) contestant.leave();
  }
  const medians = contestants.map(({ name, samples }) => [name, rounded(median(samples))] as const);
  const { [OURS]: ours = Number.NaN, ...peers } = Object.fromEntries(medians);
  const ahead = (peer: number): number => (subject.unit === "op/s" ? ours / peer : peer / ours);
  const ratio = Object.fromEntries(Object.entries(peers).map(([name, peer]) => [name, rounded(ahead(peer))]));
  return { bench: subject.bench, case: subject.case, ours, unit: subject.unit, peers, ratio };
}

/** What the process of a contestant does when it is asked for a round: the sample in the unit of its case. */
export async function sampled(subject: Case, name: string): Promise<number> {
  const run = name === OURS ? subject.ours : subject.peers[name];
  if (run === undefined) throw new Error(`there is no ${name} in ${subject.case}`);
  const ops = Math.ceil(subject.ops / (subject.fewer?.[name] ?? 1));
  const clock = subject.clock === "processor" ? processorMs : performance.now.bind(performance);
  let startedAt = clock();
  const answered = await run(ops, () => {
    startedAt = clock();
  });
  const ms = clock() - startedAt;
  const answer = typeof answered === "function" ? answered() : answered;
  const expected = subject.expected?.(ops);
  if (expected !== undefined && answer !== expected) {
    throw new Error(`${name} answers ${String(answer)}, not ${String(expected)}, for ${ops} of ${subject.case}`);
  }
  if (subject.unit === "bytes" || subject.unit === "ms") return answer as number;
  if (subject.unit === "op/s") return (ops / ms) * 1000;
  return (ms / ops) * (subject.unit === "ns/op" ? 1e6 : 1e3);
}

// Of all threads: what the collector does beside the program is a part of its cost.
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

class Contestant {
  readonly samples: number[] = [];
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #roundTimeoutMs: number;
  readonly #gone: Promise<never>;

  private constructor(name: string, child: ChildProcess, roundTimeoutMs: number = ROUND_TIMEOUT_MS) {
    this.name = name;
    this.#roundTimeoutMs = roundTimeoutMs;
    this.#child = child;
    this.#gone = once(child, "exit").then(() => {
      throw new Error("its process has ended");
    });
    this.#gone.catch(() => {});
  }

  static async enter({ bench, roundTimeoutMs }: Case, index: number, name: string): Promise<Contestant> {
    const child = fork(fileURLToPath(new URL("contestant.ts", import.meta.url)), [bench, String(index), name], {
      execArgv: [...process.execArgv, "--expose-gc", "--max-old-space-size=8192"],
    });
    const contestant = new Contestant(name, child, roundTimeoutMs);
    await contestant.#message();
    return contestant;
  }

  async round(): Promise<number> {
    this.#child.send("round");
    return (await this.#message()) as number;
  }

  leave(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  async #message(): Promise<unknown> {
    const told = once(this.#child, "message", { signal: AbortSignal.timeout(this.#roundTimeoutMs) });
    try {
      const [message] = await Promise.race([told, this.#gone]);
      return message;
    } catch (error) {
      this.#child.kill("SIGKILL");
      throw new Error(`${this.name} has not done its round`, { cause: error });
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

// Three digits: more would be noise.
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
