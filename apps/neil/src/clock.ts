/**
 * The clock of Neil, the server's and the command line's. $NEIL_CLOCK names a file that holds the time instead, in ISO
 * 8601: so that a test can be at any hour, and let hours pass.
 */
import { readFileSync } from "node:fs";

/** Epoch milliseconds. */
export function now(): number {
  const { NEIL_CLOCK } = process.env;
  if (NEIL_CLOCK === undefined || NEIL_CLOCK === "") return Date.now();
  const at = Date.parse(readFileSync(NEIL_CLOCK, "utf8").trim());
  if (Number.isNaN(at)) throw new Error(`${NEIL_CLOCK} holds no time in ISO 8601`);
  return at;
}
