/**
 * `dial`: connects to a server and proves both sides to each other. Every way in which that can fail has its own code.
 */

import { isChannel, type Op, type Supervisor, until } from "@good-place/channel";
import { checkOptions, misuse } from "@good-place/channel/misuse";
import { defaultProvider } from "#platform/provider";
import { type Answers, ClientBoard } from "./calls/answers.js";
import { type Connect, Lines, type LinesOptions } from "./calls/lines.js";
import { type Client, client } from "./client.js";
import type { Contract } from "./contract.js";
import { HempleError } from "./errors.js";
import { checkKey } from "./noise/point.js";
import type { NoiseProvider } from "./noise/provider.js";
import { checkPsk } from "./noise/psk.js";
import { checkCount, checkRekey, LEAST_MESSAGE, MOST_MESSAGE } from "./options.js";
import { pending } from "./pending.js";
import { CREDIT_BYTES } from "./settings.js";
import { Dialer, type DialerOptions } from "./wire/dialer.js";
import { checkPlace, PLACE_OPTIONS, type Place } from "./wire/place.js";
import { REKEY_LIMITS, type RekeyLimits } from "./wire/rekeying.js";
import type { Waits } from "./wire/waits.js";

export interface DialOptions extends Place, Partial<RekeyLimits> {
  /** Places to try, one after another, instead of a single one. */
  readonly servers?: readonly Place[] | undefined;
  /** The client's 32-byte private key; its public key stands in the server's `peers`. */
  readonly key: Uint8Array;
  /** The server's PSK. */
  readonly psk: Uint8Array;
  /** The public key that the server must have. Without it any holder of the PSK could pose as the server. */
  readonly serverKey?: Uint8Array | undefined;
  /** How long connecting and the handshake may take, with all attempts; 10,000 ms by default. */
  readonly deadlineMs?: number | undefined;
  /**
   * For a server that is not there yet: goes on trying until the deadline, with waits between the rounds from 100 ms up to
   * 5,000. What would not change by trying again is not tried again. Off by default: each place is tried once.
   */
  readonly waitForServer?: boolean | Partial<Waits> | undefined;
  /** Ends the attempt; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * For a line that breaks later: connects again, with waits from 50 ms up to 5,000, until the client is disposed or refused.
   * Calls then wait for the next line, and are sent again where that is safe; streams with positions go on. Off by default.
   */
  readonly reconnect?: boolean | Partial<Waits> | undefined;
  /** What the server may call over this line; needs `serverKey`. */
  readonly answers?: Answers | undefined;
  /** Gets the signals of the calls that are answered here, and their emergences. */
  readonly supervisor?: Supervisor | null | undefined;
  /** Bytes of each stream that may be on their way, or unread; 256 KiB by default. */
  readonly creditBytes?: number | undefined;
  /** Bytes of the longest answer that is taken; 1 MiB by default. */
  readonly maxMessageBytes?: number | undefined;
  /** False to have nothing deflated, in either direction; true by default. */
  readonly compression?: boolean | undefined;
  /** The cryptographic primitives; sodium-native where it is installed, else `node:crypto`; in browsers @noble. */
  readonly provider?: NoiseProvider | undefined;
}

const OPTIONS = [
  ...PLACE_OPTIONS,
  ...Object.keys(REKEY_LIMITS),
  "servers",
  "key",
  "psk",
  "serverKey",
  "deadlineMs",
  "waitForServer",
  "signal",
  "maxMessageBytes",
  "compression",
  "provider",
  "reconnect",
  "answers",
  "supervisor",
  "creditBytes",
];
const WAITS = {
  waitForServer: { minMs: 100, maxMs: 5000 },
  reconnect: { minMs: 50, maxMs: 5000 },
};
const DEADLINE_MS = 10_000;
const WHERE = "dial()";

/**
 * Connects. Fails with UNREACHABLE, HANDSHAKE_REFUSED (another PSK, or no such server), KEY_REFUSED (the server does not
 * know this key), SERVER_KEY_MISMATCH, OVERLOADED, DRAINING, DEADLINE (the last failure is its cause), or the signal's
 * reason.
 */
export function dial<C extends Contract>(contract: C, options: DialOptions): Op<Client<C>> {
  const abort = new AbortController();
  const abandoned = (): void => abort.abort(new HempleError("CANCELLED", "the attempt was cancelled by its caller"));
  return pending(first(contract, options, abort.signal), abandoned);
}

