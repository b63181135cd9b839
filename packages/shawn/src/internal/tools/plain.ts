/**
 * Envelopes as JSON can carry them, and back. What JSON has no word for becomes an object tagged with `$`; an object that
 * has a `$` of its own, or no prototype, is told as its entries. Invariant: fromPlain(JSON.parse(JSON.stringify(toPlain(v)))) equals v, for
 * all that an update can change, dates, and the primitives. Other objects are told by their name, and do not come back.
 */
import { ShawnError } from "../../errors.js";
import { type Key, table } from "../../table.js";
import { isPlain } from "../drafts/frozen.js";
import { Rows } from "../rows/rows.js";

const TAG = "$";

export function toPlain(value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : tagged("number", Object.is(value, -0) ? "-0" : String(value));
    case "bigint":
      return tagged("bigint", String(value));
    case "undefined":
      return tagged("undefined", null);
    case "object":
      return value === null ? null : objectToPlain(value);
    case "function":
    case "symbol":
      return tagged("opaque", typeof value);
    default:
      return value;
  }
}

function objectToPlain(value: object): unknown {
  if (Array.isArray(value)) return Array.from(value, toPlain);
  if (value instanceof Rows) return tagged("Table", [value.key, Array.from(value, toPlain)]);
  if (value instanceof Map)
    return tagged(
      "Map",
      Array.from(value, (entry) => entry.map(toPlain)),
    );
  if (value instanceof Set) return tagged("Set", Array.from(value, toPlain));
  if (value instanceof Date) return tagged("Date", Number.isNaN(value.getTime()) ? null : value.getTime());
  if (!isPlain(value)) return tagged("opaque", value.constructor?.name ?? "object");
  if (Object.getOwnPropertySymbols(value).length > 0) return tagged("opaque", "object with symbols as keys");
  const entries = Object.entries(value).map(([key, inner]) => [key, toPlain(inner)] as const);
  if (Object.getPrototypeOf(value) === null) return tagged("Dictionary", entries);
  return Object.hasOwn(value, TAG) ? tagged("Object", entries) : Object.fromEntries(entries);
}

function tagged(kind: string, value: unknown): unknown {
  return { [TAG]: kind, value };
}

/** Throws UNREVIVABLE for what is told by its name only, and for a tag that nothing has. */
export function fromPlain(plain: unknown): unknown {
  if (typeof plain !== "object" || plain === null) return plain;
  if (Array.isArray(plain)) return plain.map(fromPlain);
  if (Object.hasOwn(plain, TAG)) return revived(plain as { readonly [TAG]: unknown; readonly value?: unknown });
  return Object.fromEntries(Object.entries(plain).map(([key, inner]) => [key, fromPlain(inner)]));
}

function revived({ [TAG]: kind, value }: { readonly [TAG]: unknown; readonly value?: unknown }): unknown {
  switch (kind) {
    case "undefined":
      return undefined;
    case "number":
      return Number(value);
    case "bigint":
      return BigInt(value as string);
    case "Date":
      return new Date((value ?? Number.NaN) as number);
    case "Set":
      return new Set(listed(value));
    case "Map":
      return new Map(listed(value) as [unknown, unknown][]);
    case "Object":
      return Object.fromEntries(listed(value) as [string, unknown][]);
    case "Dictionary":
      return Object.setPrototypeOf(Object.fromEntries(listed(value) as [string, unknown][]), null);
    case "Table": {
      const [key, rows] = listed(value) as [never, Record<string, Key>[]];
      return table({ key, rows });
    }
    default:
      throw new ShawnError(
        "UNREVIVABLE",
        kind === "opaque"
          ? `a ${String(value)} cannot be told as JSON, and does not come back; keep what an envelope holds plain`
          : `there is no value tagged "${String(kind)}"; it was written by something else, or a newer version`,
      );
  }
}

function listed(value: unknown): unknown[] {
  return fromPlain(value) as unknown[];
}
