/**
 * `chidi`: the server. It listens, makes a fiber of each connection, works off their signals, and drains.
 * Invariant: once drained it holds no connection, fiber, timer or listener, so that the process can exit.
 */
import type { Socket } from "node:net";
import { type Channel, channel, type Fiber, type Op, type Signal, scope, until } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { Address } from "./address.js";
import type { Floor } from "./answering.js";
import { Conn } from "./connection.js";
import { continuing } from "./continues.js";
import { defaultRules } from "./default-rules.js";
import { parserRefusal } from "./errors.js";
import type { Http2Conn } from "./h2-connection.js";
import { http2Server } from "./h2-server.js";
import { refuseHandshake } from "./handshake.js";
import { limited, unavailable } from "./limited.js";
import { wantsWebSocket } from "./reinject.js";
import type { Handler } from "./router.js";
import { isEnd, workOff } from "./rules.js";
import { Seats } from "./seats.js";
import { type ChidiOptions, LONGEST_MS, type Settings, settingsOf } from "./settings.js";
import { kindOf } from "./timeouts.js";
import type { Certificates } from "./tls.js";
import { Transport } from "./transport.js";

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
  /** Handlers that failed, or had no answer in time. */
  readonly failed: number;
  /** Connections and requests that there was no place for. */
  readonly rejected: number;
  readonly draining: boolean;
}

export interface DrainOptions {
  /** When what is left is destroyed, up to 2,147,483,647; 10,000 by default. */
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
  /**
   * Takes new certificates for the handshakes that come, and reads their files; connections that are there go on. Throws
   * UNKNOWN_OPTION, BAD_OPTION or BAD_CERTIFICATE, and then the old ones stay. What is left out of `sni` is gone.
   */
  reload(certificates: Certificates): void;
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
        const address = yield* until(server.listen());
        listens = true;
        return server.face(address);
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
  readonly #transport: Transport;
  readonly #connections = new Map<Socket, Conn>();
  readonly #seats: Seats;
  readonly #multiplexed = new Set<Http2Conn>();
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
    this.#seats = new Seats(settings);
    const counts = { requests: 0, answering: 0, refused: 0, failed: 0, rejected: 0 };
    const takeHttp2 = http2Server(settings, {
      floor: () => this.#floor,
      opened: (connection) => {
        this.#accepted++;
        this.#multiplexed.add(connection);
      },
      closed: (connection) => this.#multiplexed.delete(connection),
    });
    this.#transport = new Transport(settings, {
      seat: (socket) => this.#seat(socket),
      http1: (socket) => this.#admit(socket),
      http2: takeHttp2,
      failed: (error, socket) => refuseHandshake(error, socket, this.#floor),
    });
    this.#floor = {
      settings,
      handler: guarded(settings, counts),
      endpoints: new Map((settings.sockets ?? []).map((endpoint) => [endpoint.path, endpoint])),
      signals: this.#signals,
      counts,
      requests: new WeakMap(),
      hosts: this.#transport.hosts,
      draining: false,
    };
    this.#listenToHttp1();
  }

  async listen(): Promise<Address> {
    const address = await this.#transport.listen();
    if (!this.#abandoned) this.#open(address);
    return address;
  }

  /** Serves a connection that was not accepted but made; nothing has to listen. */
  serve(socket: Socket): void {
    if (this.#rules === null) this.#open({ path: "" });
    this.#transport.http.emit("connection", socket);
  }

  face(address: Address): ChidiServer {
    return Object.freeze({
      address,
      statistics: () => this.#statistics(),
      drain: (options: DrainOptions = {}) => until(this.drain(options)),
      reload: (certificates: Certificates) => this.#transport.reload(certificates),
      [Symbol.asyncDispose]: () => this.drain(),
    });
  }

  /** The listening failed, or nobody waits for it any more. */
  destroy(): void {
    this.#abandoned = true;
    this.#transport.close();
    this.#signals.close();
  }

  #open(address: Address): void {
    const { rules, supervisor } = this.#settings;
    for (const endpoint of this.#floor.endpoints.values()) endpoint.attach({ signals: this.#signals, address });
    this.#rules = workOff(this.#signals, {
      name: "chidi",
      rules,
      defaults: defaultRules,
      supervisor,
      see: (signal) => {
        if (isEnd(signal)) {
          // The last of this fiber. What a WeakMap holds outlives every collection but the full ones.
          this.#floor.requests.delete(signal.fiber as object);
          return signal;
        }
        if (signal.tag !== "error") return signal;
        const whose = !("connection" in signal) && this.#floor.requests.get(signal.fiber as object);
        const kind = kindOf((signal as { error?: unknown }).error);
        return whose ? { ...signal, ...whose, ...kind } : kind.tag === "error" ? signal : { ...signal, ...kind };
      },
    });
  }

  // A connection of whatever protocol: is there a place for it?
  #seat(socket: Socket): boolean {
    if (this.#floor.draining) return false;
    const { remoteAddress } = socket;
    if (!this.#seats.take(remoteAddress)) {
      this.#floor.counts.rejected++;
      return false;
    }
    socket.on("close", () => this.#seats.leave(remoteAddress));
    return true;
  }

  #admit(socket: Socket): void {
    if (this.#floor.draining) {
      socket.destroy();
      return;
    }
    this.#accepted++;
    this.#connections.set(socket, new Conn(socket, this.#floor));
    socket.on("close", () => this.#connections.delete(socket));
  }

  #listenToHttp1(): void {
    const { http } = this.#transport;
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
      else {
        const again = (): void => this.#transport.reinject(message, socket as Socket, head);
        this.#connections.get(socket as Socket)?.again(again);
      }
    });
  }

  #statistics(): ChidiStatistics {
    const { counts, draining } = this.#floor;
    return {
      connections: this.#connections.size + this.#multiplexed.size,
      accepted: this.#accepted,
      ...counts,
      draining,
    };
  }

  #all(): (Conn | Http2Conn)[] {
    return [...this.#connections.values(), ...this.#multiplexed];
  }

  /** As `drain` of the server. */
  drain(options: DrainOptions = {}): Promise<void> {
    checkOptions("drain()", options, ["deadlineMs"]);
    const { deadlineMs = DRAIN_MS } = options;
    if (typeof deadlineMs !== "number" || !(deadlineMs >= 0 && deadlineMs <= LONGEST_MS)) {
      throw misuse(
        "range",
        "BAD_OPTION",
        `drain() option deadlineMs must be a number from 0 to ${LONGEST_MS}, got ${describe(deadlineMs)}`,
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
      this.#transport.close(resolve);
    });
    const fibers = this.#all().map((connection) => connection.fiber);
    for (const connection of this.#all()) connection.drain();
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
    for (const connection of this.#all()) connection.close();
    this.#transport.destroy();
    // A fiber that waits to give its last signal is let go.
    this.#signals.close();
    this.#destroyed?.();
  }
}

// The handler, behind what the options ask for before it.
function guarded({ handler, continues, maxAnswering, rejected }: Settings, counts: { rejected: number }): Handler {
  const asked = continues === undefined ? handler : continuing(continues)(handler);
  if (maxAnswering === Number.POSITIVE_INFINITY) return asked;
  return limited(maxAnswering, {
    rejected: (request) => {
      counts.rejected++;
      return (rejected ?? unavailable)(request);
    },
  })(asked);
}
