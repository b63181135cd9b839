/**
 * What the ends of a thread channel say to each other, and the wire they say it through. One message a turn carries all
 * that was said in it, as a flat list of kind, id, value.
 *
 * A take or give that waits is *firm*: it stands in the home's queue, and what it is handed is its own; to withdraw it
 * is to ask the home, whose answer is either the withdrawal or the outcome. The clauses of a select are *tentative*,
 * for another of them may commit meanwhile: a take is lent its value (OFFER), and keeps it or gives it back; a give is
 * granted a slot (SLOT), and fills it or gives it back. A poll is a tentative take that does not wait (PEEK).
 */
import { type Handle, type Message, pack, unpack } from "./copy.js";
import { ownLifeline, watchLifeline } from "./lifeline.js";

// From either end, as its last word: not every host tells of a port whose other end is closed.
export const BYE = 0;

// From either end, as its first word, where a thread has to be watched to know of its end.
export const HELLO = 33; // the name of its lock

// From another thread to the home.
export const TAKE = 1; // a firm take waits
export const GIVE = 2; // a firm give waits, with its value
export const LEND = 3; // a take clause waits
export const SLOT = 4; // a give clause waits
export const WITHDRAW = 5;
export const PUT = 6; // a value on credit
export const UNUSED = 7; // credits go back; id: how many
export const GOT = 8; // a firm take has its value
export const KEEP = 9; // a take clause has committed
export const BACK = 10; // a take clause was withdrawn before; with the value where that was moved
export const WANT = 11; // credits, please
export const CLOSE = 12;
export const FINISH = 13;
export const ABORT = 14;
export const ATTACH = 15; // one more end, at this port
export const FORCE = 16; // a life-cycle signal: ignores the capacity
export const PEEK = 17; // a value that is buffered, please: as a loan, for the next tryTake

// From the home to another thread.
export const VALUE = 20; // the outcome of a firm take
export const OFFER = 21; // a loan for a take clause
export const GAVE = 22; // the outcome of a give: true or false
export const WITHDRAWN = 23;
export const CREDIT = 24; // id: how many gives are accepted without asking
export const SLOTTED = 25; // a credit, for this give clause first
export const RECALL = 26; // credits that are not used have to go back
export const ENDED = 27; // closed and empty; or the finish is done
export const FAILED = 28;
export const CLOSING = 29; // gives are refused from now on, with the reason
export const ABORTED = 30;
export const EMPTIED = 31; // nothing is buffered: the answer to PEEK, where it is not an OFFER
export const RETURN = 32; // what was lent for a tryTake is needed

/** Who hears what comes through a wire. */
export interface Receiver {
  hear(kind: number, id: number, value: unknown): void;
  /** All of a message was heard: what is said now goes with the answers. */
  heard?(): void;
  /** The other end is gone, with its thread or by itself. */
  gone(): void;
}

interface NodePort {
  ref?(): void;
  unref?(): void;
}

/** Every wire of this thread, for its end: what was said is to be sent before. */
export const wires: Set<Wire> = new Set();

export class Wire {
  readonly #port: MessagePort;
  readonly #receiver: () => Receiver | undefined;
  #outbox: unknown[] = [];
  #scheduled = false;
  #open = true;
  #unwatch: (() => void) | null = null;

  constructor(port: MessagePort, receiver: () => Receiver | undefined, revive: (handle: Handle) => object) {
    this.#port = port;
    this.#receiver = receiver;
    port.onmessage = ({ data }: MessageEvent<Message>) => {
      const batch = unpack(data, revive);
      for (let i = 0; i < batch.length && this.#open; i += 3) {
        if (batch[i] === BYE) return this.#lost();
        if (batch[i] === HELLO) this.#unwatch = watchLifeline(batch[i + 2] as string, () => this.#lost());
        else receiver()?.hear(batch[i] as number, batch[i + 1] as number, batch[i + 2]);
      }
      receiver()?.heard?.();
      // Before a fiber resumes: what it does with a value, it does with one that is known to be taken.
      this.flush();
    };
    port.onmessageerror = () => this.#lost();
    port.addEventListener("close", () => this.#lost());
    wires.add(this);
    this.hold(false);
    const lifeline = ownLifeline();
    if (lifeline !== undefined) this.say(HELLO, 0, lifeline);
  }

  /** Says something at the end of this turn. */
  say(kind: number, id: number, value?: unknown): void {
    if (!this.#open) return;
    this.#outbox.push(kind, id, value);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.flush);
  }

  /** Says that there is one more end, at this port. */
  attach(port: MessagePort): void {
    this.flush();
    this.#port.postMessage({ batch: [ATTACH, 0, { port }] } satisfies Message, [port]);
  }

  readonly flush = (): void => {
    this.#scheduled = false;
    if (this.#outbox.length === 0) return;
    const { message, transfer } = pack(this.#outbox);
    this.#outbox = [];
    this.#port.postMessage(message, transfer);
  };

  /** Whether somebody waits for what comes: an idle wire keeps no process alive. */
  hold(waited: boolean): void {
    if (!this.#open) return;
    const port = this.#port as NodePort;
    if (waited) port.ref?.();
    else port.unref?.();
  }

  get open(): boolean {
    return this.#open;
  }

  close(): void {
    if (!this.#open) return;
    this.say(BYE, 0);
    this.flush();
    this.#end();
  }

  #lost(): void {
    if (!this.#open) return;
    this.#outbox = [];
    this.#end();
    this.#receiver()?.gone();
  }

  #end(): void {
    this.#open = false;
    this.#unwatch?.();
    wires.delete(this);
    this.#port.close();
  }
}

/** Closes a port that came in a handle and is not needed. */
export function refuse(port: MessagePort): void {
  port.postMessage({ batch: [BYE, 0, undefined] } satisfies Message);
  port.close();
}
