/**
 * What chidi needs of whatever takes connections over by `Upgrade: websocket`; trevor is one.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Supervisor } from "@good-place/channel";
import type { Answer } from "../answer/response.js";
import type { Address } from "../arrivals/address.js";
import type { HttpRequest } from "../request/request.js";

/** What the endpoint gets of the server that it is attached to. */
export interface SocketHost {
  /** The server's supervisor channel: where the endpoint's signals go up when it has no supervisor of its own. */
  readonly signals: Supervisor;
  /** Where the server listens. */
  readonly address: Address;
}

/** A request to take a connection over. Its head has passed the server's checks, and it has no body. */
export interface Handshake {
  readonly request: HttpRequest;
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  /** What came behind the request's head already. */
  readonly head: Buffer;
  /** Aborts when the connection is gone; made when it is first asked for. */
  readonly signal: AbortSignal;
}

/** A path whose connections become sockets. */
export interface SocketEndpoint {
  readonly path: string;
  /** Called when the server begins to listen, before the first handshake. Throws when the endpoint has a server already. */
  attach(host: SocketHost): void;
  /**
   * Runs in the connection's fiber. Answers null once it has taken the socket over (or found it dead), else what the
   * client is told before the connection closes. The socket has an error listener already.
   */
  upgrade(handshake: Handshake): Generator<unknown, Answer | null, never>;
  /** Closes every socket with 1001; settles when all have ended and their signals are worked off. */
  drain(): PromiseLike<void>;
  /** Gives up waiting for handlers and peers. The drain then settles at once. */
  abandon(): void;
}
