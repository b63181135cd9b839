/**
 * What a pre-shared key must be: 32 random bytes. The core never compares one with another; decryption decides.
 */
import { misuse } from "@good-place/channel/misuse";

import { isZero } from "./bytes.js";

const PSK_LENGTH = 32;

/** Copies of the PSKs of a pattern, or misuse: as many as it has psk tokens, none for a pattern without. */
export function checkPsks(pattern: string, count: number, psks: readonly Uint8Array[]): Uint8Array[] {
  if (psks.length !== count) throw misuse("range", "NOISE_PSK", `${pattern} needs ${count} psks, got ${psks.length}`);
  return psks.map((psk) => checkPsk(psk));
}

/** A copy of a PSK, or misuse: it must be 32 bytes that are not all zero. */
export function checkPsk(psk: unknown): Uint8Array {
  if (psk instanceof Uint8Array && psk.length === PSK_LENGTH && !isZero(psk)) return new Uint8Array(psk);
  const zeros = psk instanceof Uint8Array && psk.length === PSK_LENGTH;
  const got = psk instanceof Uint8Array ? (zeros ? "zeros" : `${psk.length} bytes`) : typeof psk;
  throw misuse(
    "range",
    "NOISE_PSK",
    `a psk must be ${PSK_LENGTH} random bytes, got ${got}; make one with randomBytes(${PSK_LENGTH})`,
  );
}
