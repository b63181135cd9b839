/**
 * A thread's supervisor as its fibers see it: a channel whose signals go to the supervisor that `goThread` was given,
 * with that one's backpressure. Fibers cannot cross; there, every signal carries the fiber of the thread instead.
 */

import { abortable } from "../abort.js";
import { Chan } from "../channel.js";
import { describe } from "../errors.js";
import type { Fiber } from "../fiber-face.js";
import type { Op, Operation, WaitOptions } from "../operation.js";
import { failed, refusal } from "../outcome.js";
import type { Emergence, LifeSignal, Signal } from "../signal.js";
import { AskedOp } from "./asked.js";
import * as control from "./control.js";
import { copy } from "./copy.js";
import { type PackedError, packError, unpackError } from "./error.js";
import type { Wire } from "./protocol.js";

export class Bridge extends Chan<Signal> {
  readonly #wire: Wire;
  readonly #main: () => Fiber<unknown> | null;
  readonly #gives = new Map<number, AskedOp<boolean>>();
  readonly #emergences = new Map<number, (error?: unknown) => void>();
  #lastId = 0;

  constructor(wire: Wire, main: () => Fiber<unknown> | null) {
    super({ rule: "fixed", capacity: 0 }, { name: "supervisor" });
    this.#wire = wire;
    this.#main = main;
  }

  override give(signal: Signal, options?: WaitOptions): Op<boolean> {
    const refused = refusal(options);
    if (refused !== null) return refused;
    const { fiber: _, settle, ...rest } = signal as Signal & Partial<Emergence>;
    let outgoing: unknown;
    try {
      outgoing = copy(rest);
    } catch (error) {
      return failed(error);
    }
    const id = ++this.#lastId;
    const op = new AskedOp<boolean>(() => this.#wire.say(control.UNGIVE, id));
    this.#gives.set(id, op);
    if (settle !== undefined) this.#emergences.set(id, settle);
    this.#wire.say(settle === undefined ? control.GIVE : control.EMERGE, id, outgoing);
    return abortable(op as Operation<boolean>, options);
  }

  override tryGive(signal: Signal): "ok" {
    this.force(signal);
    return "ok";
  }

  // The thread's own fiber is reported where it was started from, but for what it yields.
  override force(signal: Signal): boolean {
    const { fiber, ...rest } = signal as LifeSignal;
    if (fiber !== this.#main()) this.#wire.say(control.SIGNAL, 0, { ...described(rest), path: fiber?.path });
    else if (rest.tag === "yield") this.#wire.say(control.YIELD, 0, described(rest));
    return true;
  }

  answered(kind: number, id: number, value: unknown): void {
    if (kind === control.SETTLE) {
      const settle = this.#emergences.get(id);
      this.#emergences.delete(id);
      if (value === undefined) settle?.();
      else settle?.(unpackError(value as PackedError));
      return;
    }
    const op = this.#gives.get(id);
    this.#gives.delete(id);
    if (kind === control.GAVE) op?.settle(value as boolean);
    else if (kind === control.UNGIVEN) op?.withdrawn();
    else op?.fail(unpackError(value as PackedError));
    if (kind !== control.GAVE || value === false) this.#emergences.delete(id);
  }
}

function described(fields: object): Record<string, unknown> {
  const entries = Object.entries(fields).map(([key, value]) => {
    if (key === "error") return [key, packError(value)];
    try {
      return [key, copy(value)];
    } catch {
      return [key, describe(value)];
    }
  });
  return Object.fromEntries(entries);
}
