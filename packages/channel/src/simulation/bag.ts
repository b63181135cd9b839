/**
 * What is ready to run, to be taken out in any order: the oldest stands first, and taking another puts the oldest into
 * its place. Cost: O(1), amortized.
 */
export class Bag<T> {
  #slots: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#slots.length - this.#head;
  }

  add(item: T): void {
    this.#slots.push(item);
  }

  take(index: number): T {
    const at = this.#head + index;
    const item = this.#slots[at] as T;
    this.#slots[at] = this.#slots[this.#head];
    this.#slots[this.#head++] = undefined;
    if (this.#head === this.#slots.length) {
      this.#slots.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#slots.length) {
      this.#slots = this.#slots.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
