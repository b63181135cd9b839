/**
 * An encrypted line: frames go in, frames come out. What is sent within one microtask shares a Noise message, so each
 * call pays a share of a seal; what is longer than a message goes over several.
 * Invariant: the first message that does not decrypt, and the first frame that is none, ends the line.
 */

import { HempleError, NoiseError } from "../errors.js";
import { decode, encode, type Frame } from "../frame.js";
import { type Cipher, MAX_PLAINTEXT } from "../noise/cipher.js";
import { Assembler, HEADER } from "./assembler.js";
import type { Link } from "./link.js";

/**
 * How a line ended: BYE, the other side said so; LEFT, this side did; TRUNCATED, the connection broke without a word;
 * CRYPTO, a message did not decrypt; PROTOCOL, one was no frame of this protocol.
 */
export interface Ending {
  readonly code: "BYE" | "LEFT" | "TRUNCATED" | "CRYPTO" | "PROTOCOL";
  readonly error: unknown;
}

/** What takes a line's frames. */
export type Receive = (frame: Frame, bytes: number) => void;

export interface LineOptions {
  readonly tx: Cipher;
  readonly rx: Cipher;
  readonly maxMessageBytes: number;
  /** Stop reading while the other side does not read. For the end that answers: two such ends could wait for each other. */
  readonly yielding: boolean;
}

export class Line {
  /** Resolves when the line has ended and its socket is closed; never rejects. */
  readonly ended: Promise<Ending>;
  /** Longest frame that the other side takes. */
  maxSendBytes: number;
  readonly #link: Link;
  readonly #tx: Cipher;
  readonly #rx: Cipher;
  readonly #assembler: Assembler;
  readonly #yielding: boolean;
  #receive: Receive | undefined;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #ending: Ending | undefined;

  constructor(link: Link, { tx, rx, maxMessageBytes, yielding }: LineOptions) {
    this.#link = link;
    this.#tx = tx;
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
    return this.#ending === undefined && !this.#link.socket.destroyed;
  }

  /**
   * Queues a frame, which leaves with the others of this microtask, and gives its length. Throws where it cannot travel;
   * says nothing once closed.
   */
  send(frame: Frame, _compress = true): number {
    if (!this.open) return 0;
    const bytes = encode(frame);
    if (bytes.length > this.maxSendBytes) {
      throw new HempleError(
        "TOO_LARGE",
        `the message has ${bytes.length} bytes, the other side takes ${this.maxSendBytes}; send it in parts`,
      );
    }
    if (this.#queued === 0) queueMicrotask(() => this.#flush());
    this.#queue.push(bytes);
    this.#queued += HEADER + bytes.length;
    return bytes.length;
  }

  /** Says goodbye behind what is queued, and closes. */
  leave(): void {
    if (!this.open) return;
    this.send({ kind: "bye" });
    this.#flush();
    this.#end({ code: "LEFT", error: undefined });
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
    const plaintext = Buffer.allocUnsafe(this.#queued);
    this.#queue = [];
    this.#queued = 0;
    if (this.#link.socket.destroyed) return;
    let at = 0;
    for (const bytes of queue) {
      at = plaintext.writeUInt32BE(bytes.length, at);
      plaintext.set(bytes, at);
      at += bytes.length;
    }
    for (let from = 0; from < plaintext.length; from += MAX_PLAINTEXT) {
      this.#link.write(this.#tx.seal(plaintext.subarray(from, from + MAX_PLAINTEXT)));
    }
    const { socket } = this.#link;
    if (!this.#yielding || !socket.writableNeedDrain || socket.isPaused()) return;
    socket.pause();
    socket.once("drain", () => socket.resume());
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#link.end();
  }

  #fail(error: unknown): void {
    this.#ending ??= { code: error instanceof NoiseError ? "CRYPTO" : "PROTOCOL", error };
    this.#link.destroy();
  }
}
