/**
 * The connections to one origin. A request waits in line for a permit, then gets the lane that suits it best.
 * Invariant: there are as many permits as lanes times pipelining, and whoever has one gives it back exactly once. A lane
 * whose request is given up is thrown away with its connection, for undici would connect it anew for nobody.
 */
import type { Socket } from "node:net";
import { type Channel, CLOSED, channel, EMPTY } from "@good-place/channel";
import { Client } from "undici";
import { ClientError } from "./client-error.js";
import { type Connecting, connectorOf } from "./connecting.js";

export interface LaneOptions extends Connecting {
  readonly connections: number;
  readonly pipelining: number;
  readonly maxQueue: number;
  readonly keepAliveMs: number;
  readonly maxHeaderBytes: number;
}

/** One connection, or the place for one. */
export interface Lane {
  readonly client: Client;
  /** How many requests are on it. */
  running: number;
  /** The newest socket, connected or not. */
  socket: Socket | null;
}

export class Lanes {
  readonly origin: string;
  readonly #options: LaneOptions;
  readonly #lanes = new Set<Lane>();
  readonly #permits: Channel<true>;
  #waiting = 0;

  constructor(origin: string, options: LaneOptions) {
    this.origin = origin;
    this.#options = options;
    const permits = options.connections * options.pipelining;
    this.#permits = channel(permits, { name: `permits of ${origin}` });
    for (let i = 0; i < permits; i++) this.#permits.tryGive(true);
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Connections that are open or being opened. */
  get connections(): number {
    let open = 0;
    for (const { socket } of this.#lanes) if (socket !== null && !socket.destroyed) open++;
    return open;
  }

  /** Waits for a lane, first come first served. Fails with CLIENT_BUSY when too many wait already, and as the signal says. */
  *enter(signal: AbortSignal): Generator<unknown, Lane, never> {
    if (this.#permits.tryTake() === EMPTY) {
      const { maxQueue } = this.#options;
      if (this.#waiting >= maxQueue) {
        const text = `${maxQueue} requests wait for a connection to ${this.origin} already (maxQueue)`;
        throw new ClientError("CLIENT_BUSY", text, { phase: "queue" });
      }
      this.#waiting++;
      try {
        if ((yield* this.#permits.take({ signal })) === CLOSED) throw drained();
      } finally {
        this.#waiting--;
      }
    }
    const lane = this.#choose();
    lane.running++;
    return lane;
  }

  leave(lane: Lane): void {
    lane.running--;
    this.#permits.tryGive(true);
  }

  /** Throws the lane away with its connection; what else is on it fails. */
  discard(lane: Lane, reason: Error): void {
    if (!this.#lanes.delete(lane)) return;
    lane.client.destroy(reason).catch(() => {});
    lane.socket?.destroy();
  }

  close(): void {
    this.#permits.close();
    for (const lane of this.#lanes) this.discard(lane, drained());
  }

  // An idle connection, else a new one, else the least busy: only then are requests pipelined.
  #choose(): Lane {
    let best: Lane | null = null;
    for (const lane of this.#lanes) {
      const idle = lane.running === 0;
      if (idle && lane.socket?.destroyed === false) return lane;
      if (best === null || lane.running < best.running) best = lane;
    }
    if (best !== null && (best.running === 0 || this.#lanes.size >= this.#options.connections)) return best;
    return this.#open();
  }

  #open(): Lane {
    const { pipelining, keepAliveMs, maxHeaderBytes } = this.#options;
    const connect = connectorOf(this.#options, (socket) => {
      lane.socket = socket;
    });
    const client = new Client(this.origin, {
      connect,
      pipelining,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: maxHeaderBytes,
      // The exchange has timers of its own: these round up to seconds, and do not fire while a body is not being read.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const lane: Lane = { client, running: 0, socket: null };
    this.#lanes.add(lane);
    return lane;
  }
}

/** What requests fail with once the client is drained. */
export function drained(): ClientError {
  return new ClientError("CLIENT_DRAINED", "the client has been drained: make another one", { phase: "queue" });
}
