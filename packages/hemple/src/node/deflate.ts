/**
 * Raw deflate by zlib.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Level 1: the higher ones cost more than twice as much for a twentieth less. */
export function deflate(bytes: Uint8Array): Uint8Array {
  return deflateRawSync(bytes, { level: 1 });
}

/** Exactly `length` bytes, or undefined: no more memory than that is ever taken. */
export function inflate(bytes: Uint8Array, length: number): Uint8Array | undefined {
  try {
    const inflated = inflateRawSync(bytes, { maxOutputLength: length });
    // No Buffer: what is decoded from it would be of Buffers too.
    return inflated.length === length ? new Uint8Array(inflated.buffer, inflated.byteOffset, length) : undefined;
  } catch {
    return undefined;
  }
}
