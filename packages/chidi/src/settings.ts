/**
 * The options of `chidi`, checked before anything is touched, with the defaults filled in.
 */
import type { Supervisor } from "@good-place/channel";
import { isChannel } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { Journal } from "./journal.js";
import { type ProxyHeader, type Trust, trustOf } from "./peer.js";
import type { Handler } from "./router.js";
import { checkRules, type Rule } from "./rules.js";
import type { SocketEndpoint } from "./sockets.js";

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
  /** How long a connection may stay open between two requests; 75 s, which is longer than what balancers keep theirs. */
  readonly keepAliveMs: number;
}

export interface ChidiOptions extends Partial<Limits> {
  readonly handler: Handler;
  /** 0 takes a free one; see `server.address`. */
  readonly port?: number | undefined;
  /** 127.0.0.1 by default: only this machine. */
  readonly host?: string | undefined;
  /** A unix socket, instead of a port. */
  readonly path?: string | undefined;
  /** A socket that listens already, instead of a port. */
  readonly fd?: number | undefined;
  /** The channel that gets every emergence, and the signals that no rule takes. */
  readonly supervisor?: Supervisor | null | undefined;
  /** Rules that come before the default ones. */
  readonly rules?: readonly Rule[] | undefined;
  /** Paths whose connections become sockets. */
  readonly sockets?: readonly SocketEndpoint[] | undefined;
  /** Gets one entry for each request: a function, or a channel. */
  readonly journal?: Journal | undefined;
  /** Addresses, networks (`10.0.0.0/8`) and `unix`, whose word on the client's address, protocol, host and id counts. */
  readonly trustProxy?: readonly string[] | undefined;
  /** What those proxies write: X-Forwarded-For, -Proto and -Host (the default), or Forwarded. */
  readonly proxyHeader?: ProxyHeader | undefined;
}

export type Settings = ChidiOptions & Limits & { readonly trust: Trust | undefined };

const defaults: Limits = {
  maxHeaderBytes: 16 * 1024,
  maxHeaders: 100,
  headersTimeoutMs: 10_000,
  maxBodyBytes: 1024 * 1024,
  bodyIdleMs: 30_000,
  keepAliveMs: 75_000,
};

const own = [
  "handler",
  "port",
  "host",
  "path",
  "fd",
  "supervisor",
  "rules",
  "sockets",
  "journal",
  "trustProxy",
  "proxyHeader",
];

/** Checks the options and fills in the defaults. Throws UNKNOWN_OPTION, BAD_OPTION or BAD_RULES. */
export function settingsOf(options: ChidiOptions): Settings {
  if (typeof options !== "object" || options === null) {
    throw misuse("type", "BAD_OPTION", `chidi() takes options, got ${describe(options)}: pass { handler, port }`);
  }
  const limits = Object.keys(defaults) as (keyof Limits)[];
  checkOptions("chidi()", options, [...own, ...limits]);
  const { handler, port, path, fd, supervisor, rules, sockets, journal, trustProxy, proxyHeader } = options;
  if (typeof handler !== "function") throw bad("handler", "a function of a request", handler);
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65535)) {
    throw bad("port", "an integer from 0 to 65535", port);
  }
  if (path !== undefined && (typeof path !== "string" || path === "")) throw bad("path", "the path of a socket", path);
  if (fd !== undefined && (!Number.isInteger(fd) || fd < 0)) throw bad("fd", "a file descriptor", fd);
  if ([port, path, fd].filter((given) => given !== undefined).length !== 1) {
    throw misuse("type", "BAD_OPTION", "chidi() takes one of port, path and fd: pass port 0 for a free port");
  }
  if (supervisor !== undefined && supervisor !== null && !isChannel(supervisor)) {
    throw bad("supervisor", "a channel", supervisor);
  }
  checkRules("chidi()", rules);
  checkSockets(sockets);
  if (journal !== undefined && typeof journal !== "function" && !isChannel(journal)) {
    throw bad("journal", "a function or a channel", journal);
  }
  if (proxyHeader !== undefined && proxyHeader !== "x-forwarded" && proxyHeader !== "forwarded") {
    throw bad("proxyHeader", '"x-forwarded" or "forwarded"', proxyHeader);
  }
  const trust = trustProxy && trustOf(trustProxy);
  const filled = { ...defaults, ...options, trust } as Settings;
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
