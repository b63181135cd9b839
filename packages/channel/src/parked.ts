/**
 * Who waits at a channel: the operations of a give and of a take, and what the channel needs to know of any waiter. The
 * arms of a select are waiters too.
 */
import { CLOSED, type Closed, type Empty } from "./answers.js";
import type { Channel } from "./channel-face.js";
import type { Linked, LinkNode } from "./internal/linked.js";
import { Operation } from "./operation.js";

/** Who waits to take: a take, or an arm of a select. */
export interface Taker extends LinkNode<Taker> {
  /** Would it receive a value now? */
  readonly willing: boolean;
  /** True: it has the value. False: it has left, and somebody else may have the value. */
  receive(value: unknown): boolean;
  /** Has been taken out of the queue, for it was not willing. */
  decline(): void;
  closed(): void;
  abort(error: unknown): void;
  /** The select that it is an arm of: its takes and gives never meet each other. */
  readonly group?: unknown;
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
  readonly group?: unknown;
}

/** Who wants to know when a channel is closed, finished or aborted. It is told once, and may wait again. */
export interface Watcher extends LinkNode<Watcher> {
  changed(): void;
}

/** Those who are told may watch again, but are not told again. */
export function tell(watchers: Linked<Watcher>): void {
  for (let left = watchers.size; left > 0; left--) watchers.shift()?.changed();
}

/** A channel, as those who wait there know it. */
export interface Place {
  readonly label: string;
  leave(giver: Giver): void;
}

/** What a select needs to know of a channel beside its public face. */
export interface Selectable extends Place {
  readonly takers: Linked<Taker>;
  readonly givers: Linked<Giver>;
  /** Would a give have to wait? */
  readonly full: boolean;
  /** What is put into the channel for a value. Throws where that cannot be. */
  outgoing(value: unknown): unknown;
  /** Gives without waiting what `outgoing` has answered. */
  offer(value: unknown): "ok" | "full" | "closed";
  crowded(what: "gives" | "takes"): Error | null;
}

/** What a combinator needs to know of a channel beside that. */
export interface Joint<T> extends Channel<T>, Selectable {
  /** Lives in another thread: a slot has to be asked for, and is kept once it is granted. */
  readonly far: boolean;
  /** Is there a taker, or a place in the buffer? A taker may still decline. */
  readonly room: boolean;
  /** True where there is something to take, else EMPTY or CLOSED; throws the error of an abort. */
  peek(): true | Empty | Closed;
  /** Tells the watcher when the channel is next closed, finished or aborted. */
  watch(watcher: Watcher): void;
  /** Counts and reports a value that was bound for this channel and will never be taken from it. */
  drop(value: T): void;
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
  before: Taker | null;
  after: Taker | null;
  list: Linked<Taker> | null;

  // Written out: a constructor that is left to the compiler passes its arguments on, at a third of the cost of a take.
  constructor() {
    super();
    this.before = null;
    this.after = null;
    this.list = null;
  }

  override get label(): string {
    return `a take from ${place(this)}`;
  }

  get willing(): boolean {
    return true;
  }

  receive(value: unknown): boolean {
    this.settle(value as T);
    return true;
  }

  decline(): void {}

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
