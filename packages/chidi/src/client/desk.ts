/**
 * The requests of a client on their way: attempts, redirects, and what has to be waited for when it drains.
 * Invariant: every call is in `#calls` from its start to the last byte of its answer; once drained there are none, and no
 * connection.
 */
import { randomUUID } from "node:crypto";
import { type Op, scope, sleep, until } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { Call } from "./call.js";
import { ClientError, type ClientErrorCode } from "./client-error.js";
import { type ClientLimits, type ClientSettings, limitsOf, lowerCased, OWN_LIMITS } from "./client-options.js";
import { Answered, type ClientResponse } from "./client-response.js";
import type { ClientSignal } from "./client-signal.js";
import { ACCEPTED, codingsOf, decoded } from "./decoding.js";
import { Exchange, type Head } from "./exchange.js";
import type { ClientDrainOptions, ClientRequest, ClientStatistics } from "./http-client.js";
import { drained, Lanes } from "./lanes.js";
import { redirected, refused, type Target } from "./redirecting.js";
import { lookupOf } from "./resolving.js";
import { type Attempt, Budget, delayBefore } from "./retrying.js";
import { Rotation } from "./rotation.js";
import { Upload } from "./upload.js";

const DRAIN_MS = 10_000;
const IDEMPOTENT: readonly string[] = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];
// Faults that say nothing against the server.
const OURS: readonly ClientErrorCode[] = ["SOURCE_FAILED", "RESPONSE_TOO_LARGE", "RESPONSE_HEAD_TOO_LARGE"];
const REQUEST = ["headers", "body", "json", "idempotencyKey", "signal", ...OWN_LIMITS];

