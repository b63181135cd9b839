/**
 * The policies against a slow model that goes from event to event, in virtual time and any order of steps: which cocoons
 * run and how they end, when each admit resolves, and with what. No two events but those of one confirm fall on the same
 * moment: a duration has a bit of its own below a slot.
 */
import { go, now, sleep, until } from "@good-place/channel";
import { simulate } from "@good-place/channel/simulation";
import { acts, type CocoonPolicy, cocoon, type Follow, payload, shawn } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";

// In milliseconds. A cancelled body must not take so long that it is abandoned.
const SLOT = 1024;
const BIT = 2 ** -8;

interface Plan {
  readonly slot: number;
  readonly key: string;
  readonly policy: CocoonPolicy;
  /** How many slots it runs, and how many its `finally` takes after a cancel. */
  readonly runs: number;
  readonly cleans: number;
  readonly fails: boolean;
}
interface Program {
  readonly plans: readonly Plan[];
  /** In slots; an admit comes half a slot later, the dismiss a quarter. */
  readonly admits: readonly number[];
  readonly dismiss: number | null;
}
type Outcome = readonly unknown[];

const runMs = ({ runs }: Plan, i: number): number => runs * SLOT + BIT * 2 ** i;
const cleanMs = ({ cleans }: Plan, i: number): number => cleans * SLOT + BIT * 2 ** (i + 8);

const plan = fc.record({
  slot: fc.nat(8),
  key: fc.constantFrom("a", "b"),
  policy: fc.constantFrom<CocoonPolicy>("every", "latest", "leading", "queue"),
  runs: fc.nat(3),
  cleans: fc.nat(1),
  fails: fc.boolean(),
});
const program: fc.Arbitrary<Program> = fc.record({
  plans: fc.array(plan, { maxLength: 8 }).map((plans) => plans.sort((a, b) => a.slot - b.slot)),
  admits: fc.array(fc.nat(12), { maxLength: 4 }).map((slots) => slots.sort((a, b) => a - b)),
  dismiss: fc.option(fc.nat(10)),
});

interface Modelled {
  readonly i: number;
  readonly plan: Plan;
  readonly before: readonly Modelled[];
  begun: number | null;
  cancelled: boolean;
  ends: number | null;
  over: boolean;
}

// What happens, as lines in order, by the slowest way to find out.
function model({ plans, admits, dismiss }: Program): Outcome[] {
  const lines: Outcome[] = [];
  const all: Modelled[] = [];
  const kept: string[] = [];
  let admitted = new Set<Modelled>();
  let waitingSince: number | null = null;
  const asked = admits.map((slot) => slot * SLOT + SLOT / 2);
  const living = (key?: string): Modelled[] => all.filter((c) => !c.over && (key === undefined || c.plan.key === key));
  const cancel = (one: Modelled, at: number): void => {
    if (one.cancelled) return;
    one.cancelled = true;
    // A body that has not begun has nothing to clean up.
    one.ends = one.begun === null || one.begun === at ? at : at + cleanMs(one.plan, one.i);
  };
  const endAll = (at: number): void => {
    for (let changed = true; changed; ) {
      changed = false;
      for (const one of living()) {
        if (one.begun === null && !one.cancelled && one.before.every(({ over }) => over)) {
          one.begun = at;
          one.ends = at + runMs(one.plan, one.i);
        }
        if (one.ends !== at) continue;
        one.over = changed = true;
        if (one.cancelled || one.plan.fails) admitted.add(one);
        if (!one.cancelled && one.plan.fails) kept.push(`failure ${one.i}`);
        if (one.begun !== null && one.begun !== at) lines.push([at, one.i, one.cancelled ? "cancelled" : "ended"]);
      }
    }
  };
  const admit = (at: number): void => {
    while (waitingSince === null ? (asked[0] ?? Number.POSITIVE_INFINITY) <= at : true) {
      if (waitingSince === null) waitingSince = asked.shift() as number;
      if (living().length > 0) return;
      waitingSince = null;
      if (kept.length > 0) {
        lines.push([at, "rejected", kept.shift()]);
        continue;
      }
      const products = all.filter((one) => !admitted.has(one)).map(({ i }) => i);
      admitted = new Set(all);
      lines.push([at, "admitted", ...products]);
    }
  };
  const moments = new Set([...plans.map(({ slot }) => slot * SLOT), ...asked]);
  const dismissed = dismiss === null ? Number.POSITIVE_INFINITY : (dismiss + 0.25) * SLOT;
  moments.add(dismissed);
  for (;;) {
    const next = Math.min(...moments, ...living().map(({ ends }) => ends ?? Number.POSITIVE_INFINITY));
    if (next === Number.POSITIVE_INFINITY) return lines;
    moments.delete(next);
    endAll(next);
    for (const [i, plan] of plans.entries()) {
      if (plan.slot * SLOT !== next || dismissed < next) continue;
      const siblings = living(plan.key);
      if (plan.policy === "leading" && siblings.length > 0) continue;
      if (plan.policy === "latest") for (const sibling of siblings) cancel(sibling, next);
      const before = plan.policy === "queue" ? siblings : [];
      const waits = before.length > 0;
      const ends = waits ? null : next + runMs(plan, i);
      all.push({ i, plan, before, begun: waits ? null : next, cancelled: false, ends, over: false });
    }
    if (dismissed === next) for (const one of living()) cancel(one, next);
    endAll(next);
    admit(next);
  }
}

interface Log {
  n: number;
}
const act = acts<Log>();
const start = act("start", payload<() => Follow>()).does({ watch: (_, make) => make() });

function* real({ plans, admits, dismiss }: Program): Generator<unknown, Outcome[], never> {
  const lines: Outcome[] = [];
  const store = shawn<Log>({ n: 0 }, { acts: [start] });
  const admitting = go(function* () {
    for (const slot of admits) {
      yield* sleep(Math.max(0, slot * SLOT + SLOT / 2 - now()));
      try {
        const [, ...products] = yield* store.admit();
        lines.push([now(), "admitted", ...products]);
      } catch (error) {
        lines.push([now(), "rejected", error]);
      }
    }
  });
  for (let slot = 0; slot <= (dismiss ?? 10); slot++) {
    yield* sleep(slot * SLOT - now());
    const due = [...plans.entries()].filter(([, plan]) => plan.slot === slot);
    store.confirm(
      ...due.map(([i, plan]) => {
        const { key, policy } = plan;
        return start(() => cocoon(body(plan, i, lines), { key, policy }));
      }),
    );
  }
  if (dismiss !== null) {
    yield* sleep(SLOT / 4);
    void store.dismiss("as planned");
  }
  yield* admitting;
  // By then all that could live has ended.
  yield* sleep(100 * SLOT);
  yield* until(store.dismiss("at the end"));
  return lines;
}

function body(plan: Plan, i: number, lines: Outcome[]) {
  return function* () {
    let how = "cancelled";
    try {
      yield* sleep(runMs(plan, i));
      how = "ended";
      if (plan.fails) throw `failure ${i}`;
      return i;
    } finally {
      if (how === "cancelled") yield* sleep(cleanMs(plan, i));
      lines.push([now(), i, how]);
    }
  };
}

test("cocoons live by their policies, and admit resolves exactly when none lives, with the products in start order", async () => {
  await fc.assert(
    fc.asyncProperty(program, fc.nat(), async (given, seed) => {
      expect(await simulate({ seed }, () => real(given))).toEqual(model(given));
    }),
    { numRuns: 300 },
  );
});
