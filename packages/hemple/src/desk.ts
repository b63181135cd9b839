/**
 * What all connections of one server share: its settings and handlers, its supervisor channel, the table of what is in
 * use, and the counters. Signals, their order and who waits for whom are decided here.
 */
import { type Channel, channel, type Emergence, type Fiber, type Signal, type Supervisor } from "@good-place/channel";
import type { AnyMethod } from "./contract.js";
import { HempleError } from "./errors.js";
import { spokenCode } from "./failure.js";
import type { Settings } from "./settings.js";

/** A method with what answers it. */
export interface Served {
  readonly name: string;
  readonly method: AnyMethod;
  readonly handler: (input: unknown, call: unknown) => unknown;
}

/** Who is at the other end of a connection, as handlers and signals see it. */
export interface Peer {
  readonly key: Uint8Array;
  readonly fingerprint: string;
  readonly roles: readonly string[];
  readonly address: string;
  /** Names the connection in this server's signals. */
  readonly connection: string;
}

/** What a server tells its supervisor, beside the emergences of its handlers and the life of its fibers. */
export type ServerSignal =
  | {
      readonly tag: "handshake";
      readonly fiber: Fiber<unknown>;
      readonly address: string;
      readonly pattern: string;
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
  /** Signals about strangers that were dropped because the supervisor was behind. */
  readonly droppedSignals: number;
}

// Signals that wait before connections and calls wait with them.
const SIGNALS = 64;
// Life signals never wait; with so many unread, calls are refused instead.
const MOST_SIGNALS = 4096;

export class Desk {
  readonly settings: Settings;
  readonly served: ReadonlyMap<string, Served>;
  /** The server's own supervisor channel. */
  readonly signals: Channel<Signal> = channel<Signal>(SIGNALS, { name: "hemple" });
  readonly count = {
    connections: 0,
    halfOpen: 0,
    calls: 0,
    accepted: 0,
    refused: 0,
    answered: 0,
    failed: 0,
    overloaded: 0,
    droppedSignals: 0,
  };
  draining = false;

  constructor(settings: Settings, served: ReadonlyMap<string, Served>) {
    this.settings = settings;
    this.served = served;
  }

  /** True when the supervisor is so far behind that nothing more should be begun. */
  get behind(): boolean {
    return this.signals.statistics().size > MOST_SIGNALS;
  }

  /** Tells of a stranger. Never waits: strangers must not fill memory with signals that nobody takes. */
  refused(signal: Omit<Extract<ServerSignal, { tag: "refused" }>, "tag">): void {
    this.count.refused += 1;
    this.tell({ tag: "refused", ...signal } as Signal);
  }

  /** Gives a signal if there is room for it, else counts it as dropped. */
  tell(signal: Signal): void {
    if (this.signals.tryGive(signal) === "full") this.count.droppedSignals += 1;
  }

  /** Works off one signal: everything goes up but the plain end of a fiber, which `close` and the answers tell. */
  *pass(signal: Signal): Generator<unknown, void, never> {
    if (signal.tag === "ok" || signal.tag === "cancelled") return;
    const { supervisor } = this.settings;
    if (supervisor !== null && (yield* (supervisor as Supervisor).give(signal))) return;
    if (signal.tag === "emergence") {
      (signal as Emergence).settle?.(
        new HempleError(
          "NO_SUPERVISOR",
          "nobody above this server takes acts: give it a supervisor channel that is open",
        ),
      );
    } else if (signal.tag === "error") print(signal as Extract<ServerSignal, { tag: "error" }>);
  }
}

// Without a supervisor a failure that its caller cannot see would be seen by nobody.
function print({ error, method, callId, fiber }: Extract<ServerSignal, { tag: "error" }>): void {
  if (spokenCode(error) === undefined)
    console.error(`hemple: ${method ?? fiber?.name} failed${callId ? ` in call ${callId}` : ""}:`, error);
}
