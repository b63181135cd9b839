/**
 * Intervals as lists and reports want them: with the client, the project and the task that they belong to.
 */
import { handleOf, handleText } from "./handle.js";
import { invoiceOf } from "./locks.js";
import type { Interval, Office } from "./office.js";
import { overlapping } from "./timeline.js";

/** An interval with the names above it. Times are epoch milliseconds. */
export interface NamedInterval {
  readonly id: string;
  readonly rev: number;
  /** "client/project/task" */
  readonly handle: string;
  readonly client: string;
  readonly project: string;
  readonly task: string;
  readonly start: number;
  /** Null while it runs. */
  readonly end: number | null;
  readonly zone: string;
  readonly note: string;
  readonly tags: readonly string[];
  readonly billable: boolean;
  readonly source: Interval["source"];
  /** The number of the invoice that it stands on; not there where it is on none. */
  readonly invoice?: string | undefined;
}

export function entryOf(office: Office, interval: Interval): NamedInterval {
  const { id, rev, start, end, zone, note, tags, billable, source } = interval;
  const handle = handleOf(office, interval.task);
  const invoice = invoiceOf(office, id);
  return {
    ...{ id, rev, handle: handleText(handle), ...handle, start, end, zone, note, tags, billable, source },
    ...(invoice !== undefined && { invoice }),
  };
}

/**
 * The intervals that share time with [from, to), in their order. They are whole: cutting them at the ends of the period is
 * the reader's business. Ask it of `store.durable.envelope`.
 */
export function* entries(office: Office, from: number, to: number): Generator<NamedInterval, void> {
  for (const interval of overlapping(office, from, to)) yield entryOf(office, interval);
}
