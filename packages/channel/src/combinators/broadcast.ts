/**
 * `broadcast`: every tap gets every value of one channel. Slow taps are waited for, or miss what they have no room for.
 * Where they are waited for, nothing is taken while there is no tap: whoever comes first gets the first value.
 */
import { CLOSED, type Closed } from "../answers.js";
import type { Buffer } from "../buffer.js";
import type { Chan } from "../channel.js";
import type { Channel, ChannelOptions } from "../channel-face.js";
import { checkOptions, describe, misuse } from "../errors.js";
import type { Fiber } from "../fiber-face.js";
import { Operation } from "../operation.js";
import type { Joint } from "../parked.js";
import { select } from "../select.js";
import { change } from "./change.js";
import { CHANNEL_OPTIONS, checkChannel, checkFlags, feed, output } from "./output.js";
import { type Slow, Taps } from "./taps.js";

export interface BroadcastOptions<T> {
  /** What happens when a tap has no room: the next value waits for it ("wait", by default), or it misses this one ("skip"). */
  readonly slow?: Slow | undefined;
  /** Closes the source when the broadcast is cancelled, so that givers learn that nobody takes any more; true by default. */
  readonly closeSource?: boolean | undefined;
  /** Gets each value that was taken and that no tap was there for. */
  readonly onUndelivered?: ((value: T) => void) | undefined;
}

/** `given` counts the values that went out, `missed` those for which no tap was there. What one tap missed is among its own `dropped`. */
export interface BroadcastStatistics {
  readonly taps: number;
  readonly given: number;
  readonly missed: number;
}

export interface Broadcast<T> {
  /** Ends when the source has. Cancelling it aborts the taps. */
  readonly fiber: Fiber<void>;
  /** A channel that gets every value from now on; whoever closes it is no tap any more. Ended as the taps were, once they have. */
  tap(buffer?: number | Buffer, options?: ChannelOptions<T>): Channel<T>;
  /** Closes a tap. What it has buffered can still be taken. False for what is no tap. */
  untap(tap: Channel<T>): boolean;
  statistics(): BroadcastStatistics;
}

/**
 * Gives each value of the source to all taps, in the innermost scope. When the source has ended, the taps are finished with
 * its reason; an abort aborts them.
 * "wait": a value goes out when all taps have accepted the one before, and none is taken while there is no tap. "skip": a
 * tap without room misses the value, which is counted as dropped there; with no tap, values are taken and missed by all.
 */
export function broadcast<T>(source: Channel<T>, options: BroadcastOptions<T> = {}): Broadcast<T> {
  checkChannel("broadcast() source", source);
  checkOptions("broadcast()", options, ["slow", "closeSource", "onUndelivered"]);
  checkFlags("broadcast()", options, ["closeSource"]);
  return new Hub(source as Joint<T>, checkSlow("broadcast()", options.slow), options);
}

/** What `slow` says, "wait" where it says nothing. */
export function checkSlow(where: string, slow: Slow | undefined): Slow {
  if (slow === undefined || slow === "wait" || slow === "skip") return slow ?? "wait";
  throw misuse("type", "BAD_OPTION", `${where}: slow must be "wait" or "skip", got ${describe(slow)}`);
}

class Hub<T> implements Broadcast<T> {
  readonly fiber: Fiber<void>;
  readonly #source: Joint<T>;
  readonly #taps: Taps<T>;
  readonly #slow: Slow;
  // Where values go that have nowhere to go: it counts and reports them.
  readonly #nowhere: Chan<T>;
  #given = 0;
  // Settled when the first tap comes, and when the last has gone.
  #turned = new Operation<void>();
  // How taps are ended, once they are.
  #over: ((tap: Chan<T>) => void) | null = null;

  constructor(source: Joint<T>, slow: Slow, { onUndelivered, closeSource = true }: BroadcastOptions<T>) {
    this.#source = source;
    this.#slow = slow;
    this.#nowhere = output<T>(0, { onUndelivered });
    this.#taps = new Taps(slow, () => this.#turned.settle(undefined));
    const end = (error: unknown): boolean => {
      const heard = this.#abort(error);
      if (closeSource) source.close(error);
      return heard;
    };
    this.fiber = feed(end, () => this.#run(), { name: "broadcast" });
  }

  tap(buffer: number | Buffer = 0, options: ChannelOptions<T> = {}): Channel<T> {
    checkOptions("tap()", options, CHANNEL_OPTIONS);
    const tap = output(buffer, options);
    if (this.#over !== null) this.#over(tap);
    else {
      this.#taps.add(tap);
      if (this.#taps.size === 1) this.#turned.settle(undefined);
    }
    return tap;
  }

  untap(tap: Channel<T>): boolean {
    checkChannel("untap(): the tap", tap);
    if (!this.#taps.has(tap as Chan<T>)) return false;
    tap.close();
    return true;
  }

  statistics(): BroadcastStatistics {
    return { taps: this.#taps.size, given: this.#given, missed: this.#nowhere.statistics().dropped };
  }

  *#run(): Generator<unknown, void, never> {
    try {
      for (;;) {
        const value = yield* this.#slow === "wait" ? this.#takeForTaps() : this.#source.take();
        if (value === CLOSED) break;
        if (this.#taps.size === 0) this.#nowhere.drop(value);
        else {
          this.#given++;
          yield* this.#taps.spread(value);
        }
      }
    } catch (error) {
      this.#abort(error);
      return;
    }
    const { reason } = this.#source;
    this.#over = (tap) => void tap.close(reason);
    this.#taps.finish(reason);
  }

  // Takes only while there is a tap: the take of a select is withdrawn in the step in which the last one goes.
  *#takeForTaps(): Generator<unknown, T | Closed, never> {
    for (;;) {
      this.#turned = new Operation();
      if (this.#taps.size === 0) {
        if (this.#source.peek() === CLOSED) return CLOSED;
        yield* select([this.#turned, change(this.#source)]);
      } else {
        const hit = yield* select([this.#source, this.#turned]);
        if (hit.tag === "take") return hit.value as T;
        if (hit.tag === "closed") return CLOSED;
      }
    }
  }

  #abort(error: unknown): boolean {
    const heard = this.#over === null && this.#taps.size > 0;
    this.#over ??= (tap) => void tap.abort(error);
    this.#taps.abort(error);
    return heard;
  }
}
