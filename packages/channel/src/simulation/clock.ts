/**
 * A clock that stands still until it is moved to its next timer, and its timers in a binary heap: ordered by when they
 * are due, then by when they were set. Setting, firing and cancelling cost O(log n); a cancelled timer is gone at once.
 */
export class VirtualClock {
  now = 0;
  #set = 0;
  readonly #heap: VirtualTimer[] = [];

  set(ms: number, run: () => void): VirtualTimer {
    const timer = new VirtualTimer(this, this.now + ms, this.#set++, run);
    this.#heap.push(timer);
    this.#up(timer, this.#heap.length - 1);
    return timer;
  }

  /** True while a timer is due now. */
  get due(): boolean {
    return this.#heap.length > 0 && (this.#heap[0] as VirtualTimer).at <= this.now;
  }

  /** Moves to the moment of the next timer. False when there is none. */
  jump(): boolean {
    const next = this.#heap[0];
    if (next === undefined) return false;
    this.now = Math.max(this.now, next.at);
    return true;
  }

  /** Takes out the timer that is due first; ask `due` before. */
  take(): VirtualTimer {
    const timer = this.#heap[0] as VirtualTimer;
    this.remove(timer);
    return timer;
  }

  remove(timer: VirtualTimer): void {
    const { index } = timer;
    if (index < 0) return;
    timer.index = -1;
    const last = this.#heap.pop() as VirtualTimer;
    if (last === timer) return;
    this.#up(last, index);
    this.#down(last, last.index);
  }

  #up(timer: VirtualTimer, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const other = this.#heap[above] as VirtualTimer;
      if (!timer.before(other)) break;
      this.#place(other, index);
      index = above;
    }
    this.#place(timer, index);
  }

  #down(timer: VirtualTimer, from: number): void {
    let index = from;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= this.#heap.length) break;
      const right = this.#heap[below + 1];
      if (right?.before(this.#heap[below] as VirtualTimer)) below++;
      const other = this.#heap[below] as VirtualTimer;
      if (!other.before(timer)) break;
      this.#place(other, index);
      index = below;
    }
    this.#place(timer, index);
  }

  #place(timer: VirtualTimer, index: number): void {
    this.#heap[index] = timer;
    timer.index = index;
  }
}

export class VirtualTimer {
  readonly at: number;
  readonly run: () => void;
  /** Where it stands in the heap; -1 once it is out. */
  index = -1;
  readonly #clock: VirtualClock;
  readonly #order: number;

  constructor(clock: VirtualClock, at: number, order: number, run: () => void) {
    this.#clock = clock;
    this.at = at;
    this.#order = order;
    this.run = run;
  }

  cancel(): void {
    this.#clock.remove(this);
  }

  before(other: VirtualTimer): boolean {
    return this.at < other.at || (this.at === other.at && this.#order < other.#order);
  }
}
