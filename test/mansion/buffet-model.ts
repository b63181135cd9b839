/** What a buffet is to be, slowly: an array, filtered and sorted with plain JavaScript. */

import type { Condition, Document, Query, Scalar, Where } from "@good-place/mansion";

export type Row = Document & { readonly a?: Scalar; readonly b?: Scalar; readonly note?: unknown };

export class Model {
  readonly rows = new Map<string, Row>();

  find({ where, order = "id", descending = false, limit }: Query<string> = {}): Row[] {
    const sorted = [...this.rows.values()]
      .filter((row) => where === undefined || isMet(row, where))
      .sort((x, y) => compare(fieldOf(x, order), fieldOf(y, order)) || (x.id < y.id ? -1 : 1));
    return (descending ? sorted.reverse() : sorted).slice(0, limit);
  }
}

function isMet(row: Row, where: Where<string>): boolean {
  if (Array.isArray(where)) return where.some((each: Where<string>) => isMet(row, each));
  return Object.entries(where).every(([field, condition]) => holds(fieldOf(row, field), condition as Condition));
}

function holds(value: Scalar | undefined, condition: Condition): boolean {
  if (typeof condition !== "object" || condition === null) return compare(value, condition) === 0;
  if ("in" in condition) return condition.in.some((each) => compare(value, each) === 0);
  if ("startsWith" in condition) return typeof value === "string" && value.startsWith(condition.startsWith);
  if ("exists" in condition) return (value !== undefined) === condition.exists;
  const { gt, gte, lt, lte } = condition;
  const bound = [gt, gte, lt, lte].find((each) => each !== undefined) as Scalar;
  if (kind(value) !== kind(bound)) return false;
  return (
    (gt === undefined || compare(value, gt) > 0) &&
    (gte === undefined || compare(value, gte) >= 0) &&
    (lt === undefined || compare(value, lt) < 0) &&
    (lte === undefined || compare(value, lte) <= 0)
  );
}

function fieldOf(row: Row, field: string): Scalar | undefined {
  return (row as unknown as Record<string, Scalar | undefined>)[field];
}

const kind = (value: Scalar | undefined): string => (value === null ? "null" : typeof value);
const kinds = ["undefined", "null", "boolean", "number", "string"];

// Missing, null, booleans, numbers with NaN last, strings as `<` compares them.
function compare(x: Scalar | undefined, y: Scalar | undefined): number {
  const apart = kinds.indexOf(kind(x)) - kinds.indexOf(kind(y));
  if (apart !== 0 || x === undefined || x === null || y === undefined || y === null) return apart;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return x < y ? -1 : x > y ? 1 : 0;
}
