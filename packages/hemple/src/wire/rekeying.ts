/**
 * When an end replaces the key that it sends with: after so many messages, so many bytes, or so long, whichever is first.
 * It says so by an empty message, behind which the new key counts, so both ends change at the same message and one that is
 * lost or added in between does not decrypt. The counter goes on. A key that leaks later opens nothing that was sent under
 * the keys before it.
 */
import type { Cipher } from "../noise/cipher.js";

/** How long a key is used. */
export interface RekeyLimits {
  /** Messages under one key; 1,048,576. */
  readonly rekeyMessages: number;
  /** Bytes under one key; 1 GiB. */
  readonly rekeyBytes: number;
  /** Age of a key; 10 minutes. Looked at when there is something to send. */
  readonly rekeyMs: number;
}

export const REKEY_LIMITS: RekeyLimits = { rekeyMessages: 2 ** 20, rekeyBytes: 2 ** 30, rekeyMs: 600_000 };

const NOTHING = new Uint8Array(0);

/** The sending direction of a line. */
export class Sealer {
  readonly #tx: Cipher;
  readonly #limits: RekeyLimits;
  readonly #write: (message: Uint8Array) => void;
  readonly #rekeyed: () => void;
  #messages = 0;
  #bytes = 0;
  #since = Date.now();

  constructor(tx: Cipher, limits: RekeyLimits, write: (message: Uint8Array) => void, rekeyed: () => void) {
    this.#tx = tx;
    this.#limits = limits;
    this.#write = write;
    this.#rekeyed = rekeyed;
  }

  /** Sends plaintext that fits into one message, under a new key where the old one is used up. */
  send(plaintext: Uint8Array): void {
    if (this.#usedUp()) this.#rekey();
    this.#messages += 1;
    this.#bytes += plaintext.length;
    this.#write(this.#tx.seal(plaintext));
  }

  #usedUp(): boolean {
    const { rekeyMessages, rekeyBytes, rekeyMs } = this.#limits;
    if (this.#messages === 0) return false;
    return this.#messages >= rekeyMessages || this.#bytes >= rekeyBytes || Date.now() - this.#since >= rekeyMs;
  }

  #rekey(): void {
    this.#write(this.#tx.seal(NOTHING));
    this.#tx.rekey();
    this.#messages = 0;
    this.#bytes = 0;
    this.#since = Date.now();
    this.#rekeyed();
  }
}
