/**
 * The options of `chidi`, checked before anything is touched, with the defaults filled in.
 */
import type { Supervisor } from "@good-place/channel";
import { isChannel } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { HostTls, TlsOptions } from "./arrivals/tls.js";
import { checkSocketPath } from "./arrivals/unix-socket.js";
import type { Journal } from "./connection/journal.js";
import type { SocketEndpoint } from "./connection/sockets.js";
import type { Continues } from "./request/continues.js";
import { type ProxyHeader, type Trust, trustOf } from "./request/peer.js";
import type { Handler } from "./routing/router.js";
import { checkRules, type Rule } from "./server/rules.js";

/** What one client may cost. All have defaults. */
export interface Limits {
  /** Bytes of a request's head, first line and headers; 16 KiB. More is 431. */
  readonly maxHeaderBytes: number;
  /** Headers of a request; 100. More is 431. */
  readonly maxHeaders: number;
  /** How long the head of a request may take to come; 10 s. More is 408. */
  readonly headersTimeoutMs: number;
  /** Bytes of a body; 1 MiB. More is 413 for a handler that asks for it. `bodyLimit` is for routes that need another limit. */
  readonly maxBodyBytes: number;
  /** How many times larger than on the wire a decoded body may be, past its first 64 KiB; 100. More is 413. */
  readonly maxBodyRatio: number;
  /** How long a handler that reads a body waits for its next bytes; 30 s. More is 408. */
  readonly bodyIdleMs: number;
  /** How long a TLS handshake may take; 10 s. */
  readonly handshakeTimeoutMs: number;
  /** Requests that one connection of HTTP/2 may have open at a time; 100. */
  readonly maxStreams: number;
  /** How long a connection may stay open between two requests; 75 s, which is longer than what balancers keep theirs. */
  readonly keepAliveMs: number;
  /**
   * How long a handler may take for its answer, the reading of the body included; unlimited. More is 503, the handler's
   * fiber is cancelled and `request.signal` aborts. The time of a stream that is the answer's body does not count.
   */
  readonly handlerMs: number;
  /** How long a client may read nothing of its answer; 30 s. Then the connection is destroyed. */
  readonly writeIdleMs: number;
  /** Requests of one connection; unlimited. The last one's answer closes it. */
  readonly maxRequestsPerSocket: number;
  /** Open connections, those of sockets included; unlimited. One more is closed at once. */
  readonly maxConnections: number;
  /** Open connections of one address; unlimited. One more is closed at once. */
  readonly maxConnectionsPerAddress: number;
  /** Requests that handlers are at at once, all connections together; unlimited. One more gets what `rejected` answers. */
  readonly maxAnswering: number;
  /**
   * How late the event loop may run, as a mean over about half a second; unlimited. While it is later, every request gets what
   * `rejected` answers: one that waits its turn in a process that does not keep up makes the others wait longer.
   */
  readonly maxLagMs: number;
}

export interface ChidiOptions extends Partial<Limits> {
  readonly handler: Handler;
  /** 0 takes a free one; see `server.address`. */
  readonly port?: number | undefined;
  /** 127.0.0.1 by default: only this machine. */
  readonly host?: string | undefined;
  /** A unix socket, instead of a port: an absolute path. What a dead server left there is replaced. */
  readonly path?: string | undefined;
  /** Who may connect to `path`: 0o600, this user alone, by default; 0o660 adds the group of the folder's files. */
  readonly mode?: 0o600 | 0o660 | undefined;
  /** A socket that listens already, instead of a port: 3 where the system's socket activation has started the process. */
  readonly fd?: number | undefined;
  /** Makes every connection one of TLS. */
  readonly tls?: TlsOptions | undefined;
  /** Host names to what the server is there instead of `tls`: `a.example`, or `*.b.example` for one label. */
  readonly sni?: Readonly<Record<string, HostTls>> | undefined;
  /**
   * Whether clients may speak HTTP/2: with TLS those that choose it by ALPN (the default), without TLS those that know
   * beforehand (not by default). All others speak HTTP/1.
   */
  readonly http2?: boolean | undefined;
  /** The channel that gets every emergence, and the signals that no rule takes. */
  readonly supervisor?: Supervisor | null | undefined;
  /** Rules that come before the default ones. */
  readonly rules?: readonly Rule[] | undefined;
  /** Paths whose connections become sockets. */
  readonly sockets?: readonly SocketEndpoint[] | undefined;
  /** Gives handlers bodies of content-encoding gzip, deflate and br decoded, and refuses others with 415; false. */
  readonly decompress?: boolean | undefined;
  /** Decides over a client that waits for `100 Continue`; without it each may send its body once the handler reads it. */
  readonly continues?: Continues | undefined;
  /** Answers the requests beyond `maxAnswering`, and those past `maxLagMs`; 503 with `Retry-After: 1` by default. */
  readonly rejected?: Handler | undefined;
  /** Gets one entry for each request: a function, or a channel. */
  readonly journal?: Journal | undefined;
  /** Addresses, networks (`10.0.0.0/8`) and `unix`, whose word on the client's address, protocol, host and id counts. */
  readonly trustProxy?: readonly string[] | undefined;
  /** What those proxies write: X-Forwarded-For, -Proto and -Host (the default), or Forwarded. */
  readonly proxyHeader?: ProxyHeader | undefined;
}

export type Settings = ChidiOptions & Limits & { readonly decompress: boolean; readonly trust: Trust | undefined };

