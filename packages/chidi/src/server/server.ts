/**
 * `chidi`: the server. It listens, makes a fiber of each connection, works off their signals, and drains.
 * Invariant: once drained it holds no connection, fiber, timer or listener, so that the process can exit.
 */
import type { Socket } from "node:net";
import { type Channel, channel, type Fiber, type Op, type Signal, scope, until } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { toldByWaiter } from "../answer/handled.js";
import type { Address } from "../arrivals/address.js";
import { wantsWebSocket } from "../arrivals/reinject.js";
import type { Certificates } from "../arrivals/tls.js";
import { Transport } from "../arrivals/transport.js";
import type { Floor } from "../connection/answering.js";
import { Conn } from "../connection/connection.js";
import { kindOf } from "../connection/timeouts.js";
import { parserRefusal } from "../errors.js";
import type { Http2Conn } from "../http2/h2-connection.js";
import { http2Server } from "../http2/h2-server.js";
import { limited, unavailable } from "../middleware/limited.js";
import { continuing } from "../request/continues.js";
import type { Handler } from "../routing/router.js";
import { type ChidiOptions, LONGEST_MS, type Settings, settingsOf } from "../settings.js";
import { defaultRules } from "./default-rules.js";
import { refuseHandshake } from "./handshake.js";
import { Lag } from "./lag.js";
import { workOff } from "./rules.js";
import { Seats } from "./seats.js";

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
  /** Handlers that failed, had no answer in time, or failed behind their answer. */
  readonly failed: number;
  /** Connections and requests that there was no place for, or no time. */
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
  // For all sockets: of its own, each would hold them while it is idle.
  readonly #timedOut: (this: Socket) => void;
  readonly #closed: (this: Socket) => void;
  readonly #seats: Seats;
  readonly #multiplexed = new Set<Http2Conn>();
  readonly #signals: Channel<Signal> = channel(SIGNALS, { name: "chidi" });
  readonly #floor: Floor;
  // Measured where somebody wants to know.
  readonly #lag: Lag | null;
  #accepted = 0;
  // Given up before it listened.
  #abandoned = false;
  // Those of connections that are gone, while they have still to give their last signals.
  readonly #leaving = new Set<Fiber<void>>();
  #rules: Fiber<void> | null = null;
  #drained: Promise<void> | null = null;
  #destroyed: (() => void) | null = null;
  // Of a drain: the last connection has closed.
  #emptied: (() => void) | null = null;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#seats = new Seats(settings);
    this.#lag = settings.maxLagMs === Number.POSITIVE_INFINITY ? null : new Lag();
    const connections = this.#connections;
    const gone = (connection: Conn | Http2Conn): void => {
      this.#outlives(connection.fiber);
      if (this.#held === 0) this.#emptied?.();
    };
    this.#timedOut = function timedOut() {
      connections.get(this)?.timedOut();
    };
    this.#closed = function closed() {
      const connection = connections.get(this);
      if (connection === undefined) return;
      connection.closed();
      connections.delete(this);
      gone(connection);
    };
    const counts = { requests: 0, answering: 0, refused: 0, failed: 0, rejected: 0 };
    const takeHttp2 = http2Server(settings, {
      floor: () => this.#floor,
      opened: (connection) => {
        this.#accepted++;
        this.#multiplexed.add(connection);
      },
      closed: (connection) => {
        this.#multiplexed.delete(connection);
        gone(connection);
      },
    });
    this.#transport = new Transport(settings, {
      seat: (socket) => this.#seat(socket),
      http1: (socket) => this.#admit(socket),
      http2: takeHttp2,
      failed: (error, socket) => refuseHandshake(error, socket, this.#floor),
    });
    this.#floor = {
      settings,
      handler: guarded(settings, counts, this.#lag),
      endpoints: new Map((settings.sockets ?? []).map((endpoint) => [endpoint.path, endpoint])),
      signals: this.#signals,
      counts,
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
    this.#lag?.start();
    for (const endpoint of this.#floor.endpoints.values()) endpoint.attach({ signals: this.#signals, address });
    this.#rules = workOff(this.#signals, {
      name: "chidi",
      rules,
      defaults: defaultRules,
      supervisor,
      see: (signal) => {
        if (signal.tag !== "error") return signal;
        // What a handler's fiber fails with is told with its request.
        if (!("connection" in signal) && toldByWaiter(signal)) return null;
        const kind = kindOf((signal as { error?: unknown }).error);
        return kind.tag === "error" ? signal : { ...signal, ...kind };
      },
    });
  }

  // A connection of whatever protocol: is there a place for it?
  #seat(socket: Socket): boolean {
    if (this.#floor.draining) return false;
    const seated = this.#seats.take(socket);
    if (!seated) this.#floor.counts.rejected++;
    return seated;
  }

  #admit(socket: Socket): void {
    if (this.#floor.draining) {
      socket.destroy();
      return;
    }
    this.#accepted++;
    this.#connections.set(socket, new Conn(socket, this.#floor));
    // Whatever the socket suffers, its close says so; without a listener the error would end the process.
    socket.on("error", nothing).on("timeout", this.#timedOut).on("close", this.#closed);
  }

  #outlives(fiber: Fiber<void>): void {
    const over = (): void => void this.#leaving.delete(fiber);
    this.#leaving.add(fiber);
    fiber.then(over, over);
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
      connections: this.#held,
      accepted: this.#accepted,
      ...counts,
      draining,
    };
  }

  // How many connections there are.
  get #held(): number {
    return this.#connections.size + this.#multiplexed.size;
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
    this.#lag?.stop();
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve;
      if (this.#held === 0) resolve();
    });
    const closed = new Promise<void>((resolve) => {
      this.#transport.close(resolve);
    });
    const fibers = this.#all().map((connection) => connection.fiber);
    for (const connection of this.#all()) connection.drain();
    const sockets = [...this.#floor.endpoints.values()].map((endpoint) => endpoint.drain());
    await Promise.all([closed, emptied]);
    const ends = [...fibers, ...this.#leaving].map((fiber) => fiber.then(undefined, () => {}));
    // A handler that is cancelled may never come to the end of its cleaning up; all other fibers end with their connections.
    const late = destroyed.then(() => new Promise(setImmediate));
    await Promise.race([Promise.all([...sockets, ...ends]), late]);
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

function nothing(): void {}

// The handler, behind what the options ask for before it.
function guarded(settings: Settings, counts: { rejected: number }, lag: Lag | null): Handler {
  const { handler, continues, maxAnswering, maxLagMs, rejected = unavailable } = settings;
  const asked = continues === undefined ? handler : continuing(continues)(handler);
  const reject: Handler = (request) => {
    counts.rejected++;
    return rejected(request);
  };
  const placed = maxAnswering === Number.POSITIVE_INFINITY ? asked : limited(maxAnswering, { rejected: reject })(asked);
  return lag === null ? placed : (request) => (lag.ms > maxLagMs ? reject(request) : placed(request));
}
