/**
 * The Noise handshake (specification, section 5.3): two ends that write and read by turns until both have the same
 * hash and a cipher for each direction. Suite 25519_ChaChaPoly_BLAKE2b.
 * Invariant: nothing is mixed in before lengths are checked, and after a failed read the object does nothing any more.
 */

import { checkOptions, misuse } from "@good-place/channel/misuse";
import { defaultProvider } from "#platform/provider";
import { NoiseError } from "../errors.js";
import { Agreement, type AgreementOptions } from "./agreement.js";
import { join } from "./bytes.js";
import { type Cipher, MAX_MESSAGE } from "./cipher.js";
import { type Pattern, parsePattern, type Token } from "./pattern.js";
import type { KeyPair, NoiseProvider } from "./provider.js";

export interface HandshakeOptions extends AgreementOptions {
  /** A fundamental interactive pattern with psk modifiers: "XX", "IKpsk2", "XXpsk0+psk3". */
  readonly pattern: string;
}

/** One end of a handshake. */
export interface Handshake {
  /** True once both ciphers are there. */
  readonly complete: boolean;
  /** The hash of all that was said: equal on both ends, unique to this handshake. Undefined until complete. */
  readonly hash: Uint8Array | undefined;
  /** The other side's static public key, as soon as it is known. */
  readonly rs: Uint8Array | undefined;
  /** The sending direction. Undefined until complete. */
  readonly tx: Cipher | undefined;
  /** The receiving direction. Undefined until complete. */
  readonly rx: Cipher | undefined;
  /** The next message, with a payload in it. What is sent before a key is agreed on is sent in clear. */
  write(payload?: Uint8Array): Uint8Array;
  /** Reads the next message and gives its payload. After a failure every later call throws NOISE_POISONED. */
  read(message: Uint8Array): Uint8Array;
}

const EMPTY = new Uint8Array(0);
const OPTIONS = ["pattern", "initiator", "prologue", "s", "e", "rs", "psks", "provider"] as const;

/** Starts one end of a handshake. Missing keys, a wrong number of PSKs and a PSK of zeros are misuse. */
export function handshake(options: HandshakeOptions): Handshake {
  checkOptions("handshake()", options, OPTIONS);
  if (typeof options.initiator !== "boolean") {
    throw misuse("type", "NOISE_OPTION", `initiator must be true or false, got ${typeof options.initiator}`);
  }
  const pattern = parsePattern(options.pattern);
  return new HandshakeState(options, pattern);
}

/** A fresh pair of 32-byte keys. */
export function generateKeyPair(provider: NoiseProvider = defaultProvider): KeyPair {
  const { privateKey, publicKey } = provider.keypair();
  return { privateKey, publicKey };
}

class HandshakeState implements Handshake {
  readonly #pattern: Pattern;
  readonly #initiator: boolean;
  readonly #agreement: Agreement;
  #step = 0;
  #poisoned = false;
  #tx: Cipher | undefined;
  #rx: Cipher | undefined;
  #hash: Uint8Array | undefined;

  constructor(options: HandshakeOptions, pattern: Pattern) {
    this.#pattern = pattern;
    this.#initiator = options.initiator;
    this.#agreement = new Agreement(options, pattern);
  }

  get complete(): boolean {
    return this.#hash !== undefined;
  }

  get hash(): Uint8Array | undefined {
    return this.#hash && new Uint8Array(this.#hash);
  }

  get rs(): Uint8Array | undefined {
    return this.#agreement.rs && new Uint8Array(this.#agreement.rs);
  }

  get tx(): Cipher | undefined {
    return this.#tx;
  }

  get rx(): Cipher | undefined {
    return this.#rx;
  }

  write(payload: Uint8Array = EMPTY): Uint8Array {
    const tokens = this.#turn("write");
    const overhead = this.#agreement.overhead(tokens);
    if (payload.length + overhead > MAX_MESSAGE) {
      const most = MAX_MESSAGE - overhead;
      throw misuse("range", "NOISE_LENGTH", `the payload must be at most ${most} bytes, got ${payload.length}`);
    }
    return this.#guard(() => {
      const parts = tokens.map((token) => this.#agreement.write(token));
      parts.push(this.#agreement.symmetric.encryptAndHash(payload));
      this.#advance();
      return join(parts);
    });
  }

  read(message: Uint8Array): Uint8Array {
    const tokens = this.#turn("read");
    return this.#guard(() => {
      const least = this.#agreement.overhead(tokens);
      if (message.length < least || message.length > MAX_MESSAGE) {
        const lengths = `${least} to ${MAX_MESSAGE} bytes, got ${message.length}`;
        throw new NoiseError("NOISE_LENGTH", `this message has ${lengths}: close the connection`);
      }
      let rest = message;
      for (const token of tokens) rest = this.#agreement.read(token, rest);
      const payload = new Uint8Array(this.#agreement.symmetric.decryptAndHash(rest));
      this.#advance();
      return payload;
    });
  }

  // The tokens of the next message, if it is this end's turn to do so.
  #turn(act: "write" | "read"): readonly Token[] {
    if (this.#poisoned) {
      throw new NoiseError("NOISE_POISONED", "an earlier message of this handshake failed: close and start a new one");
    }
    const tokens = this.#pattern.messages[this.#step];
    if (tokens === undefined) {
      throw misuse("type", "NOISE_TURN", `the handshake is complete: use tx and rx, not ${act}()`);
    }
    const turn = (this.#step % 2 === 0) === this.#initiator ? "write" : "read";
    if (turn !== act) throw misuse("type", "NOISE_TURN", `it is this end's turn to ${turn}(), got ${act}()`);
    return tokens;
  }

  // Runs what changes the state; if it fails half way, nothing can be trusted any more.
  #guard<T>(change: () => T): T {
    try {
      return change();
    } catch (error) {
      this.#poisoned = true;
      throw error;
    }
  }

  #advance(): void {
    this.#step += 1;
    if (this.#step < this.#pattern.messages.length) return;
    const [first, second] = this.#agreement.symmetric.split();
    [this.#tx, this.#rx] = this.#initiator ? [first, second] : [second, first];
    this.#hash = this.#agreement.symmetric.hash;
  }
}
