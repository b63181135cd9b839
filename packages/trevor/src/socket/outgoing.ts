/**
 * The sending side of a socket: messages go out in the order of their writes, and what waits to be sent is bounded.
 * What is written in one turn goes to the system at once: a call of it for each message would be most of a message's cost.
 * Invariant: at most `highWaterMark` bytes and one message wait in memory, whatever is written.
 */
import type { Socket as NetSocket } from "node:net";
import { type Channel, channel, dropping, type Op, until } from "@good-place/channel";
import type { WebSocket } from "ws";
import { closed, queueFull, TrevorError } from "../errors.js";
import type { TrevorSettings } from "../options.js";
import type { Frame } from "../schema.js";
import type { Shared, Sharing } from "./shared.js";

type OutgoingRules = Pick<TrevorSettings, "highWaterMark" | "overflow" | "compress">;

export interface OutgoingHost {
  /** A message is on its way. */
  sent(): void;
  /** A message is lost. Under "close" that is the moment to close. */
  overflowed(): void;
}

// Bytes for which a call of the system is worth its cost.
const MUCH = 16 * 1024;

interface Message {
  readonly frame: Frame;
  readonly binary: boolean;
  /** Where it is one for many. */
  readonly shared?: Shared;
  /** Told by a session what became of the message: nothing for taken. */
  readonly settle?: (failure?: TrevorError) => void;
}

export class Outgoing {
  readonly #ws: WebSocket;
  readonly #socket: NetSocket;
  readonly #sharing: Sharing;
  readonly #rules: OutgoingRules;
  readonly #host: OutgoingHost;
  // Where writers wait under "wait": their gives are taken when there is room, in their order.
  readonly #parked: Channel<Message> | null;
  // Writers whose message is on its way, and who wait for room.
  #waiting: (() => void)[] | null = null;
  #corked = false;
  // Messages that ws compresses: until they have left, what others wrote to the connection would overtake them.
  #packing = 0;

  constructor(ws: WebSocket, socket: NetSocket, sharing: Sharing, rules: OutgoingRules, host: OutgoingHost) {
    this.#ws = ws;
    this.#socket = socket;
    this.#sharing = sharing;
    this.#rules = rules;
    this.#host = host;
    this.#parked = rules.overflow === "wait" ? channel() : null;
  }

  /** Sends, or does as the policy says. True once the peer can take more; false when the message will not be sent. */
  write(frame: Frame): Op<boolean> {
    return this.#write({ frame, binary: typeof frame !== "string" });
  }

  /** As `write`, of a message for many. */
  share(shared: Shared): Op<boolean> {
    return this.#write({ frame: shared.data, binary: shared.binary, shared });
  }

  #write(message: Message): Op<boolean> {
    const offered = this.#offer(message);
    if (typeof offered !== "boolean") return offered;
    if (!offered) return NO.give(true);
    return this.#full && this.#parked === null ? until(this.#room()) : YES.give(true);
  }

  /** As `write`, and settles when the peer has acknowledged the message, which only that of a session does. */
  deliver(frame: Frame, acknowledges: boolean): Op<void> {
    const delivered = new Promise<void>((resolve, reject) => {
      if (!acknowledges) return reject(noSession());
      const settle = (failure?: TrevorError): void => (failure === undefined ? resolve() : reject(failure));
      const open = this.#open;
      const offered = this.#offer({ frame, binary: typeof frame !== "string", settle });
      if (offered === false) settle(open ? queueFull() : closed());
      else if (offered !== true) offered.then((taken) => taken || settle(closed()));
    });
    // Not to await it is allowed.
    delivered.catch(() => {});
    return until(delivered);
  }

  /** The socket is closing: whoever waits is told. */
  end(): void {
    this.#parked?.close();
    this.#release();
  }

  get #open(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  get #full(): boolean {
    return this.#ws.bufferedAmount >= this.#rules.highWaterMark;
  }

  // True when it is sent, false when it is not, and an operation of that while it waits for its turn.
  #offer(message: Message): boolean | Op<boolean> {
    if (!this.#open) return false;
    if (this.#parked !== null) {
      if (this.#full || this.#parked.statistics().parkedGives > 0) return this.#parked.give(message);
    } else if (this.#full) {
      this.#host.overflowed();
      return false;
    }
    this.#send(message);
    return true;
  }

  #send({ frame, binary, shared, settle }: Message): void {
    this.#host.sent();
    this.#cork();
    if (shared !== undefined && this.#sharing !== "none" && this.#packing === 0) {
      this.#socket.write(shared.bytes(this.#sharing), () => this.#left());
    } else {
      const compress = frame.length >= (this.#rules.compress?.thresholdBytes ?? Number.POSITIVE_INFINITY);
      if (compress) this.#packing++;
      this.#ws.send(frame, { binary, compress }, (failure?: Error) => {
        if (compress) this.#packing--;
        settle?.(failure as TrevorError | undefined);
        this.#left();
      });
    }
    // What the system would take at once must not count as what the peer has not taken.
    if (this.#ws.bufferedAmount >= MUCH) this.#uncork();
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(Outgoing.#flush, this);
  }

  static #flush(outgoing: Outgoing): void {
    outgoing.#uncork();
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
  }

  // Bytes have left: whoever has sent may go on, and whoever waits to send may send.
  #left(): void {
    if (this.#full || !this.#open) return;
    this.#release();
    while (this.#parked !== null && !this.#full) {
      const message = this.#parked.tryTake();
      if (typeof message === "symbol") return;
      this.#send(message);
    }
  }

  #room(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting ??= [];
      this.#waiting.push(() => resolve(this.#open));
    });
  }

  #release(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const resume of waiting) resume();
  }
}

// Operations that have ended already, without a promise: a give that a buffer takes, and one that nobody will take.
const YES: Channel<true> = channel(dropping(1));
const NO: Channel<true> = channel<true>().close();

function noSession(): TrevorError {
  return new TrevorError("NO_SESSION", "the client has not asked for a session: nothing of it is acknowledged");
}
