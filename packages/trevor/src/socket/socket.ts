/**
 * What handlers and rules see of a socket, and the signals of its life.
 */
import type { Emergence, Fiber, LifeSignal, Op } from "@good-place/channel";
import type { HttpRequest } from "@good-place/chidi";

/** How a socket has closed. */
export interface Closing {
  /** The code of whoever began to close; 1005 for none given, 1006 when the connection broke. */
  readonly code: number;
  readonly reason: string;
  /** True when both sides have said that they close. */
  readonly clean: boolean;
}

/** One socket, and the fiber that it is. */
export interface Socket {
  readonly id: number;
  /** The request that became the socket. */
  readonly request: HttpRequest;
  /** The subprotocol that was agreed on, or "". */
  readonly protocol: string;
  readonly fiber: Fiber<void>;
  /** Aborts when the socket has closed. */
  readonly signal: AbortSignal;
  readonly rooms: ReadonlySet<string>;
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  /**
   * Sends a message. True once the peer can take more; false when it will not be sent: dropped by the policy, or the
   * socket closed. Not awaiting it is allowed; past `highWaterMark` the policy of the endpoint decides. Throws
   * BAD_MESSAGE. Cancelling a write that waits for its turn withdraws the message.
   */
  write(message: unknown): Op<boolean>;
  /**
   * Sends, and settles when the client of a session has the message in its `messages`. Fails with NO_SESSION when the
   * client has not asked for a session; with QUEUE_FULL or CLOSED when the message was not sent, by the policy or because
   * the socket has closed; with LOST when the session ended, and nobody knows whether the message arrived. Not awaiting it
   * is allowed; cancelling it leaves the message where it is. Throws BAD_MESSAGE.
   */
  deliver(message: unknown): Op<void>;
  /**
   * Closes, and settles when that is done, at `closeMs` at the latest. What has been received and not been read is
   * dropped. Closing again waits for the first close. Throws BAD_CLOSE on a code or reason that cannot be sent.
   */
  close(code?: number, reason?: string): Op<Closing>;
  /** Gets what is broadcast to the room until it leaves or closes. Joining twice is nothing. */
  join(room: string): void;
  leave(room: string): void;
  /**
   * Pings the peer. Settles with the milliseconds there and back, the time included in which reading was paused, or
   * a session's client away; with null when the socket closes before.
   */
  ping(): Op<number | null>;
  /** Asks whoever is above to confirm the acts; settles when that is done, fails with the refusal. */
  emerge(...acts: unknown[]): Op<void>;
}

/** A socket has come into a room, or is no longer in it. */
export interface Presence {
  readonly event: "join" | "leave";
  readonly room: string;
  readonly socket: Socket;
  /** How many are in the room now. */
  readonly members: number;
}

export interface SocketConn {
  readonly tag: "conn";
  readonly socket: Socket;
  readonly fiber: Fiber<void>;
}

export interface SocketClose {
  readonly tag: "close";
  readonly socket: Socket;
  readonly closing: Closing;
  readonly fiber: Fiber<void>;
}

/** A handler failed. There is no socket yet where it was `check`. */
export interface SocketError {
  readonly tag: "error";
  readonly error: unknown;
  readonly phase: "check" | "connect" | "read" | "closed";
  readonly socket?: Socket | undefined;
  readonly request: HttpRequest;
  readonly fiber?: Fiber<unknown> | undefined;
}

/** Everything that the endpoint itself puts on its channel. Handlers add signals of their own. */
export type TrevorSignal = SocketConn | SocketClose | SocketError | Emergence | LifeSignal;
