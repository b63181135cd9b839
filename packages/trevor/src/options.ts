/**
 * The options of `trevor`, checked when it is called, with the defaults filled in.
 */
import { isChannel, type Supervisor } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { type Answer, checkRules, type Handled, type HttpRequest, type Rule } from "@good-place/chidi";
import { type Compression, compressionOf } from "./compression.js";
import { checkSchema, type Schema } from "./schema.js";
import type { Closing, Presence, Socket } from "./socket/socket.js";

/** What one socket may cost. All have defaults. */
export interface SocketLimits {
  /** Bytes of a message; 1 MiB. A larger one closes the socket with 1009. */
  readonly maxPayload: number;
  /** Frames that a message may be made of; 1,024. One more closes the socket with 1008. */
  readonly maxFragments: number;
  /**
   * Pieces of the wire that may wait for the rest of a frame; one for each 64 bytes of `maxPayload`, and 1,024 at least.
   * One more closes the socket with 1008.
   */
  readonly maxBufferedChunks: number;
  /** Messages, pings and pongs that a peer may send in a second; 0, for any number. More close the socket with 1008. */
  readonly messagesPerSecond: number;
  /** How many of them may come at once; as many as in a second. */
  readonly messageBurst: number;
  /** Bytes that may wait to be sent before `overflow` says what becomes of more; 1 MiB. */
  readonly highWaterMark: number;
  /** How long nothing may be heard before a ping; 30 s. 0 for no pings. */
  readonly pingMs: number;
  /** How long after a ping something has to be heard; 10 s. Then the socket is destroyed. */
  readonly pongMs: number;
  /** How long `check` may take before the client is told 503; 10 s. */
  readonly checkMs: number;
  /** How long a closing may take before the socket is destroyed; 5 s. */
  readonly closeMs: number;
}

/** What a session may cost while its client is away, or slow. All have defaults. */
export interface ResumeLimits {
  /** How long a session waits for its client to come back; 60 s. Then it closes with 1006. */
  readonly keepMs: number;
  /** Messages that may be sent and not be acknowledged before `overflow` says what becomes of more; 1,024. */
  readonly maxMessages: number;
  /** Bytes of them; 1 MiB. In the place of `highWaterMark`. */
  readonly maxBytes: number;
  /**
   * Sessions that may wait for their clients at the same time; 10,000. One more, and that which has waited longest closes
   * with 1006 and the reason "too many away".
   */
  readonly max: number;
}

export interface TrevorOptions<M> extends Partial<SocketLimits> {
  /** The path, as it is sent: sockets have no routes. */
  readonly path: string;
  /**
   * The origins that may connect, `null` for a client that sends none. Without the option all may, and a browser brings its
   * user's cookies along from a page of any site: where `check` goes by cookies, name the origins.
   */
  readonly origins?: readonly (string | null)[] | undefined;
  /** Subprotocols in the order of preference. The first that the client offers is taken. */
  readonly protocols?: readonly string[] | undefined;
  /** Asked before the 101: true lets in, false is 403, anything else is what the client is told. A throw is 500. */
  readonly check?: ((request: HttpRequest) => Handled<boolean | Answer>) | undefined;
  /** Called first. No message is read before it has ended. */
  readonly connect?: ((socket: Socket) => Handled<unknown>) | undefined;
  /** Called with each message, in order, one at a time. While it works, reading from the wire pauses. */
  readonly read?: ((socket: Socket, message: M) => Handled<unknown>) | undefined;
  /** Called last, once, when the socket has closed. */
  readonly closed?: ((socket: Socket, closing: Closing) => Handled<unknown>) | undefined;
  /**
   * Called when a socket has joined a room or left it, in that order. What it answers, if anything, is broadcast to the
   * room. What it throws is thrown by `join` and `leave`; for a socket that has closed it is an `error` signal.
   */
  readonly presence?: ((change: Presence) => unknown) | undefined;
  /** permessage-deflate, for peers that offer it; false. */
  readonly compress?: boolean | Compression | undefined;
  /** What is read has to fit, and is typed by it. With a schema messages are JSON. */
  readonly schema?: Schema<M> | undefined;
  /** What a message that does not fit gets: an error message, or the end with 1007. "error" by default. */
  readonly onInvalid?: "error" | "close" | undefined;
  /** What a write past `highWaterMark` does: close with 1013, drop the message, or wait. "close" by default. */
  readonly overflow?: "close" | "drop" | "wait" | undefined;
  /**
   * Sessions for the clients that ask for them: a socket then outlives its connections, and nothing of it is lost or
   * repeated when one breaks. Clients that do not ask get sockets as without the option.
   */
  readonly resume?: Partial<ResumeLimits> | undefined;
  /** Where emergences and what no rule takes go; the channel of the chidi server by default. */
  readonly supervisor?: Supervisor | null | undefined;
  /** Rules that come before the default ones. */
  readonly rules?: readonly Rule[] | undefined;
}

export type TrevorSettings = Omit<TrevorOptions<never>, "onInvalid" | "overflow" | "compress" | "resume"> &
  SocketLimits & {
    readonly onInvalid: "error" | "close";
    readonly overflow: "close" | "drop" | "wait";
    readonly compress: Required<Compression> | null;
    readonly resume: ResumeLimits | undefined;
  };

