/**
 * The primitives under the Noise core, behind one interface: X25519, ChaCha20-Poly1305, BLAKE2b-512.
 * A provider has no state of its own and checks nothing but what its primitive checks; lengths, nonces, PSKs and
 * low-order points are the core's matter. Every function must work without `this`, so that one can be wrapped.
 */

/** An X25519 key pair. `privateKey` may be computed when it is first read. */
export interface KeyPair {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** What the Noise core needs. Arguments have the right lengths; what is returned is the caller's. */
export interface NoiseProvider {
  /** The pair of a raw private key, or a fresh pair. */
  keypair(privateKey?: Uint8Array): KeyPair;
  /** X25519. Throws for a low-order point, or returns zeros; the core refuses both. */
  dh(pair: KeyPair, publicKey: Uint8Array): Uint8Array;
  /** BLAKE2b-512 of the parts, one after another. */
  hash(...parts: readonly Uint8Array[]): Uint8Array;
  /** HMAC over BLAKE2b-512 of the parts, one after another. */
  hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /** Ciphertext and tag, under a 32-byte key and a 12-byte nonce. */
  seal(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The plaintext, or undefined when the tag does not fit. */
  open(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
}
