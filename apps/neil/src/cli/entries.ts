/**
 * The intervals of a period, fetched page by page.
 */
import type { Entry } from "../domain/entries.js";
import { type CallOptions, call, type Neil } from "./call.js";

const PAGE = 2000;

/** All intervals that share time with [from, to), whole and in their order. */
export function allEntries({ from, to }: { readonly from: number; readonly to: number }): Promise<Entry[]> {
  return call((neil, options) => fetched(neil, options, from, to));
}

async function fetched(neil: Neil, options: CallOptions, from: number, to: number): Promise<Entry[]> {
  const found: Entry[] = [];
  for (;;) {
    const last = found[found.length - 1];
    const after = last && { start: last.start, id: last.id };
    const page = await neil.entries({ from, to, limit: PAGE, ...(after && { after }) }, options);
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}
