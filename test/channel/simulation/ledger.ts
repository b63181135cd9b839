/**
 * Keeps account of values that pass through channels in a simulation: what was offered, how each offer ended, and who
 * took what. Every rule is checked as soon as it can be.
 */
import { type Channel, CLOSED, EMPTY, type Fiber } from "@good-place/channel";

/** A value that is like no other. */
export interface Item {
  readonly channel: number;
  readonly giver: number;
  readonly nth: number;
}

export class Ledger {
  #items = 0;
  readonly #offered = new Map<Item, "open" | "given" | "refused">();
  readonly #gone = new Map<Item, "taken" | "undelivered" | "left">();
  // The last that each taker took of each giver, by channel.
  readonly #order = new Map<string, number>();

  offer(channel: number, giver: number): Item {
    const item = { channel, giver, nth: this.#items++ };
    this.#offered.set(item, "open");
    return item;
  }

  answered(item: Item, accepted: boolean): void {
    this.#offered.set(item, accepted ? "given" : "refused");
    if (!accepted && this.#gone.get(item) === "taken") throw new Error("a refused value was taken");
  }

  taken(item: Item, channel: number, taker: number): void {
    if (item.channel !== channel) throw new Error("a value came out of another channel than it was given to");
    this.#leave(item, "taken");
    const way = `${channel} ${item.giver} ${taker}`;
    if ((this.#order.get(way) ?? -1) > item.nth) throw new Error("two values of one giver overtook each other");
    this.#order.set(way, item.nth);
  }

  undelivered(item: Item): void {
    this.#leave(item, "undelivered");
  }

  /** Takes what is left in the channels, and settles the account. */
  close(channels: readonly Channel<Item>[]): void {
    for (const each of channels) {
      const { parkedGives, parkedTakes } = each.statistics();
      if (parkedGives + parkedTakes > 0) throw new Error("somebody is parked who has ended");
      for (const item of drained(each)) this.#leave(item, "left");
    }
    for (const [item, answer] of this.#offered) {
      const end = this.#gone.get(item);
      if (answer === "given" && end === undefined) throw new Error("a value that was accepted is lost");
      // What was withdrawn, or refused, is not seen again; but an abort reports what it refuses.
      if (answer !== "given" && (end === "taken" || end === "left"))
        throw new Error("a value went in that was not given");
      if (answer === "open" && end !== undefined) throw new Error("a withdrawn value was seen");
    }
  }

  #leave(item: Item, end: "taken" | "undelivered" | "left"): void {
    if (this.#gone.has(item)) throw new Error(`a value came out twice: ${this.#gone.get(item)}, then ${end}`);
    this.#gone.set(item, end);
  }
}

/** When nobody can go on: nobody may wait for what another waits to hand over, or for nothing at all. */
export function checkQuiet(channels: readonly Channel<Item>[], fibers: readonly Fiber<unknown>[]): void {
  let parked = 0;
  for (const each of channels) {
    const { size, capacity, parkedGives, parkedTakes } = each.statistics();
    parked += parkedGives + parkedTakes;
    if (parkedTakes > 0 && size + parkedGives > 0) throw new Error("a take waits though there is a value");
    if (parkedGives > 0 && size < capacity) throw new Error("a give waits though there is room");
    if (parkedTakes > 0 && each.closed) throw new Error("somebody waits at a closed channel");
  }
  // One that waits is parked at one channel at least.
  const waiting = fibers.filter(({ status }) => status === "running");
  if (waiting.length > parked) throw new Error("a fiber was not woken");
}

function drained(channel: Channel<Item>): Item[] {
  const left: Item[] = [];
  try {
    for (;;) {
      const item = channel.tryTake();
      if (item === EMPTY || item === CLOSED) return left;
      left.push(item);
    }
  } catch {
    return left;
  }
}
