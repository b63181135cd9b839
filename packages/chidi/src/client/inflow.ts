/**
 * The body of an answer as it comes from the wire: chunks wait here until somebody reads, and past a mark the wire waits.
 * Invariant: the timer runs only while a reader waits, so that a slow reader is never taken for a slow server.
 */

/** Where the chunks of a body are read from. */
export interface Chunks {
  /** The next chunk, or null at the end. One reader at a time. */
  next(): Promise<Uint8Array | null>;
}

export interface InflowHooks {
  pause(): void;
  resume(): void;
  /** A reader has waited for `chunkTimeoutMs`. */
  late(): void;
}

const HIGH_WATER = 64 * 1024;

export class Inflow implements Chunks {
  readonly #hooks: InflowHooks;
  readonly #idleMs: number;
  readonly #chunks: Uint8Array[] = [];
  #buffered = 0;
  #paused = false;
  #end: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  constructor(idleMs: number, hooks: InflowHooks) {
    this.#idleMs = idleMs;
    this.#hooks = hooks;
  }

  push(chunk: Uint8Array): void {
    if (this.#end !== null) return;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered > HIGH_WATER && !this.#paused) {
      this.#paused = true;
      this.#hooks.pause();
    }
    this.#wake?.();
  }

  /** All has come: what waits here can still be read. */
  end(): void {
    this.#end ??= { error: null };
    this.#wake?.();
  }

  /** Reading fails from now on; what waits here is let go. */
  fail(error: unknown): void {
    if (this.#end !== null && this.#chunks.length === 0) return;
    this.#end = { error };
    this.#chunks.length = 0;
    this.#wake?.();
  }

  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#buffered -= chunk.length;
        if (this.#paused && this.#buffered <= HIGH_WATER / 2) {
          this.#paused = false;
          if (this.#end === null) this.#hooks.resume();
        }
        return chunk;
      }
      if (this.#end !== null) {
        if (this.#end.error !== null) throw this.#end.error;
        return null;
      }
      await this.#event();
    }
  }

  #event(): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(this.#idleMs) ? setTimeout(() => this.#hooks.late(), this.#idleMs) : undefined;
      this.#wake = () => {
        this.#wake = null;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
