/**
 * A link moves values from one channel to another: a value leaves the first in the step in which the second has it, so
 * that a link that is cancelled, or whose second channel closes, has nothing to lose.
 * While there is nothing to take it waits among the takers of the first channel, else among the givers of the second. A
 * taker that is offered a value and finds no room declines, and waits at the other end; a giver that finds nothing left
 * does the same.
 */
import { CLOSED, type Closed, EMPTY } from "../answers.js";
import type { Linked } from "../internal/linked.js";
import { type Op, Operation } from "../operation.js";
import { failed, refusal, settled } from "../outcome.js";
import { type Giver, type Joint, NOTHING, type Taker, type Watcher } from "../parked.js";
import { deliver } from "./deliver.js";

/** True: go on. False: the second channel is closed. CLOSED: the first is, and empty. */
export type Moved = boolean | Closed;

// Links that follow each other hand on within one step. A longer chain goes on in a fiber's next step, not deeper in the stack.
const DEEPEST = 64;
let depth = 0;

export class Link<T> {
  readonly from: Joint<T>;
  readonly to: Joint<T>;
  readonly #taker: LinkTaker = new LinkTaker(this as Link<unknown>);
  readonly #giver: LinkGiver = new LinkGiver(this as Link<unknown>);
  readonly #watchers: readonly [LinkWatcher, LinkWatcher];
  #waiting: MoveOp | null = null;
  // What it was handed too deep in a chain to hand on: there was room, and it is given in the fiber's next step.
  #handed: T | typeof NOTHING = NOTHING;

