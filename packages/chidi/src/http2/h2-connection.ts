/**
 * A connection of HTTP/2: one fiber, and in it one for each stream, so that all are answered at the same time.
 * Invariants: the fiber ends after all of its streams; a client that makes more work than it asks for is cut off with
 * ENHANCE_YOUR_CALM; what waits for the fiber is bounded by the streams that a client may have open, and by its calm.
 */
import type { ServerResponse } from "node:http";
import { constants, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import {
  type Channel,
  CLOSED,
  channel,
  type Fiber,
  go,
  type Op,
  type Signal,
  scope,
  unbounded,
} from "@good-place/channel";
import { answerRequest, destroyLater, type Floor, handOver } from "../connection/answering.js";
import { badExpectation, nextId } from "../connection/connection.js";
import type { Connection } from "../connection/signal.js";
import { keepAliveTimeout, prefaceTimeout } from "../connection/timeouts.js";
import { ChidiError } from "../errors.js";
import { goOn } from "../request/continues.js";
import { IncomingRequest } from "../request/request.js";
import { Calm } from "./calm.js";
import type { StreamMessage, StreamResponse } from "./h2-adapters.js";
import { checkStreamHead } from "./h2-head.js";
import { StreamWire } from "./h2-stream.js";
import { asUpgrade, Tunnel, wantsTunnel } from "./h2-tunnel.js";

type Work = () => Generator<unknown, void, never>;

export class Http2Conn implements Connection {
  readonly id: number = nextId();
  readonly fiber: Fiber<void>;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly openedAt: number = Date.now();
  readonly floor: Floor;
  requests = 0;

  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #work: Channel<Work> = channel(unbounded());
  readonly #calm = new Calm();
  readonly #wires = new Set<StreamWire>();
  // Runs from the end of the last stream; where there are some it has run out for nothing.
  readonly #idle: NodeJS.Timeout;
  #heads = 0;
  #ending = false;
  #fault: ChidiError | null = null;

  constructor(session: ServerHttp2Session, socket: Socket, floor: Floor) {
    this.#session = session;
    this.#socket = socket;
    this.floor = floor;
    this.remoteAddress = socket.remoteAddress;
    this.remotePort = socket.remotePort;
    const { headersTimeoutMs, keepAliveMs, writeIdleMs } = floor.settings;
    // The client's settings stand for the first head: who sends none sends no request either.
    const preface = setTimeout(() => {
      floor.counts.refused++;
      void this.#tell({ tag: "error", error: prefaceTimeout(headersTimeoutMs) });
      session.destroy();
    }, headersTimeoutMs);
    session.once("remoteSettings", () => clearTimeout(preface));
    session.on("remoteSettings", () => this.#useless());
    session.on("ping", () => this.#useless());
    session.on("stream", (stream) => {
      // Cancelled together with its head, before anybody could listen.
      if (stream.closed) this.#useless();
    });
    session.on("error", (cause: NodeJS.ErrnoException) => this.#broken(cause));
    session.once("close", () => {
      clearTimeout(preface);
      clearTimeout(this.#idle);
      this.#work.close();
    });
    // Node's own timer of a session would hold it for that long when its socket has closed.
    this.#idle = setTimeout(() => {
      if (this.#wires.size > 0) return;
      if (!session.closed) void this.#tell({ tag: "error", error: keepAliveTimeout(keepAliveMs) });
      session.close();
      // A client that does not read holds up even the ending of our side.
      destroyLater(socket, writeIdleMs);
    }, keepAliveMs);
    // Node ends our side only, and would wait for the client's for as long as the client likes. No less than a slow reader
    // may take: its next window update would meet a closed socket, and what is still on its way be lost by the reset.
    socket.once("finish", () => destroyLater(socket, writeIdleMs));
    this.fiber = go(() => this.#run(), { name: "connection", supervisor: floor.signals });
  }

  close(): void {
    this.#session.destroy();
    // One that has been closed already only ends.
    this.#socket.destroy();
  }

  /** The server drains: no new streams, and the connection closes behind the last one. */
  drain(): void {
    this.#session.close();
    for (const wire of this.#wires) wire.drain();
  }

  /** A stream has brought a request's head. */
  request(message: StreamMessage, response: StreamResponse, continues: boolean): void {
    if (this.#ending) return;
    const { settings, signals, hosts } = this.floor;
    response.req = message;
    const wire = new StreamWire(this, message.stream, response);
    const tunnel = settings.sockets !== undefined && wantsTunnel(message) ? new Tunnel(message.stream) : null;
    if (tunnel !== null) asUpgrade(message);
    let target = message.url ?? "";
    let refused: ChidiError | null = null;
    try {
      target = checkStreamHead(message, settings);
      hosts?.check(message.headers[":authority"] ?? message.headers.host ?? "", this.#socket as TLSSocket);
      if (!continues && message.headers.expect !== undefined) refused = badExpectation();
    } catch (error) {
      refused = error as ChidiError;
    }
    const source = { signals, fiber: this.fiber, socket: this.#socket };
    const request = new IncomingRequest(message.asHttp1(), target, source, settings);
    request.response = response.asHttp1();
    request.waits = continues;
    if (continues) request.reader.onRead(() => goOn(response.asHttp1()));
    this.#wires.add(wire);
    this.#work.tryGive(() => this.#answer(wire, request, response.asHttp1(), tunnel, refused));
    if (++this.#heads >= settings.maxRequestsPerSocket) this.#session.close();
  }

  /** A stream was given up before its answer was complete. */
  cancelled(): void {
    if (!this.#session.destroyed) this.#useless();
  }

  #tell(signal: Signal & { readonly error?: unknown }): Op<boolean> {
    return this.floor.signals.give({ ...signal, connection: this, fiber: this.fiber } as Signal);
  }

  #useless(): void {
    if (this.#calm.spend()) return;
    this.#break("the client made more cancelled streams, pings and settings than it may");
    this.#session.destroy(this.#fault as Error, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #broken(cause: NodeJS.ErrnoException): void {
    if (cause.code?.startsWith("ERR_HTTP2_"))
      this.#break(`the client broke the rules of HTTP/2 (${cause.message})`, cause);
  }

  #break(text: string, cause?: Error): void {
    this.#ending = true;
    this.#fault ??= new ChidiError("BAD_HTTP2", text, { cause });
  }

  *#answer(
    wire: StreamWire,
    request: IncomingRequest,
    response: ServerResponse,
    tunnel: Tunnel | null,
    refused: ChidiError | null,
  ): Generator<unknown, void, never> {
    try {
      if (wire.dead) return;
      if (tunnel === null) yield* answerRequest(wire, request, response, refused);
      else yield* overTunnel(wire, request, tunnel, refused);
    } finally {
      this.#wires.delete(wire);
      if (this.#wires.size === 0) this.#idle.refresh();
    }
  }

  *#run(): Generator<unknown, void, never> {
    const connection = this;
    try {
      yield* this.#tell({ tag: "conn" });
      yield* scope(function* streams() {
        for (;;) {
          const work = yield* connection.#work.take();
          if (work === CLOSED) return;
          // A scope of its own, and not `go`: nobody is to be told of each stream that has ended.
          void scope(() => work(), { name: "stream" });
        }
      });
    } finally {
      this.#session.destroy();
      if (this.#fault !== null) {
        this.floor.counts.refused++;
        yield* this.#tell({ tag: "refused", error: this.#fault });
      }
      yield* this.#tell({ tag: "close" });
    }
  }
}

// The stream counts as one that is answered as long as the endpoint has it.
function* overTunnel(
  wire: StreamWire,
  request: IncomingRequest,
  socket: Tunnel,
  fault: ChidiError | null,
): Generator<unknown, void, never> {
  const response = request.response as ServerResponse;
  const refused = (): void => wire.linger(request);
  yield* handOver(wire, request, { socket, head: Buffer.alloc(0), response, refused, taken() {} }, fault);
  while ((yield* wire.written.take()) !== CLOSED);
}
