/**
 * `dial`: connects to a server and proves both sides to each other. Every way in which that can fail has its own code.
 */

import { createConnection } from "node:net";
import { isChannel, type Op, type Supervisor, until } from "@good-place/channel";
import { checkOptions, misuse } from "@good-place/channel/misuse";
import { defaultProvider } from "#platform/provider";
import { type Answers, ClientBoard } from "./calls/answers.js";
import { Lines, type LinesOptions, type Speak } from "./calls/lines.js";
import type { Reconnect } from "./calls/reconnect.js";
import { type Client, client } from "./client.js";
import type { Contract } from "./contract.js";
import { HempleError } from "./errors.js";
import { remoteError } from "./failure.js";
import { sameBytes } from "./noise/bytes.js";
import { checkKey } from "./noise/point.js";
import type { KeyPair, NoiseProvider } from "./noise/provider.js";
import { checkPsk } from "./noise/psk.js";
import { checkCount } from "./options.js";
import { pending } from "./pending.js";
import { CREDIT_BYTES, checkHost, checkPort, LEAST_MESSAGE } from "./settings.js";
import { type Contact, makeContact } from "./wire/contact.js";
import { Line, type Receive } from "./wire/line.js";
import { Link } from "./wire/link.js";

export interface DialOptions {
  /** 127.0.0.1 by default. */
  readonly host?: string | undefined;
  readonly port: number;
  /** The client's 32-byte private key; its public key stands in the server's `peers`. */
  readonly key: Uint8Array;
  /** The server's PSK. */
  readonly psk: Uint8Array;
  /** The public key that the server must have. Without it any holder of the PSK could pose as the server. */
  readonly serverKey?: Uint8Array | undefined;
  /** How long connecting and the handshake may take; 10,000 ms by default. */
  readonly deadlineMs?: number | undefined;
  /** Ends the attempt; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Connects again when the line breaks, after 50 ms at first and 5,000 ms at most, until the client is disposed or refused.
   * Calls then wait for the next line, and are sent again where that is safe; streams with positions go on. Off by default.
   */
  readonly reconnect?: boolean | Partial<Reconnect> | undefined;
  /** What the server may call over this line; needs `serverKey`. */
  readonly answers?: Answers | undefined;
  /** Gets the signals of the calls that are answered here, and their emergences. */
  readonly supervisor?: Supervisor | null | undefined;
  /** Bytes of each stream that may be on their way, or unread; 256 KiB by default. */
  readonly creditBytes?: number | undefined;
  /** Bytes of the longest answer that is taken; 1 MiB by default. */
  readonly maxMessageBytes?: number | undefined;
  /** The cryptographic primitives; sodium-native where it is installed, else `node:crypto`. */
  readonly provider?: NoiseProvider | undefined;
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly pair: KeyPair;
  readonly psk: Uint8Array;
  readonly serverKey: Uint8Array | undefined;
  readonly maxMessageBytes: number;
  readonly provider: NoiseProvider;
}

const OPTIONS = [
  "host",
  "port",
  "key",
  "psk",
  "serverKey",
  "deadlineMs",
  "signal",
  "maxMessageBytes",
  "provider",
  "reconnect",
  "answers",
  "supervisor",
  "creditBytes",
] as const;
const RECONNECT = { minMs: 50, maxMs: 5000 };
const DEADLINE_MS = 10_000;
const WHERE = "dial()";

