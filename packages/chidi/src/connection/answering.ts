/**
 * What a connection's fiber does with one thing that the wire brought: a request, an upgrade, or bytes that are neither.
 * Invariant: each gets one answer, or the connection is destroyed; what failed is one `error` signal, after the answer.
 */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Channel, Fiber, Op, Signal } from "@good-place/channel";
import { isThenable } from "@good-place/channel/shapes";
import { type Handled, handled } from "../answer/handled.js";
import type { Answer } from "../answer/response.js";
import { bodyOf, type SendOptions, send } from "../answer/send.js";
import { discard } from "../answer/stream.js";
import { within } from "../answer/within.js";
import type { Hosts } from "../arrivals/hosts.js";
import { ChidiError, isRefusal, refusal } from "../errors.js";
import type { OutgoingHeaders } from "../request/outgoing.js";
import type { IncomingRequest } from "../request/request.js";
import type { Handler } from "../routing/router.js";
import type { Settings } from "../settings.js";
import { openLine, refusedLine } from "./journal.js";
import type { Connection } from "./signal.js";
import type { SocketEndpoint } from "./sockets.js";
import { handlerTimeout, writeTimeout } from "./timeouts.js";

/** What all connections of a server share. */
export interface Floor {
  readonly settings: Settings;
  readonly handler: Handler;
  readonly endpoints: ReadonlyMap<string, SocketEndpoint>;
  readonly signals: Channel<Signal>;
  readonly counts: { requests: number; answering: number; refused: number; failed: number; rejected: number };
  /** Of a server with TLS: who may speak to which host. */
  readonly hosts: Hosts | null;
  draining: boolean;
}

/** What one answer at a time goes out on, as far as answering changes it: a connection of HTTP/1, a stream of HTTP/2. */
export interface Wire {
  readonly connection: Connection & { requests: number };
  readonly fiber: Fiber<void>;
  readonly floor: Floor;
  /** One token for each answer that has been written out; closed with the socket. */
  readonly written: Channel<true>;
  /** The request that is being answered, until its answer is complete. */
  current: IncomingRequest | null;
  /** The last answer has been written: nothing that came behind its request counts. */
  ending: boolean;
  /** The socket, or the stream, has closed. */
  readonly dead: boolean;
  /** Called when an answer has been written out. */
  readonly finished: () => void;
  /** Aborts when the socket closes; made when it is first asked for. */
  goneSignal(): AbortSignal;
  /** Aborts when the socket closes, or the server drains; a new one for each stream. */
  stopSignal(): AbortSignal;
  give(signal: Signal): Op<boolean>;
  /** What has gone out on it so far. */
  readonly bytesWritten: number;
  /** Whether the system has taken all that was written. */
  readonly flushed: boolean;
  /** Breaks an answer off that cannot be completed. */
  cut(): void;
  /** Readies the wire for an answer that will be complete before its request is. */
  linger(request: IncomingRequest): void;
}

/** A wire that is a whole connection. */
export interface SocketWire extends Wire {
  readonly socket: Socket;
}

/** What a socket endpoint may take over, and how the client is told that it does not. */
export interface Opening {
  readonly socket: Duplex;
  /** What came behind the request's head already. */
  readonly head: Buffer;
  readonly response: ServerResponse;
  /** Called before the response is written. */
  refused(): void;
  /** The endpoint has it. */
  taken(): void;
}

type Steps<T = void> = Generator<unknown, T, never>;

// How long a client may take to read its last answer before the connection is destroyed.
const LINGER_MS = 1000;
const upgradeRequired: Answer = { status: 426, headers: { upgrade: "websocket" }, body: "Upgrade Required" };

