/**
 * Where two values differ, told with their paths: what a trial says of an envelope that is not as expected.
 */
import { describe } from "@good-place/channel/misuse";
import { isPlain } from "../drafts/frozen.js";
import { Rows } from "../rows/rows.js";
import { toPlain } from "./plain.js";

/** One place where something else stands than was expected, in words. */
export interface Difference {
  /** The way to the value, "tasks.a.spent"; "" for the whole. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

const LONGEST = 200;

/** Compares plain objects, arrays, maps, sets, tables and dates by what is in them, sets and tables in order. */
export function unequal(expected: unknown, got: unknown): Difference[] {
  const found: Difference[] = [];
  compare(expected, got, "", found, new Map());
  return found;
}

/** A value in one line. */
export function shown(value: unknown): string {
  try {
    const text = JSON.stringify(toPlain(value));
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
  } catch {
    // It holds itself.
    return describe(value);
  }
}

function compare(expected: unknown, got: unknown, path: string, found: Difference[], seen: Map<object, unknown>): void {
  if (Object.is(expected, got)) return;
  const [wanted, present] = [inside(expected), inside(got)];
  if (wanted === null || present === null || kind(expected) !== kind(got)) {
    found.push({ path, expected: shown(expected), got: shown(got) });
    return;
  }
  // They may hold themselves.
  if (seen.get(expected as object) === got) return;
  seen.set(expected as object, got);
  for (const [key, value] of wanted) {
    const at = path === "" ? String(key) : `${path}.${String(key)}`;
    if (present.has(key)) compare(value, present.get(key), at, found, seen);
    else found.push({ path: at, expected: shown(value), got: "nothing" });
  }
  for (const [key, value] of present) {
    const at = path === "" ? String(key) : `${path}.${String(key)}`;
    if (!wanted.has(key)) found.push({ path: at, expected: "nothing", got: shown(value) });
  }
  if (expected instanceof Rows && wanted.size === present.size) {
    const [order, other] = [[...wanted.keys()], [...present.keys()]];
    if (order.every((key) => present.has(key)) && order.some((key, i) => key !== other[i])) {
      found.push({ path, expected: `the order ${shown(order)}`, got: shown(other) });
    }
  }
}

function kind(value: unknown): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

// What a value consists of; null for what is equal only to itself.
function inside(value: unknown): Map<unknown, unknown> | null {
  if (typeof value !== "object" || value === null) return null;
  if (value instanceof Map) return value;
  if (value instanceof Set) return new Map([...value].entries());
  if (value instanceof Rows) return new Map([...value].map((row) => [value.keyOf(row), row]));
  if (value instanceof Date) return new Map([["time", value.getTime()]]);
  const own = new Map<unknown, unknown>(Object.entries(value));
  return own.size > 0 || isPlain(value) ? own : null;
}
