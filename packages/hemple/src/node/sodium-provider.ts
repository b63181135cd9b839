/**
 * The provider over sodium-native, which the application may install beside this package: a small message costs it a
 * third of what it costs `node:crypto`. Where it is not installed, or does not load here, there is none.
 */
import { createRequire } from "node:module";
import type { NoiseProvider } from "../noise/provider.js";

/** What is used of sodium-native, which comes without types. */
interface Sodium {
  crypto_scalarmult(shared: Uint8Array, secret: Uint8Array, publicKey: Uint8Array): void;
  crypto_scalarmult_base(publicKey: Uint8Array, secret: Uint8Array): void;
  crypto_generichash(hash: Uint8Array, input: Uint8Array): void;
  crypto_generichash_batch(hash: Uint8Array, inputs: readonly Uint8Array[]): void;
  crypto_aead_chacha20poly1305_ietf_encrypt(
    sealed: Uint8Array,
    plaintext: Uint8Array,
    ad: Uint8Array | null,
    secretNonce: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
  crypto_aead_chacha20poly1305_ietf_decrypt(
    plaintext: Uint8Array,
    secretNonce: null,
    sealed: Uint8Array,
    ad: Uint8Array | null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
  randombytes_buf(bytes: Uint8Array): void;
}

const KEY = 32;
const HASH = 64;
// What BLAKE2b takes in at a time, which HMAC fills its keys up to.
const BLOCK = 128;
const TAG = 16;

function load(): Sodium | undefined {
  try {
    return createRequire(import.meta.url)("sodium-native") as Sodium;
  } catch {
    return undefined;
  }
}

function over(sodium: Sodium): NoiseProvider {
  function hash(...parts: readonly Uint8Array[]): Uint8Array {
    const out = Buffer.alloc(HASH);
    sodium.crypto_generichash_batch(out, parts);
    return out;
  }

  return Object.freeze<NoiseProvider>({
    keypair(given) {
      const privateKey = new Uint8Array(KEY);
      if (given === undefined) sodium.randombytes_buf(privateKey);
      else privateKey.set(given);
      const publicKey = new Uint8Array(KEY);
      sodium.crypto_scalarmult_base(publicKey, privateKey);
      return { privateKey, publicKey };
    },

    dh(pair, publicKey) {
      const shared = new Uint8Array(KEY);
      sodium.crypto_scalarmult(shared, pair.privateKey, publicKey);
      return shared;
    },

    hash,

    hmac(key, ...parts) {
      const block = new Uint8Array(BLOCK);
      block.set(key.length > BLOCK ? hash(key) : key);
      const inner = hash(
        block.map((byte) => byte ^ 0x36),
        ...parts,
      );
      return hash(
        block.map((byte) => byte ^ 0x5c),
        inner,
      );
    },

    seal(key, nonce, ad, plaintext) {
      const sealed = new Uint8Array(plaintext.length + TAG);
      sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, plaintext, ad, null, nonce, key);
      return sealed;
    },

    open(key, nonce, ad, ciphertext) {
      const opened = new Uint8Array(ciphertext.length - TAG);
      try {
        sodium.crypto_aead_chacha20poly1305_ietf_decrypt(opened, null, ciphertext, ad, nonce, key);
      } catch {
        return undefined;
      }
      return opened;
    },
  });
}

const sodium = load();

/** The provider over sodium-native; undefined where that is not installed. */
export const sodiumProvider: NoiseProvider | undefined = sodium && over(sodium);
