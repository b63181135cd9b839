/**
 * Finds documents. An index narrows, the document decides: what an index leads to is loaded and must meet the query.
 * There are two ways. To walk: along the order that was asked for, until there are enough. To collect: along the index
 * with the fewest entries of each branch, and then put into order. A walk is taken where it is sure to be short, and
 * where collecting would mean to look at more than `many` documents for a page of a few.
 */

import type { Bytes } from "../environment.js";
import type { Document } from "./face.js";
import { endOfValue } from "./order.js";
import { ANY, type Branch, isMet, type Plan, type Span } from "./query.js";
import type { Tables } from "./tables.js";

const many = 10_000;

/** A document that was found, and its place in the order of the query. */
export interface Found<D> {
  readonly place: Uint8Array;
  readonly document: D;
}

/** What the plan finds, in order, at most its limit and one more: who sees that one knows that there is more. */
export function search<D extends Document>(tables: Tables<D>, plan: Plan): Found<D>[] {
  const narrow = plan.branches.map((branch) => narrowest(tables, branch, plan.limit !== undefined));
  const total = narrow.reduce((sum, each) => sum + each.entries, 0);
  const alone = plan.branches.length === 1 ? plan.branches[0] : undefined;
  const isLong = plan.limit !== undefined && total > many;
  if (total === Number.POSITIVE_INFINITY || isLong || (alone !== undefined && narrow[0]?.field === plan.order)) {
    return walked(tables, plan, alone?.get(plan.order) ?? ANY);
  }
  return collected(tables, plan, narrow);
}

/** How many documents meet one of the branches. */
export function count<D extends Document>(tables: Tables<D>, branches: readonly Branch[]): number {
  const [first] = branches;
  if (branches.length === 1 && first !== undefined && first.size <= 1) {
    const [only] = first;
    if (only === undefined) return tables.size();
    const [field, spans] = only;
    const { db, range } = treeOf(tables, field);
    return spans.reduce((sum, span) => sum + db.getKeysCount(range(span)), 0);
  }
  const narrow = branches.map((branch) => narrowest(tables, branch, false));
  return gathered(tables, branches, narrow).size;
}

interface Narrow {
  readonly field: string;
  readonly spans: readonly Span[];
  /** No more than one above `many`. */
  readonly entries: number;
}

// The field of a branch with the fewest entries. Counting is left out where there is nothing to choose.
function narrowest<D extends Document>(tables: Tables<D>, branch: Branch, counted: boolean): Narrow {
  let best: Narrow = { field: "id", spans: ANY, entries: Number.POSITIVE_INFINITY };
  for (const [field, spans] of branch) {
    const entries = counted || branch.size > 1 ? entriesOf(tables, field, spans) : 0;
    if (entries < best.entries) best = { field, spans, entries };
  }
  return best;
}

// (The binding's own count knows no limit.)
function entriesOf<D extends Document>(tables: Tables<D>, field: string, spans: readonly Span[]): number {
  const { db, range } = treeOf(tables, field);
  let entries = 0;
  for (const span of spans) {
    for (const _ of db.getKeys({ ...range(span), limit: many + 1 - entries })) entries++;
    if (entries > many) break;
  }
  return entries;
}

function walked<D extends Document>(tables: Tables<D>, plan: Plan, spans: readonly Span[]): Found<D>[] {
  const { branches, order, descending, after, limit = Number.POSITIVE_INFINITY } = plan;
  const { db, range, documentAt } = treeOf(tables, order);
  const found: Found<D>[] = [];
  for (const span of descending ? spans.toReversed() : spans) {
    const { start, end } = range(span);
    // After a place: the end of what is left when going down, the start (just above it) when going up.
    if (after !== undefined && (descending ? after.compare(start) <= 0 : after.compare(end) >= 0)) continue;
    const low = after !== undefined && !descending && after.compare(start) >= 0 ? above(after) : start;
    const high = after !== undefined && descending && after.compare(end) < 0 ? after : end;
    const bounds = descending
      ? { start: high, end: low, reverse: true, exclusiveStart: true, inclusiveEnd: true }
      : { start: low, end: high };
    for (const place of db.getKeys(bounds)) {
      const document = documentAt(place);
      if (isMet(branches, (field) => tables.valueOf(document, field))) found.push({ place, document });
      if (found.length > limit) return found;
    }
  }
  return found;
}

function collected<D extends Document>(tables: Tables<D>, plan: Plan, narrow: readonly Narrow[]): Found<D>[] {
  const { branches, order, descending, after, limit } = plan;
  const found: Found<D>[] = [];
  for (const document of gathered(tables, branches, narrow).values()) {
    const place = tables.placeOf(document, order);
    if (after === undefined || (descending ? place.compare(after) < 0 : place.compare(after) > 0)) {
      found.push({ place, document });
    }
  }
  found.sort((a, b) => (descending ? Buffer.compare(b.place, a.place) : Buffer.compare(a.place, b.place)));
  return limit === undefined ? found : found.slice(0, limit + 1);
}

function gathered<D extends Document>(
  tables: Tables<D>,
  branches: readonly Branch[],
  narrow: readonly Narrow[],
): Map<string, D> {
  const found = new Map<string, D>();
  for (const { field, spans } of narrow) {
    const { db, range, documentAt } = treeOf(tables, field);
    for (const span of spans) {
      for (const place of db.getKeys(range(span))) {
        const document = documentAt(place);
        if (isMet(branches, (each) => tables.valueOf(document, each))) found.set(document.id, document);
      }
    }
  }
  return found;
}

interface Tree<D> {
  readonly db: Bytes;
  readonly range: (span: Span) => { readonly start: Buffer; readonly end: Buffer };
  readonly documentAt: (place: Uint8Array) => D;
}

// Where a field's values are in order: the documents themselves are what the field `id` is ordered by.
function treeOf<D extends Document>(tables: Tables<D>, field: string): Tree<D> {
  if (field === "id") {
    return {
      db: tables.documents,
      range: ({ from, to }) => ({ start: from, end: to }),
      documentAt: (place) => tables.load(Buffer.from(place), "id"),
    };
  }
  const prefix = tables.prefixOf(field);
  return {
    db: tables.indexes,
    range: ({ from, to }) => ({ start: Buffer.concat([prefix, from]), end: Buffer.concat([prefix, to]) }),
    documentAt: (place) => tables.load(tables.keyOfEntry(place, endOfValue(place, prefix.length)), field),
  };
}

function above(place: Buffer): Buffer {
  return Buffer.concat([place, Buffer.from([0])]);
}
