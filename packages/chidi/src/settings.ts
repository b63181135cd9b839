/**
 * The options of `chidi`, checked before anything is touched, with the defaults filled in.
 */
import type { Supervisor } from "@good-place/channel";
import { isChannel } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { Handler } from "./router.js";
import { checkRules, type Rule } from "./rules.js";
import type { SocketEndpoint } from "./sockets.js";
import type { HostTls, TlsOptions } from "./tls.js";
import { checkSocketPath } from "./unix-socket.js";

/** What one client may cost. All have defaults. */
export interface Limits {
  /** Bytes of a request's head, first line and headers; 16 KiB. More is 431. */
  readonly maxHeaderBytes: number;
  /** Headers of a request; 100. More is 431. */
  readonly maxHeaders: number;
  /** How long the head of a request may take to come; 10 s. More is 408. */
  readonly headersTimeoutMs: number;
  /** Bytes of a body; 1 MiB. More is 413. */
  readonly maxBodyBytes: number;
  /** How long a handler that reads a body waits for its next bytes; 30 s. More is 408. */
  readonly bodyIdleMs: number;
  /** How long a TLS handshake may take; 10 s. */
  readonly handshakeTimeoutMs: number;
  /** Requests that one connection of HTTP/2 may have open at a time; 100. */
  readonly maxStreams: number;
  /** How long a connection may stay open between two requests; 75 s, which is longer than what balancers keep theirs. */
  readonly keepAliveMs: number;
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
}

export type Settings = ChidiOptions & Limits;

const defaults: Limits = {
  maxHeaderBytes: 16 * 1024,
  maxHeaders: 100,
  headersTimeoutMs: 10_000,
  maxBodyBytes: 1024 * 1024,
  bodyIdleMs: 30_000,
  handshakeTimeoutMs: 10_000,
  maxStreams: 100,
  keepAliveMs: 75_000,
};

const own = "handler port host path mode fd tls sni http2 supervisor rules sockets".split(" ");

/** Checks the options and fills in the defaults. Throws UNKNOWN_OPTION, BAD_OPTION or BAD_RULES. */
export function settingsOf(options: ChidiOptions): Settings {
  if (typeof options !== "object" || options === null) {
    throw misuse("type", "BAD_OPTION", `chidi() takes options, got ${describe(options)}: pass { handler, port }`);
  }
  const limits = Object.keys(defaults) as (keyof Limits)[];
  checkOptions("chidi()", options, [...own, ...limits]);
  const { handler, port, path, mode, fd, tls, sni, http2, supervisor, rules, sockets } = options;
  if (typeof handler !== "function") throw bad("handler", "a function of a request", handler);
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65535)) {
    throw bad("port", "an integer from 0 to 65535", port);
  }
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
  const filled = { ...defaults, ...options } as Settings;
  for (const limit of limits) {
    if (!Number.isInteger(filled[limit]) || filled[limit] < 1) throw bad(limit, "an integer >= 1", filled[limit]);
  }
  return filled;
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
