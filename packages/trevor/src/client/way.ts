/**
 * The two ways of a client, with sessions and without: what they need of it, and what it needs of them.
 */
import type { Channel, Op } from "@good-place/channel";
import type { Frame } from "../schema.js";

/** The part of a browser's WebSocket that is used. */
export interface WebSocketLike {
  binaryType: string;
  readonly protocol: string;
  /** 1 while it is open. */
  readonly readyState: number;
  send(data: Frame): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: browsers and ws type their events differently
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: any) => void): void;
}

/**
 * `open` may be followed by `waiting`, and that by `connecting`; `closed` is the last. `lost`, with `resume`: the server
 * has the session no more, another begins, and what was sent and not acknowledged may have arrived or not.
 */
export type Status = "connecting" | "open" | "waiting" | "lost" | "closed";

/** What a client does with one connection. */
export interface Talk {
  /** True once the connection is of use; until then `openMs` runs. */
  readonly ready: boolean;
  opened(): void;
  frame(frame: Frame): Generator<unknown, void, never>;
  /** The connection has ended, or is left. */
  ended(): void;
}

/** What both ways of a client share. */
export interface ClientHall<M> {
  readonly counts: { connections: number; received: number; sent: number; lost: number };
  readonly messages: Channel<M>;
  readonly change: (next: Status) => void;
  readonly read: (frame: Frame) => Generator<unknown, { readonly message: M } | null, never>;
}

/** What becomes of the frames of a client. */
export interface Way {
  write(frame: Frame): Op<boolean>;
  talk(socket: WebSocketLike): Talk;
  end(): void;
}
