/**
 * An interval of work with its names: what reports, exports and imports speak of.
 */
export interface Entry {
  readonly id: string;
  readonly client: string;
  readonly project: string;
  readonly task: string;
  /** Epoch milliseconds; the interval is [start, end). */
  readonly start: number;
  /** Null while it runs. */
  readonly end: number | null;
  /** The IANA time zone in which it was entered. */
  readonly zone: string;
  readonly note: string;
  readonly tags: readonly string[];
  /** Whether it has a price. */
  readonly billable: boolean;
  /** The number of the invoice that it stands on; not there where it is on none. */
  readonly invoice?: string | undefined;
}
