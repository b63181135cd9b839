/**
 * A TCP socket as a source and a sink of Noise messages. While nobody asks for a message the socket is paused, so
 * a stranger cannot fill memory between two steps of the handshake.
 */
import type { Socket } from "node:net";
import { HempleError } from "../errors.js";
import { Deframer } from "./deframer.js";

const HEADER = 2;
// How long a socket that we have ended may take to close, before it is cut.
const LINGER_MS = 1000;

export class Link {
  readonly socket: Socket;
  /** Resolves when the socket is closed; never rejects. */
  readonly closed: Promise<void>;
  /** What the socket failed with, if it did. */
  error: Error | undefined;
  readonly #deframer = new Deframer();
  #wanted:
    | { pull: () => Uint8Array | undefined; resolve: (bytes: Uint8Array) => void; reject: (error: unknown) => void }
    | undefined;
  #sink: ((message: Uint8Array) => void) | undefined;
  #fault: ((error: unknown) => void) | undefined;
  #over = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.pause();
    socket.on("data", (chunk: Buffer) => {
      this.#deframer.push(chunk);
      this.#pump();
    });
    socket.on("error", (error: Error) => {
      this.error ??= error;
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#over = true;
        this.#wanted?.reject(this.#gone());
        resolve();
      });
    });
  }

  /** True when the socket has closed in the middle of a message. */
  get truncated(): boolean {
    return this.#deframer.pending;
  }

  /** The next bytes without a header. */
  raw(length: number): Promise<Uint8Array> {
    return this.#want(() => this.#deframer.raw(length));
  }

  /** The next message, which must have this length. */
  message(exact: number): Promise<Uint8Array> {
    return this.#want(() => this.#deframer.message(exact));
  }

  /** From now on every message goes to `sink`; a message that is no message goes to `fault`, once. */
  stream(sink: (message: Uint8Array) => void, fault: (error: unknown) => void): void {
    this.#sink = sink;
    this.#fault = fault;
    this.#pump();
    if (!this.#over) this.socket.resume();
  }

  /** Sends a message with its length before it. */
  write(message: Uint8Array): boolean {
    const framed = Buffer.allocUnsafe(HEADER + message.length);
    framed.writeUInt16BE(message.length);
    framed.set(message, HEADER);
    return this.socket.write(framed);
  }

  /** Sends what is queued, then closes; cuts the socket where the other side does not let go. */
  end(): void {
    if (this.#over) return;
    this.socket.end();
    const timer = setTimeout(() => this.socket.destroy(), LINGER_MS);
    void this.closed.then(() => clearTimeout(timer));
  }

  destroy(): void {
    this.socket.destroy();
  }

  #want(pull: () => Uint8Array | undefined): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#over) return reject(this.#gone());
      this.#wanted = { pull, resolve, reject };
      this.socket.resume();
      this.#pump();
    });
  }

  #pump(): void {
    try {
      if (this.#sink !== undefined) {
        for (let message = this.#deframer.message(); message !== undefined; message = this.#deframer.message())
          this.#sink(message);
        return;
      }
      const bytes = this.#wanted?.pull();
      if (bytes === undefined) return;
      const { resolve } = this.#wanted as { resolve: (bytes: Uint8Array) => void };
      this.#wanted = undefined;
      this.socket.pause();
      resolve(bytes);
    } catch (error) {
      this.socket.pause();
      if (this.#sink !== undefined) this.#fault?.(error);
      else this.#wanted?.reject(error);
    }
  }

  #gone(): HempleError {
    return new HempleError("CLOSED", "the connection ended", { cause: this.error });
  }
}
