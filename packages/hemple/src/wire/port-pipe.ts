/**
 * A message port as a pipe, between threads, workers and pages. Ports have no flow control and may not tell of their
 * end, so three messages are spoken on them: bytes, a number for so many bytes taken, and null for the end.
 */
import { HempleError } from "../errors.js";
import { Inbox } from "./inbox.js";
import type { Pipe, PipeEvents } from "./pipe.js";

/** What is needed of a port: those of Node and of browsers have it. */
export interface MessagePortLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  // biome-ignore lint/suspicious/noExplicitAny: browsers and Node type their events differently
  addEventListener(type: "message" | "close", listener: (event: any) => void): void;
  start(): void;
  close(): void;
}

// Bytes under way before whoever writes should wait.
const MOST_UNDER_WAY = 256 * 1024;

export class PortPipe implements Pipe {
  readonly address = "port";
  readonly #port: MessagePortLike;
  readonly #inbox: Inbox;
  #underWay = 0;
  #events: PipeEvents | undefined;
  #closed = false;

  constructor(port: MessagePortLike) {
    this.#port = port;
    this.#inbox = new Inbox((bytes) => this.#post(bytes));
    port.addEventListener("message", ({ data }: { readonly data: unknown }) => this.#message(data));
    port.addEventListener("close", () => this.#close(undefined, false));
    port.start();
  }

  get congested(): boolean {
    return this.#underWay > MOST_UNDER_WAY;
  }

  get unsent(): number {
    return this.#underWay;
  }

  listen(events: PipeEvents): void {
    this.#events = events;
    this.#inbox.listen(events);
  }

  pause(): void {
    this.#inbox.pause();
  }

  resume(): void {
    this.#inbox.resume();
  }

  write(bytes: Uint8Array): void {
    // A view may lie in memory that holds other things: what is posted is a copy that holds nothing else.
    const copy = new Uint8Array(bytes);
    this.#underWay += copy.length;
    this.#post(copy, [copy.buffer]);
  }

  end(): void {
    this.#post(null);
    this.#close(undefined, false);
  }

  destroy(): void {
    this.#post(null);
    this.#close(undefined, true);
  }

  #message(data: unknown): void {
    if (data instanceof Uint8Array) this.#inbox.push(data);
    else if (data === null) this.#close(undefined, false);
    else if (typeof data === "number" && data > 0 && data <= this.#underWay) {
      const { congested } = this;
      this.#underWay -= data;
      if (congested && !this.congested) this.#events?.drained();
    } else {
      this.#post(null);
      this.#close(new HempleError("PROTOCOL", "the other end of the port speaks no hemple"), true);
    }
  }

  #post(message: unknown, transfer: ArrayBuffer[] = []): void {
    if (!this.#closed) this.#port.postMessage(message, transfer);
  }

  #close(error: Error | undefined, cut: boolean): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#port.close();
    }
    this.#inbox.close(error, cut);
  }
}
