/**
 * What a server is given, checked once at the start: keys, who may call, and the limits on what strangers and known
 * peers can take. Every limit has a default; none can be switched off.
 */

import { isChannel, type Supervisor } from "@good-place/channel";
import { checkOptions, misuse } from "@good-place/channel/misuse";
import { defaultProvider } from "#platform/provider";
import { Door, type DoorOptions } from "./door.js";
import type { Listening } from "./node/listener.js";
import { checkKey } from "./noise/point.js";
import type { KeyPair, NoiseProvider } from "./noise/provider.js";
import { checkCount, checkRekey, LEAST_MESSAGE, MOST_MESSAGE } from "./options.js";
import { checkHost, checkPath, checkPort } from "./wire/place.js";
import { REKEY_LIMITS, type RekeyLimits } from "./wire/rekeying.js";

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

/** What every server has, wherever it listens. */
export interface CommonServerOptions extends Partial<Limits>, Partial<RekeyLimits>, DoorOptions {
  /** The server's 32-byte private key. */
  readonly key: Uint8Array;
  /** Whether callers see stacks, and errors that have no code; false by default. */
  readonly development?: boolean | undefined;
  /** Gets every signal of the server, and its emergences. */
  readonly supervisor?: Supervisor | null | undefined;
  /** False to send nothing deflated; true by default. */
  readonly compression?: boolean | undefined;
  /** The cryptographic primitives; sodium-native where it is installed, else `node:crypto`. */
  readonly provider?: NoiseProvider | undefined;
}

/** A server on TCP. */
export interface ServerOptions extends CommonServerOptions {
  /** 127.0.0.1 by default. */
  readonly host?: string | undefined;
  /** 0 takes a free one; see `server.address`. */
  readonly port: number;
}

/** A server on a unix socket. */
export interface UnixServerOptions extends CommonServerOptions {
  /** The path of the socket. Its file is for its owner alone. */
  readonly path: string;
}

export interface Settings {
  /** Undefined for a server that only takes pipes that it is handed. */
  readonly listening: Listening | undefined;
  readonly pair: KeyPair;
  readonly door: Door;
  readonly compression: boolean;
  readonly rekey: RekeyLimits;
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
  "path",
  "key",
  "psk",
  "peers",
  "supervisor",
  "compression",
  "provider",
  "development",
  ...Object.keys(LIMITS),
  ...Object.keys(REKEY_LIMITS),
];
const WHERE = "hemple()";

export function checkServer(
  options: CommonServerOptions & Partial<Pick<ServerOptions & UnixServerOptions, "host" | "port" | "path">>,
): Settings {
  checkOptions(WHERE, options, OPTIONS);
  const { compression = true, provider = defaultProvider, supervisor = null, development = false } = options;
  checkKey("key", options.key);
  if (supervisor !== null && !isChannel(supervisor)) {
    throw misuse("type", "BAD_OPTION", `${WHERE}: supervisor must be a channel, got ${typeof supervisor}`);
  }
  if (typeof development !== "boolean") {
    throw misuse("type", "BAD_OPTION", `${WHERE}: development must be true or false, got ${typeof development}`);
  }
  if (typeof compression !== "boolean") {
    throw misuse("type", "BAD_OPTION", `${WHERE}: compression must be true or false, got ${typeof compression}`);
  }
  const limits = Object.fromEntries(
    Object.entries(LIMITS).map(([name, fallback]) => {
      const [least, most] = name === "maxMessageBytes" ? [LEAST_MESSAGE, MOST_MESSAGE] : [1, undefined];
      return [name, checkCount(WHERE, name, options[name as keyof Limits], fallback, least, most)];
    }),
  ) as unknown as Limits;
  return {
    listening: checkListening(options),
    pair: provider.keypair(options.key),
    door: new Door(WHERE, options),
    compression,
    rekey: checkRekey(WHERE, options),
    supervisor,
    provider,
    limits,
    development,
  };
}

function checkListening({
  host,
  port,
  path,
}: {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
}): Listening | undefined {
  if (path !== undefined) {
    if (port === undefined && host === undefined) return { kind: "unix", name: checkPath(WHERE, path), path };
    throw misuse("type", "BAD_OPTION", `${WHERE}: path stands instead of host and port, got both`);
  }
  if (port === undefined && host === undefined) return undefined;
  const name = checkHost(WHERE, host ?? "127.0.0.1");
  return { kind: "tcp", name: `${name}:${checkPort(WHERE, port, 0)}`, host: name, port: port as number };
}
