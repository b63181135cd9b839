/**
 * `hemple`: the server. A listener, a fiber for each connection, a supervisor channel of its own whose signals go up to
 * the one it was handed. Everything it starts belongs to it and not to whoever called, until `drain` ends it.
 */

import { go, type Op, type Signal, supervise } from "@good-place/channel";
import { checkOptions } from "@good-place/channel/misuse";
import { type Handlers, type Served, serve } from "./calls/served.js";
import type { Contract } from "./contract.js";
import { Desk, type ServerStatistics } from "./desk.js";
import type { DoorOptions } from "./door.js";
import { HempleError } from "./errors.js";
import { type Listener, listen, type TcpAddress, type UnixAddress } from "./node/listener.js";
import { type Connection, converse } from "./peer.js";
import { pending } from "./pending.js";
import {
  type CommonServerOptions,
  checkServer,
  type ServerOptions,
  type Settings,
  type UnixServerOptions,
} from "./settings.js";
import { type Endpoint, endpoint } from "./wire/endpoint.js";
import { Link } from "./wire/link.js";
import type { Pipe } from "./wire/pipe.js";
import { checkMessages } from "./wire/place.js";
import { type MessagePortLike, PortPipe } from "./wire/port-pipe.js";

/** A running server; `Address` is where it listens, undefined where it only takes what it is handed. */
export interface HempleServer<Address = TcpAddress> {
  readonly address: Address;
  /** What clients pin as `serverKey`. */
  readonly publicKey: Uint8Array;
  /**
   * The handlers of a `@good-place/trevor` endpoint whose sockets are connections of this server:
   * `trevor({ path: "/rpc", origins, ...server.endpoint })`.
   */
  readonly endpoint: Endpoint;
  /** Serves whoever has the other end of a message port, and dials it as `messages`. */
  accept(port: MessagePortLike): void;
  /**
   * Replaces the PSK, the peers, or both, and leaves the rest. The connections of a key that is not among the peers any
   * more, or has other roles now, or that proved themselves by a PSK that is gone, end with REMOVED; their calls are
   * cancelled.
   */
  update(options: Partial<DoorOptions>): void;
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

/**
 * Starts a server for a contract: on TCP with `port`, on a unix socket with `path`, else only for what it is handed by
 * `endpoint` and `accept`. Settles when it listens; fails with LISTEN when it cannot.
 */
export function hemple<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  options: ServerOptions,
): Op<HempleServer>;
export function hemple<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  options: UnixServerOptions,
): Op<HempleServer<UnixAddress>>;
export function hemple<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  options: CommonServerOptions,
): Op<HempleServer<undefined>>;
export function hemple<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  options: CommonServerOptions,
): Op<HempleServer<never>> {
  let abandoned = false;
  const started = (async () => {
    const server = new Server(checkServer(options), serve("hemple()", contract, handlers));
    await server.listen();
    if (abandoned) await server.drain({ deadlineMs: 0 });
    return server.face() as HempleServer<never>;
  })();
  return pending(started, () => {
    abandoned = true;
  });
}

class Server {
  readonly #desk: Desk;
  #listener: Listener | undefined;
  readonly #connections = new Set<Connection>();
  readonly #halfOpen = new Map<string, number>();
  #lastId = 0;
  // Those who wait for the last connection to end.
  #waiting: (() => void)[] = [];

  constructor(settings: Settings, served: ReadonlyMap<string, Served>) {
    this.#desk = new Desk(settings, served);
    this.#desk.freed = () => this.#checkEmpty();
  }

  async listen(): Promise<void> {
    const { listening } = this.#desk.settings;
    if (listening !== undefined) {
      try {
        this.#listener = await listen(
          listening,
          (pipe) => this.#accept(pipe),
          (error) => this.#desk.tell({ tag: "error", error } as Signal),
        );
      } catch (cause) {
        const message = `the server cannot listen on ${listening.name}; choose another place, or end what uses it`;
        throw new HempleError("LISTEN", message, { cause });
      }
    }
    // Begun by no fiber of the caller, so it belongs to no scope of the caller.
    void supervise(this.#desk.signals, (signal) => this.#desk.pass(signal), { name: "hemple", supervisor: null });
  }

  face(): HempleServer<Listener["address"] | undefined> {
    return Object.freeze<HempleServer<Listener["address"] | undefined>>({
      address: this.#listener?.address,
      publicKey: this.#desk.settings.pair.publicKey,
      endpoint: endpoint((pipe) => this.#accept(pipe)),
      accept: (port) => this.#accept(new PortPipe(checkMessages("accept()", port))),
      update: (options) => this.#update(options),
      statistics: () => Object.freeze({ ...this.#desk.count }),
      drain: (options) => this.drain(options),
      [Symbol.asyncDispose]: () => this.drain({ deadlineMs: 0 }),
    });
  }

  #update(options: Partial<DoorOptions>): void {
    checkOptions("update()", options, ["psk", "peers"]);
    this.#desk.settings.door.update("update()", options);
    for (const { review } of this.#connections) review?.();
  }

  async drain({ deadlineMs = DRAIN_MS }: { readonly deadlineMs?: number | undefined } = {}): Promise<void> {
    if (!this.#desk.draining) {
      this.#desk.draining = true;
      this.#listener?.close();
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

  #accept(pipe: Pipe): void {
    const { count, settings } = this.#desk;
    const { address } = pipe;
    const here = this.#halfOpen.get(address) ?? 0;
    count.accepted += 1;
    if (
      this.#desk.draining ||
      count.halfOpen >= settings.limits.maxHalfOpen ||
      here >= settings.limits.maxHalfOpenPerAddress
    ) {
      pipe.listen({ data: () => {}, drained: () => {}, closed: () => {} });
      pipe.destroy();
      this.#desk.refused({ code: this.#desk.draining ? "DRAINING" : "OVERLOADED", address });
      return;
    }
    count.halfOpen += 1;
    this.#halfOpen.set(address, here + 1);
    const connection = this.#connection(pipe);
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

  #connection(pipe: Pipe): Connection {
    const { address } = pipe;
    this.#lastId += 1;
    let settled = false;
    return {
      id: `c${this.#lastId}`,
      address,
      link: new Link(pipe),
      goaway: undefined,
      review: undefined,
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
