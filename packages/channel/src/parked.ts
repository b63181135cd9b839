/**
 * Who waits at a channel: the operations of a give and of a take, and what the channel needs to know of any waiter. The
 * arms of a select are waiters too.
 */
import { CLOSED, type Closed } from "./answers.js";
import type { Linked, LinkNode } from "./internal/linked.js";
import { Operation } from "./operation.js";

/** Who waits to take: a take, or an arm of a select. */
export interface Taker extends LinkNode<Taker> {
  receive(value: unknown): void;
  closed(): void;
  abort(error: unknown): void;
}

/** What `hand` answers when making a lazy value failed: the giver is out, the next one's turn comes. */
export const NOTHING: unique symbol = Symbol("nothing");

/** Who waits to give: a give, or an arm of a select. */
export interface Giver extends LinkNode<Giver> {
  /** Commits the give and hands over its value. */
  hand(): unknown;
  closed(): void;
  /** The value, to be reported undelivered; NOTHING where none was made. */
  readonly pending: unknown;
}

/** A channel, as those who wait there know it. */
export interface Place {
  readonly label: string;
  leave(giver: Giver): void;
}

export class GiveOp extends Operation<boolean> implements Giver {
  before: Giver | null = null;
  after: Giver | null = null;
  list: Linked<Giver> | null = null;
  readonly pending: unknown;

  constructor(value: unknown) {
    super();
    this.pending = value;
  }

  override get label(): string {
    return `a give to ${place(this)}`;
  }

  hand(): unknown {
    this.settle(true);
    return this.pending;
  }

  closed(): void {
    this.settle(false);
  }

  override withdraw(): boolean {
    (this.list?.owner as Place | undefined)?.leave(this);
    return true;
  }
}

export class TakeOp<T> extends Operation<T | Closed> implements Taker {
  before: Taker | null = null;
  after: Taker | null = null;
  list: Linked<Taker> | null = null;

  override get label(): string {
    return `a take from ${place(this)}`;
  }

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

// Whoever waits no more is in no list.
function place(waiting: Giver | Taker): string {
  return (waiting.list?.owner as Place | undefined)?.label ?? "a channel";
}