async function first<C extends Contract>(
  contract: C,
  options: DialOptions,
  abandoned: AbortSignal,
): Promise<Client<C>> {
  const settings = checkDial(options);
  const dialer = new Dialer(settings);
  const deadlineMs = checkCount(WHERE, "deadlineMs", options.deadlineMs, DEADLINE_MS, 0);
  const { signal } = options;
  if (signal?.aborted) throw signal.reason;
  const names = settings.targets.map(({ name }) => name).join(", ");
  const late = (): HempleError => {
    const text = `${names} did not complete the handshake within ${deadlineMs} ms`;
    return new HempleError("DEADLINE", text, { cause: dialer.failure });
  };
  const connect: Connect = (speak, ends) => within(deadlineMs, late, ends, (abort) => dialer.connect(abort, speak));
  const lines = new Lines(connect, checkLines(options));
  try {
    const ends = signal === undefined ? abandoned : AbortSignal.any([abandoned, signal]);
    await until(lines.opened(), { signal: ends });
    return client(contract, lines);
  } catch (error) {
    void lines.leave();
    throw error;
  }
}

// One way to the server, with all its attempts, for at most so long.
async function within(
  deadlineMs: number,
  late: () => HempleError,
  ends: AbortSignal,
  work: (abort: AbortSignal) => Promise<void>,
): Promise<void> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(late()), deadlineMs);
  const aborted = (): void => abort.abort(ends.reason);
  ends.addEventListener("abort", aborted);
  try {
    return await work(abort.signal);
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    clearTimeout(timer);
    ends.removeEventListener("abort", aborted);
  }
}

function checkLines({ reconnect, answers, supervisor = null, serverKey, creditBytes }: DialOptions): LinesOptions {
  if (supervisor !== null && !isChannel(supervisor))
    throw misuse("type", "BAD_OPTION", `${WHERE}: supervisor must be a channel, got ${typeof supervisor}`);
  if (answers !== undefined && serverKey === undefined) {
    throw misuse(
      "type",
      "BAD_OPTION",
      `${WHERE}: who answers calls says to whom: pass serverKey, the key of that server`,
    );
  }
  return {
    creditBytes: checkCount(WHERE, "creditBytes", creditBytes, CREDIT_BYTES),
    reconnect: checkWaits("reconnect", reconnect),
    board: answers && new ClientBoard(answers, supervisor),
  };
}

function checkWaits(name: keyof typeof WAITS, given: DialOptions["reconnect"]): Waits | undefined {
  if (given === undefined || given === false) return undefined;
  if (given === true) return WAITS[name];
  checkOptions(`${WHERE}: ${name}`, given, ["minMs", "maxMs"]);
  const { minMs = Math.min(WAITS[name].minMs, given.maxMs ?? Infinity) } = given;
  const { maxMs = Math.max(WAITS[name].maxMs, minMs) } = given;
  if (minMs > 0 && maxMs >= minMs && maxMs < 2 ** 31) return { minMs, maxMs };
  throw misuse("range", "BAD_OPTION", `${WHERE}: ${name} takes 0 < minMs <= maxMs, got ${minMs} and ${maxMs}`);
}

function checkDial(options: DialOptions): DialerOptions {
  checkOptions(WHERE, options, OPTIONS);
  const { key, psk, serverKey, compression = true, provider = defaultProvider } = options;
  checkKey("key", key);
  if (serverKey !== undefined) checkKey("serverKey", serverKey);
  if (typeof compression !== "boolean") {
    throw misuse("type", "BAD_OPTION", `${WHERE}: compression must be true or false, got ${typeof compression}`);
  }
  return {
    targets: checkPlaces(options),
    credentials: { pair: provider.keypair(key), psks: [checkPsk(psk)], provider },
    serverKey: serverKey && new Uint8Array(serverKey),
    maxMessageBytes: checkCount(
      WHERE,
      "maxMessageBytes",
      options.maxMessageBytes,
      2 ** 20,
      LEAST_MESSAGE,
      MOST_MESSAGE,
    ),
    compression,
    rekey: checkRekey(WHERE, options),
    waits: checkWaits("waitForServer", options.waitForServer),
  };
}

function checkPlaces(options: DialOptions): DialerOptions["targets"] {
  const { servers } = options;
  if (servers === undefined) return [checkPlace(WHERE, options)];
  if (PLACE_OPTIONS.some((name) => name !== "WebSocket" && options[name] !== undefined)) {
    throw misuse("type", "BAD_OPTION", `${WHERE}: servers stands instead of host, port, path, url and messages`);
  }
  if (!Array.isArray(servers) || servers.length === 0) {
    throw misuse("type", "BAD_OPTION", `${WHERE}: servers must be an array of at least one place`);
  }
  return (servers as readonly Place[]).map((place) => {
    checkOptions(`${WHERE}: a server`, place, PLACE_OPTIONS);
    return checkPlace(`${WHERE}: a server`, { WebSocket: options.WebSocket, ...place });
  });
}
