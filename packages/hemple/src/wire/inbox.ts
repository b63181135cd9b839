/**
 * What has come over a transport that cannot be told to wait: it is held while the pipe is paused, and handed out in
 * order. `taken` hears of each chunk that was handed out, so that the other side can be told to go on.
 */
import type { PipeEvents } from "./pipe.js";

export class Inbox {
  readonly #taken: (bytes: number) => void;
  #chunks: Uint8Array[] = [];
  #events: PipeEvents | undefined;
  #paused = true;
  // The end comes behind what came before it.
  #end: { readonly error: Error | undefined } | undefined;
  #over = false;

  constructor(taken: (bytes: number) => void = () => {}) {
    this.#taken = taken;
  }

  listen(events: PipeEvents): void {
    this.#events = events;
    this.#pump();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#pump();
  }

  push(chunk: Uint8Array): void {
    if (this.#end !== undefined) return;
    this.#chunks.push(chunk);
    this.#pump();
  }

  /** Nothing comes any more. What is held is handed out first, unless the pipe is cut. */
  close(error: Error | undefined, cut: boolean): void {
    this.#end ??= { error };
    if (cut) this.#chunks = [];
    this.#paused = false;
    this.#pump();
  }

  #pump(): void {
    while (this.#events !== undefined && !this.#paused) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) break;
      this.#events.data(chunk);
      this.#taken(chunk.length);
    }
    if (this.#end === undefined || this.#over || this.#events === undefined || this.#paused) return;
    this.#over = true;
    this.#events.closed(this.#end.error);
  }
}
