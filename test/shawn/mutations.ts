/**
 * Arbitrary envelopes and arbitrary mutations of them, for property tests: what is mutated may be a draft of any library,
 * or a plain object. No mutation makes one object stand in two places.
 */
import { type Table, table } from "@good-place/shawn";
import fc from "fast-check";

// biome-ignore lint/suspicious/noExplicitAny: values of every shape
export type Any = any;

export interface Mutation {
  readonly path: readonly number[];
  readonly what: string;
  readonly key: string;
  readonly at: number;
  readonly value: Any;
}

const KEYS = ["a", "b", "c"];
const WHATS = ["put", "push", "pop", "shift", "unshift", "splice", "reverse", "sort", "fill", "copyWithin", "length"];
WHATS.push("delete", "clear", "again", "move", "swap", "write");

/** Envelopes, and mutations that put in values of the same kinds: with or without tables in them. */
export function arbitraries(withTables: boolean): { envelope: fc.Arbitrary<Any>; mutation: fc.Arbitrary<Mutation> } {
  const { value } = fc.letrec<{ value: Any }>((tie) => {
    const leaves = [fc.integer(), fc.constantFrom(null, "s", true)];
    const nodes: fc.Arbitrary<Any>[] = [
      fc.array(tie("value"), { maxLength: 5 }),
      fc.dictionary(fc.constantFrom(...KEYS), tie("value"), { noNullPrototype: true }),
      fc.array(fc.tuple(fc.constantFrom(...KEYS), tie("value"))).map((entries) => new Map(entries as [])),
      fc.array(fc.nat(5)).map((items) => new Set(items)),
    ];
    const row = fc.record({ id: fc.nat(12), n: tie("value") });
    const rows = fc.uniqueArray(row, { maxLength: 8, selector: ({ id }) => id });
    if (withTables) nodes.push(rows.map((each) => table<Any>({ rows: each })));
    return { value: fc.oneof({ maxDepth: 4 }, ...leaves, ...nodes) };
  });
  const mutation = fc.record({
    path: fc.array(fc.nat(5), { maxLength: 4 }),
    what: fc.constantFrom(...WHATS),
    key: fc.constantFrom(...KEYS, "d"),
    at: fc.nat(12),
    value,
  });
  return { envelope: fc.dictionary(fc.constantFrom(...KEYS), value, { noNullPrototype: true }), mutation };
}

/** A copy that shares nothing but tables, which nobody can write. */
export function copied(value: Any): Any {
  if (typeof value !== "object" || value === null || isTable(value)) return value;
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, copied(inner)]));
  if (value instanceof Set) return new Set(value);
  if (Array.isArray(value)) return value.map(copied);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copied(inner)]));
}

export function isTable(value: Any): value is Table<Any> {
  return typeof value?.toJSON === "function" && typeof value.at === "function";
}

/** Everything that can be seen of a value, as plain data: the order of rows is, that of entries is not. */
export function seen(value: Any): Any {
  if (value === undefined) return "undefined";
  if (typeof value !== "object" || value === null) return value;
  if (isTable(value))
    return ["table", value.key, value.size, [...value].map((row) => [value.get(row.id) === row, seen(row)])];
  if (value instanceof Map) return ["map", [...value].map(([key, inner]) => [key, seen(inner)]).sort(byText)];
  if (value instanceof Set) return ["set", [...value].sort(byText)];
  if (Array.isArray(value)) return Array.from(value, (item, at) => (at in value ? [seen(item)] : "hole"));
  const entries = Object.entries(value).map(([key, inner]) => [key, seen(inner)]);
  return { object: entries.sort(byText) };
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

/** Does the mutation to whatever it is handed. */
export function mutate(root: Any, { path, what, key, at, value }: Mutation): void {
  let node = root;
  for (const turn of path) {
    const next = inside(node).filter((each) => typeof each === "object" && each !== null);
    if (next.length === 0) break;
    node = next[turn % next.length];
  }
  const fresh = copied(value);
  if (node instanceof Map) mutateMap(node, what, key, fresh);
  else if (node instanceof Set) mutateSet(node, what, at);
  else if (Array.isArray(node)) mutateArray(node, what, at, fresh);
  else if (isTable(node)) mutateTable(node, what, at, fresh);
  else mutateObject(root, node, what, key, fresh);
}

function inside(node: Any): Any[] {
  if (node instanceof Map) return [...node.values()];
  if (node instanceof Set) return [];
  return isTable(node) ? [...node] : Object.values(node);
}

function mutateMap(map: Map<string, Any>, what: string, key: string, value: Any): void {
  if (what === "clear") map.clear();
  else if (what === "delete") map.delete(key);
  else if (what === "move" && map.has(key)) {
    const moved = map.get(key);
    map.delete(key);
    map.set("moved", moved);
  } else if (what === "again" && map.has(key)) {
    const again = map.get(key);
    map.delete(key);
    map.set(key, again);
  } else map.set(key, value);
}

function mutateSet(set: Set<number>, what: string, at: number): void {
  if (what === "clear") set.clear();
  else if (what === "delete") set.delete(at);
  else if (what === "again") {
    set.delete(at);
    set.add(at);
  } else set.add(at);
}

function mutateArray(array: Any[], what: string, at: number, value: Any): void {
  if (what === "push") array.push(value, at);
  else if (what === "pop") array.pop();
  else if (what === "shift") array.shift();
  else if (what === "unshift") array.unshift(at, value);
  else if (what === "splice") array.splice(at % 4, at % 3, value);
  else if (what === "reverse") array.reverse();
  else if (what === "sort") array.sort((a, b) => (typeof a < typeof b ? -1 : typeof a > typeof b ? 1 : 0));
  else if (what === "fill") array.fill(at, at % 3, 4);
  else if (what === "copyWithin") copyNumbersWithin(array, at);
  else if (what === "length") array.length = at % 5;
  else if (what === "clear") array.splice(0);
  else if (what === "delete" && array.length > 0) delete array[at % array.length];
  else if (what === "move") array.unshift(array.pop());
  else if (what === "again") array.push(...array.splice(at % 4, 1));
  else if (what === "swap" && array.length > 1) [array[0], array[1]] = [array[1], array[0]];
  else array[at % (array.length + 1)] = value;
}

// Objects would stand in two places then.
function copyNumbersWithin(array: Any[], at: number): void {
  if (array.every((item) => typeof item !== "object" || item === null)) array.copyWithin(at % 3, at % 5);
}

function mutateTable(rows: Table<Any>, what: string, id: number, value: Any): void {
  const row = rows.get(id);
  if (what === "clear") for (const each of [...rows]) rows.delete(each.id);
  else if (what === "delete" || what === "pop" || what === "shift") rows.delete(id);
  else if ((what === "again" || what === "move") && row !== undefined) {
    rows.delete(id);
    rows.add(row);
  } else if (what === "write" && row !== undefined) row.n = value;
  else rows.set({ id, n: value });
}

function mutateObject(root: Any, node: Any, what: string, key: string, value: Any): void {
  if (what === "delete") delete node[key];
  else if (what === "move" && key in node) {
    const moved = node[key];
    delete node[key];
    root[`${key}moved`] = { moved };
  } else if (what === "again" && key in node) {
    const again = node[key];
    delete node[key];
    node[key] = again;
  } else if (what === "swap" && "a" in node && "b" in node) [node.a, node.b] = [node.b, node.a];
  else node[key] = value;
}
