/**
 * `chidi`: the server. It listens, makes a fiber of each connection, works off their signals, and drains.
 * Invariant: once drained it holds no connection, fiber, timer or listener, so that the process can exit.
 */
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { type Channel, channel, type Fiber, type Op, type Signal, scope, until } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { type Address, addressOf } from "./address.js";
import type { Floor } from "./answering.js";
import { Conn } from "./connection.js";
import { defaultRules } from "./default-rules.js";
import { isRefusal, listenError, parserRefusal } from "./errors.js";
import { reinject, wantsWebSocket } from "./reinject.js";
import { workOff } from "./rules.js";
import { type ChidiOptions, type Settings, settingsOf } from "./settings.js";

/** A snapshot of a server's numbers. */
export interface ChidiStatistics {
  /** Open connections, those of sockets included. */
  readonly connections: number;
  readonly accepted: number;
  readonly requests: number;
  /** Requests that are being answered now. */
  readonly answering: number;
  /** Requests refused by the server itself, before or while a handler worked on them. */
  readonly refused: number;
  /** Handlers that failed. */
  readonly failed: number;
  readonly draining: boolean;
}

export interface DrainOptions {
  /** When what is left is destroyed; 10,000 by default. */
  readonly deadlineMs?: number | undefined;
}

export interface ChidiServer {
  readonly address: Address;
  statistics(): ChidiStatistics;
  /**
   * Stops accepting, closes idle connections, lets answers in progress end with `Connection: close`, closes sockets with
   * 1001. Settles when all are gone, at the deadline at the latest. Called again it can only bring the deadline forward.
   */
  drain(options?: DrainOptions): Op<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const DRAIN_MS = 10_000;
// Signals that may wait for the rules before the fibers that give them wait too.
const SIGNALS = 256;

/** Starts a server. Fails with LISTEN_IN_USE, LISTEN_DENIED or LISTEN_FAILED; throws on a wrong option. */
export function chidi(options: ChidiOptions): Op<ChidiServer> {
  const settings = settingsOf(options);
  return scope(
    function* listening(): Generator<unknown, ChidiServer, never> {
      const server = new HttpFloor(settings);
      let listens = false;
      try {
        yield* until(server.listen());
        listens = true;
        return server.face();
      } finally {
        if (!listens) server.destroy();
      }
    },
    { name: "chidi" },
  );
}

/** A server, whether it listens or is handed its connections. */
export class HttpFloor {
  readonly #settings: Settings;
  readonly #http: Server;
  readonly #connections = new Map<Socket, Conn>();
  readonly #signals: Channel<Signal> = channel(SIGNALS, { name: "chidi" });
  readonly #floor: Floor;
  #accepted = 0;
  // Given up before it listened.
  #abandoned = false;
  #rules: Fiber<void> | null = null;
  #drained: Promise<void> | null = null;
  #destroyed: (() => void) | null = null;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#floor = {
      settings,
      handler: settings.handler,
      endpoints: new Map((settings.sockets ?? []).map((endpoint) => [endpoint.path, endpoint])),
      signals: this.#signals,
      counts: { requests: 0, answering: 0, refused: 0, failed: 0 },
      requests: new WeakMap(),
      draining: false,
    };
    this.#http = createServer({
      maxHeaderSize: settings.maxHeaderBytes,
      headersTimeout: settings.headersTimeoutMs,
      // A whole-request timer would cut long uploads; bodies have an idle timer instead.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(1000, Math.ceil(settings.headersTimeoutMs / 4)),
      keepAliveTimeout: settings.keepAliveMs,
      requireHostHeader: false,
      noDelay: true,
    });
    // Node would cut the list silently; the size limit bounds it, and the head is checked for its number.
    this.#http.maxHeadersCount = 0;
    this.#listenTo(this.#http);
  }

  listen(): Promise<void> {
    const { port, host = "127.0.0.1", path, fd } = this.#settings;
    const where = path ?? (fd === undefined ? `${host}:${port}` : `file descriptor ${fd}`);
    return new Promise((resolve, reject) => {
      this.#http.once("error", (fault) => reject(listenError(where, fault)));
      // In node's own call-back no fiber runs: what starts here belongs to the server and not to its caller's scope.
      this.#http.listen(fd !== undefined ? { fd } : path !== undefined ? { path } : { port, host }, () => {
        try {
          // Closing a server that was still looking its host up does not keep it from listening afterwards.
          if (this.#abandoned) this.#http.close();
          else this.#open();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Serves a connection that was not accepted but made; nothing has to listen. */
  serve(socket: Socket): void {
    if (this.#rules === null) this.#open();
    this.#http.emit("connection", socket);
  }

  face(): ChidiServer {
    const address = addressOf(this.#http);
    return Object.freeze({
      address,
      statistics: () => this.#statistics(),
      drain: (options: DrainOptions = {}) => until(this.drain(options)),
      [Symbol.asyncDispose]: () => this.drain(),
    });
  }

  /** The listening failed, or nobody waits for it any more. */
  destroy(): void {
    this.#abandoned = true;
    this.#http.close();
    this.#signals.close();
  }

  #open(): void {
    const { rules, supervisor } = this.#settings;
    for (const endpoint of this.#floor.endpoints.values())
      endpoint.attach({ signals: this.#signals, address: addressOf(this.#http) });
    this.#rules = workOff(this.#signals, {
      name: "chidi",
      rules,
      defaults: defaultRules,
      supervisor,
      see: (signal) => {
        if (signal.tag !== "error") return signal;
        const whose = !("connection" in signal) && this.#floor.requests.get(signal.fiber as object);
        const tag = isRefusal((signal as { error?: unknown }).error) ? "refused" : "error";
        return whose ? { ...signal, ...whose, tag } : tag === "error" ? signal : { ...signal, tag };
      },
    });
  }

  #listenTo(http: Server): void {
    http.on("connection", (socket: Socket) => {
      if (this.#connections.has(socket)) return;
      if (this.#floor.draining) {
        socket.destroy();
        return;
      }
      this.#accepted++;
      this.#connections.set(socket, new Conn(socket, this.#floor));
      socket.once("close", () => this.#connections.delete(socket));
    });
    http.on("request", (message, response) => this.#connections.get(message.socket)?.request(message, response, false));
    http.on("checkContinue", (message, response) => {
      this.#connections.get(message.socket)?.request(message, response, true);
    });
    http.on("checkExpectation", (message, response) => {
      this.#connections.get(message.socket)?.request(message, response, false);
    });
    http.on("clientError", (fault, socket) => this.#connections.get(socket as Socket)?.fault(parserRefusal(fault)));
    http.on("connect", (message, socket) => {
      this.#connections.get(socket as Socket)?.upgrade(message, Buffer.alloc(0));
    });
    http.on("upgrade", (message, socket, head) => {
      if (wantsWebSocket(message)) this.#connections.get(socket as Socket)?.upgrade(message, head);
      else reinject(http, message, socket as Socket, head);
    });
  }

  #statistics(): ChidiStatistics {
    const { counts, draining } = this.#floor;
    return { connections: this.#connections.size, accepted: this.#accepted, ...counts, draining };
  }

  /** As `drain` of the server. */
  drain(options: DrainOptions = {}): Promise<void> {
    checkOptions("drain()", options, ["deadlineMs"]);
    const { deadlineMs = DRAIN_MS } = options;
    if (!Number.isFinite(deadlineMs) || deadlineMs < 0) {
      throw misuse(
        "range",
        "BAD_OPTION",
        `drain() option deadlineMs must be a number >= 0, got ${describe(deadlineMs)}`,
      );
    }
    this.#drained ??= this.#end();
    const timer = setTimeout(() => this.#destroy(), deadlineMs);
    return this.#drained.finally(() => clearTimeout(timer));
  }

  async #end(): Promise<void> {
    const destroyed = new Promise<void>((resolve) => {
      this.#destroyed = resolve;
    });
    this.#floor.draining = true;
    const closed = new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
    });
    const fibers = [...this.#connections.values()].map((connection) => connection.fiber);
    for (const connection of this.#connections.values()) connection.drain();
    const sockets = [...this.#floor.endpoints.values()].map((endpoint) => endpoint.drain());
    await closed;
    await Promise.all([...sockets, ...fibers.map((fiber) => fiber.then(undefined, () => {}))]);
    await Promise.race([this.#signals.finish(), destroyed]);
    this.#signals.close();
    await Promise.race([this.#rules, destroyed]);
    this.#rules?.cancel("the server has drained");
  }

  // The deadline: nothing is waited for any more.
  #destroy(): void {
    for (const endpoint of this.#floor.endpoints.values()) endpoint.abandon();
    for (const connection of this.#connections.values()) connection.close();
    // A fiber that waits to give its last signal is let go.
    this.#signals.close();
    this.#destroyed?.();
  }
}
