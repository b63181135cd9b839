/**
 * The request that a handler gets. What costs something (headers, query, signal, body) is made when it is asked for.
 */
import { randomUUID, type X509Certificate } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { emergence, type Fiber, type Op, type Supervisor, until } from "@good-place/channel";
import type { AnswerHeaders } from "../answer/response.js";
import { Body, type BodyLimits } from "./body.js";
import { sendHints } from "./hints.js";
import { type Outgoing, OutgoingHeaders } from "./outgoing.js";
import { type Peer, type PeerOptions, peerOf } from "./peer.js";

/** What a route's parameters are where nothing more is known. */
export type Params = Readonly<Record<string, string>>;

/** One request. Its body can be read once. */
export interface HttpRequest<P = Params> {
  readonly method: string;
  /** The target as it was sent, path and query: `/tasks/7?full=1`. */
  readonly url: string;
  /** The path as it was sent, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The route's parameters, percent-decoded; empty without a router. */
  readonly params: P;
  readonly headers: Headers;
  /** What a trusted proxy calls the request by `x-request-id`, else a new UUID. */
  readonly id: string;
  /** Where the client is, as far as trusted proxies vouch for it; undefined on a unix socket. */
  readonly remoteAddress: string | undefined;
  /** What the client speaks to us, or to the first of the trusted proxies. */
  readonly protocol: "http" | "https";
  /** True when that is https. */
  readonly secure: boolean;
  /** The Host that the client asked for, with the port; empty where HTTP/1.0 did not say. */
  readonly host: string;
  /** Headers that go with whatever the request is answered, the page of a failure too. */
  readonly outgoing: Outgoing;
  /** The certificate that the client showed, where one was asked for and is trusted. */
  readonly clientCertificate: X509Certificate | undefined;
  /** Aborts when the client goes away before the answer is complete, or the handler's time is over; never after. */
  readonly signal: AbortSignal;
  /** The body as text. Fails with BODY_TOO_LARGE, BODY_TIMEOUT, BODY_ENCODED, BAD_BODY, CLIENT_GONE, or BODY_USED when it was read before. */
  text(): Op<string>;
  /** The body as JSON. Fails as `text` does, or with BAD_JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: what a client sends has no type before a schema has seen it
  json<T = any>(): Op<T>;
  /** The body's bytes. Fails as `text` does. */
  bytes(): Op<Uint8Array>;
  /** The body as a stream that reads from the wire only as it is read. */
  readonly body: ReadableStream<Uint8Array>;
  /**
   * Sends early hints (103), `{ link: "</style.css>; rel=preload; as=style" }` say, ahead of the answer. False where they can
   * do no good any more: the client speaks HTTP/1.0, has gone, or has the head of its answer. Throws BAD_RESPONSE.
   */
  hints(headers: AnswerHeaders): boolean;
  /** Asks whoever is above the server to confirm the acts; settles when that is done, fails with the refusal. */
  emerge(...acts: unknown[]): Op<void>;
}

/** What a request needs of where it came from. */
export interface RequestSource {
  readonly signals: Supervisor;
  readonly fiber: Fiber<unknown>;
  readonly socket: Socket;
}

const NONE: readonly unknown[] = [];

