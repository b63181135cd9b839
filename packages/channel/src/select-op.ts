/**
 * A select that waits: one operation with an arm in the queue of every channel that it waits at. The first arm that is
 * served commits, and takes the others out of their queues in the same step.
 */
import { isChannel } from "./channel.js";
import { type AnyChannel, type AnyHit, type Clause, isSignal, isTimeout, LazyValue, made } from "./clause.js";
import { FiberOp } from "./fiber.js";
import { runtime, type Timer } from "./internal/runtime.js";
import type { WaitList } from "./internal/wait-list.js";
import { Operation, type Waiter } from "./operation.js";
import { type Giver, NOTHING, type Selectable, type Taker } from "./parked.js";

export class SelectOp extends Operation<AnyHit> {
  readonly #undo: (() => void)[] = [];

  arm(clause: Clause, index: number): void {
    if (isChannel(clause)) {
      const arm = new TakeArm(this, clause, index);
      (clause as AnyChannel & Selectable).takers.push(arm);
      this.#undo.push(() => arm.list?.remove(arm));
    } else if (Array.isArray(clause)) {
      const channel = clause[0] as AnyChannel & Selectable;
      const arm = new GiveArm(this, channel, index, clause[1]);
      channel.givers.push(arm);
      this.#undo.push(() => channel.leave(arm));
    } else if (isTimeout(clause)) {
      const timer: Timer = runtime.setTimer(clause.ms, () => this.commit({ tag: "timeout", index }));
      this.#undo.push(() => runtime.clearTimer(timer));
    } else if (isSignal(clause)) {
      const aborted = (): void => this.commit({ tag: "abort", index, value: clause.reason });
      clause.addEventListener("abort", aborted);
      this.#undo.push(() => clause.removeEventListener("abort", aborted));
    } else if (clause instanceof Operation) {
      const tag = clause instanceof FiberOp ? "join" : "promise";
      const waiter: Waiter = {
        wake: (op) => (op.failed ? this.failAll(op.value) : this.commit({ tag, index, value: op.value })),
      };
      clause.watch(waiter);
      this.#undo.push(() => clause.unwatch(waiter));
    } else {
      // A promise of another make might call back at once, and so commit before the other clauses are armed.
      Promise.resolve(clause as PromiseLike<unknown>).then(
        (value) => this.commit({ tag: "promise", index, value }),
        (error: unknown) => this.failAll(error),
      );
    }
  }

  commit(hit: AnyHit): void {
    if (this.done) return;
    this.withdraw();
    this.settle(hit);
  }

  failAll(error: unknown): void {
    if (this.done) return;
    this.withdraw();
    this.fail(error);
  }

  override withdraw(): boolean {
    for (const undo of this.#undo) undo();
    this.#undo.length = 0;
    return true;
  }
}

class TakeArm implements Taker {
  before: Taker | null = null;
  after: Taker | null = null;
  list: WaitList<Taker> | null = null;
  readonly #select: SelectOp;
  readonly #channel: AnyChannel;
  readonly #index: number;

  constructor(select: SelectOp, channel: AnyChannel, index: number) {
    this.#select = select;
    this.#channel = channel;
    this.#index = index;
  }

  get group(): SelectOp {
    return this.#select;
  }

  receive(value: unknown): void {
    this.#select.commit({ tag: "take", index: this.#index, channel: this.#channel, value });
  }

  closed(): void {
    this.#select.commit({ tag: "closed", index: this.#index, channel: this.#channel });
  }

  abort(error: unknown): void {
    this.#select.failAll(error);
  }
}

class GiveArm implements Giver {
  before: Giver | null = null;
  after: Giver | null = null;
  list: WaitList<Giver> | null = null;
  readonly #select: SelectOp;
  readonly #channel: AnyChannel;
  readonly #index: number;
  readonly #value: unknown;

  constructor(select: SelectOp, channel: AnyChannel, index: number, value: unknown) {
    this.#select = select;
    this.#channel = channel;
    this.#index = index;
    this.#value = value;
  }

  get group(): SelectOp {
    return this.#select;
  }

  get pending(): unknown {
    return this.#value instanceof LazyValue ? NOTHING : this.#value;
  }

  hand(): unknown {
    let value: unknown;
    // From here on no other clause can commit, whatever making the value does.
    this.#select.withdraw();
    try {
      value = made(this.#value);
    } catch (error) {
      this.#select.failAll(error);
      return NOTHING;
    }
    // Cancelled or aborted by the very making of the value.
    if (this.#select.done) return NOTHING;
    this.#select.commit({ tag: "give", index: this.#index, channel: this.#channel });
    return value;
  }

  closed(): void {
    this.#select.commit({ tag: "closed", index: this.#index, channel: this.#channel });
  }
}
