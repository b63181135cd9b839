/**
 * What all connections of one server share: its settings, and the board of its calls. Signals, their order and who waits for
 * whom are decided there.
 */
import type { Fiber, Signal } from "@good-place/channel";
import { Board } from "./calls/board.js";
import type { Served } from "./calls/served.js";
import type { Tells } from "./client.js";
import type { Contract } from "./contract.js";
import type { Settings } from "./settings.js";

/** Who is at the other end of a connection, as handlers and signals see it. */
export interface Peer {
  readonly key: Uint8Array;
  readonly fingerprint: string;
  readonly roles: readonly string[];
  readonly address: string;
  /** Names the connection in this server's signals. */
  readonly connection: string;
  /** The methods that the other end answers: both ends of a line may call. They fail with CLOSED when the line has ended. */
  tell<C extends Contract>(contract: C): Tells<C>;
}

/** What a server tells its supervisor, beside the emergences of its handlers and the life of its fibers. */
export type ServerSignal =
  | {
      readonly tag: "handshake";
      readonly fiber: Fiber<unknown>;
      readonly address: string;
      readonly pattern: string;
    }
  /** A drain has begun, with so many connections and calls that run. */
  | {
      readonly tag: "drain";
      readonly connections: number;
      readonly calls: number;
      readonly deadlineMs: number;
    }
  | { readonly tag: "rekey"; readonly fiber: Fiber<unknown>; readonly connection: string }
  | { readonly tag: "conn"; readonly fiber: Fiber<unknown>; readonly peer: Peer }
  | {
      readonly tag: "refused";
      readonly fiber?: Fiber<unknown>;
      readonly code: string;
      readonly address: string;
      readonly fingerprint?: string;
    }
  | {
      readonly tag: "close";
      readonly fiber: Fiber<unknown>;
      readonly peer: Peer;
      readonly code: string;
      readonly error: unknown;
    }
  | {
      readonly tag: "error";
      readonly error: unknown;
      /** Of a call: its fiber, method, id and caller. */
      readonly fiber?: Fiber<unknown>;
      readonly method?: string;
      readonly callId?: string;
      readonly peer?: Peer;
    };

export interface ServerStatistics {
  /** Connections that proved themselves and are open. */
  readonly connections: number;
  /** Connections that have not proved themselves yet. */
  readonly halfOpen: number;
  /** Calls whose handlers run now. */
  readonly calls: number;
  /** Since the start: connections, refused connections, calls with an answer, with an error, and refused for want of room. */
  readonly accepted: number;
  readonly refused: number;
  readonly answered: number;
  readonly failed: number;
  readonly overloaded: number;
  /** Calls that came again with their idempotency key, and were not run again. */
  readonly repeated: number;
  /** Signals about strangers that were dropped because the supervisor was behind. */
  readonly droppedSignals: number;
}

export class Desk extends Board {
  readonly settings: Settings;

  constructor(settings: Settings, served: ReadonlyMap<string, Served>) {
    super(served, settings);
    this.settings = settings;
  }

  /** Tells of a stranger. Never waits: strangers must not fill memory with signals that nobody takes. */
  refused(signal: Omit<Extract<ServerSignal, { tag: "refused" }>, "tag">): void {
    this.count.refused += 1;
    this.tell({ tag: "refused", ...signal } as Signal);
  }
}
