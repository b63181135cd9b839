/**
 * What a server is given, checked once at the start: keys, who may call, and the limits on what strangers and known
 * peers can take. Every limit has a default; none can be switched off.
 */

import { isChannel, type Supervisor } from "@good-place/channel";
import { checkOptions, misuse } from "@good-place/channel/misuse";
import { defaultProvider } from "#platform/provider";

import { fingerprint } from "./keys.js";
import { toHex } from "./noise/bytes.js";
import { checkKey, isLowOrder } from "./noise/point.js";
import type { KeyPair, NoiseProvider } from "./noise/provider.js";
import { checkPsk } from "./noise/psk.js";
import { checkCount } from "./options.js";

/** A caller that is let in: its public key, and the roles that methods ask for. */
export interface PeerOptions {
  readonly key: Uint8Array;
  readonly roles?: readonly string[] | undefined;
}

export interface Limits {
  /** How long a connection may take to prove itself; 5,000 ms. */
  readonly handshakeMs: number;
  /** Connections that have not proved themselves yet; 256. One more is closed at once. */
  readonly maxHalfOpen: number;
  /** The same from one address; 64. */
  readonly maxHalfOpenPerAddress: number;
  /** Connections that have; 1,024. One more is told OVERLOADED. */
  readonly maxConnections: number;
  /** The same with one key; 64. */
  readonly maxConnectionsPerPeer: number;
  /** Calls of one key that run at once, over all its connections; 256. One more is answered OVERLOADED. */
  readonly maxCallsPerPeer: number;
  /** Bytes of one call or answer; 1 MiB. A longer call ends its connection before it is read. */
  readonly maxMessageBytes: number;
  /** Bytes of what a caller feeds that may be on their way, or unread, for each of its calls; 256 KiB. */
  readonly creditBytes: number;
  /** How long the answer of a call with an idempotency key is kept; 300,000 ms. */
  readonly resultMs: number;
  /** Answers that are kept of one key; 1,024, and 16 MiB of them. One call more is answered OVERLOADED. */
  readonly maxResultsPerPeer: number;
}

export interface ServerOptions extends Partial<Limits> {
  /** 127.0.0.1 by default. */
  readonly host?: string | undefined;
  /** 0 takes a free one; see `server.address`. */
  readonly port: number;
  /** The server's 32-byte private key. */
  readonly key: Uint8Array;
  /** 32 random bytes that every client has too. */
  readonly psk: Uint8Array;
  /** Who may call; without it, nobody. */
  readonly peers?: readonly PeerOptions[] | undefined;
  /** Whether callers see stacks, and errors that have no code; false by default. */
  readonly development?: boolean | undefined;
  /** Gets every signal of the server, and its emergences. */
  readonly supervisor?: Supervisor | null | undefined;
  /** The cryptographic primitives; sodium-native where it is installed, else `node:crypto`. */
  readonly provider?: NoiseProvider | undefined;
}

/** A known caller, with what it is using now over all its connections. */
export interface Guest {
  readonly key: Uint8Array;
  readonly fingerprint: string;
  readonly roles: readonly string[];
  connections: number;
  calls: number;
}

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly pair: KeyPair;
  readonly psk: Uint8Array;
  readonly guests: ReadonlyMap<string, Guest>;
  readonly supervisor: Supervisor | null;
  readonly provider: NoiseProvider;
  readonly limits: Limits;
  readonly development: boolean;
}

/** Bytes of a stream that may be on their way, or unread. */
export const CREDIT_BYTES: number = 2 ** 18;

export const LIMITS: Limits = {
  handshakeMs: 5000,
  maxHalfOpen: 256,
  maxHalfOpenPerAddress: 64,
  maxConnections: 1024,
  maxConnectionsPerPeer: 64,
  maxCallsPerPeer: 256,
  maxMessageBytes: 2 ** 20,
  creditBytes: CREDIT_BYTES,
  resultMs: 300_000,
  maxResultsPerPeer: 1024,
};
const OPTIONS = [
  "host",
  "port",
  "key",
  "psk",
  "peers",
  "supervisor",
  "provider",
  "development",
  ...Object.keys(LIMITS),
];
const WHERE = "hemple()";
/** Bytes that every message may have: an error must fit. */
export const LEAST_MESSAGE = 4096;

export function checkServer(options: ServerOptions): Settings {
  checkOptions(WHERE, options, OPTIONS);
  const { host = "127.0.0.1", provider = defaultProvider, supervisor = null, development = false } = options;
  checkKey("key", options.key);
  if (supervisor !== null && !isChannel(supervisor)) {
    throw misuse("type", "BAD_OPTION", `${WHERE}: supervisor must be a channel, got ${typeof supervisor}`);
  }
  if (typeof development !== "boolean") {
    throw misuse("type", "BAD_OPTION", `${WHERE}: development must be true or false, got ${typeof development}`);
  }
  const limits = Object.fromEntries(
    Object.entries(LIMITS).map(([name, fallback]) => {
      const least = name === "maxMessageBytes" ? LEAST_MESSAGE : 1;
      return [name, checkCount(WHERE, name, options[name as keyof Limits], fallback, least)];
    }),
  ) as unknown as Limits;
  return {
    host: checkHost(WHERE, host),
    port: checkPort(WHERE, options.port, 0),
    pair: provider.keypair(options.key),
    psk: checkPsk(options.psk),
    guests: checkPeers(options.peers ?? []),
    supervisor,
    provider,
    limits,
    development,
  };
}

export function checkHost(where: string, host: unknown): string {
  if (typeof host === "string" && host !== "") return host;
  throw misuse("type", "BAD_OPTION", `${where}: host must be a name or an address, got ${typeof host}`);
}

export function checkPort(where: string, port: unknown, least: number): number {
  if (typeof port === "number" && Number.isInteger(port) && port >= least && port <= 65_535) return port;
  throw misuse(
    "range",
    "BAD_OPTION",
    `${where}: port must be an integer from ${least} to 65535, got ${typeof port === "number" ? port : typeof port}`,
  );
}

/** How a key is found in the table of guests. */
export function keyName(key: Uint8Array): string {
  return toHex(key);
}

function checkPeers(peers: readonly PeerOptions[]): Map<string, Guest> {
  if (!Array.isArray(peers))
    throw misuse("type", "BAD_OPTION", `${WHERE}: peers must be an array of { key, roles }, got ${typeof peers}`);
  const guests = new Map<string, Guest>();
  for (const peer of peers as readonly PeerOptions[]) {
    checkOptions(`${WHERE}: a peer`, peer, ["key", "roles"]);
    const { key, roles = [] } = peer;
    checkKey("a peer's key", key);
    if (isLowOrder(key))
      throw misuse(
        "range",
        "BAD_OPTION",
        `${WHERE}: a peer's key is of small order: it is nobody's; use its public key`,
      );
    if (!Array.isArray(roles) || roles.some((role) => typeof role !== "string")) {
      throw misuse("type", "BAD_OPTION", `${WHERE}: a peer's roles must be an array of strings`);
    }
    if (guests.has(keyName(key)))
      throw misuse("type", "BAD_OPTION", `${WHERE}: a key is in peers twice: ${fingerprint(key)}`);
    guests.set(keyName(key), {
      key: new Uint8Array(key),
      fingerprint: fingerprint(key),
      roles: Object.freeze([...roles]),
      connections: 0,
      calls: 0,
    });
  }
  return guests;
}