  constructor(from: Joint<T>, to: Joint<T>) {
    this.from = from;
    this.to = to;
    this.#watchers = [
      new LinkWatcher(this as Link<unknown>, from as Joint<unknown>),
      new LinkWatcher(this as Link<unknown>, to as Joint<unknown>),
    ];
  }

  /** Moves one value, or waits until one can be moved. Fails with the error of the first channel's abort. */
  move(): Op<Moved> {
    const { from, to } = this;
    if (this.#handed !== NOTHING) return deliver(to, this.#release());
    const refused = refusal(undefined);
    if (refused !== null) return refused;
    try {
      for (;;) {
        if (to.closed) return settled<Moved>(false);
        const there = from.peek();
        if (there === CLOSED) return settled<Moved>(CLOSED);
        // A far slot first, for a far value cannot be held until there is one.
        if ((there === true || to.far) && !to.room) return this.#wait(true);
        if (there === EMPTY) return this.#wait(false);
        const value = from.tryTake();
        if (value === CLOSED) return settled<Moved>(CLOSED);
        // Should the making of a lazy value have closed or filled the second channel, it is reported there or waits.
        if (value !== EMPTY) return deliver(to, this.#outgoing(value));
      }
    } catch (error) {
      return failed(error);
    }
  }

  #wait(there: boolean): Op<Moved> {
    const crowded = there ? this.to.crowded("gives") : this.from.crowded("takes");
    if (crowded !== null) return failed(crowded);
    this.#waiting = new MoveOp(this as Link<unknown>);
    if (there) this.to.givers.push(this.#giver);
    else this.from.takers.push(this.#taker);
    return this.#waiting;
  }

  #release(): T {
    const value = this.#handed as T;
    this.#handed = NOTHING;
    return value;
  }

  get willing(): boolean {
    return this.to.room;
  }

  receive(value: T): boolean {
    let passed: boolean;
    try {
      passed = this.#pass(value);
    } catch (error) {
      // It cannot be copied into a thread channel: it stays with its giver.
      this.failAll(error);
      return false;
    }
    if (passed) this.settle(true);
    else this.decline();
    return passed;
  }

  #pass(value: T): boolean {
    const { to } = this;
    if (depth < DEEPEST) {
      depth++;
      try {
        return to.offer(to.outgoing(value) as T) === "ok";
      } finally {
        depth--;
      }
    }
    if (!to.room) return false;
    this.#handed = to.outgoing(value) as T;
    return true;
  }

  // What cannot go into a thread channel has left the first channel for nowhere.
  #outgoing(value: T): T {
    try {
      return this.to.outgoing(value) as T;
    } catch (error) {
      this.from.drop(value);
      throw error;
    }
  }

  decline(): void {
    if (this.to.closed) this.settle(false);
    else this.to.givers.push(this.#giver);
  }

  hand(): unknown {
    if (depth >= DEEPEST) {
      this.settle(true);
      return NOTHING;
    }
    depth++;
    try {
      const value = this.from.tryTake();
      if (value === CLOSED) this.settle(CLOSED);
      else if (value !== EMPTY) {
        const outgoing = this.#outgoing(value);
        this.settle(true);
        return outgoing;
      } else if (this.to.closed) this.settle(false);
      else if (this.#waiting?.done === false) this.from.takers.push(this.#taker);
    } catch (error) {
      this.#waiting?.fail(error);
    } finally {
      depth--;
    }
    return NOTHING;
  }

  /** One of the two channels was closed, finished or aborted. */
  changed(): void {
    if (this.#waiting === null || this.#waiting.done) return;
    try {
      const there = this.from.peek();
      if (there === CLOSED) this.settle(CLOSED);
      else if (this.to.closed && (this.#giver.list === null || there === EMPTY)) this.settle(false);
    } catch (error) {
      this.failAll(error);
    }
  }

  settle(moved: Moved): void {
    this.leave();
    this.#waiting?.settle(moved);
  }

  /** One of the two channels has failed, or cannot have the value. */
  failAll(error: unknown): void {
    this.leave();
    this.#waiting?.fail(error);
  }

  /** Waits no longer. */
  leave(): void {
    this.from.takers.remove(this.#taker);
    this.to.leave(this.#giver);
  }

  /** Leaves nothing behind. */
  end(): void {
    this.leave();
    if (this.#handed !== NOTHING) this.to.drop(this.#release());
    for (const watcher of this.#watchers) watcher.list?.remove(watcher);
  }
}

class MoveOp extends Operation<Moved> {
  readonly #link: Link<unknown>;

  constructor(link: Link<unknown>) {
    super();
    this.#link = link;
  }

  override withdraw(): boolean {
    this.#link.leave();
    return true;
  }
}

class LinkTaker implements Taker {
  before: Taker | null = null;
  after: Taker | null = null;
  list: Linked<Taker> | null = null;
  readonly #link: Link<unknown>;

  constructor(link: Link<unknown>) {
    this.#link = link;
  }

  // By it a thread channel knows that the value may be declined.
  get group(): Link<unknown> {
    return this.#link;
  }

  get willing(): boolean {
    return this.#link.willing;
  }

  receive(value: unknown): boolean {
    return this.#link.receive(value);
  }

  decline(): void {
    this.#link.decline();
  }

  closed(): void {
    this.#link.settle(CLOSED);
  }

  abort(error: unknown): void {
    this.#link.failAll(error);
  }
}

class LinkGiver implements Giver {
  before: Giver | null = null;
  after: Giver | null = null;
  list: Linked<Giver> | null = null;
  // What it would give is still in the first channel.
  readonly pending: typeof NOTHING = NOTHING;
  readonly #link: Link<unknown>;

  constructor(link: Link<unknown>) {
    this.#link = link;
  }

  get group(): Link<unknown> {
    return this.#link;
  }

  hand(): unknown {
    return this.#link.hand();
  }

  closed(): void {
    this.#link.settle(false);
  }
}

class LinkWatcher implements Watcher {
  before: Watcher | null = null;
  after: Watcher | null = null;
  list: Linked<Watcher> | null = null;
  readonly #link: Link<unknown>;
  readonly #channel: Joint<unknown>;

  constructor(link: Link<unknown>, channel: Joint<unknown>) {
    this.#link = link;
    this.#channel = channel;
    this.#channel.watch(this);
  }

  changed(): void {
    // A closed channel may still be aborted.
    this.#channel.watch(this);
    this.#link.changed();
  }
}
