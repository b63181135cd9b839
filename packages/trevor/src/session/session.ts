/**
 * `@good-place/trevor/session`: one side of a session that outlives its connections, without any connection: what
 * it has sent and the peer has not taken, and what has come and is not taken. Messages have no numbers on the wire; both sides count, and a resume says where the counting goes on.
 * Invariants: `acknowledged <= cursor <= sent`, counted from the beginning of the session; what is kept begins behind
 * `acknowledged`; what is on its way, and what has come and is not taken, both fit the window.
 */

/** How much may be kept, or be on its way. */
export interface Bounds {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** What is kept until it is acknowledged. */
export interface Kept {
  readonly size: number;
}

/** What may be on its way in each direction. A part of the protocol: whoever sends more breaks it. */
export const WINDOW: Bounds = { maxMessages: 256, maxBytes: 1024 * 1024 };

export class Session<M extends Kept> {
  readonly #bounds: Bounds;
  // Not acknowledged, the oldest first.
  #kept: M[] = [];
  #bytes = 0;
  #acknowledged = 0;
  // The last that was sent on this connection, and on any.
  #cursor = 0;
  #sent = 0;
  #underwayBytes = 0;
  // The sizes of what has come and is not taken.
  #untaken: number[] = [];
  #untakenBytes = 0;
  #received = 0;
  #told = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Bytes that are not acknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when the bounds are reached. Nothing is refused for it: that is for whoever pushes. */
  get full(): boolean {
    return this.#kept.length >= this.#bounds.maxMessages || this.#bytes >= this.#bounds.maxBytes;
  }

  /** How many messages have come: where the peer has to go on. */
  get received(): number {
    return this.#received;
  }

  push(message: M): void {
    this.#kept.push(message);
    this.#bytes += message.size;
  }

  /** The next message for this connection; undefined when there is none, or no room on the way. */
  next(): M | undefined {
    const underway = this.#cursor - this.#acknowledged;
    const message = this.#kept[underway];
    if (message === undefined || !fits(underway, this.#underwayBytes, message.size)) return undefined;
    this.#cursor++;
    this.#underwayBytes += message.size;
    this.#sent = Math.max(this.#sent, this.#cursor);
    return message;
  }

  /** Takes out the oldest message that no connection has had; undefined when there is none. */
  withdraw(): M | undefined {
    const [message] = this.#kept.splice(this.#sent - this.#acknowledged, 1);
    if (message !== undefined) this.#bytes -= message.size;
    return message;
  }

  /** The peer has taken so many: answers those that it had not before, or null when it cannot have. */
  acknowledge(count: number): readonly M[] | null {
    if (count < this.#acknowledged || count > this.#cursor) return null;
    const taken = this.#kept.splice(0, count - this.#acknowledged);
    this.#acknowledged = count;
    const bytes = sum(taken);
    this.#bytes -= bytes;
    this.#underwayBytes -= bytes;
    return taken;
  }

  /** Goes on with a new connection behind what the peer has received. False when that cannot be. */
  resume(peerReceived: number): boolean {
    if (peerReceived < this.#acknowledged || peerReceived > this.#sent) return false;
    this.#cursor = peerReceived;
    this.#underwayBytes = sum(this.#kept.slice(0, peerReceived - this.#acknowledged));
    // An acknowledgement may have gone down with the connection.
    this.#told = -1;
    return true;
  }

  /** A message has come. False when the peer sends more than the window. */
  receive(size: number): boolean {
    if (!fits(this.#untaken.length, this.#untakenBytes, size)) return false;
    this.#received++;
    this.#untaken.push(size);
    this.#untakenBytes += size;
    return true;
  }

  /** The oldest message that has come is done with. */
  take(): void {
    this.#untakenBytes -= this.#untaken.shift() ?? 0;
  }

  /** The acknowledgement that the peer has to get; null when it has it. */
  due(): number | null {
    const taken = this.#received - this.#untaken.length;
    if (taken === this.#told) return null;
    this.#told = taken;
    return taken;
  }

  /** Ends the session: what may have arrived or not, and what certainly has not. */
  end(): { readonly unknown: readonly M[]; readonly unsent: readonly M[] } {
    const kept = this.#kept;
    const known = this.#sent - this.#acknowledged;
    this.#kept = [];
    this.#bytes = 0;
    return { unknown: kept.slice(0, known), unsent: kept.slice(known) };
  }
}

// One message always fits, however large.
function fits(messages: number, bytes: number, more: number): boolean {
  return messages === 0 || (messages < WINDOW.maxMessages && bytes + more <= WINDOW.maxBytes);
}

function sum(messages: readonly Kept[]): number {
  return messages.reduce((total, { size }) => total + size, 0);
}
