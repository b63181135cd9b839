/**
 * The life of a wire, as signals for what waits on it. They are made when they are asked for: most answers wait for nothing.
 */

import { DRAINED } from "../answer/send.js";
import { gone } from "./answering.js";

export class WireLife {
  /** The socket, or the stream, has closed. */
  dead = false;
  readonly #floor: { readonly draining: boolean };
  #gone: AbortController | null = null;
  // Of the stream that is being written.
  #stop: AbortController | null = null;

  constructor(floor: { readonly draining: boolean }) {
    this.#floor = floor;
  }

  /** Aborts when it is dead. */
  gone(): AbortSignal {
    if (this.#gone === null) {
      this.#gone = new AbortController();
      if (this.dead) this.#gone.abort(gone());
    }
    return this.#gone.signal;
  }

  /** Aborts when it is dead, or the server drains; a new one for each stream. */
  stop(): AbortSignal {
    this.#stop = new AbortController();
    if (this.dead) this.#stop.abort(gone());
    else if (this.#floor.draining) this.#stop.abort(DRAINED);
    return this.#stop.signal;
  }

  /** The server drains: a stream without an end ends. */
  drain(): void {
    this.#stop?.abort(DRAINED);
  }

  /** Tells those who wait that it broke. */
  broke(reason: Error): void {
    this.dead = true;
    this.#gone?.abort(reason);
    this.#stop?.abort(reason);
  }
}
