/**
 * `client`: what it is to its user, and the options of one request.
 */
import { type Op, until } from "@good-place/channel";
import { type ClientLimits, type ClientOptions, clientSettings, type OwnLimit } from "./client-options.js";
import type { ClientResponse } from "./client-response.js";
import { Desk } from "./desk.js";
import type { RequestBody } from "./upload.js";

/** Options of one request. Its limits come before those of the client. */
export interface ClientRequest extends Partial<Pick<ClientLimits, OwnLimit>> {
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly body?: RequestBody | undefined;
  /** A body to send as JSON, instead of `body`. */
  readonly json?: unknown;
  /**
   * Sent as Idempotency-Key, so that the server does a repeated request once and it may be sent again; true makes one up.
   */
  readonly idempotencyKey?: string | true | undefined;
  /** Ends the request and its body: both then fail with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A snapshot of a client's numbers. */
export interface ClientStatistics {
  /** Requests asked for, each counted once whatever became of it. */
  readonly requests: number;
  /** Those whose answer is not complete. */
  readonly active: number;
  /** Those that wait for a connection. */
  readonly waiting: number;
  /** Connections that are open or being opened. */
  readonly connections: number;
  readonly retries: number;
  readonly failed: number;
  /** Origins that are left out at present. */
  readonly ejected: readonly string[];
  readonly draining: boolean;
}

export interface ClientDrainOptions {
  /** When what is left fails; 10,000 by default. */
  readonly deadlineMs?: number | undefined;
}

type Plain = (path: string, options?: ClientRequest) => Op<ClientResponse>;

/**
 * Each call is sent at once. It settles with the head of the answer, of whatever status, or fails with a ClientError; a
 * cancelled wait ends it and closes its connection.
 */
export interface HttpClient {
  readonly get: Plain;
  readonly head: Plain;
  readonly post: Plain;
  readonly put: Plain;
  readonly patch: Plain;
  readonly delete: Plain;
  request(method: string, path: string, options?: ClientRequest): Op<ClientResponse>;
  statistics(): ClientStatistics;
  /**
   * Refuses new requests with CLIENT_DRAINED, lets those that were made end, and closes all connections; at the deadline
   * (10 s by default, 0 for at once) what is left fails with CLIENT_DRAINED. May be called again to bring that forward.
   */
  drain(options?: ClientDrainOptions): Op<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes a client; nothing is connected before the first request. Throws UNKNOWN_OPTION or BAD_OPTION. */
export function client(options: ClientOptions): HttpClient {
  const desk = new Desk(clientSettings(options));
  const plain =
    (method: string): Plain =>
    (path, request = {}) =>
      desk.request(method, path, request);
  return Object.freeze({
    get: plain("GET"),
    head: plain("HEAD"),
    post: plain("POST"),
    put: plain("PUT"),
    patch: plain("PATCH"),
    delete: plain("DELETE"),
    request: (method: string, path: string, request: ClientRequest = {}) => desk.request(method, path, request),
    statistics: () => desk.statistics(),
    drain: (given: ClientDrainOptions = {}) => until(desk.drain(given)),
    [Symbol.asyncDispose]: () => desk.drain({}),
  });
}
