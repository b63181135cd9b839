/**
 * The options of `client`, checked before anything is touched, with the defaults filled in.
 */
import { isChannel, type Supervisor } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { ClientTls } from "./connecting.js";
import type { Resolver } from "./resolving.js";
import { policyOf, type RetryOptions, type RetryPolicy } from "./retrying.js";
import type { EjectOptions } from "./rotation.js";

/** What a request may cost. All have defaults; times are milliseconds, and Infinity is no limit. */
export interface ClientLimits {
  /** Connections to each origin; 16. */
  readonly connections: number;
  /** Requests on one connection at a time; 1. Only GET and HEAD go out behind a request that has no answer yet. */
  readonly pipelining: number;
  /** Requests that wait for a connection to an origin; 1024. One more fails with CLIENT_BUSY. */
  readonly maxQueue: number;
  /** How long a connection is kept without a request, unless the server says less; 4 s. */
  readonly keepAliveMs: number;
  /** For the name and the connection; 10 s. CONNECT_TIMEOUT. */
  readonly connectTimeoutMs: number;
  /** For the TLS handshake; 10 s. TLS_TIMEOUT. */
  readonly tlsTimeoutMs: number;
  /** How long the server may take none of a body that goes out in pieces (from 64 KiB up); 30 s. SEND_TIMEOUT. */
  readonly sendTimeoutMs: number;
  /** From the last byte out to the head of the answer; 30 s. FIRST_BYTE_TIMEOUT. */
  readonly firstByteTimeoutMs: number;
  /** How long a reader waits for the next bytes of a body; 30 s. CHUNK_TIMEOUT. */
  readonly chunkTimeoutMs: number;
  /** For everything: waiting, all attempts, and the answer to its last byte; 5 min. TOTAL_TIMEOUT. */
  readonly totalTimeoutMs: number;
  /** Bytes of an answer's body, on the wire and decoded; 16 MiB. RESPONSE_TOO_LARGE. */
  readonly maxBodyBytes: number;
  /** Bytes of an answer's head; 16 KiB. RESPONSE_HEAD_TOO_LARGE. */
  readonly maxHeaderBytes: number;
  /** Headers of an answer; 100. RESPONSE_HEAD_TOO_LARGE. */
  readonly maxHeaders: number;
  /** Redirects that are followed; 0: a redirect is an answer like any other. One more fails with REDIRECT_REFUSED. */
  readonly redirects: number;
}

export interface ClientOptions extends Partial<ClientLimits> {
  /** Where requests go, like `https://a.example:8443`. */
  readonly origin?: string | URL | undefined;
  /** Servers of the same thing, instead of `origin`: each in turn, without those that fail. */
  readonly origins?: readonly (string | URL)[] | undefined;
  /** Headers of every request. Those of a request come before them. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** When a request is sent again; false for never. */
  readonly retry?: RetryOptions | false | undefined;
  /** When one of several `origins` is left out. */
  readonly eject?: EjectOptions | undefined;
  /** Who knows addresses: a table, a function, or several of them, of which the first that knows wins. Then the system's. */
  readonly resolve?: Resolver | readonly Resolver[] | undefined;
  /** How long addresses are kept; 10 s. */
  readonly resolveCacheMs?: number | undefined;
  /** A unix socket to connect to. The origin still says the Host; no name is resolved, and no other origin is gone to. */
  readonly socketPath?: string | undefined;
  readonly tls?: ClientTls | undefined;
  /** Asks for gzip, deflate or br, and undoes it; false. */
  readonly decompress?: boolean | undefined;
  /** Gets a `retry` signal for each further attempt, and an `error` signal for each request that fails. */
  readonly supervisor?: Supervisor | null | undefined;
}

export interface ClientSettings extends ClientLimits {
  readonly origins: readonly URL[];
  readonly headers: NonNullable<ClientOptions["headers"]>;
  readonly retry: RetryPolicy;
  readonly eject: Required<EjectOptions>;
  readonly resolvers: readonly Resolver[];
  readonly resolveCacheMs: number;
  readonly socketPath: string | undefined;
  readonly tls: ClientTls;
  readonly decompress: boolean;
  readonly supervisor: Supervisor | null;
}

const limits: ClientLimits = {
  connections: 16,
  pipelining: 1,
  maxQueue: 1024,
  keepAliveMs: 4000,
  connectTimeoutMs: 10_000,
  tlsTimeoutMs: 10_000,
  sendTimeoutMs: 30_000,
  firstByteTimeoutMs: 30_000,
  chunkTimeoutMs: 30_000,
  totalTimeoutMs: 300_000,
  maxBodyBytes: 16 * 1024 * 1024,
  maxHeaderBytes: 16 * 1024,
  maxHeaders: 100,
  redirects: 0,
};

const LIMITS: readonly (keyof ClientLimits)[] = Object.keys(limits) as (keyof ClientLimits)[];
/** The limits that a request may have of its own. */
export type OwnLimit =
  | "sendTimeoutMs"
  | "firstByteTimeoutMs"
  | "chunkTimeoutMs"
  | "totalTimeoutMs"
  | "maxBodyBytes"
  | "maxHeaders"
  | "redirects";