const limits = {
  maxPayload: 1024 * 1024,
  maxFragments: 1024,
  messagesPerSecond: 0,
  highWaterMark: 1024 * 1024,
  pingMs: 30_000,
  pongMs: 10_000,
  checkMs: 10_000,
  closeMs: 5000,
};
/** What node's timers can wait at most: more would be no wait at all. */
export const LONGEST_MS: number = 2 ** 31 - 1;
// Where 0 means none.
const optional: readonly string[] = ["pingMs", "messagesPerSecond"];

const resumeLimits: ResumeLimits = {
  keepMs: 60_000,
  maxMessages: 1024,
  maxBytes: 1024 * 1024,
  max: 10_000,
};

const handlers = ["check", "connect", "read", "closed", "presence"] as const;
const own = [
  "path",
  "origins",
  "protocols",
  ...handlers,
  "schema",
  "onInvalid",
  "overflow",
  "resume",
  "compress",
  "supervisor",
  "rules",
];

// A token of HTTP, which a subprotocol is.
const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Checks the options and fills in the defaults. Throws UNKNOWN_OPTION, BAD_OPTION or BAD_RULES. */
export function settingsOf<M>(options: TrevorOptions<M>): TrevorSettings {
  if (typeof options !== "object" || options === null) {
    throw misuse("type", "BAD_OPTION", `trevor() takes options, got ${describe(options)}: pass { path, read }`);
  }
  checkOptions("trevor()", options, [...own, ...Object.keys(limits), "maxBufferedChunks", "messageBurst"]);
  const { path, origins, protocols, supervisor } = options;
  if (typeof path !== "string" || !/^\/[^?#\s]*$/.test(path)) throw bad("path", 'a path like "/live"', path);
  for (const name of handlers) {
    if (options[name] !== undefined && typeof options[name] !== "function")
      throw bad(name, "a function", options[name]);
  }
  if (origins !== undefined && !(Array.isArray(origins) && origins.every(isOrigin))) {
    throw bad("origins", 'a list of origins like "https://example.org", or null for none', origins);
  }
  if (protocols !== undefined && !(Array.isArray(protocols) && protocols.every((name) => tokenPattern.test(name)))) {
    throw bad("protocols", "a list of names without spaces or commas", protocols);
  }
  checkSchema("trevor()", options.schema);
  checkRules("trevor()", options.rules);
  if (supervisor !== undefined && supervisor !== null && !isChannel(supervisor)) {
    throw bad("supervisor", "a channel", supervisor);
  }
  if (options.onInvalid !== undefined && options.schema === undefined) {
    throw bad("onInvalid", "given with a schema, which alone makes messages invalid", options.onInvalid);
  }
  if (options.messageBurst !== undefined && !options.messagesPerSecond) {
    throw bad("messageBurst", "given with messagesPerSecond, the rate that it may exceed", options.messageBurst);
  }
  const resume = resumeOf(options.resume);
  const { maxPayload, messagesPerSecond } = { ...limits, ...options };
  const filled = {
    ...limits,
    maxBufferedChunks: Math.max(1024, Math.ceil(maxPayload / 64)),
    messageBurst: Math.max(1, messagesPerSecond),
    onInvalid: "error",
    overflow: "close",
    ...options,
    compress: compressionOf(options.compress),
    resume,
  } as unknown as TrevorSettings;
  if (!["error", "close"].includes(filled.onInvalid)) throw bad("onInvalid", '"error" or "close"', filled.onInvalid);
  if (!["close", "drop", "wait"].includes(filled.overflow)) {
    throw bad("overflow", '"close", "drop" or "wait"', filled.overflow);
  }
  for (const name of [...Object.keys(limits), "maxBufferedChunks", "messageBurst"] as (keyof SocketLimits)[]) {
    const least = optional.includes(name) ? 0 : 1;
    const most = name.endsWith("Ms") ? LONGEST_MS : Number.MAX_SAFE_INTEGER;
    if (!Number.isInteger(filled[name]) || filled[name] < least || filled[name] > most) {
      throw bad(
        name,
        most === LONGEST_MS ? `an integer from ${least} to ${most}` : `an integer >= ${least}`,
        filled[name],
      );
    }
  }
  return filled;
}

function resumeOf(given: Partial<ResumeLimits> | undefined): ResumeLimits | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== "object" || given === null) throw bad("resume", "an object like { keepMs }", given);
  checkOptions("trevor() option resume", given, Object.keys(resumeLimits));
  const filled = { ...resumeLimits, ...given };
  for (const name of Object.keys(resumeLimits) as (keyof ResumeLimits)[]) {
    const value = filled[name];
    if (!Number.isInteger(value) || value < 1 || value > LONGEST_MS) {
      throw bad(`resume.${name}`, `an integer from 1 to ${LONGEST_MS}`, value);
    }
  }
  return filled;
}

// What browsers send: scheme and authority, no path.
function isOrigin(origin: unknown): boolean {
  return origin === null || (typeof origin === "string" && /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/.test(origin));
}

function bad(option: string, expected: string, got: unknown): TypeError {
  return misuse("type", "BAD_OPTION", `trevor() option ${option} must be ${expected}, got ${describe(got)}`);
}
