/**
 * A select that waits: one operation with an arm for each clause. The first arm that is served commits, and the others
 * are withdrawn in the same step.
 */
import { type Aborted, listen, unlisten } from "./abort.js";
import { operationOf } from "./awaited.js";
import { isChannel, refuseAnswer } from "./channel-face.js";
import {
  type AnyChannel,
  type AnyHit,
  type Clause,
  isGive,
  isTimeout,
  LazyValue,
  made,
  type TimeoutClause,
} from "./clause.js";
import { FiberOp } from "./fiber.js";
import type { Linked } from "./internal/linked.js";
import { runtime, type Timer } from "./internal/runtime.js";
import { Operation, type Waiter } from "./operation.js";
import { type Giver, NOTHING, type Selectable, type Taker } from "./parked.js";
import { isSignal } from "./shapes.js";
import { promised } from "./until.js";

interface Arm {
  readonly label: string;
  withdraw(): void;
}

export class SelectOp extends Operation<AnyHit> {
  private arms: Arm[];
  // A give clause that leaves may be the last that the end of its channel waited for, and that end tells the take clauses
  // there, which may be of this very select: it is decided already.
  private leaving: boolean;

  constructor() {
    super();
    this.arms = [];
    this.leaving = false;
  }

  arm(clause: Clause, index: number): void {
    this.arms.push(this.armOf(clause, index));
  }

  commit(hit: AnyHit): void {
    if (this.done || this.leaving) return;
    this.withdraw();
    this.settle(hit);
  }

  failAll(error: unknown): void {
    if (this.done || this.leaving) return;
    this.withdraw();
    this.fail(error);
  }

  override get label(): string {
    return `a select of ${this.arms.map(({ label }) => label).join(", ")}`;
  }

  override withdraw(): boolean {
    const { arms } = this;
    this.arms = [];
    this.leaving = true;
    for (const arm of arms) arm.withdraw();
    this.leaving = false;
    return true;
  }

  private armOf(clause: Clause, index: number): Arm {
    if (isChannel(clause)) return new TakeArm(this, clause as AnyChannel & Selectable, index);
    if (isGive(clause)) return new GiveArm(this, clause[0] as AnyChannel & Selectable, index, clause[1]);
    if (isTimeout(clause)) return new TimerArm(this, clause, index);
    if (isSignal(clause)) return new SignalArm(this, clause, index);
    return new OpArm(this, operationOf(clause) ?? promised(clause as PromiseLike<unknown>), index);
  }
}

class TakeArm implements Arm, Taker {
  before: Taker | null = null;
  after: Taker | null = null;
  list: Linked<Taker> | null = null;
  private readonly select: SelectOp;
  private readonly channel: AnyChannel & Selectable;
  private readonly index: number;

  constructor(select: SelectOp, channel: AnyChannel & Selectable, index: number) {
    this.select = select;
    this.channel = channel;
    this.index = index;
    channel.takers.push(this);
  }

  get label(): string {
    return `a take from ${this.channel.label}`;
  }

  get group(): SelectOp {
    return this.select;
  }

  get willing(): boolean {
    return true;
  }

  receive(value: unknown): boolean {
    this.select.commit({ tag: "take", index: this.index, channel: this.channel, value });
    return true;
  }

  decline(): void {}

  closed(): void {
    this.select.commit({ tag: "closed", index: this.index, channel: this.channel });
  }

  abort(error: unknown): void {
    this.select.failAll(error);
  }

  withdraw(): void {
    this.list?.remove(this);
  }
}

class GiveArm implements Arm, Giver {
  before: Giver | null = null;
  after: Giver | null = null;
  list: Linked<Giver> | null = null;
  private readonly select: SelectOp;
  private readonly channel: AnyChannel & Selectable;
  private readonly index: number;
  private readonly value: unknown;

  constructor(select: SelectOp, channel: AnyChannel & Selectable, index: number, value: unknown) {
    this.select = select;
    this.channel = channel;
    this.index = index;
    this.value = value;
    channel.givers.push(this);
  }

  get label(): string {
    return `a give to ${this.channel.label}`;
  }

  get group(): SelectOp {
    return this.select;
  }

  get pending(): unknown {
    return this.value instanceof LazyValue ? NOTHING : this.value;
  }

  hand(): unknown {
    let value: unknown;
    // From here on no other clause can commit, whatever making the value does.
    this.select.withdraw();
    try {
      value = made(this.value);
      refuseAnswer(value);
    } catch (error) {
      this.select.failAll(error);
      return NOTHING;
    }
    // Cancelled or aborted by the very making of the value.
    if (this.select.done) return NOTHING;
    this.select.commit({ tag: "give", index: this.index, channel: this.channel });
    return value;
  }

  closed(): void {
    this.select.commit({ tag: "closed", index: this.index, channel: this.channel });
  }

  withdraw(): void {
    this.channel.leave(this);
  }
}

class TimerArm implements Arm {
  readonly label: string;
  readonly #timer: Timer;

  constructor(select: SelectOp, { ms }: TimeoutClause, index: number) {
    this.label = `a timeout of ${ms} ms`;
    this.#timer = runtime.setTimer(ms, () => select.commit({ tag: "timeout", index }));
  }

  withdraw(): void {
    runtime.clearTimer(this.#timer);
  }
}

class SignalArm implements Arm, Aborted {
  readonly label = "an AbortSignal";
  readonly #signal: AbortSignal;
  readonly #select: SelectOp;
  readonly #index: number;

  constructor(select: SelectOp, signal: AbortSignal, index: number) {
    this.#signal = signal;
    this.#select = select;
    this.#index = index;
    listen(signal, this);
  }

  aborted(): void {
    this.#select.commit({ tag: "abort", index: this.#index, value: this.#signal.reason });
  }

  withdraw(): void {
    unlisten(this.#signal, this);
  }
}

class OpArm implements Arm, Waiter {
  readonly #select: SelectOp;
  readonly #op: Operation<unknown>;
  readonly #index: number;

  constructor(select: SelectOp, op: Operation<unknown>, index: number) {
    this.#select = select;
    this.#op = op;
    this.#index = index;
    op.watch(this);
  }

  get label(): string {
    return this.#op.label;
  }

  wake({ failed, value }: Operation<unknown>): void {
    if (failed) this.#select.failAll(value);
    else this.#select.commit({ tag: this.#op instanceof FiberOp ? "join" : "promise", index: this.#index, value });
  }

  withdraw(): void {
    this.#op.unwatch(this);
  }
}
