/**
 * Makes lines to a server that may be in several places: opens a pipe, proves both sides to each other, and waits for the
 * server's first word. Goes round the places, and waits between the rounds where it was told to go on; the waits grow, and
 * half of each is random, so that the clients of a server that comes back do not all come at once.
 * By XXpsk0+psk3 at first contact; by IKpsk2 where the server's key is known, and anew by XXpsk0+psk3 where that fails.
 */
import { HempleError } from "../errors.js";
import { remoteError } from "../failure.js";
import type { Frame } from "../frame.js";
import { sameBytes } from "../noise/bytes.js";
import { type Contact, type Credentials, makeContact } from "./contact.js";
import { Line, type Receive } from "./line.js";
import { Link } from "./link.js";
import { openPipe } from "./open.js";
import type { Target } from "./place.js";
import type { RekeyLimits } from "./rekeying.js";
import { backoffMs, type Waits } from "./waits.js";

export interface DialerOptions {
  readonly targets: readonly Target[];
  readonly credentials: Credentials;
  readonly serverKey: Uint8Array | undefined;
  readonly maxMessageBytes: number;
  readonly compression: boolean;
  readonly rekey: RekeyLimits;
  /** Between the rounds; without it each place is tried once. */
  readonly waits: Waits | undefined;
}

/** Whoever the line is for: gets it when the server lets this side in, and says who receives what comes behind. */
export type Host = (line: Line, serverKey: Uint8Array, welcome: Extract<Frame, { kind: "welcome" }>) => Receive;

// With these another attempt at the same place would end the same.
const LASTING = ["HANDSHAKE_REFUSED", "KEY_REFUSED", "SERVER_KEY_MISMATCH", "PROTOCOL"];

export class Dialer {
  readonly #options: DialerOptions;
  // The keys that servers have shown.
  readonly #known = new Map<Target, Uint8Array>();
  // Where to begin: at the place that answered last.
  #first = 0;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** What the last attempt failed with. */
  failure: unknown;

  /** A line, handed to `host`. Fails with the first failure of the last round, or the reason of `abort`. */
  async connect(abort: AbortSignal, host: Host): Promise<void> {
    const { targets, waits } = this.#options;
    for (let round = 0; ; round++) {
      const failures: unknown[] = [];
      for (let at = 0; at < targets.length; at++) {
        const place = (this.#first + at) % targets.length;
        try {
          await this.#reach(targets[place] as Target, abort, host);
          this.#first = place;
          return;
        } catch (error) {
          abort.throwIfAborted();
          this.failure = error;
          failures.push(error);
        }
      }
      if (waits === undefined || failures.every(lasts)) throw failures[0];
      await waited(backoffMs(waits, round), abort);
    }
  }

  async #reach(target: Target, abort: AbortSignal, host: Host): Promise<void> {
    const key = this.#options.serverKey ?? this.#known.get(target);
    // A port cannot be dialled twice.
    if (key !== undefined && target.kind !== "messages") {
      try {
        return await this.#attempt(target, abort, host, key);
      } catch (error) {
        if ((error as HempleError).code !== "HANDSHAKE_REFUSED") throw error;
      }
    }
    await this.#attempt(target, abort, host, undefined);
  }

  async #attempt(target: Target, abort: AbortSignal, host: Host, key: Uint8Array | undefined): Promise<void> {
    const link = new Link(await openPipe(target, abort));
    const cut = (): void => link.destroy();
    abort.addEventListener("abort", cut);
    try {
      const contact = await this.#prove(link, key);
      this.#known.set(target, contact.key);
      await this.#enter(link, contact, host);
    } catch (error) {
      link.destroy();
      throw error;
    } finally {
      abort.removeEventListener("abort", cut);
    }
  }

  async #prove(link: Link, key: Uint8Array | undefined): Promise<Contact> {
    const { credentials, serverKey, compression: deflates } = this.#options;
    const check = (shown: Uint8Array): void => {
      if (serverKey === undefined || sameBytes(serverKey, shown)) return;
      throw new HempleError(
        "SERVER_KEY_MISMATCH",
        "the server has another key than the expected one: it was replaced, or somebody poses as it",
      );
    };
    try {
      return await makeContact(link, credentials, { serverKey: key, deflates, check });
    } catch (cause) {
      if ((cause as { code?: unknown }).code === "SERVER_KEY_MISMATCH") throw cause;
      throw refused(cause);
    }
  }

  // The first word of the server says whether it lets us in.
  #enter(link: Link, contact: Contact, host: Host): Promise<void> {
    const { maxMessageBytes, rekey } = this.#options;
    return new Promise((resolve, reject) => {
      const line = new Line(link, { ...contact, maxMessageBytes, rekey, yielding: false });
      let receive: Receive | undefined;
      void line.ended.then(({ error }) => reject(refused(error)));
      line.start((frame, bytes) => {
        if (receive !== undefined) receive(frame, bytes);
        else if (frame.kind === "welcome") {
          line.maxSendBytes = frame.maxMessageBytes;
          // Until it is told, a server holds others to its own limit.
          if (maxMessageBytes < frame.maxMessageBytes) line.send({ kind: "limit", maxMessageBytes });
          receive = host(line, contact.key, frame);
          resolve();
        } else if (frame.kind === "refused") reject(remoteError(frame.failure));
        else throw new HempleError("PROTOCOL", `a server does not begin with ${frame.kind}`);
      });
    });
  }
}

function lasts(error: unknown): boolean {
  return LASTING.includes((error as { code: string }).code);
}

function waited(ms: number, abort: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      clearTimeout(timer);
      reject(abort.reason);
    };
    const timer = setTimeout(() => {
      abort.removeEventListener("abort", aborted);
      resolve();
    }, ms);
    abort.addEventListener("abort", aborted);
  });
}

function refused(cause: unknown): HempleError {
  return new HempleError(
    "HANDSHAKE_REFUSED",
    "the server ended the handshake: the PSKs differ, or it is no hemple server of this version",
    { cause },
  );
}
