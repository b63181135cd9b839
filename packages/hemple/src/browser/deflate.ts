/**
 * Raw deflate by fflate: what browsers have of their own is asynchronous and knows no limit.
 */
import { deflateSync, inflateSync } from "fflate";

export function deflate(bytes: Uint8Array): Uint8Array {
  return deflateSync(bytes, { level: 1 });
}

/** Exactly `length` bytes, or undefined: no more memory than that is ever taken. */
export function inflate(bytes: Uint8Array, length: number): Uint8Array | undefined {
  try {
    // What does not fit into the given memory is dropped, so one byte more shows whether there was too much.
    const inflated = inflateSync(bytes, { out: new Uint8Array(length + 1) });
    return inflated.length === length ? inflated : undefined;
  } catch {
    return undefined;
  }
}
