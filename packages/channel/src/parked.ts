/**
 * Who waits at a channel: the operations of a give and of a take, and what the channel needs to know of any waiter. The
 * arms of a select are waiters too.
 */
import { CLOSED, type Closed } from "./answers.js";
import type { WaitList, WaitNode } from "./internal/wait-list.js";
import { Operation } from "./operation.js";

/** Who waits to take: a take, or an arm of a select. */
export interface Taker extends WaitNode<Taker> {
  receive(value: unknown): void;
  closed(): void;
  abort(error: unknown): void;
  /** The select that it is an arm of: its takes and gives never meet each other. */
  readonly group?: unknown;
}

/** What `hand` answers when making a lazy value failed: the giver is out, the next one's turn comes. */
export const NOTHING: unique symbol = Symbol("nothing");

/** Who waits to give: a give, or an arm of a select. */
export interface Giver extends WaitNode<Giver> {
  /** Commits the give and hands over its value. */
  hand(): unknown;
  closed(): void;
  /** The value, to be reported undelivered; NOTHING where none was made. */
  readonly pending: unknown;
  readonly group?: unknown;
}

/** A channel, as a parked give knows it. */
export interface Leavable {
  leave(giver: Giver): void;
}

/** What a select needs to know of a channel beside its public face. */
export interface Selectable {
  readonly takers: WaitList<Taker>;
  readonly givers: WaitList<Giver>;
  /** Would a give have to wait? */
  readonly full: boolean;
  /** What is put into the channel for a value. Throws where that cannot be. */
  outgoing(value: unknown): unknown;
  /** Gives without waiting what `outgoing` has answered. */
  offer(value: unknown): "ok" | "full" | "closed";
  leave(giver: Giver): void;
  crowded(what: "gives" | "takes"): Error | null;
}

export class GiveOp extends Operation<boolean> implements Giver {
  before: Giver | null = null;
  after: Giver | null = null;
  list: WaitList<Giver> | null = null;
  readonly pending: unknown;
  readonly #channel: Leavable;

  constructor(channel: Leavable, value: unknown) {
    super();
    this.#channel = channel;
    this.pending = value;
  }

  hand(): unknown {
    this.settle(true);
    return this.pending;
  }

  closed(): void {
    this.settle(false);
  }

  override withdraw(): boolean {
    this.#channel.leave(this);
    return true;
  }
}

export class TakeOp<T> extends Operation<T | Closed> implements Taker {
  before: Taker | null = null;
  after: Taker | null = null;
  list: WaitList<Taker> | null = null;

  receive(value: unknown): void {
    this.settle(value as T);
  }

  closed(): void {
    this.settle(CLOSED);
  }

  override withdraw(): boolean {
    this.list?.remove(this);
    return true;
  }
}
