/**
 * Channel beside its peers: with `yield*` in fibers, and with `await` where a peer has that too. Every library's programs
 * stand in one file of `channel/`; a shape that a library cannot do is missing there.
 */
import { lastPrime, type Programs, type Shape, sum } from "./channel/shapes.js";
import type { Case, Runner } from "./harness.js";

const libraries = {
  fibers: async () => (await import("./channel/fibers.js")).programs,
  async: async () => (await import("./channel/async.js")).programs,
  effect: async () => (await import("./channel/effect.js")).programs,
  "effect, no gen": async () => (await import("./channel/effect.js")).loops,
  "@thi.ng/csp": async () => (await import("./channel/thing.js")).programs,
  "js-csp": async () => (await import("./channel/js-csp.js")).programs,
  effection: async () => (await import("./channel/effection.js")).programs,
  "fibers, thread": async () => (await import("./channel/thread.js")).fibers,
  "async, thread": async () => (await import("./channel/thread.js")).async,
  "bare port": async () => (await import("./channel/thread.js")).ports,
  "bare generators": async () => (await import("./channel/generators.js")).programs,
} satisfies Record<string, () => Promise<Programs>>;

type Library = keyof typeof libraries;

interface Row extends Pick<Case, "case" | "unit" | "ops" | "expected"> {
  readonly shape: Shape;
  /** Where our own programs are: with `yield*`, and with `await`. */
  readonly ours?: readonly [Library, Library];
  readonly peers: readonly Library[];
  /** By how much fewer operations the slow ones do. */
  readonly fewer?: Readonly<Partial<Record<Library, number>>>;
}

const THING = "@thi.ng/csp";
const PORT = "bare port";
const ALL: readonly Library[] = ["effect", THING, "js-csp", "effection", "bare generators"];
const same = (ops: number): number => ops;

const rows: readonly Row[] = [
  {
    case: "rendezvous",
    shape: "rendezvous",
    unit: "ns/op",
    ops: 300_000,
    expected: sum,
    peers: ["effect", "effect, no gen", THING, "js-csp", "effection", "bare generators"],
    fewer: { effect: 5, "effect, no gen": 5, "js-csp": 10, effection: 100 },
  },
  {
    case: "buffer 128",
    shape: "buffer",
    unit: "ns/op",
    ops: 300_000,
    expected: sum,
    peers: ["effect", "effect, no gen", THING, "js-csp", "bare generators"],
    fewer: { effect: 5, "effect, no gen": 5, "js-csp": 10 },
  },
  {
    case: "ping-pong",
    shape: "pingPong",
    unit: "ns/op",
    ops: 150_000,
    expected: same,
    peers: ALL,
    fewer: { effect: 20, "js-csp": 20, effection: 100 },
  },
  {
    case: "1,000-stage pipeline",
    shape: "pipeline",
    unit: "ns/op",
    ops: 200_000,
    expected: same,
    peers: ALL,
    fewer: { effect: 4, "js-csp": 4, effection: 100 },
  },
  {
    case: "select of 2 ready",
    shape: "select",
    unit: "ns/op",
    ops: 200_000,
    expected: same,
    peers: ["effect", THING, "js-csp"],
    fewer: { effect: 10, "js-csp": 10 },
  },
  {
    case: "fan-in 100 to 1",
    shape: "fanIn",
    unit: "ns/op",
    ops: 200_000,
    expected: sum,
    peers: ALL,
    fewer: { effect: 5, "js-csp": 10, effection: 100 },
  },
  {
    case: "prime sieve (500)",
    shape: "sieve",
    unit: "us/op",
    ops: 500,
    expected: lastPrime,
    peers: ["effect", THING, "js-csp"],
  },
  {
    case: "skynet 100k",
    shape: "skynet",
    unit: "ns/op",
    ops: 100_000,
    expected: sum,
    peers: ALL,
    fewer: { effect: 10, "js-csp": 10, effection: 100 },
  },
  {
    case: "1M parked fibers",
    shape: "parked",
    unit: "bytes",
    ops: 1_000_000,
    peers: ALL,
    fewer: { effect: 10, "js-csp": 10, effection: 100 },
  },
  {
    case: "cancel of 100k parked",
    shape: "cancel",
    unit: "ns/op",
    ops: 100_000,
    expected: same,
    peers: ["effect", "effection"],
    fewer: { effect: 5, effection: 100 },
  },
  ...(["to", "from"] as const).flatMap((way): Row[] => [
    threads(`64 B ${way} a thread`, way === "to" ? "smallTo" : "smallFrom", 10_000),
    threads(`64 KiB ${way} a thread`, way === "to" ? "largeTo" : "largeFrom", 2000),
  ]),
  { case: "longest timer gap", shape: "timerGap", unit: "ms", ops: 1, peers: ["effect", THING, "js-csp", "effection"] },
];

function threads(name: string, shape: Shape, ops: number): Row {
  const ours = ["fibers, thread", "async, thread"] as const;
  return { case: name, shape, unit: "us/op", ops, expected: same, ours, peers: [PORT] };
}

export function cases(): Case[] {
  return rows.flatMap((row) => {
    const [fibers, async] = row.ours ?? ["fibers", "async"];
    const awaited = row.peers.filter((peer) => peer === THING || peer === PORT);
    return [inForm("yield*", fibers, row, row.peers), inForm("await", async, row, awaited)];
  });
}

function inForm(form: string, ours: Library, row: Row, peers: readonly Library[]): Case {
  const { shape, unit, ops, expected, fewer = {} } = row;
  return {
    bench: "channel",
    case: `${row.case}, ${form}`,
    unit,
    ops,
    expected,
    fewer,
    ours: programOf(ours, shape),
    peers: Object.fromEntries(peers.map((peer) => [peer, programOf(peer, shape)])),
  };
}

// Loads only the library that is measured.
function programOf(library: Library, shape: Shape): Runner {
  return async (ops, start) => {
    const run = (await libraries[library]())[shape];
    if (run === undefined) throw new Error(`${library} has no program for ${shape}`);
    start();
    return run(ops, start);
  };
}
