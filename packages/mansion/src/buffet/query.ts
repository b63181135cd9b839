/**
 * What a query says, checked and put into bytes: a condition is the ranges of values that meet it, and a `where` is a
 * list of branches of which one must hold, each with ranges for some fields. Whether a document meets it and where to
 * look in an index are the same ranges, so that the two cannot differ.
 */

import { crc32 } from "node:zlib";
import { checkOptions, describe, misuse, quote, suggestion } from "@good-place/channel/misuse";
import type { Condition, PageQuery, Where } from "./face.js";
import { encodeStart, encodeValue, kindOf, type Scalar, TOP } from "./order.js";

/** The values from `from` on and before `to`, as bytes. */
export interface Span {
  readonly from: Buffer;
  readonly to: Buffer;
}

/** All values of one field, those that are missing too. */
export const ANY: readonly Span[] = [{ from: Buffer.from([1]), to: Buffer.from([7]) }];

/** What each of some fields must be: spans in order, none of which touches another. */
export type Branch = ReadonlyMap<string, readonly Span[]>;

/** A query as it is worked off. */
export interface Plan {
  readonly branches: readonly Branch[];
  readonly order: string;
  readonly descending: boolean;
  readonly limit: number | undefined;
  /** The place in the order behind which it begins. */
  readonly after: Buffer | undefined;
  /** Says of a place in which query it is one. */
  readonly print: number;
}

/** Checks a query. Throws BUFFET_INDEX, BUFFET_QUERY, BUFFET_CURSOR or UNKNOWN_OPTION. */
export function checkQuery(query: PageQuery<string>, fields: readonly string[], paged: boolean): Plan {
  const where = paged ? "page()" : "find()";
  checkOptions(where, query, ["where", "order", "descending", "limit", ...(paged ? ["after"] : [])]);
  const { order = "id", descending = false, limit = paged ? 100 : undefined, after } = query;
  checkField(order, fields);
  if (typeof descending !== "boolean") throw wrong(`descending must be true or false, got ${describe(descending)}`);
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1)) {
    throw wrong(`limit must be an integer >= 1, got ${describe(limit)}`);
  }
  const branches = checkWhere(query.where, fields);
  const print = crc32(JSON.stringify([branches.map((branch) => [...branch]), order, descending]));
  return { branches, order, descending, limit, after: readCursor(after, print), print };
}

/** The branches of a `where`; undefined is one that asks for nothing. */
export function checkWhere(where: Where<string> | undefined, fields: readonly string[]): Branch[] {
  if (where === undefined) return [new Map()];
  if (Array.isArray(where)) return where.flatMap((each: Where<string>) => checkWhere(each, fields));
  if (typeof where !== "object" || where === null) throw wrong(`where must be an object, got ${describe(where)}`);
  const entries = Object.entries(where) as [string, Condition | undefined][];
  return [new Map(entries.map(([field, condition]) => [checkField(field, fields), spansOf(field, condition)]))];
}

/** Is one of the branches met? `value` gives the bytes of a field. */
export function isMet(branches: readonly Branch[], value: (field: string) => Buffer): boolean {
  return branches.some((branch) => {
    for (const [field, spans] of branch) {
      const bytes = value(field);
      if (!spans.some(({ from, to }) => from.compare(bytes) <= 0 && bytes.compare(to) < 0)) return false;
    }
    return true;
  });
}

/** A place in the order of a query as text. */
export function writeCursor(plan: Plan, place: Uint8Array): string {
  const print = Buffer.alloc(4);
  print.writeUInt32BE(plan.print);
  return Buffer.concat([print, place]).toString("base64url");
}

function readCursor(after: string | undefined, print: number): Buffer | undefined {
  if (after === undefined) return undefined;
  const bytes = Buffer.from(typeof after === "string" ? after : "", "base64url");
  if (bytes.length > 4 && bytes.readUInt32BE(0) === print) return bytes.subarray(4);
  const text = `page() got as after ${describe(after)}, which is no next of a page of this where, order and descending`;
  throw misuse("type", "BUFFET_CURSOR", `${text}: pass one that is, or none for the first page`);
}

