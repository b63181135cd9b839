/**
 * An encrypted line: frames go in, frames come out. What is sent before the next I/O shares a Noise message, so each
 * call pays a share of a seal; what is longer than a message goes over several.
 * Invariant: the first message that does not decrypt, and the first frame that is none, ends the line.
 */

import { allocate } from "#platform/memory";
import { soon } from "#platform/soon";
import { HempleError, NoiseError } from "../errors.js";
import { decode, encode, type Frame } from "../frame.js";
import { type Cipher, MAX_PLAINTEXT } from "../noise/cipher.js";
import { LEAST_MESSAGE } from "../options.js";
import { Assembler, HEADER, PACKED, PACKED_HEADER } from "./assembler.js";
import type { Link } from "./link.js";
import { packed } from "./packing.js";
import { type RekeyLimits, Sealer } from "./rekeying.js";

/**
 * How a line ended: BYE, the other side said so; LEFT, this side did; TRUNCATED, the connection broke without a word;
 * REMOVED, the server took the key or the PSK away; CRYPTO, a message did not decrypt; PROTOCOL, one was no frame of this protocol;
 * UNREAD, the other side asked for more and more and read none of it.
 */
export interface Ending {
  readonly code: "BYE" | "LEFT" | "TRUNCATED" | "REMOVED" | "CRYPTO" | "PROTOCOL" | "UNREAD";
  readonly error: unknown;
}

/** What takes a line's frames. */
export type Receive = (frame: Frame, bytes: number) => void;

export interface LineOptions {
  readonly tx: Cipher;
  readonly rx: Cipher;
  /** Frames to the other side may be deflated. */
  readonly deflates: boolean;
  readonly rekey: RekeyLimits;
  /** Hears of each new key of this end. */
  readonly rekeyed?: (() => void) | undefined;
  readonly maxMessageBytes: number;
  /**
   * Stop reading while the other side does not read. For the server: two such ends could wait for each other. The other end
   * takes no calls then, and at last cuts the line.
   */
  readonly yielding: boolean;
}

// Bytes that wait for the other side to read them: behind so many, nothing new is begun.
const MOST_UNREAD = 2 ** 25;
// Behind so many, an end that has to go on reading cuts the line.
const FAR_TOO_MANY = 4 * MOST_UNREAD;

// A frame that waits for the end of the turn; `inflated` is its length before it was deflated.
interface Queued {
  readonly bytes: Uint8Array;
  readonly inflated?: number;
}

export class Line {
  /** Resolves when the line has ended and its socket is closed; never rejects. */
  readonly ended: Promise<Ending>;
  /** Longest frame that the other side takes. */
  maxSendBytes: number;
  readonly #link: Link;
  readonly #sealer: Sealer;
  readonly #deflates: boolean;
  readonly #rx: Cipher;
  readonly #assembler: Assembler;
  readonly #yielding: boolean;
  #receive: Receive | undefined;
  #queue: Queued[] = [];
  #queued = 0;
  #ending: Ending | undefined;

