/**
 * What the server reports on its supervisor channel, and what a connection looks like to whoever works the signals off.
 */
import type { Emergence, Fiber, LifeSignal } from "@good-place/channel";
import type { ChidiError } from "../errors.js";
import type { HttpRequest } from "../request/request.js";
import type { Awaited } from "./timeouts.js";

/** One TCP (or unix socket) connection, of HTTP/1 or HTTP/2, and the fiber that it is. */
export interface Connection {
  readonly id: number;
  readonly fiber: Fiber<void>;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** When it was accepted, in epoch milliseconds. */
  readonly openedAt: number;
  /** How many requests it has brought so far. */
  readonly requests: number;
  /** Destroys the connection at once, whatever it is doing. Closing twice is nothing. */
  close(): void;
}

/** A connection was accepted; its fiber runs. */
export interface ConnSignal {
  readonly tag: "conn";
  readonly connection: Connection;
  readonly fiber: Fiber<void>;
}

/** A connection is gone; nothing more comes of it. */
export interface CloseSignal {
  readonly tag: "close";
  readonly connection: Connection;
  readonly fiber: Fiber<void>;
}

/** A handler failed, or what it gave to `whenAnswered` did. */
export interface ErrorSignal {
  readonly tag: "error";
  readonly error: unknown;
  readonly connection: Connection;
  readonly request?: HttpRequest | undefined;
  /** The fiber that failed: the connection's, or that of the handler. */
  readonly fiber: Fiber<unknown>;
}

/**
 * A request was refused by a fault of the client's: `error` is a ChidiError with the `status` that it was told. Without
 * a status a whole connection was refused: for its TLS handshake, or for what it made of HTTP/2.
 */
export interface RefusedSignal extends Omit<ErrorSignal, "tag" | "error"> {
  readonly tag: "refused";
  readonly error: ChidiError;
}

/** Something took longer than the server waits; `which` says what. Where a request was there, the client was told, or cut off. */
export interface TimeoutSignal extends Omit<ErrorSignal, "tag" | "error"> {
  readonly tag: "timeout";
  readonly which: Awaited;
  readonly error: ChidiError;
}

/** Everything that the server itself puts on its channel. Handlers add signals of their own. */
export type ChidiSignal =
  | ConnSignal
  | CloseSignal
  | ErrorSignal
  | RefusedSignal
  | TimeoutSignal
  | Emergence
  | LifeSignal;
