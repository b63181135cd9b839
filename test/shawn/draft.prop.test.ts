import { acts, payload, shawn } from "@good-place/shawn";
import fc from "fast-check";
import { expect, test } from "vitest";

// biome-ignore lint/suspicious/noExplicitAny: drafts of every shape
type Any = any;
type Step = { path: number[]; what: string; key: string; at: number; value: Any };

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.constantFrom(null, undefined, "s"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { noNullPrototype: true }),
    fc.array(fc.tuple(fc.constantFrom("a", "b"), tie("value"))).map((entries) => new Map(entries as [])),
    fc.array(fc.nat(5)).map((items) => new Set(items)),
  ),
}));
const step: fc.Arbitrary<Step> = fc.record({
  path: fc.array(fc.nat(4), { maxLength: 4 }),
  what: fc.constantFrom("set", "delete", "push", "splice", "reverse", "sort", "length", "clear", "move"),
  key: fc.constantFrom("a", "b", "c", "d"),
  at: fc.nat(4),
  value,
});

function inside(node: Any): Any[] {
  if (node instanceof Map) return [...node.values()];
  if (node instanceof Set) return [];
  return Object.values(node);
}

/** Does the step to whatever it is handed: a draft, or a plain deep clone. */
function apply(root: Any, { path, what, key, at, value }: Step): void {
  let node = root;
  for (const turn of path) {
    const next = inside(node).filter((each) => typeof each === "object" && each !== null);
    if (next.length === 0) break;
    node = next[turn % next.length];
  }
  const fresh = structuredClone(value);
  if (node instanceof Map) {
    if (what === "delete") node.delete(key);
    else if (what === "clear") node.clear();
    else node.set(key, fresh);
  } else if (node instanceof Set) {
    if (what === "delete") node.delete(at);
    else if (what === "clear") node.clear();
    else node.add(at);
  } else if (Array.isArray(node)) {
    if (what === "splice") node.splice(at, 2, fresh);
    else if (what === "reverse") node.reverse();
    else if (what === "sort") node.sort((a, b) => String(typeof a).localeCompare(typeof b));
    else if (what === "length") node.length = at;
    else if (what === "delete") delete node[at];
    else if (what === "move") node.unshift(node.pop());
    else node.push(fresh);
  } else if (what === "delete") delete node[key];
  else if (what === "move" && key in node) {
    const moved = node[key];
    delete node[key];
    node[`${key}${at}`] = { moved };
  } else node[key] = fresh;
}

const act = acts<Any>();
const change = act("change", payload<Step[]>()).does({
  update(draft, steps) {
    for (const each of steps) apply(draft, each);
  },
});

test("drafts do what a mutation of a deep clone does; the base and the payload stay as they were", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom("a", "b"), value, { noNullPrototype: true }),
      fc.array(fc.array(step)),
      (base, acts) => {
        const store = shawn<Any>(structuredClone(base), { acts: [change] });
        const plain = structuredClone(base);
        for (const steps of acts) {
          const before = store.envelope;
          const [snapshot, payload] = [structuredClone(before), structuredClone(steps)];
          store.confirm(change(steps));
          for (const each of steps) apply(plain, each);
          expect(store.envelope).toEqual(plain);
          expect(before).toEqual(snapshot);
          expect(steps).toEqual(payload);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("an update that throws after any changes leaves the identical snapshot", () => {
  const throwing = act("throwing", payload<Step[]>()).does({
    update(draft, steps) {
      for (const each of steps) apply(draft, each);
      throw new Error("no");
    },
  });
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom("a", "b"), value, { noNullPrototype: true }),
      fc.array(step),
      (base, steps) => {
        const store = shawn<Any>(structuredClone(base), { acts: [throwing] });
        const before = store.envelope;
        const snapshot = structuredClone(before);
        expect(() => store.confirm(throwing(steps))).toThrow("no");
        expect(store.envelope).toBe(before);
        expect(before).toEqual(snapshot);
      },
    ),
  );
});
