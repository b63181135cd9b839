import { channel, type SupervisorSpec, type SupervisorTree, supervisor } from "@good-place/channel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Levers } from "./levers.js";
import { type How, type ModelChild, SupervisorModel } from "./supervisor-model.js";
import { codeOf, turns } from "./turn.js";

type Kind = Omit<ModelChild, "life" | "restarts">;
type Step =
  | { do: "end"; ends: { name: string; how: How }[] }
  | { do: "start"; child: Kind }
  | { do: "stop"; name: string };

const name = fc.constantFrom("a", "b", "c", "d", "e");
const kind = fc.record({
  name,
  restart: fc.constantFrom("permanent" as const, "transient" as const, "temporary" as const),
  significant: fc.boolean(),
});
const end = fc.record({ name, how: fc.constantFrom("ok" as const, "error" as const, "cancelled" as const) });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      ends: fc.uniqueArray(end, { selector: (one) => one.name, minLength: 1, maxLength: 3, size: "max" }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("start" as const), child: kind }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stop" as const), name }) },
);
const program = fc.record({
  strategy: fc.constantFrom("one-for-one" as const, "one-for-all" as const, "rest-for-one" as const),
  autoShutdown: fc.constantFrom(
    "never" as const,
    "all" as const,
    "any-significant" as const,
    "all-significant" as const,
  ),
  restarts: fc.constantFrom(0, 1, 3, 8),
  children: fc.uniqueArray(kind, { selector: (child) => child.name, maxLength: 4, size: "max" }),
  steps: fc.array(step, { maxLength: 15, size: "max" }),
});

/** Significant goes with neither a permanent child nor a tree that does not look at it. */
function legal(child: Kind, autoShutdown: SupervisorSpec["autoShutdown"]): Kind {
  const looksAt = autoShutdown === "any-significant" || autoShutdown === "all-significant";
  return { ...child, significant: child.significant && looksAt && child.restart !== "permanent" };
}

/** Ends a life as the step says; the first in the list of ends is the first to end. */
function pull(tree: SupervisorTree, levers: Levers, { name: whose, how }: { name: string; how: How }): void {
  if (how === "ok") levers.end(whose);
  else if (how === "error") levers.break(whose);
  else
    tree
      .children()
      .find((child) => child.name === whose)
      ?.fiber?.cancel("from outside");
}

async function act(tree: SupervisorTree, levers: Levers, model: SupervisorModel, command: Step): Promise<void> {
  if (command.do === "end") {
    for (const one of command.ends) pull(tree, levers, one);
    model.end(command.ends);
  } else if (command.do === "start") {
    const { name: whose, ...more } = command.child;
    const code = await codeOf(tree.start(levers.child(whose, more)));
    expect(code).toBe(model.start(command.child) ? undefined : "DUPLICATE_CHILD");
  } else {
    const code = await codeOf(tree.stop(command.name));
    expect(code).toBe(model.stop(command.name) ? undefined : "UNKNOWN_CHILD");
  }
  await turns();
}

/** The lives that have begun and not ended, by the log of the levers. */
function alive(log: readonly string[]): string[] {
  const open = new Set<string>();
  for (const entry of log) {
    const whose = entry.slice(1);
    expect(open.has(whose)).toBe(entry.startsWith("-"));
    if (entry.startsWith("+")) open.add(whose);
    else open.delete(whose);
  }
  return [...open].sort();
}

test("a supervisor does what OTP's rules say, whatever ends and is asked", async () => {
  await fc.assert(
    fc.asyncProperty(program, async ({ strategy, autoShutdown, restarts, children, steps }) => {
      const levers = new Levers();
      const model = new SupervisorModel(strategy, autoShutdown, restarts);
      const kinds = children.map((child) => legal(child, autoShutdown));
      for (const child of kinds) model.start(child);
      const specs = kinds.map(({ name: whose, ...more }) => levers.child(whose, more));
      const intensity = { restarts, withinMs: Number.POSITIVE_INFINITY };
      const tree = supervisor({ strategy, autoShutdown, intensity, children: specs, events: channel() });
      const outcome = codeOf(tree);
      await tree.waitReady();
      for (const command of steps) {
        if (model.outcome !== "running") break;
        const mine = command.do === "start" ? { ...command, child: legal(command.child, autoShutdown) } : command;
        await act(tree, levers, model, mine);
        if (model.outcome !== "running") break;
        expect(tree.children().map((child) => [child.name, child.status, child.restarts])).toEqual(
          model.children.map((child) => [child.name, child.life > 0 ? "running" : "ended", child.restarts]),
        );
        expect(alive(levers.log)).toEqual(
          model.children.flatMap((child) => (child.life > 0 ? [child.name] : [])).sort(),
        );
      }
      if (model.outcome === "running") tree.cancel();
      const codes = { running: "CANCELLED", ended: undefined, INTENSITY: "INTENSITY" };
      expect([await outcome, alive(levers.log)]).toEqual([codes[model.outcome], []]);
    }),
    { numRuns: 400 },
  );
});
