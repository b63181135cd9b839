/**
 * A socket's fiber: connect, then each message in turn, then closed.
 * Invariants: handlers never overlap; what came before the peer's close is read before `closed` runs; the socket has
 * closed when `closed` runs; `close` is the fiber's last signal.
 */
import type { Socket as NetSocket } from "node:net";
import { type Channel, CLOSED, emergence, type Fiber, go, type Op, type Signal, until } from "@good-place/channel";
import { describe, misuse } from "@good-place/channel/misuse";
import { type Handled, type HttpRequest, handled } from "@good-place/chidi";
import type { WebSocket } from "ws";
import type { TrevorSettings } from "../options.js";
import { type Frame, readFrame, toFrame } from "../schema.js";
import { SessionWire } from "../session/session-wire.js";
import { Calls, type CallsHost, type Phase } from "./calls.js";
import { Heartbeat, type HeartbeatHost } from "./heartbeat.js";
import { Incoming, type IncomingHost } from "./incoming.js";
import { Outgoing, type OutgoingHost } from "./outgoing.js";
import { Pings } from "./pings.js";
import { Rate } from "./rate.js";
import type { Rooms } from "./rooms.js";
import type { Shared, Sharing } from "./shared.js";
import type { Closing, Presence, Socket, SocketClose, SocketConn, SocketError } from "./socket.js";

/** What all sockets of an endpoint share. */
export interface Hall {
  readonly settings: TrevorSettings;
  readonly signals: Channel<Signal>;
  readonly rooms: Rooms<LiveSocket>;
  /** Those that have not ended. */
  readonly sockets: Set<LiveSocket>;
  /** As of the endpoint. */
  readonly broadcast: (room: string, message: unknown) => number;
  readonly counts: { opened: number; received: number; sent: number; dropped: number; failed: number };
  /** Fails the handler's phase: settles when a rule has worked off the error, or nobody will. */
  failed(failure: SocketError, told: boolean): Op<unknown>;
}

let lastId = 0;

/** A socket and its parts. What a part has to tell, it tells the socket: closures for it would cost more than the parts. */
export class LiveSocket implements Socket, CallsHost, HeartbeatHost, IncomingHost, OutgoingHost {
  readonly id: number = ++lastId;
  readonly request: HttpRequest;
  readonly protocol: string;
  readonly fiber: Fiber<void>;
  readonly rooms: Set<string> = new Set();

  readonly #hall: Hall;
  readonly #ws: WebSocket;
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;
  readonly #heartbeat: Heartbeat;
  readonly #calls: Calls = new Calls(this);
  // How this side closes, once it does.
  #closing: Pick<Closing, "code" | "reason"> | null = null;
  #closed: Closing | null = null;
  // Made when they are asked for: most sockets never are, and these are a third of what an idle one costs.
  #ended: { readonly promise: Promise<Closing>; readonly resolve: (closing: Closing) => void } | null = null;
  #gone: AbortController | null = null;
  #pings: Pings | null = null;