  constructor(link: Link, { tx, rx, deflates, rekey, rekeyed, maxMessageBytes, yielding }: LineOptions) {
    this.#link = link;
    this.#sealer = new Sealer(
      tx,
      rekey,
      (message) => link.write(message),
      () => rekeyed?.(),
    );
    this.#deflates = deflates;
    this.#rx = rx;
    this.#yielding = yielding;
    this.maxSendBytes = maxMessageBytes;
    this.#assembler = new Assembler(maxMessageBytes);
    this.ended = link.closed.then(() => {
      this.#ending ??= { code: "TRUNCATED", error: link.error };
      return this.#ending;
    });
  }

  /** Hands every frame to `receive` from now on, with its length. What `receive` throws ends the line. */
  start(receive: Receive): void {
    this.#receive = receive;
    this.#link.stream(
      (message) => this.#message(message),
      (error) => this.#fail(error),
    );
  }

  /** True until a goodbye was said, heard, or the line broke. */
  get open(): boolean {
    return this.#ending === undefined && this.#link.open;
  }

  /** True while the other side leaves so much unread that no new call should be made or taken. */
  get clogged(): boolean {
    return this.#unread > MOST_UNREAD;
  }

  get #unread(): number {
    return this.#queued + this.#link.unsent;
  }

  /**
   * Queues a frame, which leaves with the others of this turn, and gives its length. It is deflated where that pays,
   * unless `compress` is false. Throws where it cannot travel; says nothing once closed.
   */
  send(frame: Frame, compress = true): number {
    if (!this.open) return 0;
    const bytes = encode(frame);
    if (bytes.length > this.maxSendBytes) {
      throw new HempleError(
        "TOO_LARGE",
        `the message has ${bytes.length} bytes, the other side takes ${this.maxSendBytes}; send it in parts`,
      );
    }
    if (this.#queued === 0) soon(() => this.#flush());
    const deflated = compress && this.#deflates ? packed(bytes) : undefined;
    this.#queue.push(deflated === undefined ? { bytes } : { bytes: deflated, inflated: bytes.length });
    this.#queued += HEADER + (deflated === undefined ? bytes.length : PACKED_HEADER + deflated.length);
    return bytes.length;
  }

  /** The other side takes no longer frames than these. Throws PROTOCOL where not even an error would fit. */
  lower(maxBytes: number): void {
    if (maxBytes < LEAST_MESSAGE)
      throw new HempleError("PROTOCOL", `the other side takes ${maxBytes} bytes; ${LEAST_MESSAGE} are the least`);
    this.maxSendBytes = Math.min(this.maxSendBytes, maxBytes);
  }

  /** Says goodbye behind what is queued, and closes. */
  leave(code: "LEFT" | "REMOVED" = "LEFT"): void {
    if (!this.open) return;
    this.send({ kind: "bye" });
    this.#flush();
    this.#end({ code, error: undefined });
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#ending ??= { code: "LEFT", error: undefined };
    this.#link.destroy();
  }

  #message(message: Uint8Array): void {
    // Behind a goodbye, or after a fault, nothing counts.
    if (this.#ending !== undefined) return;
    const plaintext = this.#rx.open(message);
    // An empty message says that the next one has another key.
    if (plaintext.length === 0) return this.#rx.rekey();
    this.#assembler.push(plaintext, (bytes) => {
      if (this.#ending !== undefined) return;
      const frame = decode(bytes);
      if (frame.kind === "bye") this.#end({ code: "BYE", error: undefined });
      else this.#receive?.(frame, bytes.length);
    });
  }

  #flush(): void {
    if (this.#queued === 0) return;
    const queue = this.#queue;
    const plaintext = allocate(this.#queued);
    this.#queue = [];
    this.#queued = 0;
    if (!this.#link.open) return;
    const view = new DataView(plaintext.buffer, plaintext.byteOffset);
    let at = 0;
    for (const { bytes, inflated } of queue) {
      view.setUint32(at, inflated === undefined ? bytes.length : PACKED + PACKED_HEADER + bytes.length);
      at += HEADER;
      if (inflated !== undefined) {
        view.setUint32(at, inflated);
        at += PACKED_HEADER;
      }
      plaintext.set(bytes, at);
      at += bytes.length;
    }
    for (let from = 0; from < plaintext.length; from += MAX_PLAINTEXT) {
      this.#sealer.send(plaintext.subarray(from, from + MAX_PLAINTEXT));
    }
    if (this.#yielding) this.#link.holdIfCongested();
    else if (this.#link.unsent > FAR_TOO_MANY)
      this.#cut("UNREAD", new HempleError("CLOSED", "the other side reads nothing of what it asks for"));
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#link.end();
  }

  #fail(error: unknown): void {
    this.#cut(error instanceof NoiseError ? "CRYPTO" : "PROTOCOL", error);
  }

  #cut(code: Ending["code"], error: unknown): void {
    this.#ending ??= { code, error };
    this.#link.destroy();
  }
}
