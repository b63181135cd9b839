/**
 * How a client comes back: what those who send again need of its lines.
 */
import type { Line } from "../wire/line.js";
import type { Waits } from "../wire/waits.js";
import type { Asking, Caller } from "./caller.js";

/** A line that is open, and the server at its other end. */
export interface Current {
  readonly caller: Caller;
  readonly line: Line;
  readonly serverKey: Uint8Array;
  /** Names the running server: another one in its place knows nothing of the calls of the former. */
  readonly instance: string;
}

/** The lines of a client, for what is sent again. */
export interface Again {
  /** Undefined where a line that breaks is the last one. */
  readonly reconnect: Waits | undefined;
  /** The line that is open now, or the next one. Fails when there will be none. */
  open(signal: AbortSignal): Promise<Current>;
  /** Whether a call that failed so may be sent again, and counts it. `asked` is the server that may have got it. */
  safe(error: unknown, asking: Asking, asked: string | undefined): boolean;
}