/**
 * Connects. Fails with UNREACHABLE, HANDSHAKE_REFUSED (another PSK, or no such server), KEY_REFUSED (the server does not
 * know this key), SERVER_KEY_MISMATCH, OVERLOADED, DRAINING, DEADLINE, or the signal's reason.
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
  const target = checkTarget(options);
  const deadlineMs = checkCount(WHERE, "deadlineMs", options.deadlineMs, DEADLINE_MS, 0);
  const { signal } = options;
  if (signal?.aborted) throw signal.reason;
  const lines = new Lines((speak, ends) => attempt(target, deadlineMs, ends, speak), checkLines(options));
  try {
    const ends = signal === undefined ? abandoned : AbortSignal.any([abandoned, signal]);
    await until(lines.opened(), { signal: ends });
    return client(contract, lines);
  } catch (error) {
    void lines.leave();
    throw error;
  }
}

// One way to the server, for at most so long.
async function attempt(target: Target, deadlineMs: number, ends: AbortSignal, speak: Speak): Promise<void> {
  const { host, port } = target;
  const late = new HempleError("DEADLINE", `${host}:${port} did not complete the handshake within ${deadlineMs} ms`);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(late), deadlineMs);
  const aborted = (): void => abort.abort(ends.reason);
  ends.addEventListener("abort", aborted);
  try {
    return await connect(target, abort.signal, speak);
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
    reconnect: checkReconnect(reconnect),
    board: answers && new ClientBoard(answers, supervisor),
  };
}

function checkReconnect(reconnect: DialOptions["reconnect"]): Reconnect | undefined {
  if (reconnect === undefined || reconnect === false) return undefined;
  const { minMs = RECONNECT.minMs, maxMs = RECONNECT.maxMs } = reconnect === true ? RECONNECT : reconnect;
  if (reconnect !== true) checkOptions(`${WHERE}: reconnect`, reconnect, ["minMs", "maxMs"]);
  if (!(minMs > 0 && maxMs >= minMs && maxMs < 2 ** 31))
    throw misuse("range", "BAD_OPTION", `${WHERE}: reconnect takes 0 < minMs <= maxMs, got ${minMs} and ${maxMs}`);
  return { minMs, maxMs };
}

function checkTarget(options: DialOptions): Target {
  checkOptions(WHERE, options, OPTIONS);
  const { host = "127.0.0.1", key, psk, serverKey, provider = defaultProvider } = options;
  checkKey("key", key);
  if (serverKey !== undefined) checkKey("serverKey", serverKey);
  return {
    host: checkHost(WHERE, host),
    port: checkPort(WHERE, options.port, 1),
    pair: provider.keypair(key),
    psk: checkPsk(psk),
    serverKey: serverKey && new Uint8Array(serverKey),
    maxMessageBytes: checkCount(WHERE, "maxMessageBytes", options.maxMessageBytes, 2 ** 20, LEAST_MESSAGE),
    provider,
  };
}

async function connect(target: Target, abort: AbortSignal, speak: Speak): Promise<void> {
  const socket = createConnection({ host: target.host, port: target.port });
  const link = new Link(socket);
  const cut = (): void => link.destroy();
  abort.addEventListener("abort", cut);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      void link.closed.then(() => reject(unreachable(target, link.error)));
    });
    const contact = await prove(link, target);
    return await enter(link, contact, target, speak);
  } catch (error) {
    link.destroy();
    throw error;
  } finally {
    abort.removeEventListener("abort", cut);
  }
}

async function prove(link: Link, { pair, psk, provider, serverKey }: Target): Promise<Contact> {
  try {
    return await makeContact(link, { pair, psk, provider }, (key) => {
      if (serverKey === undefined || sameBytes(serverKey, key)) return;
      throw new HempleError(
        "SERVER_KEY_MISMATCH",
        "the server has another key than the expected one: it was replaced, or somebody poses as it",
      );
    });
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "SERVER_KEY_MISMATCH") throw cause;
    throw refused(cause);
  }
}

// The first word of the server says whether it lets us in.
function enter(link: Link, contact: Contact, { maxMessageBytes }: Target, speak: Speak): Promise<void> {
  return new Promise((resolve, reject) => {
    const line = new Line(link, { ...contact, maxMessageBytes, yielding: false });
    let receive: Receive | undefined;
    void line.ended.then(({ error }) => reject(refused(error)));
    line.start((frame, bytes) => {
      if (receive !== undefined) receive(frame, bytes);
      else if (frame.kind === "welcome") {
        line.maxSendBytes = frame.maxMessageBytes;
        receive = speak(line, contact.key, frame.instance);
        resolve();
      } else if (frame.kind === "refused") reject(remoteError(frame.failure));
      else throw new HempleError("PROTOCOL", `a server does not begin with ${frame.kind}`);
    });
  });
}

function unreachable({ host, port }: Target, cause: unknown): HempleError {
  return new HempleError("UNREACHABLE", `nothing answers at ${host}:${port}; is the server running there?`, { cause });
}

function refused(cause: unknown): HempleError {
  return new HempleError(
    "HANDSHAKE_REFUSED",
    "the server ended the handshake: the PSKs differ, or it is no hemple server of this version",
    { cause },
  );
}
