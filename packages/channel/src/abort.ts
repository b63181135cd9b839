/**
 * The AbortSignal of an operation's options: it aborts the wait, and no listener stays behind.
 * A signal gets one listener, however many wait with it: a host's own list warns of eleven, and takes O(n) to leave.
 */
import type { Operation, Waiter, WaitOptions } from "./operation.js";

/** Ties a parked operation to the signal of its options. */
export function abortable<O extends Operation<unknown>>(op: O, options: WaitOptions | undefined): O {
  if (options !== undefined && options.signal !== undefined && !op.done) new AbortWaiter(op, options.signal);
  return op;
}

/** Who is told when a signal aborts. */
export interface Aborted {
  aborted(): void;
}

const listeners = new WeakMap<AbortSignal, Listener>();

class Listener {
  readonly all = new Set<Aborted>();
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    listeners.set(signal, this);
    signal.addEventListener("abort", this);
  }

  handleEvent(): void {
    this.end();
    for (const each of this.all) each.aborted();
  }

  end(): void {
    listeners.delete(this.#signal);
    this.#signal.removeEventListener("abort", this);
  }
}

/** Tells of the abort, once, those who are still there; at once if it has come. */
export function listen(signal: AbortSignal, who: Aborted): void {
  if (signal.aborted) return who.aborted();
  (listeners.get(signal) ?? new Listener(signal)).all.add(who);
}

export function unlisten(signal: AbortSignal, who: Aborted): void {
  const listener = listeners.get(signal);
  if (listener?.all.delete(who) && listener.all.size === 0) listener.end();
}

class AbortWaiter implements Waiter, Aborted {
  readonly passive = true;
  readonly #op: Operation<unknown>;
  readonly #signal: AbortSignal;

  constructor(op: Operation<unknown>, signal: AbortSignal) {
    this.#op = op;
    this.#signal = signal;
    listen(signal, this);
    op.watch(this);
  }

  aborted(): void {
    this.#op.abort(this.#signal.reason);
  }

  wake(): void {
    unlisten(this.#signal, this);
  }
}
