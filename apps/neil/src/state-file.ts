/**
 * The state file: what runs, for status bars that may not wait for a call. The server writes it anew, whole, whenever
 * that changes, and once a minute says in it that it is alive. `neil prompt` reads nothing else.
 */

export const STATE_FILE = "state.json";

export interface State {
  /** When the server was alive last, in epoch milliseconds. */
  readonly beat: number;
  readonly running: {
    readonly handle: string;
    readonly start: number;
    readonly note: string;
    readonly tags: readonly string[];
  } | null;
  /** What ran last. */
  readonly last: { readonly handle: string; readonly end: number } | null;
  /** How many absences somebody has to decide about. */
  readonly away: number;
}
