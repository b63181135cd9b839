/**
 * The writing end of a stream: takes from a source as fast as the other side grants credit, and no faster. Credit is counted
 * in bytes of frames, and an item may go as long as any is left.
 */
import { type Channel, CLOSED, channel, isChannel, sliding, until } from "@good-place/channel";
import { ITEM_COST } from "./backlog.js";

/** Where the items of a stream come from. A channel ends by being closed, an iterator is told when no more is wanted. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

/** Sends one item and gives the bytes that it took. */
export type Send<T> = (item: T) => number | PromiseLike<number>;

// What one stream may have on its way, whatever credit the other side claims to give.
const MOST_CREDIT = 2 ** 20;

export class Outlet {
  #credit: number;
  readonly #granted: Channel<true> = channel<true>(sliding(1));

  constructor(credit: number) {
    this.#credit = Math.min(credit, MOST_CREDIT);
  }

  grant(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, MOST_CREDIT);
    if (this.#credit > 0) this.#granted.tryGive(true);
  }

  /** Sends the items of the source, until it ends. */
  *pour<T>(source: Source<T>, send: Send<T>): Generator<unknown, void, never> {
    if (isChannel(source)) yield* this.#take(source as Channel<T>, send);
    else if (Symbol.asyncIterator in source) yield* this.#iterate(source[Symbol.asyncIterator](), send);
    else yield* this.#iterate(source[Symbol.iterator](), send);
  }

  *#take<T>(source: Channel<T>, send: Send<T>): Generator<unknown, void, never> {
    for (;;) {
      if (this.#credit <= 0) yield* this.#ready();
      const item = yield* source.take();
      if (item === CLOSED) return;
      const sent = send(item);
      this.#credit -= ITEM_COST + (typeof sent === "number" ? sent : yield* until(sent));
    }
  }

  *#iterate<T>(iterator: Iterator<T> | AsyncIterator<T>, send: Send<T>): Generator<unknown, void, never> {
    let done = false;
    try {
      for (;;) {
        if (this.#credit <= 0) yield* this.#ready();
        const next = iterator.next();
        const result = "then" in next ? yield* until(next) : next;
        done = result.done === true;
        if (done) return;
        const sent = send(result.value);
        this.#credit -= ITEM_COST + (typeof sent === "number" ? sent : yield* until(sent));
      }
    } finally {
      // An iterator that is still busy hears of it when it has ended its step; nobody waits for that.
      if (!done) void (async () => iterator.return?.())().catch(() => {});
    }
  }

  *#ready(): Generator<unknown, void, never> {
    while (this.#credit <= 0) yield* this.#granted.take();
  }
}

/** Is it something that a stream can come from? Text can be iterated too, but is hardly meant. */
export function isSource(value: unknown): value is Source<unknown> {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