const defaults: Limits = {
  maxHeaderBytes: 16 * 1024,
  maxHeaders: 100,
  headersTimeoutMs: 10_000,
  maxBodyBytes: 1024 * 1024,
  maxBodyRatio: 100,
  bodyIdleMs: 30_000,
  handshakeTimeoutMs: 10_000,
  maxStreams: 100,
  keepAliveMs: 75_000,
  handlerMs: Number.POSITIVE_INFINITY,
  writeIdleMs: 30_000,
  maxRequestsPerSocket: Number.POSITIVE_INFINITY,
  maxConnections: Number.POSITIVE_INFINITY,
  maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
  maxAnswering: Number.POSITIVE_INFINITY,
  maxLagMs: Number.POSITIVE_INFINITY,
};

/** What a timer can wait for; past it node's fires at once. */
export const LONGEST_MS: number = 2 ** 31 - 1;

const own =
  "handler port host path mode fd tls sni http2 supervisor rules sockets decompress continues rejected journal trustProxy proxyHeader".split(
    " ",
  );

/** Checks the options and fills in the defaults. Throws UNKNOWN_OPTION, BAD_OPTION or BAD_RULES. */
export function settingsOf(options: ChidiOptions): Settings {
  if (typeof options !== "object" || options === null) {
    throw misuse("type", "BAD_OPTION", `chidi() takes options, got ${describe(options)}: pass { handler, port }`);
  }
  const limits = Object.keys(defaults) as (keyof Limits)[];
  checkOptions("chidi()", options, [...own, ...limits]);
  const {
    handler,
    port,
    host,
    path,
    mode,
    fd,
    tls,
    sni,
    http2,
    supervisor,
    rules,
    sockets,
    journal,
    trustProxy,
    proxyHeader,
  } = options;
  if (typeof handler !== "function") throw bad("handler", "a function of a request", handler);
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65535)) {
    throw bad("port", "an integer from 0 to 65535", port);
  }
  if (host !== undefined && (typeof host !== "string" || host === "")) throw bad("host", "a name or an address", host);
  if (host !== undefined && port === undefined) throw bad("host", "given with port", host);
  if (path !== undefined) checkSocketPath(path);
  if (mode !== undefined && mode !== 0o600 && mode !== 0o660) throw bad("mode", "0o600 or 0o660", mode);
  if (mode !== undefined && path === undefined) throw bad("mode", "given with path", mode);
  if (fd !== undefined && (!Number.isInteger(fd) || fd < 0)) throw bad("fd", "a file descriptor", fd);
  if ([port, path, fd].filter((given) => given !== undefined).length !== 1) {
    throw misuse("type", "BAD_OPTION", "chidi() takes one of port, path and fd: pass port 0 for a free port");
  }
  if (supervisor !== undefined && supervisor !== null && !isChannel(supervisor)) {
    throw bad("supervisor", "a channel", supervisor);
  }
  if (http2 !== undefined && typeof http2 !== "boolean") throw bad("http2", "true or false", http2);
  if (sni !== undefined && tls === undefined) throw bad("tls", "given with sni, for names that are not in it", tls);
  checkRules("chidi()", rules);
  checkSockets(sockets);
  if (journal !== undefined && typeof journal !== "function" && !isChannel(journal)) {
    throw bad("journal", "a function or a channel", journal);
  }
  if (proxyHeader !== undefined && proxyHeader !== "x-forwarded" && proxyHeader !== "forwarded") {
    throw bad("proxyHeader", '"x-forwarded" or "forwarded"', proxyHeader);
  }
  if (proxyHeader !== undefined && trustProxy === undefined) {
    throw bad("proxyHeader", "given with trustProxy, which says whose header it is", proxyHeader);
  }
  const { decompress = false, continues, rejected, maxAnswering, maxLagMs } = options;
  if (typeof decompress !== "boolean") throw bad("decompress", "true or false", decompress);
  if (continues !== undefined && typeof continues !== "function") throw bad("continues", "a function", continues);
  if (rejected !== undefined && typeof rejected !== "function") throw bad("rejected", "a handler", rejected);
  if (rejected !== undefined && maxAnswering === undefined && maxLagMs === undefined) {
    throw bad("rejected", "given with maxAnswering or maxLagMs, whose requests it answers", rejected);
  }
  const trust = trustProxy && trustOf(trustProxy);
  const filled = { ...defaults, ...options, decompress, trust } as Settings;
  for (const limit of limits) checkLimit(limit, filled[limit]);
  return filled;
}

function checkLimit(limit: keyof Limits, value: number): void {
  if (value === Number.POSITIVE_INFINITY && defaults[limit] === value) return;
  const most = limit.endsWith("Ms") ? LONGEST_MS : Number.MAX_SAFE_INTEGER;
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw bad(limit, most === LONGEST_MS ? `an integer from 1 to ${LONGEST_MS}` : "an integer >= 1", value);
  }
}

function checkSockets(sockets: readonly SocketEndpoint[] | undefined): void {
  if (sockets === undefined) return;
  if (!Array.isArray(sockets) || sockets.some((endpoint) => typeof endpoint?.upgrade !== "function")) {
    throw bad("sockets", "a list of what trevor() makes", sockets);
  }
  const paths = new Set(sockets.map((endpoint: SocketEndpoint) => endpoint.path));
  if (paths.size !== sockets.length) throw misuse("type", "BAD_OPTION", "chidi() option sockets has a path twice");
}

function bad(option: string, expected: string, got: unknown): TypeError {
  return misuse("type", "BAD_OPTION", `chidi() option ${option} must be ${expected}, got ${describe(got)}`);
}
