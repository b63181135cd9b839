/**
 * `dial`: connects to a server and proves both sides to each other. Every way in which that can fail has its own code.
 */

import { createConnection } from "node:net";
import type { Op } from "@good-place/channel";
import { checkOptions } from "@good-place/channel/misuse";
import { defaultProvider } from "#platform/provider";
import { Caller, type Client, client } from "./client.js";
import type { Contract } from "./contract.js";
import { HempleError } from "./errors.js";
import { remoteError } from "./failure.js";
import { sameBytes } from "./noise/bytes.js";
import { checkKey } from "./noise/point.js";
import type { KeyPair, NoiseProvider } from "./noise/provider.js";
import { checkPsk } from "./noise/psk.js";
import { checkCount } from "./options.js";
import { pending } from "./pending.js";
import { checkHost, checkPort, LEAST_MESSAGE } from "./settings.js";
import { type Contact, makeContact } from "./wire/contact.js";
import { Line } from "./wire/line.js";
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
] as const;
const DEADLINE_MS = 10_000;
const WHERE = "dial()";

/**
 * Connects. Fails with UNREACHABLE, HANDSHAKE_REFUSED (another PSK, or no such server), KEY_REFUSED (the server does not
 * know this key), SERVER_KEY_MISMATCH, OVERLOADED, DRAINING, DEADLINE, or the signal's reason.
 */
export function dial<C extends Contract>(contract: C, options: DialOptions): Op<Client<C>> {
  const abort = new AbortController();
  const abandoned = (): void => abort.abort(new HempleError("CANCELLED", "the attempt was cancelled by its caller"));
  return pending(attempt(contract, options, abort), abandoned);
}

async function attempt<C extends Contract>(
  contract: C,
  options: DialOptions,
  abort: AbortController,
): Promise<Client<C>> {
  const target = checkTarget(options);
  const { signal } = options;
  const deadlineMs = checkCount(WHERE, "deadlineMs", options.deadlineMs, DEADLINE_MS, 0);
  const aborted = (): void => abort.abort(signal?.reason);
  if (signal?.aborted) throw signal.reason;
  signal?.addEventListener("abort", aborted);
  const { host, port } = target;
  const late = new HempleError("DEADLINE", `${host}:${port} did not complete the handshake within ${deadlineMs} ms`);
  const timer = setTimeout(() => abort.abort(late), deadlineMs);
  try {
    return await connect(contract, target, abort.signal);
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
  }
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

async function connect<C extends Contract>(contract: C, target: Target, abort: AbortSignal): Promise<Client<C>> {
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
    return await enter(contract, link, contact, target);
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
function enter<C extends Contract>(
  contract: C,
  link: Link,
  contact: Contact,
  { maxMessageBytes }: Target,
): Promise<Client<C>> {
  return new Promise((resolve, reject) => {
    const line = new Line(link, { ...contact, maxMessageBytes, yielding: false });
    let caller: Caller | undefined;
    void line.ended.then(({ error }) => reject(refused(error)));
    line.start((frame) => {
      if (caller !== undefined) caller.receive(frame);
      else if (frame.kind === "welcome") {
        line.maxSendBytes = frame.maxMessageBytes;
        caller = new Caller(line);
        resolve(client(contract, caller, contact.key));
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
