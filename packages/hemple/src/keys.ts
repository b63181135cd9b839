/**
 * Keys as bytes: making a pair, the public half of a private key, and a short form to compare by eye. Keeping them is
 * the application's matter.
 */
import { defaultProvider } from "#platform/provider";
import { toHex } from "./noise/bytes.js";
import { generateKeyPair } from "./noise/handshake.js";
import { checkKey } from "./noise/point.js";
import type { KeyPair } from "./noise/provider.js";

// 128 bits: nobody makes a second key with the same print.
const PRINT_BYTES = 16;

/** A fresh pair: the private key is a server's or client's `key`, the public key stands in the other side's `peers`. */
export function generateKeys(): KeyPair {
  return generateKeyPair();
}

/** The public key of a private key. */
export function publicKey(privateKey: Uint8Array): Uint8Array {
  checkKey("privateKey", privateKey);
  return defaultProvider.keypair(privateKey).publicKey;
}

/** A public key's print, for eyes and logs: `3f2a-90c1-…`, eight groups of four. */
export function fingerprint(key: Uint8Array): string {
  checkKey("key", key);
  const print = toHex(defaultProvider.hash(key).subarray(0, PRINT_BYTES));
  return (print.match(/.{4}/g) as string[]).join("-");
}
