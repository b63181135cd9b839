/**
 * Cuts a byte stream into Noise messages: two bytes of length, then the message. Holds one message at most and what
 * of the last chunk was not asked for yet; a length that is not awaited is refused before any memory is taken for it.
 */

import { HempleError } from "../errors.js";
import { TAG_LENGTH } from "../noise/cipher.js";

export class Deframer {
  #chunks: Uint8Array[] = [];
  #at = 0;
  // The message whose length is known but whose bytes are not all there.
  #partial: Uint8Array | undefined;
  #filled = 0;
  // The first byte of a length whose second one is still to come, or -1.
  #high = -1;

  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  /** Whether bytes are here that nobody has asked for. */
  get ahead(): boolean {
    return this.#chunks.length > 0;
  }

  /** The next `length` bytes without a header, once they are there. */
  raw(length: number): Uint8Array | undefined {
    return this.#fill(length);
  }

  /** The next message, once it is there. With `exact` any other length is refused, else any too short for a tag. */
  message(exact?: number): Uint8Array | undefined {
    if (this.#partial !== undefined) return this.#fill(this.#partial.length);
    const length = this.#length();
    if (length === undefined) return undefined;
    if (exact === undefined ? length < TAG_LENGTH : length !== exact) {
      const awaited = exact === undefined ? `from ${TAG_LENGTH}` : `of ${exact}`;
      throw new HempleError(
        "PROTOCOL",
        `a message ${awaited} bytes was due, one of ${length} is announced; the peer speaks something else`,
      );
    }
    return this.#fill(length);
  }

  #length(): number | undefined {
    if (this.#high < 0) this.#high = this.#byte();
    if (this.#high < 0) return undefined;
    const low = this.#byte();
    if (low < 0) return undefined;
    const length = this.#high * 256 + low;
    this.#high = -1;
    return length;
  }

  #byte(): number {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return -1;
    const byte = chunk[this.#at] as number;
    this.#skip(1);
    return byte;
  }

  #fill(length: number): Uint8Array | undefined {
    const chunk = this.#chunks[0];
    // A message that lies in one chunk is not copied.
    if (this.#partial === undefined && chunk !== undefined && chunk.length - this.#at >= length) {
      const whole = chunk.subarray(this.#at, this.#at + length);
      this.#skip(length);
      return whole;
    }
    this.#partial ??= new Uint8Array(length);
    while (this.#filled < length) {
      const next = this.#chunks[0];
      if (next === undefined) return undefined;
      const part = next.subarray(this.#at, this.#at + length - this.#filled);
      this.#partial.set(part, this.#filled);
      this.#filled += part.length;
      this.#skip(part.length);
    }
    const whole = this.#partial;
    this.#partial = undefined;
    this.#filled = 0;
    return whole;
  }

  #skip(bytes: number): void {
    this.#at += bytes;
    if (this.#at < (this.#chunks[0] as Uint8Array).length) return;
    this.#chunks.shift();
    this.#at = 0;
  }
}
