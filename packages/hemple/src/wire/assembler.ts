/**
 * Frames in a stream of decrypted bytes: four bytes of length, then the frame. A Noise message may hold many frames,
 * and a frame may go over many messages. An announced length over the limit is refused before a byte of it is kept, and
 * what is kept grows only with what has arrived.
 */
import { HempleError } from "../errors.js";

/** Bytes of a frame's length. */
export const HEADER = 4;

export class Assembler {
  readonly #max: number;
  #parts: Uint8Array[] = [];
  #have = 0;
  // The length of the frame that is being put together, or -1 while its header is.
  #need = -1;

  constructor(maxBytes: number) {
    this.#max = maxBytes;
  }

  /** True in the middle of a frame. */
  get pending(): boolean {
    return this.#have > 0 || this.#need >= 0;
  }

  /** Takes in decrypted bytes and hands out each frame that is complete. */
  push(bytes: Uint8Array, frame: (bytes: Uint8Array) => void): void {
    let at = 0;
    while (at < bytes.length) {
      const wanted = (this.#need < 0 ? HEADER : this.#need) - this.#have;
      const part = bytes.subarray(at, at + wanted);
      at += part.length;
      if (part.length < wanted) {
        // A copy would double the memory; the decrypted message is ours, and the frame needs most of it.
        this.#parts.push(part);
        this.#have += part.length;
        return;
      }
      const whole = this.#join(part);
      if (this.#need < 0) this.#need = this.#checked(whole);
      else {
        this.#need = -1;
        frame(whole);
      }
    }
  }

  #join(last: Uint8Array): Uint8Array {
    if (this.#have === 0) return last;
    const whole = new Uint8Array(this.#have + last.length);
    let at = 0;
    for (const part of [...this.#parts, last]) {
      whole.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#have = 0;
    return whole;
  }

  #checked(header: Uint8Array): number {
    const length = new DataView(header.buffer, header.byteOffset, HEADER).getUint32(0);
    if (length > 0 && length <= this.#max) return length;
    throw new HempleError(
      "PROTOCOL",
      `a frame of ${length} bytes is announced, at most ${this.#max} are taken; raise maxMessageBytes if it is meant`,
    );
  }
}
