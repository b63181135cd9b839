/**
 * `change`: waits for what may happen to a channel besides gives and takes: that it is closed, finished or aborted.
 */
import type { Linked } from "../internal/linked.js";
import { Operation, type Waiter } from "../operation.js";
import type { Joint, Watcher } from "../parked.js";

/** Waits until the channel is next closed, finished or aborted. It leaves nothing behind where nobody waits for it any more. */
export function change<T>(channel: Joint<T>): Operation<void> {
  const op = new ChangeOp();
  channel.watch(op);
  return op;
}

class ChangeOp extends Operation<void> implements Watcher {
  before: Watcher | null = null;
  after: Watcher | null = null;
  list: Linked<Watcher> | null = null;

  changed(): void {
    this.settle(undefined);
  }

  override unwatch(waiter: Waiter): void {
    super.unwatch(waiter);
    if (!this.wanted) this.withdraw();
  }

  override withdraw(): boolean {
    this.list?.remove(this);
    return true;
  }
}
