/**
 * The life of one request of a user, over all its attempts and redirects, to the last byte of its answer.
 * Invariant: it ends once; then its timer and its listener are gone, and whoever drains is told.
 */
import { setMaxListeners } from "node:events";
import { ClientError, type ClientPhase } from "./client-error.js";

export class Call {
  /** How far it has come. */
  phase: () => ClientPhase = () => "queue";
  readonly #controller = new AbortController();
  readonly #given: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onEnd: (call: Call) => void;
  readonly #abort = (): void => this.abort(this.#given?.reason);

  constructor(totalTimeoutMs: number, given: AbortSignal | undefined, onEnd: (call: Call) => void) {
    this.#given = given;
    this.#onEnd = onEnd;
    if (given?.aborted) this.#abort();
    else if (given !== undefined) {
      // One signal may stand over any number of requests; node would take the listeners of more than ten for a leak.
      setMaxListeners(0, given);
      given.addEventListener("abort", this.#abort);
    }
    if (Number.isFinite(totalTimeoutMs)) {
      this.#timer = setTimeout(() => {
        const text = `the request took longer than ${totalTimeoutMs} ms (totalTimeoutMs)`;
        this.abort(new ClientError("TOTAL_TIMEOUT", text, { phase: this.phase() }));
      }, totalTimeoutMs);
    }
  }

  /** Aborts what the call is doing: the user gave up, it took too long, or the client is closed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
    this.end();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#given?.removeEventListener("abort", this.#abort);
    this.#onEnd(this);
  }
}