export class Desk {
  readonly #settings: ClientSettings;
  readonly #rotation: Rotation;
  readonly #budget: Budget;
  readonly #lookup: ReturnType<typeof lookupOf>;
  readonly #calls = new Set<Call>();
  readonly #counts = { requests: 0, retries: 0, failed: 0 };
  #empty: (() => void) | null = null;
  #drained: Promise<void> | null = null;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    this.#budget = new Budget(settings.retry);
    this.#lookup = lookupOf(settings.resolvers, settings.resolveCacheMs);
    const all = settings.origins.map(({ origin }) => new Lanes(origin, { ...settings, lookup: this.#lookup }));
    this.#rotation = new Rotation(all, settings.eject);
  }

  request(method: string, path: string, options: ClientRequest): Op<ClientResponse> {
    checkOptions("a request", options, REQUEST);
    const target = this.#target(method, path, options);
    const limits = limitsOf(this.#settings, options);
    this.#counts.requests++;
    return scope(() => this.#requested(method, path, options.signal, target, limits), { name: method });
  }

  statistics(): ClientStatistics {
    let waiting = 0;
    let connections = 0;
    for (const { lanes } of this.#rotation.hosts) {
      waiting += lanes.waiting;
      connections += lanes.connections;
    }
    const { ejected } = this.#rotation;
    const draining = this.#drained !== null;
    return { ...this.#counts, active: this.#calls.size, waiting, connections, ejected, draining };
  }

  drain(options: ClientDrainOptions): Promise<void> {
    checkOptions("drain()", options, ["deadlineMs"]);
    const { deadlineMs = DRAIN_MS } = options;
    if (!Number.isFinite(deadlineMs) || deadlineMs < 0) {
      const text = `drain() option deadlineMs must be a number >= 0, got ${describe(deadlineMs)}`;
      throw misuse("range", "BAD_OPTION", text);
    }
    this.#drained ??= this.#end();
    const timer = setTimeout(() => {
      for (const call of this.#calls) call.abort(drained());
    }, deadlineMs);
    return this.#drained.finally(() => clearTimeout(timer));
  }

  async #end(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#empty = resolve;
      if (this.#calls.size === 0) resolve();
    });
    for (const { lanes } of this.#rotation.hosts) lanes.close();
  }

  #ended(call: Call): void {
    this.#calls.delete(call);
    if (this.#calls.size === 0) this.#empty?.();
  }

  // Started and left: it is given in order, and nobody waits for a supervisor that does not take it.
  #tell(signal: ClientSignal): void {
    void this.#settings.supervisor?.give(signal);
  }

  *#requested(
    method: string,
    path: string,
    signal: AbortSignal | undefined,
    target: Target,
    limits: ClientLimits,
  ): Generator<unknown, ClientResponse, never> {
    const call = new Call(limits.totalTimeoutMs, signal, (ended) => this.#ended(ended));
    this.#calls.add(call);
    let answered = false;
    try {
      if (this.#drained !== null) throw drained();
      const response = yield* this.#follow(call, target, limits);
      answered = true;
      void response.over.then(() => call.end());
      return response;
    } catch (error) {
      if (error !== signal?.reason) this.#tell({ tag: "error", error, method, path });
      throw error;
    } finally {
      if (!answered) {
        this.#counts.failed++;
        call.end();
      }
    }
  }

  *#follow(call: Call, first: Target, limits: ClientLimits): Generator<unknown, Answered, never> {
    let target = first;
    for (let hops = 0; ; hops++) {
      const response = yield* this.#attempts(call, target, limits);
      if (limits.redirects === 0) return response;
      let next: Target | null = null;
      try {
        next = redirected(target, response);
        if (next !== null && hops === limits.redirects) throw refused(`it is one more than ${hops} (redirects)`);
        if (next === null) return response;
        target = next;
      } finally {
        if (next !== null) response.drop();
      }
    }
  }

  *#attempts(call: Call, target: Target, limits: ClientLimits): Generator<unknown, Answered, never> {
    const { method, path, idempotent, upload } = target;
    this.#budget.earn();
    for (let number = 1; ; number++) {
      let response: Answered | null = null;
      let outcome: Attempt["outcome"];
      try {
        response = yield* this.#once(call, target, limits);
        outcome = { status: response.status, retryAfter: response.headers["retry-after"] as string | undefined };
      } catch (error) {
        outcome = { error };
      }
      const attempt = { number, idempotent, available: upload.available, outcome };
      const delayMs = delayBefore(this.#settings.retry, attempt, new Date(), Math.random());
      if (delayMs === null || !this.#budget.spend()) {
        if (response !== null) return response;
        throw (outcome as { readonly error: unknown }).error;
      }
      response?.drop();
      this.#counts.retries++;
      this.#tell({ tag: "retry", attempt: number + 1, delayMs, method, path, ...outcome });
      yield* sleep(delayMs, { signal: call.signal });
    }
  }

  *#once(call: Call, target: Target, limits: ClientLimits): Generator<unknown, Answered, never> {
    const { signal } = call;
    signal.throwIfAborted();
    call.phase = () => "queue";
    const foreign = this.#foreign(target);
    const host = foreign === null ? this.#rotation.pick() : null;
    const lanes = (foreign ?? host?.lanes) as Lanes;
    const lane = yield* lanes.enter(signal);
    const exchange = new Exchange(lanes, lane, target, limits);
    call.phase = () => exchange.phase;
    const giveUp = (): void => exchange.fail(signal.reason);
    signal.addEventListener("abort", giveUp);
    void exchange.over.then(() => {
      signal.removeEventListener("abort", giveUp);
      foreign?.close();
    });
    let head: Head | null = null;
    try {
      exchange.start();
      head = yield* until(exchange.head);
      if (host !== null) this.#rotation.answered(host);
      return this.#answered(head, new URL(target.path, lanes.origin), limits, exchange, target.method);
    } catch (error) {
      const its = error instanceof ClientError && error !== signal.reason && !OURS.includes(error.code);
      if (host !== null && its) this.#rotation.failed(host);
      throw error;
    } finally {
      if (head === null) exchange.fail(new Error("the request was cancelled"));
    }
  }

  #answered(head: Head, url: URL, { maxBodyBytes }: ClientLimits, exchange: Exchange, method: string): Answered {
    const codings = codingsOf(head.headers["content-encoding"] as string | undefined);
    if (!this.#settings.decompress || codings.length === 0 || method === "HEAD") {
      return new Answered(head, url.href, exchange.body, exchange);
    }
    // The headers that are of the coded body go with the coding.
    const { "content-encoding": _, "content-length": __, ...headers } = head.headers;
    const chunks = decoded(exchange.body, codings, maxBodyBytes, (error) => exchange.fail(error));
    return new Answered({ status: head.status, headers }, url.href, chunks, exchange);
  }

  /** The connection of a redirect to another origin; it ends with its request, and gets nothing that says who the client is. */
  #foreign(target: Target): Lanes | null {
    const { origin } = target.url;
    if (this.#settings.origins.some((each) => each.origin === origin)) return null;
    if (this.#settings.socketPath !== undefined) throw refused("it leads away from a client with a socketPath");
    const { ca, rejectUnauthorized, minVersion, ciphers } = this.#settings.tls;
    const tls = { ca, rejectUnauthorized, minVersion, ciphers };
    return new Lanes(origin, { ...this.#settings, lookup: this.#lookup, tls, connections: 1 });
  }

  #target(method: string, path: string, options: ClientRequest): Target {
    const [base] = this.#settings.origins as [URL];
    const url =
      typeof path === "string" && path.startsWith("/") && URL.canParse(path, base.href) ? new URL(path, base) : null;
    if (url === null || url.origin !== base.origin) {
      throw misuse("type", "BAD_OPTION", `a request takes a path like /tasks?open=1, got ${describe(path)}`);
    }
    url.hash = "";
    const { json, signal, idempotencyKey: key } = options;
    if (json !== undefined && options.body !== undefined) {
      throw misuse("type", "BAD_OPTION", "a request takes either body or json");
    }
    if (signal !== undefined && typeof signal?.addEventListener !== "function") {
      throw misuse("type", "BAD_OPTION", `a request's option signal must be an AbortSignal, got ${describe(signal)}`);
    }
    const text = json === undefined ? undefined : JSON.stringify(json);
    if (json !== undefined && text === undefined) {
      throw misuse(
        "type",
        "BAD_OPTION",
        `a request's option json must be a value that JSON has, got ${describe(json)}`,
      );
    }
    const upload = new Upload(text ?? options.body);
    const headers: Record<string, string | readonly string[]> = {};
    const type = json === undefined ? upload.type : "application/json";
    if (type !== undefined) headers["content-type"] = type;
    if (upload.length !== undefined) headers["content-length"] = String(upload.length);
    if (this.#settings.decompress) headers["accept-encoding"] = ACCEPTED;
    if (key !== undefined) headers["idempotency-key"] = key === true ? randomUUID() : key;
    Object.assign(headers, this.#settings.headers, lowerCased(options.headers ?? {}));
    const idempotent = IDEMPOTENT.includes(method) || key !== undefined;
    return { url, method, path: url.pathname + url.search, headers, upload, idempotent };
  }
}
