/**
 * What may travel: plain data. Checked before encoding, because an encoder that meets anything else changes it
 * silently: a Set becomes an array, a function undefined, a Float64Array whatever stood in memory.
 */
import { HempleError } from "./errors.js";

const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;
// Two levels are the frame's own.
const MAX_DEPTH = 62;

/** Why a value cannot travel, with the path to the culprit; undefined when it can. Throws TOO_DEEP. */
export function whyNot(value: unknown, depth = 0): string | undefined {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "undefined":
      return undefined;
    case "bigint":
      return value >= LEAST && value <= MOST ? undefined : ": a bigint past 64 bits cannot travel; send it as a string";
    case "object":
      return value === null ? undefined : objectWhyNot(value, depth);
    default:
      return `: a ${typeof value} cannot travel; send plain data`;
  }
}

function objectWhyNot(value: object, depth: number): string | undefined {
  if (value instanceof Uint8Array) return undefined;
  if (depth >= MAX_DEPTH)
    throw new HempleError("TOO_DEEP", `it nests deeper than ${MAX_DEPTH} or contains itself; send it flatter`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const reason = whyNot(value[i], depth + 1);
      if (reason !== undefined) return `.${i}${reason}`;
    }
    return undefined;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? ": an invalid Date cannot travel" : undefined;
  const prototype = Object.getPrototypeOf(value);
  // The prototype of plain objects has none itself, in every realm.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return `: ${value.constructor?.name ?? "an object of a class"} cannot travel; send a plain object, an array, a Date or a Uint8Array`;
  }
  for (const key of Object.keys(value)) {
    if (key === "__proto__") return ": a key __proto__ cannot travel";
    const reason = whyNot((value as Record<string, unknown>)[key], depth + 1);
    if (reason !== undefined) return `.${key.slice(0, 60)}${reason}`;
  }
  return undefined;
}
