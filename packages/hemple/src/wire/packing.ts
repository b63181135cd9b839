/**
 * Compression of single frames. Each stands alone: no window is shared between messages, so that one message says
 * nothing about another by its length. Within a message it can: methods whose answer holds a secret beside what
 * the caller chose are sent uncompressed.
 */
import { deflate, inflate } from "#platform/deflate";
import { HempleError } from "../errors.js";

// Below it, deflating costs more than all else about a frame and saves next to nothing.
const LEAST = 512;
// Of the length, at most, for the result to be worth inflating.
const WORTH = 0.9;

/** The deflated bytes, or undefined where they are to be sent as they are. */
export function packed(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < LEAST) return undefined;
  const deflated = deflate(bytes);
  return deflated.length <= bytes.length * WORTH ? deflated : undefined;
}

/** The bytes as they were, or PROTOCOL. Takes no more memory than the announced length, which the caller has checked. */
export function unpacked(bytes: Uint8Array, length: number): Uint8Array {
  const inflated = inflate(bytes, length);
  if (inflated !== undefined) return inflated;
  throw new HempleError("PROTOCOL", `a compressed frame does not inflate to the ${length} bytes that it announced`);
}