/** Answers a request: what the handler makes of it, or the refusal. */
export function* answerRequest(
  wire: Wire,
  request: IncomingRequest,
  response: ServerResponse,
  refused: ChidiError | null,
): Steps {
  const { counts, endpoints, handler } = wire.floor;
  wire.connection.requests++;
  counts.requests++;
  counts.answering++;
  wire.current = request;
  const line = openLine(wire.floor.settings.journal, request, wire);
  try {
    if (refused !== null) throw refused;
    const result = endpoints.has(request.path) ? upgradeRequired : handler(request);
    const answer = isWhole(result) ? result : yield* settled(wire, result, request);
    yield* write(wire, response, answer, request, false);
  } catch (error) {
    if (wire.dead && isAbort(error)) return;
    const status = count(wire, error);
    request.added?.failed();
    line?.failed(error);
    if (response.headersSent || wire.dead) wire.cut();
    else yield* write(wire, response, page(status), request, status !== 500);
    yield* report(wire, error, request);
  } finally {
    line?.end(response, wire.dead);
    counts.answering--;
    wire.current = null;
    ended(wire, request);
  }
}

/** Lets a socket endpoint take the connection over, or the stream. From then its fiber only waits for the close. */
export function* handOver(wire: Wire, request: IncomingRequest, opening: Opening, refused: ChidiError | null): Steps {
  const { response } = opening;
  const line = openLine(wire.floor.settings.journal, request, wire);
  wire.connection.requests++;
  wire.floor.counts.requests++;
  wire.ending = true;
  wire.current = request;
  try {
    if (refused !== null) throw refused;
    const answer = yield* upgrade(wire, request, opening);
    wire.current = null;
    if (answer === null) {
      opening.taken();
      line?.upgraded();
    } else yield* writeLast(wire, opening, answer, request);
  } catch (error) {
    if (wire.dead && isAbort(error)) return;
    const status = count(wire, error);
    request.added?.failed();
    line?.failed(error);
    if (response.headersSent || wire.dead) wire.cut();
    else yield* writeLast(wire, opening, page(status), request);
    yield* report(wire, error, request);
  } finally {
    line?.end(response, wire.dead);
    ended(wire, request);
  }
}

