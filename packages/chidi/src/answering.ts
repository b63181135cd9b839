/**
 * What a connection's fiber does with one thing that the wire brought: a request, an upgrade, or bytes that are neither.
 * Invariant: each gets one answer, or the connection is destroyed; what failed is one `error` signal, after the answer.
 */
import { ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type Channel, channel, dropping, type Fiber, type Op, type Signal } from "@good-place/channel";
import { ChidiError, isRefusal, refusal } from "./errors.js";
import { handled } from "./handled.js";
import { openLine, refusedLine } from "./journal.js";
import type { IncomingRequest } from "./request.js";
import type { Answer } from "./response.js";
import type { Handler } from "./router.js";
import { send } from "./send.js";
import type { Settings } from "./settings.js";
import type { Connection } from "./signal.js";
import type { SocketEndpoint } from "./sockets.js";

/** What all connections of a server share. */
export interface Floor {
  readonly settings: Settings;
  readonly handler: Handler;
  readonly endpoints: ReadonlyMap<string, SocketEndpoint>;
  readonly signals: Channel<Signal>;
  readonly counts: { requests: number; answering: number; refused: number; failed: number };
  /** Whose the fibers are that handlers run as. */
  readonly requests: WeakMap<object, { readonly connection: Connection; readonly request: IncomingRequest }>;
  draining: boolean;
}

/** The connection, as far as answering changes it. */
export interface Wire extends Connection {
  readonly floor: Floor;
  readonly socket: Socket;
  /** One token for each answer that has been written out; closed with the socket. */
  readonly written: Channel<true>;
  requests: number;
  /** The request that is being answered, until its answer is complete. */
  current: IncomingRequest | null;
  /** The last answer has been written: nothing that came behind its request counts. */
  ending: boolean;
  /** The connection belongs to a socket endpoint. */
  upgraded: boolean;
  /** The socket has closed. */
  readonly dead: boolean;
  /** Called when an answer has been written out. */
  readonly finished: () => void;
  /** Aborts when the socket closes; made when it is first asked for. */
  goneSignal(): AbortSignal;
  give(signal: Signal): Op<boolean>;
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
  wire.requests++;
  counts.requests++;
  counts.answering++;
  wire.current = request;
  response.once("finish", wire.finished);
  const line = openLine(wire.floor.settings.journal, request, wire.socket);
  try {
    if (refused !== null) throw refused;
    const answer = endpoints.has(request.path) ? upgradeRequired : yield* handle(wire, handler, request);
    yield* write(wire, response, answer, request, false);
  } catch (error) {
    if (wire.dead && isAbort(error)) return;
    const status = count(wire, error);
    request.added?.failed();
    line?.failed(error);
    if (response.headersSent || wire.dead) wire.socket.destroy();
    else yield* write(wire, response, page(status), request, status !== 500);
    yield* report(wire, error, request);
  } finally {
    line?.end(response, wire.dead);
    counts.answering--;
    wire.current = null;
  }
}

/** Lets a socket endpoint take the connection over. From then its fiber only waits for the socket to close. */
export function* handOver(wire: Wire, request: IncomingRequest, head: Buffer, refused: ChidiError | null): Steps {
  const response = new ServerResponse(request.message);
  const line = openLine(wire.floor.settings.journal, request, wire.socket);
  wire.requests++;
  wire.floor.counts.requests++;
  wire.ending = true;
  wire.current = request;
  try {
    if (refused !== null) throw refused;
    const answer = yield* upgrade(wire, request, head);
    wire.current = null;
    if (answer === null) {
      wire.upgraded = true;
      line?.upgraded();
    }
    if (answer !== null) yield* writeLast(wire, response, answer, request);
  } catch (error) {
    if (wire.dead && isAbort(error)) return;
    const status = count(wire, error);
    request.added?.failed();
    line?.failed(error);
    if (response.headersSent || wire.dead) wire.socket.destroy();
    else yield* writeLast(wire, response, page(status), request);
    yield* report(wire, error, request);
  } finally {
    line?.end(response, wire.dead);
  }
}

