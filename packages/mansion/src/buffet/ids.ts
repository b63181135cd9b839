/**
 * Ids for documents that come without one: 12 hexadecimal digits of the time in milliseconds, 4 of a count within it and
 * 16 of chance. Those of one process sort in the order in which they were made, those of several by their clocks.
 */

import { randomBytes } from "node:crypto";

const last = { at: 0, count: 0 };

/** A new id. */
export function newId(): string {
  // A clock that was put back, and a count that is full, go on from the last time.
  const at = Math.max(Date.now(), last.at);
  last.count = at > last.at ? 0 : last.count + 1;
  last.at = at;
  if (last.count > 0xffff) {
    last.at++;
    last.count = 0;
  }
  return hex(last.at, 12) + hex(last.count, 4) + randomBytes(8).toString("hex");
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
