/**
 * Shawn beside its peers: what an act costs, and what an app pays in bytes. Every library's stores stand in one file of
 * `shawn/`, with its smallest app in `shawn/counter/`; a case for which a library has nothing leaves it out.
 */
import type { Case, Runner } from "./harness.js";
import { bytesOf } from "./shawn/size.js";
import { expected, type Library, repeated, type Setting } from "./shawn/subjects.js";

const libraries = {
  shawn: async () => (await import("./shawn/shawn.js")).library,
  "shawn, plain object": async () => (await import("./shawn/shawn.js")).plain,
  "shawn, every batch": async () => (await import("./shawn/shawn.js")).everyBatch,
  "redux toolkit": async () => (await import("./shawn/redux-toolkit.js")).library,
  zustand: async () => (await import("./shawn/zustand.js")).library,
  "xstate store": async () => (await import("./shawn/xstate-store.js")).library,
  effector: async () => (await import("./shawn/effector.js")).library,
  nanostores: async () => (await import("./shawn/nanostores.js")).library,
  jotai: async () => (await import("./shawn/jotai.js")).library,
  rxjs: async () => (await import("./shawn/rxjs.js")).library,
  immer: async () => (await import("./shawn/drafts.js")).immer,
  mutative: async () => (await import("./shawn/drafts.js")).mutative,
  mobx: async () => (await import("./shawn/mobx.js")).library,
  valtio: async () => (await import("./shawn/valtio.js")).library,
  "valtio, snapshot": async () => (await import("./shawn/valtio.js")).snapshots,
} satisfies Record<string, () => Promise<Library>>;

type Name = keyof typeof libraries;

/** Those for which a change of a row copies all rows, or at least touches each. */
const COPYING: readonly Name[] = [
  "shawn, plain object",
  "redux toolkit",
  "zustand",
  "xstate store",
  "effector",
  "nanostores",
  "rxjs",
  "immer",
  "mutative",
  "valtio, snapshot",
];
const COUNTING = Object.keys(libraries).filter((name) => !name.startsWith("shawn")) as Name[];
const KEYED: readonly Name[] = ["jotai", "mobx", "valtio"];
const FOLLOWING: readonly Name[] = ["redux toolkit", "xstate store", "effector", "rxjs"];
const SIZED = ["redux-toolkit", "zustand", "xstate-store", "effector", "nanostores", "jotai", "rxjs"];
const SIZED_DRAFTS = ["immer", "mutative", "mobx", "valtio"];
const CHANNEL = /^@good-place\/channel/;

// So many operations that a round takes some hundred milliseconds of the fast: the collector that runs before each round
// makes the compiler forget a part of what it knew.
export function cases(): Case[] {
  return [
    timed("counter, 0 subscribers", { kind: "counter" }, 500_000, COUNTING),
    timed("counter, 100 subscribers", { kind: "counter", subscribers: 100 }, 50_000, [
      "shawn, every batch",
      ...COUNTING,
    ]),
    ...[1000, 100_000].flatMap((rows) =>
      [0, 100].map((subscribers) => {
        const name = `a row of ${rows.toLocaleString("en")}, ${subscribers} subscribers`;
        const fewer = Object.fromEntries(COPYING.map((peer) => [peer, rows === 1000 ? 1000 : 40_000]));
        return { ...timed(name, { kind: "rows", rows, subscribers }, 200_000, [...COPYING, ...KEYED]), fewer };
      }),
    ),
    timed("an act that follows one", { kind: "follow" }, 250_000, FOLLOWING),
    timed("a journal in memory", { kind: "journal" }, 100_000, FOLLOWING),
    sized("bundle, minified", false),
    sized("bundle, gzipped", true),
  ];
}

function timed(name: string, setting: Setting, ops: number, peers: readonly Name[]): Case {
  return {
    bench: "shawn",
    case: name,
    unit: setting.kind === "rows" ? "us/op" : "ns/op",
    ops,
    expected: expected(setting),
    clock: "processor",
    ours: runner("shawn", setting),
    peers: Object.fromEntries(peers.map((peer) => [peer, runner(peer, setting)])),
  };
}

// Loads only the library that is measured, and makes its store once.
function runner(name: Name, setting: Setting): Runner {
  let made: Promise<Runner> | undefined;
  return async (ops, start) => {
    made ??= libraries[name]().then((library) => repeated(library, setting));
    return (await made)(ops, start);
  };
}

function sized(name: string, zipped: boolean): Case {
  const peers = [...SIZED, ...SIZED_DRAFTS].map((peer) => [peer, bytesOf(peer, zipped)] as const);
  const alone = ["shawn without channel", bytesOf("shawn", zipped, [CHANNEL])] as const;
  return {
    bench: "shawn",
    case: name,
    unit: "bytes",
    ops: 1,
    ours: bytesOf("shawn", zipped),
    peers: Object.fromEntries([alone, ...peers]),
  };
}