/** The bytes were no request: says so, and closes. */
export function* refuseConnection(wire: Wire, error: ChidiError): Steps {
  const { socket, fiber } = wire;
  wire.ending = true;
  const status = count(wire, error);
  const text = STATUS_CODES[status] ?? "";
  const head = `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8`;
  socket.end(`${head}\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
  destroyLater(socket);
  refusedLine(wire.floor.settings.journal, socket, status, error);
  yield* wire.give({ tag: "error", error, connection: wire, fiber } as Signal);
}

/** Why an operation failed that waited for a client. */
export function gone(): ChidiError {
  return new ChidiError("CLIENT_GONE", "the client went away before the answer was complete");
}

// What the handler makes of the request. Fails when the client goes away first.
function* handle(wire: Wire, handler: Handler, request: IncomingRequest): Steps<Answer> {
  const result = handler(request);
  if (typeof result !== "object" || result === null || !("then" in result || Symbol.iterator in result)) return result;
  return yield* handled(result, {
    signal: () => wire.goneSignal(),
    onFiber: (fiber) => {
      request.fiber = fiber;
      wire.floor.requests.set(fiber, { connection: wire, request });
      if (wire.dead) fiber.cancel(gone());
    },
    onLate: (error) => {
      if (isAbort(error)) return;
      count(wire, error);
      void report(wire, error, request);
    },
  });
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
  const close = refused || broken || wire.floor.draining;
  if (broken) linger(wire, request);
  if (yield* send(response, answer, { gone: () => wire.goneSignal(), close, outgoing: request.added }))
    wire.ending = true;
  if (!response.writableFinished) yield* wire.written.take();
}

// Node destroys a socket behind its last answer. While the client is still sending, that would reset the connection
// before the client has read the answer: so only our side ends, and what comes is thrown away for a while.
function linger(wire: Wire, request: IncomingRequest): void {
  const { socket } = wire;
  socket.destroySoon = () => {
    request.reader.drop();
    if (!socket.writableEnded) destroyLater(socket.end());
  };
}

function destroyLater(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

function* upgrade(wire: Wire, request: IncomingRequest, head: Buffer): Steps<Answer | null> {
  const { message, path } = request;
  if (message.headers["transfer-encoding"] !== undefined || Number(message.headers["content-length"] ?? 0) > 0) {
    throw refusal(400, "BAD_REQUEST", "a request to upgrade has a body");
  }
  const endpoint = wire.floor.endpoints.get(path);
  if (endpoint === undefined) return { status: 404, body: "Not Found" };
  if (wire.floor.draining) return { status: 503, body: "Service Unavailable" };
  return yield* endpoint.upgrade({ request, message, socket: wire.socket, head, signal: wire.goneSignal() });
}

// Node gave the socket away with the upgrade, so the response has to be put on it by hand.
function* writeLast(wire: Wire, response: ServerResponse, answer: Answer, request: IncomingRequest): Steps {
  response.assignSocket(wire.socket);
  response.once("finish", () => wire.socket.destroySoon());
  yield* send(response, answer, { gone: () => wire.goneSignal(), close: true, outgoing: request.added });
}

// Counts a failure; answers what the client is told.
function count(wire: Wire, error: unknown): number {
  const { counts } = wire.floor;
  if (isRefusal(error)) {
    counts.refused++;
    return error.status ?? 500;
  }
  counts.failed++;
  return 500;
}

function page(status: number): Answer {
  return { status, body: STATUS_CODES[status] ?? "" };
}

function report(wire: Wire, error: unknown, request: IncomingRequest): Op<boolean> {
  const fiber: Fiber<unknown> = request.fiber ?? wire.fiber;
  // A fiber that the handler started and returned has told of its failure itself.
  if (fiber.status === "error" && fiber.supervisor === wire.floor.signals) return ALREADY_TOLD.give(true);
  return wire.give({ tag: "error", error, connection: wire, request, fiber } as Signal);
}

// Gives nothing to nobody: an operation that has succeeded already.
const ALREADY_TOLD: Channel<true> = channel(dropping(1));

// What a handler fails with because the client went away, and not by a fault of its own.
function isAbort(error: unknown): boolean {
  if (error instanceof ChidiError) return error.code === "CLIENT_GONE";
  return error instanceof Error && (error.name === "AbortError" || (error as { code?: unknown }).code === "CANCELLED");
}