export const OWN_LIMITS: readonly OwnLimit[] = [
  "sendTimeoutMs",
  "firstByteTimeoutMs",
  "chunkTimeoutMs",
  "totalTimeoutMs",
  "maxBodyBytes",
  "maxHeaders",
  "redirects",
];

const others = "origin origins headers retry eject resolve resolveCacheMs socketPath tls decompress supervisor".split(
  " ",
);
const TLS = "ca cert key pfx passphrase rejectUnauthorized minVersion ciphers servername".split(" ");
// The longest delay of a host's timer.
const LONGEST_MS = 2 ** 31 - 1;

/** Checks the options and fills in the defaults. Throws UNKNOWN_OPTION or BAD_OPTION. */
export function clientSettings(options: ClientOptions): ClientSettings {
  checkOptions("client()", options, [...others, ...LIMITS]);
  const { origin, origins = [origin], headers = {}, retry = {}, eject = {}, resolve = [], tls = {} } = options;
  const { resolveCacheMs = 10_000, socketPath, decompress = false, supervisor = null } = options;
  if ((origin === undefined) === (options.origins === undefined) || !Array.isArray(origins) || origins.length === 0) {
    throw misuse("type", "BAD_OPTION", "client() takes either origin or a list of origins");
  }
  checkOptions("client() option eject", eject, ["failures", "ms"]);
  checkOptions("client() option tls", tls, TLS);
  if (typeof headers !== "object" || headers === null) throw bad("headers", "an object", headers);
  if (typeof decompress !== "boolean") throw bad("decompress", "true or false", decompress);
  if (supervisor !== null && !isChannel(supervisor)) throw bad("supervisor", "a channel", supervisor);
  if (socketPath !== undefined && (typeof socketPath !== "string" || socketPath === "")) {
    throw bad("socketPath", "the path of a socket", socketPath);
  }
  const resolvers = (Array.isArray(resolve) ? resolve : [resolve]) as readonly Resolver[];
  for (const resolver of resolvers) {
    const fits = typeof resolver === "function" || (typeof resolver === "object" && resolver !== null);
    if (!fits) throw bad("resolve", "a table, a function, or a list of them", resolver);
  }
  const { failures = 3, ms = 10_000 } = eject;
  atLeast("eject.failures", failures, 1);
  atLeast("eject.ms", ms, 0);
  atLeast("resolveCacheMs", resolveCacheMs, 0);
  const filled: ClientLimits = { ...limits, ...defined(options, LIMITS) };
  checkLimits("client()", filled);
  return {
    ...filled,
    origins: origins.map(originOf),
    headers: lowerCased(headers),
    retry: policyOf(retry),
    eject: { failures, ms },
    resolvers,
    resolveCacheMs,
    socketPath,
    tls,
    decompress,
    supervisor,
  };
}

/** The limits with those that a request has of its own. */
export function limitsOf(settings: ClientLimits, own: Partial<Pick<ClientLimits, OwnLimit>>): ClientLimits {
  const merged = { ...settings, ...defined(own, OWN_LIMITS) };
  checkLimits("a request", merged);
  return merged;
}

/** The headers under names in small letters. */
export function lowerCased<V>(headers: Readonly<Record<string, V>>): Record<string, V> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function checkLimits(where: string, given: ClientLimits): void {
  for (const name of LIMITS) {
    const value = given[name];
    const least = name === "maxQueue" || name === "redirects" || name === "maxBodyBytes" ? 0 : 1;
    const endless = name.endsWith("TimeoutMs") && value === Number.POSITIVE_INFINITY;
    const fits = Number.isInteger(value) && value >= least && (!name.endsWith("Ms") || value <= LONGEST_MS);
    if (fits || endless) continue;
    const expected = `an integer from ${least} up`;
    throw misuse("range", "BAD_OPTION", `${where}: option ${name} must be ${expected}, got ${describe(value)}`);
  }
}

function defined<T extends object>(options: T, names: readonly (keyof ClientLimits)[]): Partial<ClientLimits> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = (options as Partial<ClientLimits>)[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function originOf(given: unknown): URL {
  const url = URL.canParse(String(given)) ? new URL(String(given)) : null;
  const bare = url !== null && url.href === `${url.origin}/`;
  if (url === null || !bare || !/^https?:$/.test(url.protocol)) {
    throw bad("origin", "like https://a.example:8443, without a path", given instanceof URL ? "another URL" : given);
  }
  return url;
}

function atLeast(option: string, value: unknown, least: number): void {
  if (typeof value === "number" && Number.isFinite(value) && value >= least) return;
  throw misuse("range", "BAD_OPTION", `client() option ${option} must be a number >= ${least}, got ${describe(value)}`);
}

function bad(option: string, expected: string, got: unknown): TypeError {
  return misuse("type", "BAD_OPTION", `client() option ${option} must be ${expected}, got ${describe(got)}`);
}