  constructor(ws: WebSocket, socket: NetSocket, sharing: Sharing, request: HttpRequest, hall: Hall) {
    const { settings } = hall;
    this.#ws = ws;
    this.#hall = hall;
    this.request = request;
    this.protocol = ws.protocol;
    const { messagesPerSecond, messageBurst } = settings;
    const rate = messagesPerSecond === 0 ? null : new Rate(messagesPerSecond, messageBurst);
    this.#incoming = new Incoming(ws, rate, this);
    this.#outgoing = new Outgoing(ws, socket, sharing, settings, this);
    this.#heartbeat = new Heartbeat(ws, socket, settings, this);
    ws.on("error", (fault: NodeJS.ErrnoException) => this.#broken(fault));
    ws.on("close", (code: number, reason: Buffer) => this.#end(code, reason.toString()));
    this.fiber = go(() => this.#run(), { name: "socket", supervisor: hall.signals });
  }

  get signal(): AbortSignal {
    this.#gone ??= new AbortController();
    if (this.#closed !== null) this.#gone.abort(gone());
    return this.#gone.signal;
  }

  get bufferedBytes(): number {
    return this.#ws.bufferedAmount;
  }

  write(message: unknown): Op<boolean> {
    return this.#outgoing.write(toFrame(message, this.#hall.settings.schema !== undefined));
  }

  deliver(message: unknown): Op<void> {
    const frame = toFrame(message, this.#hall.settings.schema !== undefined);
    return this.#outgoing.deliver(frame, this.#ws instanceof SessionWire);
  }

  /** Sends what others get too. */
  share(message: Shared): Op<boolean> {
    return this.#outgoing.share(message);
  }

  /** Sends a value as JSON, whatever the schema, past the policy: the last word before a close. */
  say(value: unknown): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(JSON.stringify(value));
  }

  close(code = 1000, reason = ""): Op<Closing> {
    checkClose(code, reason);
    this.#close(code, reason);
    return until(this.#whenEnded());
  }

  join(room: string): void {
    if (this.#closed !== null || this.rooms.has(room)) return;
    this.rooms.add(room);
    this.#hall.rooms.join(room, this);
    this.#tell("join", room);
  }

  leave(room: string): void {
    if (!this.rooms.delete(room)) return;
    this.#hall.rooms.leave(room, this);
    this.#tell("leave", room);
  }

  ping(): Op<number | null> {
    this.#pings ??= new Pings(this.#ws);
    return this.#pings.ping();
  }

  emerge(...acts: unknown[]): Op<void> {
    return emergence(this.#hall.signals, acts, { fiber: this.#calls.fiber ?? this.fiber });
  }

  /** Waits for nothing any more: not for the peer, and not for a handler. */
  abandon(reason: Error): void {
    this.#ws.terminate();
    this.#incoming.discard();
    this.#calls.abandon(reason);
  }

  get deaf(): boolean {
    return this.#incoming.paused;
  }

  dead(): void {
    this.#closing ??= { code: 1006, reason: "no pong" };
    this.#ws.terminate();
  }

  flooded(): void {
    this.#close(1008, "too many messages");
  }

  sent(): void {
    this.#hall.counts.sent++;
  }

  overflowed(): void {
    this.#hall.counts.dropped++;
    if (this.#hall.settings.overflow === "close") this.#close(1013, "too slow");
  }

  failed(phase: Phase, error: unknown): Op<unknown> {
    this.#hall.counts.failed++;
    const fiber = this.#calls.fiber ?? this.fiber;
    // A fiber that the handler started and returned has told of its failure itself.
    const told = fiber.status === "error" && fiber.supervisor === this.#hall.signals;
    return this.#hall.failed({ tag: "error", error, phase, socket: this, request: this.request, fiber }, told);
  }

  *#run(): Generator<unknown, void, never> {
    const { signals, settings, counts } = this.#hall;
    try {
      yield* signals.give({ tag: "conn", socket: this, fiber: this.fiber } satisfies SocketConn as Signal);
      yield* this.#calls.call("connect", () => settings.connect?.(this));
      for (;;) {
        const frame = yield* this.#incoming.take();
        if (frame === CLOSED) break;
        counts.received++;
        yield* this.#calls.call("read", () => this.#read(frame));
        this.#incoming.taken(frame);
      }
    } finally {
      // Still open: the fiber was cancelled.
      if (this.#ws.readyState === this.#ws.OPEN) this.#ws.terminate();
      const closing = this.#closed ?? (yield* until(this.#whenEnded()));
      yield* this.#calls.call("closed", () => settings.closed?.(this, closing));
      try {
        const { fiber } = this;
        yield* signals.give({ tag: "close", socket: this, closing, fiber } satisfies SocketClose as Signal);
      } finally {
        this.#hall.sockets.delete(this);
      }
    }
  }

  #read(frame: Frame): Handled<unknown> {
    const { schema, read } = this.#hall.settings;
    const made = readFrame(frame, schema);
    if (made instanceof Promise) return this.#readLate(made);
    if (!made.ok) return this.#invalid(made.issues);
    return read?.(this, made.message);
  }

  *#readLate(late: Promise<ReturnType<typeof readFrame>>): Generator<unknown, unknown, never> {
    const made = yield* until(late as Promise<{ ok: true; message: never } | { ok: false; issues: readonly never[] }>);
    const { read } = this.#hall.settings;
    return made.ok ? yield* handled(read?.(this, made.message)) : yield* handled(this.#invalid(made.issues));
  }

  #invalid(issues: readonly unknown[]): Handled<unknown> {
    if (this.#hall.settings.onInvalid === "close") return this.#close(1007, "invalid message");
    const error = { code: "INVALID_MESSAGE", message: "the message does not fit the schema", issues };
    return this.#outgoing.write(JSON.stringify({ error }));
  }

  #tell(event: Presence["event"], room: string): void {
    const { settings, rooms, broadcast } = this.#hall;
    const message = settings.presence?.({ event, room, socket: this, members: rooms.count(room) });
    if (message !== undefined) broadcast(room, message);
  }

  // This side closes. Whatever was received is dropped, so that the peer's answer can be read.
  #close(code: number, reason: string): void {
    if (this.#closing !== null || this.#ws.readyState !== this.#ws.OPEN) return;
    this.#closing = { code, reason };
    this.#ws.close(code, reason);
    this.#outgoing.end();
    this.#incoming.discard();
  }

  // The peer broke the protocol: ws has sent the close that is due.
  #broken(fault: NodeJS.ErrnoException): void {
    const { code: name = "" } = fault;
    const code = name.startsWith("Z_") ? 1007 : name.startsWith("WS_ERR_") ? (protocolFaults[name] ?? 1002) : undefined;
    if (code !== undefined) this.#closing ??= { code, reason: name };
  }

  #whenEnded(): Promise<Closing> {
    if (this.#closed !== null) return Promise.resolve(this.#closed);
    this.#ended ??= pending();
    return this.#ended.promise;
  }

  #end(code: number, reason: string): void {
    const clean = code !== 1006;
    this.#closed = Object.freeze({ code, reason, ...this.#closing, clean });
    this.#heartbeat.stop();
    this.#outgoing.end();
    this.#incoming.finish();
    this.#pings?.end();
    for (const room of [...this.rooms]) {
      try {
        this.leave(room);
      } catch (error) {
        void this.failed("closed", error);
      }
    }
    this.#gone?.abort(gone());
    // A connect that runs as long as the socket does; with messages left to read it may still come to its end.
    if (this.#calls.phase === "connect" && this.#incoming.empty) this.#calls.leave(gone());
    this.#ended?.resolve(this.#closed);
  }
}

function gone(): Error {
  return new Error("the socket has closed");
}

function pending(): { promise: Promise<Closing>; resolve: (closing: Closing) => void } {
  let resolve: (closing: Closing) => void = () => {};
  const promise = new Promise<Closing>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

// The close codes of what ws reports: 1007 for what zlib cannot inflate, and 1002 for all that is not here.
const protocolFaults: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
};

function checkClose(code: number, reason: string): void {
  const legal =
    Number.isInteger(code) &&
    ((code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999));
  if (!legal) {
    throw misuse("range", "BAD_CLOSE", `a close code is 1000-1003, 1007-1014 or 3000-4999, got ${describe(code)}`);
  }
  if (typeof reason !== "string" || Buffer.byteLength(reason) > 123) {
    throw misuse("range", "BAD_CLOSE", `a close reason is at most 123 bytes of text, got ${describe(reason)}`);
  }
}
