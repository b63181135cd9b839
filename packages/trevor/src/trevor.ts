/**
 * `trevor`: a path whose connections become sockets. Given to chidi's `sockets`, it checks their handshakes, makes a fiber
 * of each, works off their signals, and closes them when the server drains.
 */
import type { Socket as NetSocket } from "node:net";
import { type Channel, channel, type Fiber, type Op, type Signal } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import {
  type Address,
  type Answer,
  type Handshake,
  handled,
  type SocketEndpoint,
  type SocketHost,
  workOff,
} from "@good-place/chidi";
import { type WebSocket, WebSocketServer } from "ws";
import { deflateOptions } from "./compression.js";
import { defaultRules } from "./default-rules.js";
import { TrevorError } from "./errors.js";
import { checkHandshake } from "./handshake.js";
import { LONGEST_MS, settingsOf, type TrevorOptions, type TrevorSettings } from "./options.js";
import { type Frame, toFrame } from "./schema.js";
import { PROTOCOL } from "./session/envelope.js";
import { SessionWire } from "./session/session-wire.js";
import { Sessions } from "./session/sessions.js";
import { type Hall, LiveSocket } from "./socket/live-socket.js";
import { Rooms } from "./socket/rooms.js";
import { Shared, type Sharing, sharingOf } from "./socket/shared.js";
import type { Socket, SocketError } from "./socket/socket.js";

/** A snapshot of an endpoint's numbers. */
export interface TrevorStatistics {
  readonly sockets: number;
  readonly rooms: number;
  /** Of the sockets: sessions whose client is away. */
  readonly away: number;
  /** Sockets since the beginning. */
  readonly opened: number;
  /** Handshakes that did not become sockets. */
  readonly refused: number;
  /** Messages. */
  readonly received: number;
  readonly sent: number;
  /** Messages lost because a peer was too slow. */
  readonly dropped: number;
  /** Handlers that failed. */
  readonly failed: number;
}

