/**
 * Envelopes as JSON can carry them, and back. What JSON has no word for becomes an object tagged with `$`; an object that
 * has a `$` of its own, or no prototype, is told as its entries. Invariant: fromPlain(JSON.parse(JSON.stringify(toPlain(v)))) equals v, for
 * all that an update can change, dates, and the primitives. Other objects are told by their name, and do not come back.
 * What is plain already stands for itself: of a large envelope hardly anything is copied, on neither way.
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
  if (Array.isArray(value)) return eachItem(value, toPlain);
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
  const isDictionary = Object.getPrototypeOf(value) === null;
  if (!isDictionary && !Object.hasOwn(value, TAG)) return eachField(value as Node, toPlain);
  const entries = Object.entries(value).map(([key, inner]) => [key, toPlain(inner)] as const);
  return tagged(isDictionary ? "Dictionary" : "Object", entries);
}

type Node = Readonly<Record<string, unknown>>;

// The list itself where every item stands for itself. A hole is no item, and stands for an undefined.
function eachItem(list: readonly unknown[], told: (item: unknown) => unknown): readonly unknown[] {
  let copy: unknown[] | null = null;
  for (let at = 0; at < list.length; at++) {
    const item = list[at];
    const plain = told(item);
    if (copy === null && plain !== item) copy = list.slice(0, at);
    copy?.push(plain);
  }
  return copy ?? list;
}

// The object itself where every field stands for itself.
function eachField(node: Node, told: (field: unknown) => unknown): Node {
  let copy: [string, unknown][] | null = null;
  const keys = Object.keys(node);
  for (const [at, key] of keys.entries()) {
    const field = node[key];
    const plain = told(field);
    if (copy === null && plain !== field) copy = keys.slice(0, at).map((before) => [before, node[before]]);
    copy?.push([key, plain]);
  }
  // A field may be called __proto__.
  return copy === null ? node : Object.fromEntries(copy);
}

function tagged(kind: string, value: unknown): unknown {
  return { [TAG]: kind, value };
}

/** Throws UNREVIVABLE for what is told by its name only, and for a tag that nothing has. */
export function fromPlain(plain: unknown): unknown {
  if (typeof plain !== "object" || plain === null) return plain;
  if (Array.isArray(plain)) return eachItem(plain, fromPlain);
  if (Object.hasOwn(plain, TAG)) return revived(plain as { readonly [TAG]: unknown; readonly value?: unknown });
  return eachField(plain as Node, fromPlain);
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
