/**
 * What can run at a moment of a simulation, and who goes next. What was woken can run in any order; fibers that have not
 * begun, and timers that are due, each only in theirs; what stands behind runs when nothing else can.
 */
import { Ring } from "../internal/ring.js";
import type { Runnable } from "../internal/runtime.js";
import { Bag } from "./bag.js";
import { VirtualClock } from "./clock.js";

export class Agenda {
  readonly clock: VirtualClock = new VirtualClock();
  readonly ready: Bag<Runnable> = new Bag();
  readonly starting: Ring<Runnable> = new Ring();
  readonly behind: Ring<Runnable> = new Ring();

  /** In how many ways it can go on, but for what stands behind. */
  get ways(): number {
    return this.ready.size + (this.starting.size > 0 ? 1 : 0) + (this.clock.due ? 1 : 0);
  }

  get empty(): boolean {
    return this.ways === 0 && this.behind.size === 0;
  }

  /** Takes out the one that the choice among the ways falls on. Undefined when it is empty. */
  take(choice: number): Runnable | undefined {
    if (choice < this.ready.size) return this.ready.take(choice);
    if (choice === this.ready.size && this.starting.size > 0) return this.starting.shift();
    return this.clock.due ? this.clock.take() : this.behind.shift();
  }
}
