/**
 * The sending side of a socket: messages go out in the order of their writes, and what waits to be sent is bounded.
 * What is written in one turn goes to the system at once: a call of it for each message would be most of a message's cost.
 * Invariant: at most `highWaterMark` bytes and one message wait in memory, whatever is written.
 */
import type { Socket as NetSocket } from "node:net";
import { type Channel, channel, dropping, type Op, until } from "@good-place/channel";
import type { WebSocket } from "ws";
import { closed, queueFull, TrevorError } from "./errors.js";
import type { Frame } from "./schema.js";

export interface OutgoingOptions {
  readonly highWaterMark: number;
  readonly overflow: "close" | "drop" | "wait";
  /** Messages of so many bytes are compressed, where that has been agreed on. */
  readonly compressFrom: number;
  readonly onSent: () => void;
  /** A message is lost. Under "close" that is the moment to close. */
  readonly onOverflow: () => void;
}

// Bytes for which a call of the system is worth its cost.
const MUCH = 16 * 1024;

interface Message {
  readonly frame: Frame;
  readonly binary: boolean;
  /** Told by a session what became of the message: nothing for taken. */
  readonly settle?: (failure?: TrevorError) => void;
}

export class Outgoing {
  readonly #ws: WebSocket;
  readonly #socket: NetSocket;
  readonly #options: OutgoingOptions;
  // Where writers wait under "wait": their gives are taken when there is room, in their order.
  readonly #parked: Channel<Message> = channel();
  // Writers whose message is on its way, and who wait for room.
  #waiting: (() => void)[] = [];

  #corked = false;

  constructor(ws: WebSocket, socket: NetSocket, options: OutgoingOptions) {
    this.#ws = ws;
    this.#socket = socket;
    this.#options = options;
  }

  /** Sends, or does as the policy says. True once the peer can take more; false when the message will not be sent. */
  write(frame: Frame, binary: boolean): Op<boolean> {
    const offered = this.#offer({ frame, binary });
    if (typeof offered !== "boolean") return offered;
    if (!offered) return NO.give(true);
    return this.#full && this.#options.overflow !== "wait" ? until(this.#room()) : YES.give(true);
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
    this.#parked.close();
    this.#release();
  }

  get #open(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  get #full(): boolean {
    return this.#ws.bufferedAmount >= this.#options.highWaterMark;
  }

  // True when it is sent, false when it is not, and an operation of that while it waits for its turn.
  #offer(message: Message): boolean | Op<boolean> {
    if (!this.#open) return false;
    if (this.#options.overflow === "wait") {
      if (this.#full || this.#parked.statistics().parkedGives > 0) return this.#parked.give(message);
    } else if (this.#full) {
      this.#options.onOverflow();
      return false;
    }
    this.#send(message);
    return true;
  }

  #send({ frame, binary, settle }: Message): void {
    this.#options.onSent();
    this.#cork();
    const compress = frame.length >= this.#options.compressFrom;
    const left = (failure?: Error): void => {
      settle?.(failure as TrevorError | undefined);
      this.#left();
    };
    this.#ws.send(frame, { binary, compress }, left);
    // What the system would take at once must not count as what the peer has not taken.
    if (this.#ws.bufferedAmount >= MUCH) this.#uncork();
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => this.#uncork());
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
    while (this.#options.overflow === "wait" && !this.#full) {
      const message = this.#parked.tryTake();
      if (typeof message === "symbol") return;
      this.#send(message);
    }
  }

  #room(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(this.#open));
    });
  }

  #release(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

// Operations that have ended already, without a promise: a give that a buffer takes, and one that nobody will take.
const YES: Channel<true> = channel(dropping(1));
const NO: Channel<true> = channel<true>().close();

function noSession(): TrevorError {
  return new TrevorError("NO_SESSION", "the client has not asked for a session: nothing of it is acknowledged");
}
