/**
 * What can be more than a message holds, fetched page by page.
 */
import { type Name, PAGE } from "../contract.js";
import type { NamedInterval } from "../domain/entries.js";
import type { Head } from "../invoices-contract.js";
import { type CallOptions, call, type Neil } from "./call.js";

/** All intervals that share time with [from, to), whole and in their order. */
export function allEntries({ from, to }: { readonly from: number; readonly to: number }): Promise<NamedInterval[]> {
  return call((neil, options) => entriesBetween(neil, options, from, to));
}

/** The same, by a client that is there. */
export async function entriesBetween(
  neil: Neil,
  options: CallOptions,
  from: number,
  to: number,
): Promise<NamedInterval[]> {
  const found: NamedInterval[] = [];
  for (;;) {
    const last = found[found.length - 1];
    const after = last && { start: last.start, id: last.id };
    const page = await neil.entries({ from, to, limit: PAGE, ...(after && { after }) }, options);
    found.push(...page);
    if (page.length === 0) return found;
  }
}

/** Every client, project and task. */
export function allNames(): Promise<Name[]> {
  return call(namesOf);
}

/** The same, by a client that is there. */
export async function namesOf(neil: Neil, options: CallOptions): Promise<Name[]> {
  const found: Name[] = [];
  for (;;) {
    const page = await neil.names({ from: found.length }, options);
    found.push(...page);
    if (page.length === 0) return found;
  }
}

/** Every invoice; the drafts as they would be issued on a day. */
export function allInvoices(day: string): Promise<Head[]> {
  return call(async (neil, options) => {
    const found: Head[] = [];
    for (;;) {
      const page = await neil.invoices({ from: found.length, day }, options);
      found.push(...page);
      if (page.length === 0) return found;
    }
  });
}
