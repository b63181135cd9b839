/**
 * A pipe as a source and a sink of Noise messages. While nobody asks for a message the pipe is paused, so a stranger
 * cannot fill memory between two steps of the handshake.
 */
import { allocate } from "#platform/memory";
import { HempleError } from "../errors.js";
import { Deframer } from "./deframer.js";
import type { Pipe } from "./pipe.js";

const HEADER = 2;
// How long a pipe that we have ended may take to close, before it is cut.
const LINGER_MS = 1000;

interface Wanted {
  readonly pull: () => Uint8Array | undefined;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

export class Link {
  /** Resolves when the pipe is closed; never rejects. */
  readonly closed: Promise<void>;
  /** What the pipe failed with, if it did. */
  error: Error | undefined;
  readonly #pipe: Pipe;
  readonly #deframer = new Deframer();
  #wanted: Wanted | undefined;
  #sink: ((message: Uint8Array) => void) | undefined;
  #fault: ((error: unknown) => void) | undefined;
  #over = false;
  #held = false;

  constructor(pipe: Pipe) {
    this.#pipe = pipe;
    this.closed = new Promise((resolve) => {
      pipe.listen({
        data: (chunk) => {
          this.#deframer.push(chunk);
          this.#pump();
        },
        drained: () => {
          if (this.#held) pipe.resume();
          this.#held = false;
        },
        closed: (error) => {
          this.#over = true;
          this.error ??= error;
          this.#wanted?.reject(this.#gone());
          resolve();
        },
      });
    });
  }

  /** Who is at the other end, as far as the transport knows. */
  get address(): string {
    return this.#pipe.address;
  }

  /** True until the pipe is closed, or was cut. */
  get open(): boolean {
    return !this.#over;
  }

  /** Bytes that were written and have not left this end. */
  get unsent(): number {
    return this.#pipe.unsent;
  }

  /** The next bytes without a header. */
  raw(length: number): Promise<Uint8Array> {
    return this.#want(() => this.#deframer.raw(length));
  }

  /** The next message, which must have this length. */
  message(exact: number): Promise<Uint8Array> {
    return this.#want(() => this.#deframer.message(exact));
  }

  /** Whether bytes have come that nobody has asked for yet. */
  get ahead(): boolean {
    return this.#deframer.ahead;
  }

  /** From now on every message goes to `sink`; a message that is no message goes to `fault`, once. */
  stream(sink: (message: Uint8Array) => void, fault: (error: unknown) => void): void {
    this.#sink = sink;
    this.#fault = fault;
    this.#pump();
    if (!this.#over) this.#pipe.resume();
  }

  /** Sends bytes as they are. */
  writeRaw(bytes: Uint8Array): void {
    if (!this.#over) this.#pipe.write(bytes);
  }

  /** Sends a message with its length before it. */
  write(message: Uint8Array): void {
    const { length } = message;
    const framed = allocate(HEADER + length);
    framed[0] = length >> 8;
    framed[1] = length;
    framed.set(message, HEADER);
    this.writeRaw(framed);
  }

  /** Reads nothing more until the other side reads what it was sent. */
  holdIfCongested(): void {
    if (this.#held || !this.#pipe.congested) return;
    this.#held = true;
    this.#pipe.pause();
  }

  /** Sends what is queued, then closes; cuts the pipe where the other side does not let go. */
  end(): void {
    if (this.#over) return;
    // Nobody reads what still comes, but the end behind it.
    this.#held = false;
    this.#pipe.resume();
    this.#pipe.end();
    const timer = setTimeout(() => this.destroy(), LINGER_MS);
    void this.closed.then(() => clearTimeout(timer));
  }

  destroy(): void {
    this.#over = true;
    this.#pipe.destroy();
  }

  #want(pull: () => Uint8Array | undefined): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#wanted = { pull, resolve, reject };
      this.#pump();
      if (this.#over) reject(this.#gone());
      else if (this.#wanted !== undefined) this.#pipe.resume();
    });
  }

  #pump(): void {
    try {
      if (this.#sink !== undefined) {
        for (let message = this.#deframer.message(); message !== undefined; message = this.#deframer.message())
          this.#sink(message);
        return;
      }
      const wanted = this.#wanted;
      const bytes = wanted?.pull();
      if (wanted === undefined || bytes === undefined) return;
      this.#wanted = undefined;
      this.#pipe.pause();
      wanted.resolve(bytes);
    } catch (error) {
      this.#pipe.pause();
      if (this.#sink !== undefined) this.#fault?.(error);
      else this.#wanted?.reject(error);
    }
  }

  #gone(): HempleError {
    return new HempleError("CLOSED", "the connection ended", { cause: this.error });
  }
}
