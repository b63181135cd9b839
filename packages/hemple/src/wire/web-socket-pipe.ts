/**
 * The client's end of a WebSocket as a pipe: the stream of bytes is cut into binary messages as it comes. Reading cannot
 * be paused here, so what comes is held meanwhile; the server writes no more than its limits allow.
 */
import { HempleError } from "../errors.js";
import { Inbox } from "./inbox.js";
import type { Pipe, PipeEvents } from "./pipe.js";

/** What is needed of a WebSocket: those of browsers, of Node 22 and of `ws` have it. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(bytes: Uint8Array): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: browsers and ws type their events differently
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: any) => void): void;
}

export type WebSocketMaker = new (url: string) => WebSocketLike;

const OPEN = 1;
const CONGESTED = 256 * 1024;
// WebSockets do not tell when they have sent: they are asked.
const ASK_MS = 10;

export class WebSocketPipe implements Pipe {
  readonly address: string;
  readonly #socket: WebSocketLike;
  readonly #inbox = new Inbox();
  #events: PipeEvents | undefined;
  #asking: ReturnType<typeof setTimeout> | undefined;

  /** The socket is not open yet; `opened` settles when it is. */
  constructor(socket: WebSocketLike, url: string) {
    this.#socket = socket;
    this.address = url;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }: { readonly data: unknown }) => {
      if (data instanceof ArrayBuffer) this.#inbox.push(new Uint8Array(data));
      else this.#close(new HempleError("PROTOCOL", "text came over the WebSocket: no hemple server is there"), true);
    });
    socket.addEventListener("close", () => {
      clearTimeout(this.#asking);
      this.#inbox.close(undefined, false);
    });
    // A close follows each error.
    socket.addEventListener("error", () => {});
  }

  get congested(): boolean {
    return this.#socket.bufferedAmount > CONGESTED;
  }

  get unsent(): number {
    return this.#socket.bufferedAmount;
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
    if (this.#socket.readyState !== OPEN) return;
    this.#socket.send(bytes);
    if (this.#asking === undefined && this.congested) this.#ask();
  }

  end(): void {
    this.#socket.close(1000);
  }

  destroy(): void {
    this.#close(undefined, true);
  }

  #close(error: Error | undefined, cut: boolean): void {
    clearTimeout(this.#asking);
    this.#socket.close(1000);
    this.#inbox.close(error, cut);
  }

  #ask(): void {
    this.#asking = setTimeout(() => {
      this.#asking = undefined;
      if (this.congested) this.#ask();
      else this.#events?.drained();
    }, ASK_MS);
  }
}