function checkField(field: string, fields: readonly string[]): string {
  if (field === "id" || fields.includes(field)) return field;
  const text = `there is no index ${quote(String(field))}${suggestion(String(field), ["id", ...fields])}`;
  throw misuse("type", "BUFFET_INDEX", `${text}; queries use what the buffet's option index names`);
}

function spansOf(field: string, condition: Condition | undefined): readonly Span[] {
  if (isScalar(condition)) return [exactly(condition)];
  const keys = typeof condition === "object" ? Object.keys(condition) : [];
  const [kind] = keys;
  if (typeof condition !== "object" || kind === undefined || Array.isArray(condition)) {
    const text = `where.${field} must be a string, a number, a boolean, null, or one of { in }, { gt, gte, lt, lte },`;
    throw wrong(`${text} { startsWith }, { exists }, got ${describe(condition)}`);
  }
  const known = ["in", "gt", "gte", "lt", "lte", "startsWith", "exists"];
  for (const key of keys) {
    if (!known.includes(key)) throw wrong(`where.${field} has no condition ${quote(key)}${suggestion(key, known)}`);
  }
  if (keys.some(isBound)) return between(field, condition as Bounds);
  if (keys.length > 1) throw wrong(`where.${field} has ${keys.join(" and ")}: only gt, gte, lt and lte go together`);
  if ("in" in condition) return among(field, condition.in);
  if ("exists" in condition) return existing(field, condition.exists);
  const { startsWith } = condition as { startsWith: unknown };
  if (typeof startsWith !== "string") throw wrong(`where.${field}.startsWith must be a string`);
  const from = encodeStart(startsWith);
  return [{ from, to: Buffer.concat([from, TOP]) }];
}

function exactly(value: Scalar | undefined): Span {
  const from = encodeValue(value);
  return { from, to: Buffer.concat([from, TOP]) };
}

function among(field: string, values: readonly Scalar[]): readonly Span[] {
  if (!Array.isArray(values) || !values.every(isScalar)) {
    throw wrong(`where.${field}.in must be an array of strings, numbers, booleans and nulls`);
  }
  const spans = values.map(exactly).sort((a, b) => a.from.compare(b.from));
  return spans.filter(({ from }, index) => spans[index - 1]?.from.equals(from) !== true);
}

function existing(field: string, exists: boolean): readonly Span[] {
  if (typeof exists !== "boolean") throw wrong(`where.${field}.exists must be true or false, got ${describe(exists)}`);
  const missing = exactly(undefined);
  return exists ? [{ from: missing.to, to: Buffer.from([7]) }] : [missing];
}

interface Bounds {
  readonly gt?: Scalar;
  readonly gte?: Scalar;
  readonly lt?: Scalar;
  readonly lte?: Scalar;
}

const isBound = (key: string): boolean => ["gt", "gte", "lt", "lte"].includes(key);

function between(field: string, bounds: Bounds): readonly Span[] {
  const entries = Object.entries(bounds) as [keyof Bounds, unknown][];
  const kinds = new Set(entries.map(([, bound]) => (bound === null ? "null" : typeof bound)));
  const pairs = ("gt" in bounds && "gte" in bounds) || ("lt" in bounds && "lte" in bounds);
  if (pairs || kinds.size !== 1 || !entries.every(([key, bound]) => isBound(key) && isScalar(bound))) {
    const text = `where.${field} takes one of gt and gte, one of lt and lte, both of one kind and no other condition`;
    throw wrong(`${text}, got ${entries.map(([key, bound]) => `${key} ${describe(bound)}`).join(", ")}`);
  }
  let { from, to } = kindOf(entries[0]?.[1] as Scalar);
  if (bounds.gt !== undefined) from = exactly(bounds.gt).to;
  if (bounds.gte !== undefined) from = exactly(bounds.gte).from;
  if (bounds.lt !== undefined) to = exactly(bounds.lt).from;
  if (bounds.lte !== undefined) to = exactly(bounds.lte).to;
  return from.compare(to) < 0 ? [{ from, to }] : [];
}

/** Can it stand in an index? */
export function isScalar(value: unknown): value is Scalar {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function wrong(what: string): Error {
  return misuse("type", "BUFFET_QUERY", `a query's ${what}`);
}
