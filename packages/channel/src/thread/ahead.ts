/**
 * What a `tryTake` in another thread can find. It cannot wait, so one that finds nothing asks the home, and a later one
 * finds what was buffered there. That value is only lent: it goes back as soon as anybody waits to take, at home or here.
 * Invariant: nothing is held here while a take waits at this end, whose turn comes first.
 */
import { NOTHING } from "../parked.js";
import { isMoved } from "./copy.js";
import type { Wire } from "./protocol.js";
import * as protocol from "./protocol.js";

/** What is asked of the end, and told to it. */
export interface Polled {
  /** Does a take, or a take clause, wait here? */
  readonly taking: boolean;
  /** A value is held now, or no longer. */
  held(): void;
}

export class Ahead {
  readonly #end: Polled;
  readonly #wire: Wire;
  #asked = false;
  #value: unknown = NOTHING;

  constructor(end: Polled, wire: Wire) {
    this.#end = end;
    this.#wire = wire;
  }

  get holds(): boolean {
    return this.#value !== NOTHING;
  }

  /** Takes the value that is held; NOTHING where there is none. */
  take(): unknown {
    const value = this.#value;
    if (value !== NOTHING) this.#answer(protocol.KEEP);
    return value;
  }

  /** Asks for a value, at the end of the step: a select that is about to wait needs none. */
  ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    queueMicrotask(() => {
      if (this.#end.taking) this.#asked = false;
      else this.#wire.say(protocol.PEEK, 0);
    });
  }

  lent(value: unknown): void {
    this.#asked = false;
    this.#value = value;
    if (this.#end.taking) this.giveBack();
    else this.#end.held();
  }

  nothing(): void {
    this.#asked = false;
  }

  giveBack(): void {
    const value = this.#value;
    if (value !== NOTHING) this.#answer(protocol.BACK, isMoved(value) ? value : undefined);
  }

  #answer(kind: number, value?: unknown): void {
    this.#value = NOTHING;
    this.#wire.say(kind, 0, value);
    this.#end.held();
  }
}
