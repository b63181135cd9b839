/**
 * Frames in a stream of decrypted bytes: four bytes of length, then the frame. A Noise message may hold many frames,
 * and a frame may go over many messages. The highest bit of the length says that the frame is deflated; then four bytes
 * of its inflated length come first. A length over the limit, inflated or not, is refused before a byte of it is kept,
 * and what is kept grows only with what has arrived.
 */
import { HempleError } from "../errors.js";
import { unpacked } from "./packing.js";

/** Bytes of a frame's length. */
export const HEADER = 4;
/** Bytes of the inflated length of a frame that is deflated. */
export const PACKED_HEADER = 4;
/** Marks the length of a frame that is deflated. */
export const PACKED: number = 2 ** 31;

const LEAST_KEPT = 1024;

export class Assembler {
  readonly #max: number;
  // Of the header or frame that is being put together; a buffer that doubles, since parts may be of a byte each.
  #kept = new Uint8Array(0);
  #have = 0;
  // The length of the frame that is being put together, or -1 while its header is.
  #need = -1;
  #packed = false;

  constructor(maxBytes: number) {
    this.#max = maxBytes;
  }

  /** Takes in decrypted bytes and hands out each frame that is complete. */
  push(bytes: Uint8Array, frame: (bytes: Uint8Array) => void): void {
    let at = 0;
    while (at < bytes.length) {
      const wanted = (this.#need < 0 ? HEADER : this.#need) - this.#have;
      const part = bytes.subarray(at, at + wanted);
      at += part.length;
      if (part.length < wanted) {
        this.#keep(part, this.#have + wanted);
        return;
      }
      const whole = this.#join(part);
      if (this.#need < 0) this.#header(whole);
      else {
        this.#need = -1;
        frame(this.#packed ? this.#inflated(whole) : whole);
      }
    }
  }

  #join(last: Uint8Array): Uint8Array {
    if (this.#have === 0) return last;
    const length = this.#have + last.length;
    this.#keep(last, length);
    const whole = this.#kept.subarray(0, length);
    this.#kept = new Uint8Array(0);
    this.#have = 0;
    return whole;
  }

  #keep(part: Uint8Array, most: number): void {
    const needed = this.#have + part.length;
    if (needed > this.#kept.length) {
      const larger = new Uint8Array(Math.min(most, Math.max(LEAST_KEPT, 2 * needed)));
      larger.set(this.#kept.subarray(0, this.#have));
      this.#kept = larger;
    }
    this.#kept.set(part, this.#have);
    this.#have = needed;
  }

  #header(bytes: Uint8Array): void {
    const announced = uint32(bytes);
    this.#packed = announced >= PACKED;
    // What is deflated is sent only where it is shorter.
    this.#need = this.#checked(this.#packed ? announced - PACKED : announced, this.#packed ? PACKED_HEADER + 1 : 1);
  }

  #inflated(bytes: Uint8Array): Uint8Array {
    const length = this.#checked(uint32(bytes), 1);
    return unpacked(bytes.subarray(PACKED_HEADER), length);
  }

  #checked(length: number, least: number): number {
    if (length >= least && length <= this.#max) return length;
    throw new HempleError(
      "PROTOCOL",
      `a frame of ${length} bytes is announced, at most ${this.#max} are taken; raise maxMessageBytes if it is meant`,
    );
  }
}

function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}
