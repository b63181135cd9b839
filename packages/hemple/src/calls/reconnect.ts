/**
 * How a client comes back: how long it waits, and what those who send again need of its lines.
 */
import { random } from "@good-place/channel/ambient";
import type { Line } from "../wire/line.js";
import type { Asking, Caller } from "./caller.js";

/** How long to wait before the first attempt to connect again, and at most; each wait is twice the one before. */
export interface Reconnect {
  readonly minMs: number;
  readonly maxMs: number;
}

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
  readonly reconnect: Reconnect | undefined;
  /** The line that is open now, or the next one. Fails when there will be none. */
  open(signal: AbortSignal): Promise<Current>;
  /** Whether a call that failed so may be sent again, and counts it. `asked` is the server that may have got it. */
  safe(error: unknown, asking: Asking, asked: string | undefined): boolean;
}

/** The wait after so many failures. Chance shortens it, so that many clients do not come back at once. */
export function delay({ minMs, maxMs }: Reconnect, failures: number): number {
  return Math.min(maxMs, minMs * 2 ** failures) * (1 - random() / 2);
}
