/**
 * `hemple`: the server. A listener, a fiber for each connection, a supervisor channel of its own whose signals go up to
 * the one it was handed. Everything it starts belongs to it and not to whoever called, until `drain` ends it.
 */

import { createServer, type Server as Listener, type Socket } from "node:net";
import { go, type Op, type Signal, supervise } from "@good-place/channel";
import { type Handlers, type Served, serve } from "./calls/served.js";
import type { Contract } from "./contract.js";
import { Desk, type ServerStatistics } from "./desk.js";
import { HempleError } from "./errors.js";
import { type Connection, converse } from "./peer.js";
import { pending } from "./pending.js";
import { checkServer, type ServerOptions, type Settings } from "./settings.js";
import { Link } from "./wire/link.js";

export interface ServerAddress {
  readonly address: string;
  readonly port: number;
  readonly family: string;
}

/** A running server. */
export interface HempleServer {
  readonly address: ServerAddress;
  /** What clients pin as `serverKey`. */
  readonly publicKey: Uint8Array;
  statistics(): ServerStatistics;
  /**
   * Takes no more connections and calls, waits for the calls that run, and closes. At the deadline (10,000 ms by default)
   * what is left is cut. May be called again, with a shorter one.
   */
  drain(options?: { readonly deadlineMs?: number | undefined }): Promise<void>;
  /** Cuts everything now. */
  [Symbol.asyncDispose](): Promise<void>;
}

const DRAIN_MS = 10_000;
// How long what runs may take to end once its socket is cut.
const CUT_MS = 100;

/** Starts a server for a contract. Settles when it listens; fails with LISTEN when it cannot. */
export function hemple<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  options: ServerOptions,
): Op<HempleServer> {
  let abandoned = false;
  const started = (async () => {
    const server = new Server(checkServer(options), serve("hemple()", contract, handlers));
    await server.listen();
    if (abandoned) await server.drain({ deadlineMs: 0 });
    return server.face();
  })();
  return pending(started, () => {
    abandoned = true;
  });
}

class Server {
  readonly #desk: Desk;
  readonly #listener: Listener;
  readonly #connections = new Set<Connection>();
  readonly #halfOpen = new Map<string, number>();
  #lastId = 0;
  // Those who wait for the last connection to end.
  #waiting: (() => void)[] = [];

  constructor(settings: Settings, served: ReadonlyMap<string, Served>) {
    this.#desk = new Desk(settings, served);
    this.#desk.freed = () => this.#checkEmpty();
    this.#listener = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  listen(): Promise<void> {
    const { host, port } = this.#desk.settings;
    return new Promise((resolve, reject) => {
      this.#listener.on("error", (cause) => {
        const message = `the server cannot listen on ${host}:${port}; choose another port, or end what uses it`;
        reject(new HempleError("LISTEN", message, { cause }));
        // Once it listens, the promise takes no more: then it is a signal.
        this.#desk.tell({ tag: "error", error: cause } as Signal);
      });
      this.#listener.listen({ host, port }, () => {
        // Called by the host's loop, so the fiber belongs to no scope of the caller.
        void supervise(this.#desk.signals, (signal) => this.#desk.pass(signal), { name: "hemple", supervisor: null });
        resolve();
      });
    });
  }

  face(): HempleServer {
    const { address, port, family } = this.#listener.address() as ServerAddress;
    return Object.freeze<HempleServer>({
      address: Object.freeze({ address, port, family }),
      publicKey: this.#desk.settings.pair.publicKey,
      statistics: () => Object.freeze({ ...this.#desk.count }),
      drain: (options) => this.drain(options),
      [Symbol.asyncDispose]: () => this.drain({ deadlineMs: 0 }),
    });
  }

  async drain({ deadlineMs = DRAIN_MS }: { readonly deadlineMs?: number | undefined } = {}): Promise<void> {
    if (!this.#desk.draining) {
      this.#desk.draining = true;
      this.#listener.close();
      for (const connection of this.#connections) {
        if (connection.goaway !== undefined) connection.goaway();
        else connection.link.destroy();
      }
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#cut();
        timer = setTimeout(resolve, CUT_MS);
      }, deadlineMs);
    });
    await Promise.race([this.#empty(), late]);
    clearTimeout(timer);
  }

  // Resolves when the last connection's fiber has ended, and its signals are on their way.
  #empty(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#checkEmpty();
    });
  }

  #checkEmpty(): void {
    // A call with a key may go on without its connection.
    if (!this.#desk.draining || this.#connections.size > 0 || this.#desk.lasting.size > 0) return;
    // What the supervisor has not taken yet it can still take.
    void this.#desk.signals.finish("drained");
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #cut(): void {
    for (const { link } of this.#connections) link.destroy();
    for (const cancel of this.#desk.lasting) cancel(new HempleError("CLOSED", "the server has closed"));
  }

  #accept(socket: Socket): void {
    const { count, settings } = this.#desk;
    const address = socket.remoteAddress ?? "unknown";
    const here = this.#halfOpen.get(address) ?? 0;
    count.accepted += 1;
    if (
      this.#desk.draining ||
      count.halfOpen >= settings.limits.maxHalfOpen ||
      here >= settings.limits.maxHalfOpenPerAddress
    ) {
      socket.on("error", () => {});
      socket.destroy();
      this.#desk.refused({ code: this.#desk.draining ? "DRAINING" : "OVERLOADED", address });
      return;
    }
    count.halfOpen += 1;
    this.#halfOpen.set(address, here + 1);
    const connection = this.#connection(socket, address);
    this.#connections.add(connection);
    const fiber = go((own) => converse(this.#desk, connection, own), {
      name: `peer ${connection.id}`,
      supervisor: this.#desk.signals,
    });
    const ended = (): void => {
      this.#connections.delete(connection);
      this.#checkEmpty();
    };
    void fiber.then(ended, ended);
  }

  #connection(socket: Socket, address: string): Connection {
    this.#lastId += 1;
    let settled = false;
    return {
      id: `c${this.#lastId}`,
      address,
      link: new Link(socket),
      goaway: undefined,
      settled: () => {
        if (settled) return;
        settled = true;
        this.#desk.count.halfOpen -= 1;
        const left = (this.#halfOpen.get(address) ?? 1) - 1;
        if (left === 0) this.#halfOpen.delete(address);
        else this.#halfOpen.set(address, left);
      },
    };
  }
}