/** An endpoint, for the `sockets` of a chidi server. */
export interface Live extends SocketEndpoint {
  /** Where the server listens that the endpoint is attached to; undefined before. */
  readonly address: Address | undefined;
  /** Sends to everybody in the room, and answers to how many; the message is encoded once. Never waits. Throws BAD_MESSAGE. */
  broadcast(room: string, message: unknown): number;
  /** The sockets that are in the room now. */
  members(room: string): readonly Socket[];
  /** The sockets that are open now. */
  sockets(): readonly Socket[];
  statistics(): TrevorStatistics;
  /**
   * Takes no more handshakes, closes every socket with 1001, and waits for their handlers; at the deadline (none by
   * default: the server's drain has one) what is left is destroyed, and the drain settles. May be called again. Throws
   * BAD_OPTION.
   */
  drain(options?: { readonly deadlineMs?: number | undefined }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

// Signals that may wait for the rules before the fibers that give them wait too.
const SIGNALS = 256;
const DISPOSE_MS = 10_000;
const EXTENSIONS = "Sec-WebSocket-Extensions: ";

/** Makes an endpoint. Throws UNKNOWN_OPTION, BAD_OPTION or BAD_RULES. */
export function trevor<M = Frame>(options: TrevorOptions<M>): Live {
  return new Endpoint(settingsOf(options));
}

// What lasts from the attaching to the end of the drain.
interface Session extends Hall {
  readonly address: Address;
  readonly work: Fiber<void>;
  readonly abandoned: Promise<void>;
  readonly abandon: () => void;
  /** With `resume`: those that outlive their connections. */
  readonly resumable: Sessions | undefined;
}

class Endpoint implements Live {
  readonly path: string;
  readonly #settings: TrevorSettings;
  readonly #wss: WebSocketServer;
  readonly #counts = { opened: 0, refused: 0, received: 0, sent: 0, dropped: 0, failed: 0 };
  #session: Session | null = null;
  #draining = false;
  #drained: Promise<void> | null = null;

  constructor(settings: TrevorSettings) {
    this.path = settings.path;
    this.#settings = settings;
    this.#wss = new WebSocketServer(serverOptions(settings));
    // With a listener ws leaves the answer to us.
    this.#wss.on("wsClientError", () => {});
  }

  attach(host: SocketHost): void {
    if (this.#session !== null) {
      throw misuse("type", "ALREADY_ATTACHED", `${this.path} belongs to a server already: make an endpoint for each`);
    }
    this.#draining = false;
    this.#drained = null;
    const broadcast = this.broadcast.bind(this);
    this.#session = sessionOf({ settings: this.#settings, counts: this.#counts, broadcast }, host);
  }

  *upgrade(handshake: Handshake): Generator<unknown, Answer | null, never> {
    const refusal = checkHandshake(handshake.message, this.#settings) ?? (yield* this.#check(handshake));
    const session = this.#session;
    const answer = refusal ?? (session === null || this.#draining ? unavailable : this.#accept(session, handshake));
    if (answer !== null) this.#counts.refused++;
    return answer;
  }

  broadcast(room: string, message: unknown): number {
    const frame = toFrame(message, this.#settings.schema !== undefined);
    const members = this.#session?.rooms.in(room) ?? [];
    const shared = new Shared(frame, this.#settings.compress);
    for (const socket of members) void socket.share(shared);
    return members.length;
  }

  members(room: string): readonly Socket[] {
    return this.#session?.rooms.in(room) ?? [];
  }

  sockets(): readonly Socket[] {
    return [...(this.#session?.sockets ?? [])];
  }

  statistics(): TrevorStatistics {
    return {
      sockets: this.#session?.sockets.size ?? 0,
      rooms: this.#session?.rooms.size ?? 0,
      away: this.#session?.resumable?.away ?? 0,
      ...this.#counts,
    };
  }

  get address(): Address | undefined {
    return this.#session?.address;
  }

  drain(options: { readonly deadlineMs?: number | undefined } = {}): Promise<void> {
    checkOptions("drain()", options, ["deadlineMs"]);
    const { deadlineMs } = options;
    if (deadlineMs !== undefined && !(typeof deadlineMs === "number" && deadlineMs >= 0 && deadlineMs <= LONGEST_MS)) {
      throw misuse(
        "range",
        "BAD_OPTION",
        `drain() option deadlineMs must be a number from 0 to ${LONGEST_MS}, got ${describe(deadlineMs)}`,
      );
    }
    this.#drained ??= this.#end();
    const timer = deadlineMs === undefined ? undefined : setTimeout(() => this.abandon(), deadlineMs);
    return this.#drained.finally(() => clearTimeout(timer));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain({ deadlineMs: DISPOSE_MS });
  }

  async #end(): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    this.#draining = true;
    const { signals, sockets, abandoned, work } = session;
    session.resumable?.drain();
    for (const socket of sockets) void socket.close(1001, "going away");
    await Promise.race([Promise.all([...sockets].map((socket) => socket.fiber.then(undefined, () => {}))), abandoned]);
    await Promise.race([signals.finish(), abandoned]);
    signals.close();
    await Promise.race([work, abandoned]);
    work.cancel("the endpoint has drained");
    this.#session = null;
  }

  abandon(): void {
    const session = this.#session;
    if (session === null) return;
    const reason = new Error("the server has drained");
    for (const socket of session.sockets) socket.abandon(reason);
    session.signals.close();
    session.abandon();
  }

  // What the handshake is told that may not pass; null for one that may.
  *#check(handshake: Handshake): Generator<unknown, Answer | null, never> {
    const { check, checkMs } = this.#settings;
    if (check === undefined) return null;
    const { request, signal } = handshake;
    const wait = new AbortController();
    const leave = (): void => wait.abort(signal.reason);
    const late = new TrevorError("CHECK_TIMEOUT", `check has not answered within ${checkMs} ms`);
    const timer = setTimeout(() => wait.abort(late), checkMs);
    signal.addEventListener("abort", leave);
    try {
      const verdict = yield* handled(check(request), {
        signal: () => wait.signal,
        onFiber: (fiber) => wait.signal.addEventListener("abort", () => fiber.cancel(wait.signal.reason)),
        onLate: () => {},
      });
      if (verdict === true) return null;
      return typeof verdict === "object" || typeof verdict === "string" ? (verdict ?? forbidden) : forbidden;
    } catch (error) {
      if (signal.aborted) throw error;
      this.#counts.failed++;
      // A fiber that is cancelled for it fails as cancelled.
      const failure = wait.signal.aborted ? late : error;
      const signalled: SocketError = { tag: "error", error: failure, phase: "check", request };
      if (this.#session !== null) yield* this.#session.failed(signalled, false);
      return failure === late ? unavailable : { status: 500, body: "Internal Server Error" };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
    }
  }

  #accept(session: Session, handshake: Handshake): Answer | null {
    const { message, head } = handshake;
    const socket = handshake.socket as NetSocket;
    let accepted = false;
    let refused = false;
    let agreed = "";
    const refuse = (): void => {
      refused = true;
    };
    const answer = (lines: readonly string[]): void => {
      agreed = lines.find((line) => line.startsWith(EXTENSIONS))?.slice(EXTENSIONS.length) ?? "";
    };
    this.#wss.on("wsClientError", refuse).on("headers", answer);
    this.#wss.handleUpgrade(message, socket, head, (ws: WebSocket) => {
      accepted = true;
      const { resumable } = session;
      if (resumable === undefined || ws.protocol !== PROTOCOL) this.#open(session, ws, sharingOf(agreed), handshake);
      else resumable.greet(ws, socket, (wire) => this.#open(session, wire, "none", handshake));
    });
    this.#wss.off("wsClientError", refuse).off("headers", answer);
    if (refused) return { status: 400, body: "Bad Request" };
    // Neither: the client has gone, and ws has destroyed the socket.
    if (!accepted) socket.destroy();
    return null;
  }

  #open(session: Session, wire: WebSocket | SessionWire, sharing: Sharing, { socket, request }: Handshake): void {
    this.#counts.opened++;
    const hall = wire instanceof SessionWire ? { ...session, settings: sessionSettings(session.settings) } : session;
    // A session has all of a connection that a socket uses.
    const live = new LiveSocket(wire as WebSocket, socket as NetSocket, sharing, request, hall);
    session.sockets.add(live);
  }
}

const unavailable: Answer = { status: 503, body: "Service Unavailable" };
const forbidden: Answer = { status: 403, body: "Forbidden" };

// Each connection of a session has a heartbeat of its own, and what waits to be sent waits in the session.
function sessionSettings(settings: TrevorSettings): TrevorSettings {
  return { ...settings, pingMs: 0, highWaterMark: settings.resume?.maxBytes ?? settings.highWaterMark };
}

function serverOptions(settings: TrevorSettings): ConstructorParameters<typeof WebSocketServer>[0] {
  const { resume, maxPayload, maxFragments, maxBufferedChunks, closeMs } = settings;
  const protocols = [...(resume === undefined ? [] : [PROTOCOL]), ...(settings.protocols ?? [])];
  return {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: deflateOptions(settings.compress),
    maxPayload,
    handleProtocols: (offered: Set<string>) => protocols.find((name) => offered.has(name)) ?? false,
    // Known to ws, not yet to its types.
    ...{ closeTimeout: closeMs, maxFragments, maxBufferedChunks },
  };
}

function sessionOf(common: Pick<Hall, "settings" | "counts" | "broadcast">, host: SocketHost): Session {
  const { settings } = common;
  const signals: Channel<Signal> = channel(SIGNALS, { name: `trevor ${settings.path}` });
  // Failures that a socket's fiber waits for, by their signal or by the fiber that has told of itself.
  const failures = new WeakMap<object, { readonly done: Channel<true>; readonly failure: SocketError }>();
  let abandon = (): void => {};
  const abandoned = new Promise<void>((resolve) => {
    abandon = resolve;
  });
  const work = workOff(signals, {
    name: `trevor ${settings.path}`,
    rules: settings.rules,
    defaults: defaultRules,
    supervisor: settings.supervisor ?? host.signals,
    see: (signal) =>
      told(signal) ? ((failures.get(signal.fiber as object)?.failure as Signal | undefined) ?? signal) : signal,
    worked: (signal) => void failures.get(told(signal) ? (signal.fiber as object) : signal)?.done.tryGive(true),
  });
  function failed(failure: SocketError, alreadyTold: boolean): Op<unknown> {
    const done = channel<true>(1);
    failures.set(alreadyTold ? (failure.fiber as object) : failure, { done, failure });
    if (!alreadyTold) {
      signals.give(failure as Signal).then((given) => {
        if (!given) done.close();
      });
    }
    void abandoned.then(() => done.close());
    return done.take();
  }
  const { address } = host;
  const { resume } = settings;
  return {
    ...common,
    address,
    resumable: resume === undefined ? undefined : new Sessions(settings, resume),
    signals,
    rooms: new Rooms(),
    sockets: new Set(),
    work,
    abandoned,
    abandon,
    failed,
  };
}

// An error that a fiber has told of itself.
function told(signal: Signal): boolean {
  return signal.tag === "error" && !("phase" in signal);
}
