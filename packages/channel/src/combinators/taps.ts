/**
 * Taps: channels that all get the same values, each at the pace of its own buffer. `broadcast` and `topics` are made of them.
 * Invariant: a channel is a tap until it is closed, by whomever, and is forgotten in that same step.
 */

import { operationOf } from "../awaited.js";
import type { Chan } from "../channel.js";
import { CancelledError } from "../errors.js";
import type { Linked } from "../internal/linked.js";
import type { Operation } from "../operation.js";
import type { Watcher } from "../parked.js";
import { deliver } from "./deliver.js";

/** What becomes of a value for a tap that has no room: the others wait for it, or it misses the value. */
export type Slow = "wait" | "skip";

export class Taps<T> {
  readonly #taps = new Map<Chan<T>, Tap>();
  readonly #slow: Slow;
  readonly #emptied: () => void;

  /** `emptied` is called when the last tap has gone. */
  constructor(slow: Slow, emptied: () => void) {
    this.#slow = slow;
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#taps.size;
  }

  has(tap: Chan<T>): boolean {
    return this.#taps.has(tap);
  }

  add(channel: Chan<T>): void {
    const gone = (): void => {
      this.#taps.delete(channel);
      if (this.#taps.size === 0) this.#emptied();
    };
    const tap = new Tap(gone);
    this.#taps.set(channel, tap);
    channel.watch(tap);
  }

  /** Gives the value to those who are taps now. Where slow taps are waited for, ends when each has it or is closed. */
  *spread(value: T): Generator<unknown, void, never> {
    const waiting: Operation<boolean>[] = [];
    for (const tap of [...this.#taps.keys()]) {
      if (this.#slow === "wait") {
        const op = operationOf(deliver(tap, value)) as Operation<boolean>;
        if (!op.done) waiting.push(op);
      } else if (tap.tryGive(value) === "full") tap.drop(value);
    }
    try {
      for (const op of waiting) yield* op;
    } finally {
      for (const op of waiting) if (!op.done) op.abort(new CancelledError());
    }
  }

  /** Ends all taps: what they have can still be taken. */
  finish(reason: unknown): void {
    for (const tap of [...this.#taps.keys()]) tap.finish(reason);
  }

  abort(error: unknown): void {
    for (const tap of [...this.#taps.keys()]) tap.abort(error);
  }
}

class Tap implements Watcher {
  before: Watcher | null = null;
  after: Watcher | null = null;
  list: Linked<Watcher> | null = null;
  readonly changed: () => void;

  constructor(gone: () => void) {
    this.changed = gone;
  }
}
