/**
 * Memory for bytes that are written over at once.
 */
export function allocate(length: number): Uint8Array {
  return Buffer.allocUnsafe(length);
}
