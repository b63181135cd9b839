/**
 * Keeping an envelope as it is: outside production its values are frozen through and through; its maps and sets refuse
 * writes everywhere, for freezing does not reach what they hold.
 */
import { ShawnError } from "../../errors.js";
import { Rows } from "../rows/rows.js";

const development =
  (globalThis as { process?: { env?: { NODE_ENV?: string } } }).process?.env?.NODE_ENV !== "production";

/** Freezes a value through and through; the rows of its tables too. In production only its maps and sets are sealed. */
export function freeze<T>(value: T): T {
  if (development) deepFreeze(value, true);
  else sealAll(value, new Set());
  return value;
}

/** Freezes what a draft has become. A table's changed rows are frozen already, its others need not be looked at. */
export function freezeChanged<T>(value: T): T {
  if (development) deepFreeze(value, false);
  return value;
}

/** Lets a map or set refuse writes. */
export function seal<T extends Map<unknown, unknown> | Set<unknown>>(collection: T): T {
  if (Object.isFrozen(collection)) return collection;
  for (const method of ["set", "add", "delete", "clear", "getOrInsert", "getOrInsertComputed"]) {
    if (method in collection) Object.defineProperty(collection, method, { value: () => refuse(method) });
  }
  return Object.freeze(collection);
}

/** What a draft can stand for, besides tables, maps and sets. */
export function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function deepFreeze(value: unknown, rows: boolean): void {
  if (typeof value !== "object" || value === null) return;
  if (value instanceof Rows) {
    if (rows) for (const row of value) deepFreeze(row, true);
    return;
  }
  if (Object.isFrozen(value)) return;
  if (value instanceof Map || value instanceof Set) seal(value);
  else if (isPlain(value)) Object.freeze(value);
  else return;
  for (const inner of insides(value)) deepFreeze(inner, rows);
}

function sealAll(value: unknown, seen: Set<object>): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Map || value instanceof Set) seal(value);
  else if (!(value instanceof Rows) && !isPlain(value)) return;
  for (const inner of insides(value)) sealAll(inner, seen);
}

function insides(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  return value instanceof Set || value instanceof Rows ? value : Object.values(value);
}

function refuse(method: string): never {
  throw new ShawnError(
    "OUTSIDE_UPDATE",
    `${method}() outside of an update: a map or set in an envelope is changed only by an act's update`,
  );
}
