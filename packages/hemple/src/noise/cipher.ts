/**
 * One direction of an encrypted line: a key and a counter. Every message has the next nonce, so what is replayed,
 * dropped, swapped or cut does not open. A failed `open` leaves the counter where it was (Noise, section 5.1); whoever
 * owns the line must end it then.
 */
import { misuse } from "@good-place/channel/misuse";
import { NoiseError } from "../errors.js";
import type { NoiseProvider } from "./provider.js";

/** Bytes of the longest Noise message, tag included. */
export const MAX_MESSAGE = 65_535;
/** Bytes that encryption adds. */
export const TAG_LENGTH = 16;
/** Bytes of the longest plaintext of one message. */
export const MAX_PLAINTEXT: number = MAX_MESSAGE - TAG_LENGTH;

const EMPTY = new Uint8Array(0);
const ZEROS = new Uint8Array(32);
const LAST = 2n ** 64n - 1n;

/** A sending or a receiving key with its counter. */
export interface Cipher {
  /** The nonce of the next message. It may be set forward, to skip messages; never back, and never to its last value. */
  n: bigint;
  /** Encrypts up to 65,519 bytes and moves the counter. */
  seal(plaintext: Uint8Array, ad?: Uint8Array): Uint8Array;
  /** Decrypts and moves the counter, or throws NOISE_DECRYPT and leaves it. */
  open(ciphertext: Uint8Array, ad?: Uint8Array): Uint8Array;
  /** Replaces the key by one derived from it; the counter goes on. Both ends must do so at the same message. */
  rekey(): void;
}

export function cipher(provider: NoiseProvider, key: Uint8Array): Cipher {
  return new CipherState(provider, key.slice(0, 32));
}

class CipherState implements Cipher {
  readonly #provider: NoiseProvider;
  readonly #nonce = new Uint8Array(12);
  readonly #view: DataView = new DataView(this.#nonce.buffer);
  #key: Uint8Array;
  #n = 0n;

  constructor(provider: NoiseProvider, key: Uint8Array) {
    this.#provider = provider;
    this.#key = key;
  }

  get n(): bigint {
    return this.#n;
  }

  set n(next: bigint) {
    if (typeof next !== "bigint" || next < this.#n || next > LAST) {
      throw misuse(
        "range",
        "NOISE_NONCE",
        `n must be a bigint from ${this.#n} to ${LAST}: a nonce is never used again`,
      );
    }
    this.#n = next;
  }

  seal(plaintext: Uint8Array, ad: Uint8Array = EMPTY): Uint8Array {
    if (plaintext.length > MAX_PLAINTEXT) {
      throw misuse(
        "range",
        "NOISE_LENGTH",
        `plaintext must be at most ${MAX_PLAINTEXT} bytes, got ${plaintext.length}: send it in parts`,
      );
    }
    const sealed = this.#provider.seal(this.#key, this.#next(), ad, plaintext);
    this.#n += 1n;
    return sealed;
  }

  open(ciphertext: Uint8Array, ad: Uint8Array = EMPTY): Uint8Array {
    if (ciphertext.length < TAG_LENGTH || ciphertext.length > MAX_MESSAGE) {
      throw new NoiseError(
        "NOISE_LENGTH",
        `a message has ${TAG_LENGTH} to ${MAX_MESSAGE} bytes, got ${ciphertext.length}: close the connection`,
      );
    }
    const opened = this.#provider.open(this.#key, this.#next(), ad, ciphertext);
    if (opened === undefined) {
      throw new NoiseError(
        "NOISE_DECRYPT",
        "a message did not decrypt: it was changed, replayed, out of order, or of another key; close the connection",
      );
    }
    this.#n += 1n;
    return opened;
  }

  rekey(): void {
    this.#view.setBigUint64(4, LAST, true);
    this.#key = this.#provider.seal(this.#key, this.#nonce, EMPTY, ZEROS).slice(0, 32);
  }

  #next(): Uint8Array {
    if (this.#n >= LAST) {
      throw new NoiseError("NOISE_NONCE", "the key has no nonces left: close the connection and make a new handshake");
    }
    this.#view.setBigUint64(4, this.#n, true);
    return this.#nonce;
  }
}
