/**
 * Finds documents. An index narrows, the document decides: what an index leads to is loaded and must meet the query.
 * There are two ways. To walk: along the order that was asked for, until there are enough. To collect: along the index
 * with the fewest entries of each branch, and then put into order. For n documents that match of N, all over the order, a
 * page of L costs a walk L * N / n documents and collecting n of them: so a page is collected up to n = sqrt(L * N).
 */

import type { Bytes } from "../environment.js";
import type { Document } from "./face.js";
import { endOfValue } from "./order.js";
import { ANY, type Branch, isMet, type Plan, type Span } from "./query.js";
import type { Tables } from "./tables.js";

/** A document that was found, and its place in the order of the query. */
export interface Found<D> {
  readonly place: Uint8Array;
  readonly document: D;
}

/** What the plan finds, in order, at most its limit and one more: who sees that one knows that there is more. */
export function search<D extends Document>(tables: Tables<D>, plan: Plan): Found<D>[] {
  const alone = plan.branches.length === 1 ? plan.branches[0] : undefined;
  const spans = alone?.get(plan.order) ?? ANY;
  const others = alone === undefined ? 1 : alone.size - (alone.has(plan.order) ? 1 : 0);
  if (others === 0) return walked(tables, plan, spans);
  const most = plan.limit === undefined ? undefined : Math.ceil(Math.sqrt(plan.limit * tables.size()));
  const narrow = plan.branches.map((branch) => narrowest(tables, branch, most));
  const total = narrow.reduce((sum, each) => sum + each.entries, 0);
  const isLong = total === Number.POSITIVE_INFINITY || (most !== undefined && total > most);
  if (isLong || (alone !== undefined && narrow[0]?.field === plan.order)) {
    return walked(tables, plan, spans);
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
  const narrow = branches.map((branch) => narrowest(tables, branch, undefined));
  return gathered(tables, branches, narrow).size;
}

interface Narrow {
  readonly field: string;
  readonly spans: readonly Span[];
  /** Exact up to the most that were to be counted. */
  readonly entries: number;
}

// The field of a branch with the fewest entries. Where all are wanted and there is nothing to choose, none are counted.
function narrowest<D extends Document>(tables: Tables<D>, branch: Branch, most: number | undefined): Narrow {
  let best: Narrow = { field: "id", spans: ANY, entries: Number.POSITIVE_INFINITY };
  for (const [field, spans] of branch) {
    const isOnly = most === undefined && branch.size === 1;
    const entries = isOnly ? 0 : entriesOf(tables, field, spans, most ?? 10_000);
    if (entries < best.entries) best = { field, spans, entries };
  }
  return best;
}

// No more than one above `most`. (The binding's own count knows no limit.)
function entriesOf<D extends Document>(tables: Tables<D>, field: string, spans: readonly Span[], most: number): number {
  const { db, range } = treeOf(tables, field);
  let entries = 0;
  for (const span of spans) {
    for (const _ of db.getKeys({ ...range(span), limit: most + 1 - entries })) entries++;
    if (entries > most) break;
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
