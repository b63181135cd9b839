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
import { type Giver, NOTHING } from "../parked.js";
import type { Emergence, LifeSignal, Signal } from "../signal.js";
import { AskedOp } from "./asked.js";
import * as control from "./control.js";
import { copy } from "./copy.js";
import { type PackedError, packError, ThreadError, unpackError } from "./error.js";
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
    try {
      return abortable(this.#send(signal) as Operation<boolean>, options);
    } catch (error) {
      return failed(error);
    }
  }

  // A put is given whatever becomes of the thread; anything else is withdrawn with it.
  #send(signal: Signal, put = false): AskedOp<boolean> {
    const { fiber: _, settle, ...rest } = signal as Signal & Partial<Emergence>;
    const outgoing = copy(rest);
    const emerges = settle !== undefined;
    const id = ++this.#lastId;
    const op = new AskedOp<boolean>(() => this.#wire.say(control.UNGIVE, id));
    this.#gives.set(id, op);
    if (emerges) this.#emergences.set(id, settle);
    if (put) this.#wire.say(control.PUT, id, { signal: outgoing, emerges });
    else this.#wire.say(emerges ? control.EMERGE : control.GIVE, id, outgoing);
    return op;
  }

  override take(): Op<never> {
    return failed(elsewhere());
  }

  override tryTake(): never {
    throw elsewhere();
  }

  override peek(): never {
    throw elsewhere();
  }

  /** Throws where the signal cannot be sent: a select asks before it commits. */
  override outgoing(signal: unknown): unknown {
    const { fiber: _, settle: __, ...rest } = signal as Partial<Emergence>;
    copy(rest);
    return signal;
  }

  // A select and a pipe cannot wait for an answer from afar in the middle of their step: they have one place, which is
  // free again when the signal that is in it has arrived.
  override get room(): boolean {
    return this.state === "open" && this.coming === 0;
  }

  override get full(): boolean {
    return this.state === "open" && this.coming > 0;
  }

  override offer(signal: Signal): "ok" | "full" | "closed" {
    if (this.state !== "open") return "closed";
    if (this.coming > 0) return "full";
    const op = this.#send(signal, true);
    this.coming++;
    op.watch({
      wake: ({ failed, value }) => {
        this.coming--;
        if (failed || value === false) this.drop(signal);
        if (value === false) this.close();
        this.#carry();
        this.settleFinish();
      },
    });
    return "ok";
  }

  #carry(): void {
    while (this.coming === 0 && this.givers.size > 0) {
      const signal = (this.givers.shift() as Giver).hand();
      if (signal !== NOTHING) this.offer(signal as Signal);
    }
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

function elsewhere(): ThreadError {
  return new ThreadError(
    "SUPERVISED_ELSEWHERE",
    "the supervisor of a thread is worked off by the thread that started it: signals can be given to it here, not taken",
  );
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
