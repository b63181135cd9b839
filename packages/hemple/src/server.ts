/**
 * `hemple`: the server. A listener, a fiber for each connection, a supervisor channel of its own whose signals go up to
 * the one it was handed. Everything it starts belongs to it and not to whoever called, until `drain` ends it.
 */

import { type Fiber, go, type Op, type Signal, supervise } from "@good-place/channel";
import { checkOptions } from "@good-place/channel/misuse";
import { type Handlers, type Served, serve } from "./calls/served.js";
import type { Contract } from "./contract.js";
import { Desk, type ServerStatistics } from "./desk.js";
import type { DoorOptions } from "./door.js";
import { HempleError } from "./errors.js";
import { type Listener, listen, type TcpAddress, type UnixAddress } from "./node/listener.js";
import { checkCount } from "./options.js";
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
import { checkMessages, neighbourhood } from "./wire/place.js";
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
   * Takes no more connections and calls, waits for the calls that run, closes, and hands its last signals to the supervisor.
   * At the deadline (10,000 ms by default) what is left is cut. May be called again, with a shorter one.
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
  #worker: Fiber<void> | undefined;
  // The one drain that all who ask for one wait for, and what ends it.
  #drained: Promise<void> | undefined;
  #emptied: () => void = () => {};
  #left: () => void = () => {};

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
    const worker = { name: "hemple", supervisor: null };
    this.#worker = supervise(this.#desk.signals, (signal) => this.#desk.pass(signal), worker);
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
    const { door } = this.#desk.settings;
    door.update("update()", options);
    for (const { review } of this.#connections) review?.();
    // Calls with a key outlive their line, but not their caller's welcome.
    for (const { peer, cancel } of this.#desk.lasting) {
      if (door.guest(peer.key)?.roles !== peer.roles)
        cancel(new HempleError("REMOVED", "the caller's key was taken away, or has other roles"));
    }
  }

  async drain(options: { readonly deadlineMs?: number | undefined } = {}): Promise<void> {
    checkOptions("drain()", options, ["deadlineMs"]);
    const deadlineMs = checkCount("drain()", "deadlineMs", options.deadlineMs, DRAIN_MS, 0, 2 ** 31 - 1);
    this.#drained ??= this.#end(deadlineMs);
    const timer = setTimeout(() => this.#cut(), deadlineMs);
    await this.#drained;
    clearTimeout(timer);
  }

  async #end(deadlineMs: number): Promise<void> {
    const desk = this.#desk;
    const { connections, calls } = desk.count;
    desk.draining = true;
    void desk.signals.give({ tag: "drain", connections, calls, deadlineMs } as Signal);
    this.#listener?.close();
    for (const connection of this.#connections) {
      if (connection.goaway !== undefined) connection.goaway();
      else connection.link.destroy();
    }
    const left = new Promise<void>((resolve) => {
      this.#left = resolve;
    });
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    this.#checkEmpty();
    await Promise.race([emptied, left]);
    // Nothing signals any more; what the supervisor has not taken yet it can still take.
    desk.signals.finish("drained").then(undefined, () => {});
    await Promise.race([this.#worker, left]);
  }

  #checkEmpty(): void {
    const { draining, count, lasting } = this.#desk;
    // A call may go on without its connection: with a key, or in a handler that does not hear of the end.
    if (draining && this.#connections.size === 0 && count.calls === 0 && lasting.size === 0) this.#emptied();
  }

  // Whatever does not end now is left behind.
  #cut(): void {
    for (const { link } of this.#connections) link.destroy();
    for (const { cancel } of this.#desk.lasting) cancel(new HempleError("CLOSED", "the server has closed"));
    const timer = setTimeout(() => this.#left(), CUT_MS);
    void this.#drained?.then(() => clearTimeout(timer));
  }

  #accept(pipe: Pipe): void {
    const { count, settings } = this.#desk;
    const { address } = pipe;
    const place = neighbourhood(address);
    const here = this.#halfOpen.get(place) ?? 0;
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
    this.#halfOpen.set(place, here + 1);
    const connection = this.#connection(pipe, place);
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

  #connection(pipe: Pipe, place: string): Connection {
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
        const left = (this.#halfOpen.get(place) ?? 1) - 1;
        if (left === 0) this.#halfOpen.delete(place);
        else this.#halfOpen.set(place, left);
      },
    };
  }
}
