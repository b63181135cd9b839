/**
 * A TCP or unix socket as a pipe.
 */
import type { Socket } from "node:net";
import type { Pipe, PipeEvents } from "../wire/pipe.js";

// A peer that is gone without a word is asked for after so long: else it would hold its place for ever.
const KEEP_ALIVE_MS = 30_000;

export class SocketPipe implements Pipe {
  readonly address: string;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.address = socket.remoteAddress ?? "unix";
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.pause();
  }

  get congested(): boolean {
    return this.#socket.writableNeedDrain;
  }

  get unsent(): number {
    return this.#socket.writableLength;
  }

  listen(events: PipeEvents): void {
    let failure: Error | undefined;
    this.#socket.on("data", (chunk: Buffer) => events.data(chunk));
    this.#socket.on("drain", () => events.drained());
    this.#socket.on("error", (error: Error) => {
      failure ??= error;
    });
    this.#socket.on("close", () => events.closed(failure));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