/** The bytes were no request: says so, and closes. */
export function* refuseConnection(wire: SocketWire, error: ChidiError): Steps {
  const { socket, fiber, connection } = wire;
  wire.ending = true;
  const status = count(wire, error);
  const text = STATUS_CODES[status] ?? "";
  const head = `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8`;
  socket.end(`${head}\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
  destroyLater(socket);
  refusedLine(wire.floor.settings.journal, socket, status, error);
  yield* wire.give({ tag: "error", error, connection, fiber } as Signal);
}

// What middleware fails with now concerns no answer any more, and no other request.
function ended(wire: Wire, request: IncomingRequest): void {
  for (const error of request.end()) {
    wire.floor.counts.failed++;
    void report(wire, error, request);
  }
}

/** Why an operation failed that waited for a client. */
export function gone(): ChidiError {
  return new ChidiError("CLIENT_GONE", "the client went away before the answer was complete");
}

function isWhole(result: Handled<Answer>): result is Answer {
  return typeof result !== "object" || result === null || !("then" in result || Symbol.iterator in result);
}

// What comes of a handler that waits. Fails when the client goes away first.
function* settled(wire: Wire, result: Exclude<Handled<Answer>, Answer>, request: IncomingRequest): Steps<Answer> {
  const { handlerMs } = wire.floor.settings;
  let late: ChidiError | null = null;
  const onLate = (error: unknown): void => {
    if (isAbort(error) || error === late) return;
    count(wire, error);
    void report(wire, error, request);
  };
  const waiting = handled(result, {
    signal: () => (handlerMs === Number.POSITIVE_INFINITY ? wire.goneSignal() : request.signal),
    onFiber: (fiber) => {
      request.fiber = fiber;
      if (wire.dead) fiber.cancel(gone());
    },
    onLate,
  });
  try {
    if (handlerMs === Number.POSITIVE_INFINITY) return yield* waiting;
    return yield* within(waiting, handlerMs, () => {
      late = handlerTimeout(handlerMs);
      request.leave(late);
    });
  } catch (error) {
    // A promise may still bring an answer.
    if (isThenable<Answer>(result))
      result.then(
        (answer) => discard(bodyOf(answer)),
        () => {},
      );
    if (late === null) throw error;
    onLate(error);
    throw late;
  }
}

function* write(
  wire: Wire,
  response: ServerResponse,
  answer: Answer,
  request: IncomingRequest,
  refused: boolean,
): Steps {
  // A body that has not come to its end: without reading on nobody can tell its rest from a next request.
  const broken = !request.message.complete;
  const { draining, settings } = wire.floor;
  const close = refused || broken || draining || wire.connection.requests >= settings.maxRequestsPerSocket;
  if (broken) wire.linger(request);
  const options = new Sending(wire, request, close);
  if (yield* send(response, answer, options)) wire.ending = true;
  if (response.writableFinished) return;
  response.once("finish", wire.finished);
  // Where the system has taken all of it already, only the news of that is outstanding.
  if (wire.flushed) yield* wire.written.take();
  else yield* within(wire.written.take(), options.idleMs, () => options.stalled());
}

// One small object: there is one for each answer.
class Sending implements SendOptions {
  readonly close: boolean;
  readonly #wire: Wire;
  readonly #request: IncomingRequest;

  constructor(wire: Wire, request: IncomingRequest, close: boolean) {
    this.#wire = wire;
    this.#request = request;
    this.close = close;
  }

  get idleMs(): number {
    return this.#wire.floor.settings.writeIdleMs;
  }

  get outgoing(): OutgoingHeaders | null {
    return this.#request.added;
  }

  gone(): AbortSignal {
    return this.#wire.goneSignal();
  }

  stop(): AbortSignal {
    return this.#wire.stopSignal();
  }

  stalled(): void {
    this.#wire.floor.counts.refused++;
    void report(this.#wire, writeTimeout(this.idleMs), this.#request);
    this.#wire.cut();
  }
}

// Node destroys a socket behind its last answer. While the client is still sending, that would reset the connection
// before the client has read the answer: so only our side ends, and what comes is thrown away for a while.
export function linger(socket: Socket, request: IncomingRequest): void {
  socket.destroySoon = () => {
    request.reader.drop();
    if (!socket.writableEnded) destroyLater(socket.end());
  };
}

/** Gives the client a while to read what is on its way, and to close. */
export function destroyLater(socket: Socket, ms: number = LINGER_MS): void {
  const timer = setTimeout(() => socket.destroy(), ms);
  socket.once("close", () => clearTimeout(timer));
}

function* upgrade(wire: Wire, request: IncomingRequest, { socket, head }: Opening): Steps<Answer | null> {
  const { message, path } = request;
  if (message.headers["transfer-encoding"] !== undefined || Number(message.headers["content-length"] ?? 0) > 0) {
    throw refusal(400, "BAD_REQUEST", "a request to upgrade has a body");
  }
  const endpoint = wire.floor.endpoints.get(path);
  if (endpoint === undefined) return { status: 404, body: "Not Found" };
  if (wire.floor.draining) return { status: 503, body: "Service Unavailable" };
  return yield* endpoint.upgrade({
    request,
    message,
    socket,
    head,
    get signal(): AbortSignal {
      return wire.goneSignal();
    },
  });
}

function* writeLast(wire: Wire, opening: Opening, answer: Answer, request: IncomingRequest): Steps {
  opening.refused();
  yield* send(opening.response, answer, new Sending(wire, request, true));
}

// Counts a failure; answers what the client is told.
function count(wire: Wire, error: unknown): number {
  const { counts } = wire.floor;
  if (isRefusal(error)) {
    counts.refused++;
    return error.status ?? 500;
  }
  counts.failed++;
  return error instanceof ChidiError ? (error.status ?? 500) : 500;
}

function page(status: number): Answer {
  return { status, body: STATUS_CODES[status] ?? "" };
}

function report(wire: Wire, error: unknown, request: IncomingRequest): Op<boolean> {
  const fiber: Fiber<unknown> = request.fiber ?? wire.fiber;
  return wire.give({ tag: "error", error, connection: wire.connection, request, fiber } as Signal);
}

// What a handler fails with because the client went away, and not by a fault of its own.
function isAbort(error: unknown): boolean {
  if (error instanceof ChidiError) return error.code === "CLIENT_GONE";
  return error instanceof Error && (error.name === "AbortError" || (error as { code?: unknown }).code === "CANCELLED");
}
