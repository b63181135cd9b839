/**
 * When what a selector gives counts as the same: so that one which makes a new object each time does not look as if all
 * had changed.
 */
import { isPlain } from "../drafts/frozen.js";

/** Are they identical, or both plain objects or both arrays whose values are identical? */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (!isObject(one) || !isObject(other)) return false;
  if (!isPlain(one) || !isPlain(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  if (Array.isArray(one)) {
    const items = other as unknown as readonly unknown[];
    // Not `every`, which passes over holes.
    return one.length === items.length && one.findIndex((item, at) => !Object.is(item, items[at])) < 0;
  }
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && Object.is(one[key], other[key]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
