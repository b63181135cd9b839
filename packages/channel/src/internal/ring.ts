/**
 * A first-in, first-out queue in a power-of-two array that grows, and shrinks when it has run empty.
 * Invariant: every slot outside [head, tail) is undefined, so that nothing taken is kept alive.
 */
const ROOMY = 8191;

export class Ring<T> {
  #slots: (T | undefined)[] = new Array(8);
  #mask = 7;
  #head = 0;
  #tail = 0;

  get size(): number {
    return (this.#tail - this.#head) & this.#mask;
  }

  push(value: T): void {
    this.#slots[this.#tail] = value;
    this.#tail = (this.#tail + 1) & this.#mask;
    if (this.#tail === this.#head) this.grow();
  }

  /** The oldest value; undefined when empty, so ask `size` first where undefined is a value. */
  shift(): T | undefined {
    if (this.#head === this.#tail) return undefined;
    const value = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    if (this.#head === this.#tail && this.#mask >= ROOMY) this.shrink();
    return value;
  }

  // A burst must not hold its room for ever.
  private shrink(): void {
    this.#slots = new Array(8);
    this.#mask = 7;
    this.#head = 0;
    this.#tail = 0;
  }

  /** Puts a value before the oldest. */
  unshift(value: T): void {
    this.#head = (this.#head - 1) & this.#mask;
    this.#slots[this.#head] = value;
    if (this.#tail === this.#head) this.grow();
  }

  private grow(): void {
    const size = this.#slots.length;
    const slots: (T | undefined)[] = new Array(size * 2);
    for (let i = 0; i < size; i++) slots[i] = this.#slots[(this.#head + i) & this.#mask];
    this.#slots = slots;
    this.#mask = size * 2 - 1;
    this.#head = 0;
    this.#tail = size;
  }
}
