/**
 * How long a client waits between attempts to connect.
 */
import { random } from "@good-place/channel/ambient";

/** The waits between attempts: from `minMs`, each twice the one before, up to `maxMs`. */
export interface Waits {
  readonly minMs: number;
  readonly maxMs: number;
}

/** The wait after so many failures. Chance shortens it by up to a half, so that many clients do not come back at once. */
export function backoffMs({ minMs, maxMs }: Waits, failures: number): number {
  return Math.min(maxMs, minMs * 2 ** failures) * (1 - random() / 2);
}
