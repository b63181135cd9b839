/**
 * What a handshake knows so far: the chaining key, the hash of all that was said, and a key once there is one.
 * Noise specification, section 5.2. Every value that is sent or received passes through `h`.
 */
import { type Cipher, cipher } from "./cipher.js";
import type { NoiseProvider } from "./provider.js";

const HASH_LENGTH = 64;
const ONE = Uint8Array.of(1);
const TWO = Uint8Array.of(2);
const THREE = Uint8Array.of(3);
const EMPTY = new Uint8Array(0);

export class Symmetric {
  readonly #provider: NoiseProvider;
  #chaining: Uint8Array;
  #hash: Uint8Array;
  #cipher: Cipher | undefined;

  constructor(provider: NoiseProvider, protocol: string) {
    const name = new TextEncoder().encode(protocol);
    this.#provider = provider;
    this.#hash = new Uint8Array(HASH_LENGTH);
    if (name.length <= HASH_LENGTH) this.#hash.set(name);
    else this.#hash = provider.hash(name);
    this.#chaining = this.#hash;
  }

  /** A copy of the hash of all that was said. */
  get hash(): Uint8Array {
    return new Uint8Array(this.#hash);
  }

  get hasKey(): boolean {
    return this.#cipher !== undefined;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#provider.hash(this.#hash, data);
  }

  mixKey(secret: Uint8Array): void {
    const [chaining, key] = this.#derive(secret);
    this.#chaining = chaining;
    this.#cipher = cipher(this.#provider, key);
  }

  mixKeyAndHash(secret: Uint8Array): void {
    const [chaining, hash, temporary] = this.#derive(secret);
    this.#chaining = chaining;
    this.mixHash(hash);
    this.#cipher = cipher(this.#provider, this.#provider.hmac(temporary, hash, THREE));
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const sent = this.#cipher?.seal(plaintext, this.#hash) ?? plaintext;
    this.mixHash(sent);
    return sent;
  }

  decryptAndHash(received: Uint8Array): Uint8Array {
    const plaintext = this.#cipher?.open(received, this.#hash) ?? received;
    this.mixHash(received);
    return plaintext;
  }

  /** The ciphers of the line: first the one that the initiator sends with. */
  split(): [Cipher, Cipher] {
    const [first, second] = this.#derive(EMPTY);
    return [cipher(this.#provider, first), cipher(this.#provider, second)];
  }

  // HKDF of section 4.3: two outputs, and the temporary key that a third is made from.
  #derive(secret: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
    const { hmac } = this.#provider;
    const temporary = hmac(this.#chaining, secret);
    const first = hmac(temporary, ONE);
    return [first, hmac(temporary, first, TWO), temporary];
  }
}