/** The server's side of a request. */
export class IncomingRequest implements HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  params: Params = {};
  readonly message: IncomingMessage;
  /** The fiber that the handler runs as, once there is one. */
  fiber: Fiber<unknown> | null = null;
  /** Where its answer goes, once it can be answered. */
  response: ServerResponse | null = null;
  /** The client sends its body only when it is told to. */
  waits = false;

  readonly #source: RequestSource;
  readonly #limits: BodyLimits & PeerOptions;
  #peer: Peer | null = null;
  #id: string | null = null;
  #outgoing: OutgoingHeaders | null = null;
  #query: URLSearchParams | null = null;
  #headers: Headers | null = null;
  #abort: AbortController | null = null;
  #body: Body | null = null;
  #stream: ReadableStream<Uint8Array> | null = null;
  #gone: Error | null = null;
  #ends: (() => void)[] | null = null;

  constructor(message: IncomingMessage, url: string, source: RequestSource, limits: BodyLimits & PeerOptions) {
    this.message = message;
    this.method = message.method as string;
    this.url = url;
    const query = url.indexOf("?");
    this.path = query === -1 ? url : url.slice(0, query);
    this.#source = source;
    this.#limits = limits;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.url.slice(this.path.length));
    return this.#query;
  }

  get headers(): Headers {
    if (this.#headers === null) {
      this.#headers = new Headers();
      const { rawHeaders } = this.message;
      for (let i = 0; i < rawHeaders.length; i += 2) {
        this.#headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string);
      }
    }
    return this.#headers;
  }

  /** One header, as `headers` has it, without making that of all. */
  header(name: string): string | null {
    if (this.#headers !== null) return this.#headers.get(name);
    const { rawHeaders } = this.message;
    let found: string | null = null;
    // Over HTTP/2 each cookie may be a header of its own.
    const between = name === "cookie" ? "; " : ", ";
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const one = rawHeaders[i] as string;
      if (one.length !== name.length || one.toLowerCase() !== name) continue;
      found = found === null ? (rawHeaders[i + 1] as string) : found + between + rawHeaders[i + 1];
    }
    return found;
  }

  get secure(): boolean {
    return this.protocol === "https";
  }

  get clientCertificate(): X509Certificate | undefined {
    const socket = this.#source.socket as TLSSocket;
    return socket.authorized ? socket.getPeerX509Certificate() : undefined;
  }

  get id(): string {
    this.#id ??= this.#from.id ?? randomUUID();
    return this.#id;
  }

  get remoteAddress(): string | undefined {
    return this.#from.remoteAddress;
  }

  get protocol(): "http" | "https" {
    return this.#from.protocol;
  }

  get host(): string {
    return this.#from.host;
  }

  get outgoing(): OutgoingHeaders {
    this.#outgoing ??= new OutgoingHeaders();
    return this.#outgoing;
  }

  /** `outgoing`, where somebody has asked for it. */
  get added(): OutgoingHeaders | null {
    return this.#outgoing;
  }

  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.#gone !== null) this.#abort.abort(this.#gone);
    }
    return this.#abort.signal;
  }

  /** The reading side of the body. */
  get reader(): Body {
    this.#body ??= new Body(this.message, this.#limits);
    return this.#body;
  }

  // Getters, because handlers take requests apart: `({ params, json }) => ...`.
  get text(): () => Op<string> {
    return () => until(this.reader.text());
  }

  // biome-ignore lint/suspicious/noExplicitAny: as the interface says
  get json(): <T = any>() => Op<T> {
    return <T>() => until(this.reader.json() as Promise<T>);
  }

  get bytes(): () => Op<Uint8Array> {
    return () => until(this.reader.bytes());
  }

  get body(): ReadableStream<Uint8Array> {
    this.#stream ??= this.reader.stream();
    return this.#stream;
  }

  get hints(): (headers: AnswerHeaders) => boolean {
    return (headers) => this.response !== null && sendHints(this.response, headers);
  }

  get emerge(): (...acts: unknown[]) => Op<void> {
    return (...acts) => emergence(this.#source.signals, acts, { fiber: this.fiber ?? this.#source.fiber });
  }

  get #from(): Peer {
    this.#peer ??= peerOf(this.message, this.#source.socket, this.#limits);
    return this.#peer;
  }

  /** Calls `run` when the request is over. */
  onEnd(run: () => void): void {
    this.#ends ??= [];
    this.#ends.push(run);
  }

  /** The answer has been written, or never will be; answers what those who are told of it throw. */
  end(): readonly unknown[] {
    const ends = this.#ends;
    if (ends === null) return NONE;
    this.#ends = null;
    const failures: unknown[] = [];
    for (const run of ends) {
      try {
        run();
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }

  /** Nobody waits for the answer any more: the client went away, or the handler's time is over. */
  leave(reason: Error): void {
    if (this.#gone !== null) return;
    this.#gone = reason;
    this.#abort?.abort(reason);
    this.fiber?.cancel(reason);
  }
}

/** One header of the request by its name in lower case, as `request.headers.get` has it, at less cost. */
export function headerOf(request: Pick<HttpRequest, "headers">, name: string): string | null {
  return (request as unknown as IncomingRequest).header(name);
}

/** Sets what a router found in the path. */
export function setParams(request: HttpRequest, params: Params): void {
  (request as { params: Params }).params = params;
}
