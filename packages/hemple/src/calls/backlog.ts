/**
 * What waits to be taken, first in, first out, with the credit that each one costs. A place in it is two array slots: a
 * give that waits in a channel would be some hundred bytes.
 */

/** What an item costs its reader beside the bytes of its frame, in credit: holding the shortest costs memory too. */
export const ITEM_COST = 64;

// So many slots that were taken are kept before the rest moves up.
const SPENT = 1024;

export class Backlog<T> {
  #values: (T | undefined)[] = [];
  #costs: number[] = [];
  #at = 0;

  get size(): number {
    return this.#values.length - this.#at;
  }

  push(value: T, cost: number): void {
    this.#values.push(value);
    this.#costs.push(cost);
  }

  /** The oldest; ask `size` first. */
  get first(): T {
    return this.#values[this.#at] as T;
  }

  /** Forgets the oldest, and gives its cost. */
  shift(): number {
    const cost = this.#costs[this.#at] as number;
    this.#values[this.#at] = undefined;
    this.#at += 1;
    if (this.size === 0) this.clear();
    else if (this.#at >= SPENT && this.#at >= this.size) {
      this.#values = this.#values.slice(this.#at);
      this.#costs = this.#costs.slice(this.#at);
      this.#at = 0;
    }
    return cost;
  }

  clear(): void {
    this.#values = [];
    this.#costs = [];
    this.#at = 0;
  }
}
