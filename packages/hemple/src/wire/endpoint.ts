/**
 * The server's end of WebSockets as pipes: the handlers of an endpoint of `@good-place/trevor`, by shape and not by
 * import. A message is read when the one before it was taken, so a slow connection slows its own socket and nothing else.
 */
import { HempleError } from "../errors.js";
import { Inbox } from "./inbox.js";
import type { Pipe, PipeEvents } from "./pipe.js";

/** What is needed of the endpoint's socket. */
export interface EndpointSocket {
  readonly request: { readonly remoteAddress: string | undefined };
  write(message: unknown): PromiseLike<boolean>;
  close(code?: number, reason?: string): PromiseLike<unknown>;
}

/** The options that make an endpoint one of a hemple server: `trevor({ path: "/rpc", origins, ...server.endpoint })`. */
export interface Endpoint {
  readonly overflow: "wait";
  readonly maxPayload: number;
  connect(socket: EndpointSocket): void;
  read(socket: EndpointSocket, message: unknown): PromiseLike<void> | undefined;
  closed(socket: EndpointSocket): void;
}

// The longest WebSocket message that is taken, also of strangers: one that holds a whole Noise message.
const MAX_PAYLOAD = 2 ** 17;
const CONGESTED = 256 * 1024;

/** An endpoint whose sockets are handed to `accept`. */
export function endpoint(accept: (pipe: Pipe) => void): Endpoint {
  const pipes = new WeakMap<EndpointSocket, EndpointPipe>();
  return Object.freeze<Endpoint>({
    overflow: "wait",
    maxPayload: MAX_PAYLOAD,
    connect(socket) {
      const pipe = new EndpointPipe(socket);
      pipes.set(socket, pipe);
      accept(pipe);
    },
    read: (socket, message) => pipes.get(socket)?.read(message),
    closed: (socket) => pipes.get(socket)?.closed(),
  });
}

class EndpointPipe implements Pipe {
  readonly address: string;
  readonly #socket: EndpointSocket;
  readonly #inbox: Inbox;
  #events: PipeEvents | undefined;
  #waiting = 0;
  // Reading the next message waits for this one to be taken.
  #untaken = 0;
  #taken = (): void => {};

  constructor(socket: EndpointSocket) {
    this.#socket = socket;
    this.address = socket.request.remoteAddress ?? "unix";
    this.#inbox = new Inbox((bytes) => {
      this.#untaken -= bytes;
      if (this.#untaken === 0) this.#taken();
    });
  }

  get congested(): boolean {
    return this.#waiting > CONGESTED;
  }

  get unsent(): number {
    return this.#waiting;
  }

  read(message: unknown): PromiseLike<void> | undefined {
    if (!(message instanceof Uint8Array)) {
      this.#end(1003, new HempleError("PROTOCOL", "a WebSocket message was text: the peer speaks no hemple"), true);
      return undefined;
    }
    this.#untaken += message.length;
    this.#inbox.push(message);
    if (this.#untaken === 0) return undefined;
    return new Promise((resolve) => {
      this.#taken = resolve;
    });
  }

  closed(): void {
    this.#inbox.close(undefined, false);
    this.#taken();
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
    this.#waiting += bytes.length;
    const sent = (): void => {
      const { congested } = this;
      this.#waiting -= bytes.length;
      if (congested && !this.congested) this.#events?.drained();
    };
    this.#socket.write(bytes).then(sent, sent);
  }

  end(): void {
    this.#end(1000, undefined, false);
  }

  destroy(): void {
    this.#end(1000, undefined, true);
  }

  #end(code: number, error: Error | undefined, cut: boolean): void {
    this.#socket.close(code).then(undefined, () => {});
    if (!cut) return;
    this.#inbox.close(error, true);
    this.#taken();
  }
}
