/**
 * The reading end of a stream: items come from the line, and are kept until they are taken. The other side may send as many
 * bytes as it has credit for, each item for its frame and 64 more, and gets credit back for what was taken: whoever does not
 * read costs the credits and one item more.
 * Invariants: what came before the end is taken before it; a stream without its end ends in an error, never as done.
 */
import { type Channel, CLOSED, type Closed, channel, EMPTY, type Op, type WaitOptions } from "@good-place/channel";
import { HempleError } from "../errors.js";
import { Backlog, ITEM_COST } from "./backlog.js";

/**
 * Items from the other side, in their order. `for await` it, or take; leaving the loop cancels the call. Taking fails with
 * what the stream failed with: CLOSED where the line broke before the end.
 */
export interface Stream<T> extends AsyncIterable<T>, Disposable {
  /** The next item, or waits for it; CLOSED behind the last one. */
  take(options?: WaitOptions): Op<T | Closed>;
  /** The items as a channel: for `select`, `pipe` and the like. Once it is closed, the next item cancels the call. */
  readonly channel: Channel<T>;
  /** Wants no more: the call is cancelled on both sides, and what was not taken is dropped. Twice is nothing. */
  cancel(reason?: unknown): void;
}

export class Inlet<T> implements Stream<T> {
  readonly channel: Channel<T>;
  readonly #window: number;
  readonly #grant: (bytes: number) => void;
  readonly #stop: (reason: unknown) => void;
  // What the other side may still send, and what was taken of it since it was last told.
  #credit: number;
  #taken = 0;
  // Items that wait to be taken; the first of them is offered to whoever takes from the channel.
  readonly #backlog = new Backlog<T>();
  #ending: { readonly error?: unknown } | undefined;

  /** `grant` tells the other side of credit, `stop` that nobody takes any more. */
  constructor(name: string, window: number, grant: (bytes: number) => void, stop: (reason: unknown) => void) {
    this.channel = channel<T>(0, { name });
    this.#window = window;
    this.#credit = window;
    this.#grant = grant;
    this.#stop = stop;
  }

  /** A frame of so many bytes has come with an item. Throws PROTOCOL where there was no credit for it. */
  arrived(bytes: number): void {
    if (this.#credit <= 0) throw new HempleError("PROTOCOL", "an item came without credit for it");
    this.#credit -= bytes + ITEM_COST;
  }

  /** The item that has arrived, for whoever takes it. */
  item(value: T, bytes: number): void {
    if (this.#ending !== undefined) return;
    const given = this.#backlog.size > 0 ? "behind" : this.channel.tryGive(value);
    if (given === "ok") return this.#paid(bytes + ITEM_COST);
    if (given === "closed") return this.cancel(this.channel.reason);
    this.#backlog.push(value, bytes + ITEM_COST);
    if (given === "full") this.#offer();
  }

  /** Nothing more comes: a stream that fails does so behind what has come. */
  end(ending: { readonly error?: unknown } = {}): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#settle();
  }

  take(options?: WaitOptions): Op<T | Closed> {
    return this.channel.take(options);
  }

  cancel(reason?: unknown): void {
    if (this.#ending !== undefined && this.channel.closed) return;
    this.#ending ??= {};
    this.#backlog.clear();
    this.channel.close(reason);
    this.#stop(reason);
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: async () => {
        const ready = this.channel.tryTake();
        const value = ready === EMPTY ? await this.channel.take() : ready;
        return value === CLOSED ? { done: true, value: undefined } : { done: false, value };
      },
      return: async () => {
        this.cancel();
        return { done: true, value: undefined };
      },
    };
  }

  #offer(): void {
    void this.channel.give(this.#backlog.first).then((taken) => {
      // Cancelled meanwhile, it has forgotten what was on offer.
      if (!taken || this.#backlog.size === 0) return this.cancel(this.channel.reason);
      do this.#paid(this.#backlog.shift());
      while (this.#backlog.size > 0 && this.channel.tryGive(this.#backlog.first) === "ok");
      if (this.#backlog.size > 0) this.#offer();
      else this.#settle();
    });
  }

  // Half of the window at a time: a frame for each item would cost more than the item.
  #paid(credit: number): void {
    this.#taken += credit;
    if (this.#taken < this.#window / 2 || this.#ending !== undefined) return;
    this.#credit += this.#taken;
    this.#grant(this.#taken);
    this.#taken = 0;
  }

  #settle(): void {
    if (this.#ending === undefined || this.#backlog.size > 0) return;
    if ("error" in this.#ending) this.channel.abort(this.#ending.error);
    else this.channel.close();
  }
}
