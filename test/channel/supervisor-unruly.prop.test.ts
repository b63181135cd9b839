import {
  type ChildSpec,
  channel,
  type SupervisorEvent,
  type SupervisorTree,
  sleep,
  supervisor,
} from "@good-place/channel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codeOf, collectingUnhandled, turns } from "./turn.js";

const NAMES = ["a", "b", "c", "d"] as const;
const deeds = [
  "throw",
  "reject",
  "return",
  "die",
  "wait",
  "slow",
  "nasty",
  "deaf",
  "cancel",
  "stop",
  "start",
  "nest",
] as const;
type Deed = (typeof deeds)[number];

const child = fc.record({
  name: fc.constantFrom(...NAMES),
  restart: fc.constantFrom("permanent" as const, "transient" as const, "temporary" as const),
  readyMs: fc.constantFrom(undefined, undefined, 1),
  shutdownMs: fc.constantFrom(0, 1),
  backoff: fc.constantFrom(undefined, { minMs: 0.5 }),
  deed: fc.constantFrom(...deeds),
});
type Kind = typeof child extends fc.Arbitrary<infer K> ? K : never;

const program = fc.record({
  strategy: fc.constantFrom("one-for-one" as const, "one-for-all" as const, "rest-for-one" as const),
  restarts: fc.constantFrom(0, 2, 10),
  children: fc.uniqueArray(child, { selector: ({ name }) => name, maxLength: 4, size: "max" }),
  requests: fc.array(fc.record({ child, stops: fc.boolean() }), { maxLength: 4, size: "max" }),
  waits: fc.constantFrom(0, 1, 4),
});

/** The codes that requests were answered with; one that is pending is "pending". */
class Answers {
  readonly codes: unknown[] = [];

  ask(request: PromiseLike<unknown>): void {
    const at = this.codes.push("pending") - 1;
    void codeOf(request).then((code) => {
      this.codes[at] = code;
    });
  }
}

function* lingering(first: () => unknown, last: () => unknown): Generator<unknown, void, never> {
  try {
    first();
    yield* sleep(1000);
  } finally {
    yield* sleep(0.5);
    last();
  }
}

function boom(): never {
  throw new Error("boom");
}

/** A child that does as it is told, whatever that does to the tree it is in. */
function unruly({ deed, ...spec }: Kind, tree: () => SupervisorTree, answers: Answers): ChildSpec {
  const acts: Record<Deed, (name: string) => unknown> = {
    throw: boom,
    reject: () => Promise.reject(new Error("no")),
    return: () => 1,
    die: () => sleep(1).then(boom),
    wait: () => channel().take(),
    slow: () =>
      lingering(
        () => {},
        () => {},
      ),
    nasty: () => lingering(() => answers.ask(tree().stop("a")), boom),
    deaf: () => new Promise(() => {}),
    cancel: () => tree().cancel(),
    stop: (name) =>
      lingering(
        () => answers.ask(tree().stop(name)),
        () => answers.ask(tree().stop("b")),
      ),
    start: () => lingering(() => answers.ask(tree().start({ name: "d", start: boom })), boom),
    nest: () => supervisor({ children: [{ name: "inner", start: () => sleep(1).then(boom) }] }),
  };
  return {
    ...spec,
    start(fiber) {
      if (deed !== "wait") fiber.ready();
      return acts[deed](spec.name);
    },
  };
}

function countOf(events: ReturnType<typeof channel<SupervisorEvent>>): { begun: number; over: number } {
  const count = { begun: 0, over: 0 };
  while (events.statistics().size > 0) {
    const { tag } = events.tryTake() as SupervisorEvent;
    if (tag === "started") count.begun++;
    else if (tag === "ended" || tag === "stopped") count.over++;
  }
  return count;
}

test("whatever its children do, a tree ends, each life ends once, and every request is answered", async () => {
  await fc.assert(
    fc.asyncProperty(program, async ({ strategy, restarts, children, requests, waits }) => {
      await collectingUnhandled(async () => {
        const answers = new Answers();
        const events = channel<SupervisorEvent>();
        const own = (): SupervisorTree => tree;
        const specs = children.map((kind) => unruly(kind, own, answers));
        const tree = supervisor({ strategy, intensity: { restarts }, children: specs, events });
        const outcome = codeOf(tree);
        for (const { child: kind, stops } of requests) {
          answers.ask(stops ? tree.stop(kind.name) : tree.start(unruly(kind, own, answers)));
          await turns(2);
        }
        if (waits > 0) await new Promise((resolve) => setTimeout(resolve, waits));
        tree.cancel();
        expect([undefined, "CANCELLED", "INTENSITY", "START_FAILED"]).toContain(await outcome);
        await turns();
        expect(answers.codes).not.toContain("pending");
        expect(tree.children().every(({ status, fiber }) => status === "ended" && fiber === null)).toBe(true);
        const { begun, over } = countOf(events);
        expect(over).toBe(begun);
      });
    }),
    { numRuns: 300 },
  );
});
