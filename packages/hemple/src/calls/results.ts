/**
 * The answers of calls that carry an idempotency key, kept for a while for each caller's key pair: the same call, sent again,
 * gets the same answer, or waits for it with the first, and its handler runs once.
 * Invariants: an answer is never forgotten before its time, so that a repetition is never run; where there is no room for
 * one more, the call is refused instead. It is forgotten soon after its time, whether its caller comes again or not.
 */
import { decode, encode, type Failure } from "../frame.js";
import type { Limits } from "../settings.js";

/** Who gets the answer of a call. */
export interface Reply {
  /** Throws where the value cannot travel; then the call is still without an answer. */
  result(value: unknown): void;
  error(failure: Failure): void;
}

// Of all answers of one caller.
const MOST_BYTES = 2 ** 24;
// The longest delay that timers take.
const LONGEST_MS = 2 ** 31 - 1;

export class Results {
  readonly #limits: Limits;
  readonly #empty: () => void;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `empty` is called when nothing is kept any more. */
  constructor(limits: Limits, empty: () => void) {
    this.#limits = limits;
    this.#empty = empty;
  }

  /** The call with this key that runs, or whose answer is still kept. */
  find(key: string): Kept | undefined {
    this.#forget();
    return this.#kept.get(key);
  }

  /** Makes room for the answer of a call that begins; undefined where there is none. */
  keep(key: string, print: number): Kept | undefined {
    this.#forget();
    if (this.#kept.size >= this.#limits.maxResultsPerPeer || this.#bytes > MOST_BYTES) return undefined;
    const kept = new Kept(print, (bytes, again) => {
      this.#kept.delete(key);
      if (again) return;
      this.#bytes += bytes;
      kept.until = Date.now() + this.#limits.resultMs;
      // Behind those that were answered before.
      this.#kept.set(key, kept);
      this.#timer ??= this.#later();
    });
    this.#kept.set(key, kept);
    return kept;
  }

  #later(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(
      () => {
        this.#forget();
        this.#timer = this.#kept.size > 0 ? this.#later() : undefined;
        if (this.#timer === undefined) this.#empty();
      },
      Math.min(this.#limits.resultMs, LONGEST_MS),
    );
    // Nobody stays for answers that nobody asks for; browsers have no unref.
    (timer as { unref?: () => void }).unref?.();
    return timer;
  }

  #forget(): void {
    const now = Date.now();
    for (const [key, { until, bytes }] of this.#kept) {
      if (until === undefined) continue;
      if (until > now) return;
      this.#kept.delete(key);
      this.#bytes -= bytes;
    }
  }
}

/** One call with a key: those who wait for its answer, and then the answer. */
export class Kept implements Reply {
  /** Of the method's name and the input: another call must not come with the same key. */
  readonly print: number;
  /** Ends the call that runs. */
  cancel: ((reason: unknown) => void) | undefined;
  /** When the answer may be forgotten; undefined while there is none. */
  until: number | undefined;
  #answer: Uint8Array | undefined;
  readonly #waiting = new Set<Reply>();
  readonly #answered: (bytes: number, again: boolean) => void;

  /** `answered` is told how long the answer is, and whether it says that the call may run again. */
  constructor(print: number, answered: (bytes: number, again: boolean) => void) {
    this.print = print;
    this.#answered = answered;
  }

  get bytes(): number {
    return this.#answer?.length ?? 0;
  }

  /** Somebody waits for the answer. */
  get awaited(): boolean {
    return this.#waiting.size > 0;
  }

  result(value: unknown): void {
    // As bytes: the handler may change its value later, the answer must not.
    const answer = encode({ kind: "result", id: 1, value });
    const waiting = [...this.#waiting];
    this.#keep(answer, false);
    for (const reply of waiting) told(() => reply.result(value), reply);
  }

  error(failure: Failure): void {
    const waiting = [...this.#waiting];
    this.#keep(encode({ kind: "error", id: 1, failure }), failure.retryable === true);
    for (const reply of waiting) reply.error(failure);
  }

  /** Gives the answer to one more, now or when it is there. */
  join(reply: Reply): void {
    if (this.#answer === undefined) {
      this.#waiting.add(reply);
      return;
    }
    const frame = decode(this.#answer);
    if (frame.kind === "result") told(() => reply.result(frame.value), reply);
    else if (frame.kind === "error") reply.error(frame.failure);
  }

  leave(reply: Reply): void {
    this.#waiting.delete(reply);
  }

  #keep(answer: Uint8Array, again: boolean): void {
    if (this.#answer !== undefined) return;
    this.#answer = answer;
    this.#waiting.clear();
    this.#answered(answer.length, again);
  }
}

// The call has its answer, even where it is too long for one of those who ask.
function told(tell: () => void, reply: Reply): void {
  try {
    tell();
  } catch (error) {
    reply.error({ code: "ANSWER_TOO_LARGE", message: (error as Error).message });
  }
}

/** A number for a call's name and input. No secret: whoever makes two calls with one number deceives only itself. */
export function printOf(name: string, input: unknown): number {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (const byte of encode({ kind: "call", id: 1, name, input, deadlineMs: undefined })) {
    high = Math.imul(high ^ byte, 0x9e3779b1);
    low = Math.imul(low ^ byte, 0x5f356495);
  }
  high = Math.imul(high ^ (low >>> 15), 0x85ebca77);
  return (high >>> 0) * 2 ** 21 + (low >>> 11);
}
