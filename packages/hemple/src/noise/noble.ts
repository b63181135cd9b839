/**
 * The provider over the audited @noble packages: plain JavaScript, for browsers and whatever else has no `node:crypto`.
 * A key agreement costs some twenty times one of `node:crypto`, a small message some twice as much.
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { blake2b } from "@noble/hashes/blake2.js";
import { hmac } from "@noble/hashes/hmac.js";
import type { NoiseProvider } from "./provider.js";

/** The provider over @noble/ciphers, @noble/curves and @noble/hashes. */
export const nobleProvider: NoiseProvider = Object.freeze<NoiseProvider>({
  keypair(privateKey = x25519.utils.randomSecretKey()) {
    return { privateKey: new Uint8Array(privateKey), publicKey: x25519.getPublicKey(privateKey) };
  },

  dh: (pair, publicKey) => x25519.getSharedSecret(pair.privateKey, publicKey),

  hash(...parts) {
    const hash = blake2b.create({ dkLen: 64 });
    for (const part of parts) hash.update(part);
    return hash.digest();
  },

  hmac(key, ...parts) {
    const mac = hmac.create(blake2b, key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  },

  seal: (key, nonce, ad, plaintext) => chacha20poly1305(key, nonce, ad).encrypt(plaintext),

  open(key, nonce, ad, ciphertext) {
    try {
      return chacha20poly1305(key, nonce, ad).decrypt(ciphertext);
    } catch {
      return undefined;
    }
  },
});
