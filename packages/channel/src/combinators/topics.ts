/**
 * `topics`: publish and subscribe. Each value of a channel goes to those who have subscribed to its topic.
 * Every subscription has its own buffer, so a slow one holds up the others only when that is full, and not at all where it
 * slides or drops. A topic without subscriptions takes no memory.
 */
import { CLOSED } from "../answers.js";
import type { Buffer } from "../buffer.js";
import type { Chan } from "../channel.js";
import type { Channel, ChannelOptions } from "../channel-face.js";
import { checkOptions, describe, misuse } from "../errors.js";
import type { Fiber } from "../fiber-face.js";
import type { Joint } from "../parked.js";
import { checkSlow } from "./broadcast.js";
import { CHANNEL_OPTIONS, checkChannel, checkFlags, feed, output } from "./output.js";
import { type Slow, Taps } from "./taps.js";

export interface TopicsOptions<T, K> {
  /** The buffer of a subscription that names none, or the one of each topic; a rendezvous by default. */
  readonly buffer?: number | Buffer | ((topic: K) => number | Buffer) | undefined;
  /** What happens when a subscription has no room: the next value waits for it ("wait", by default), or it misses this one ("skip"). */
  readonly slow?: Slow | undefined;
  /** Closes the source when `topicOf` fails or the fiber is cancelled, so that givers learn that nobody takes any more; true by default. */
  readonly closeSource?: boolean | undefined;
  /** Gets each value whose topic nobody has subscribed to. */
  readonly onUndelivered?: ((value: T) => void) | undefined;
}

/** `given` counts the values that went out, `missed` those whose topic had no subscription. */
export interface TopicsStatistics {
  readonly topics: number;
  readonly subscriptions: number;
  readonly given: number;
  readonly missed: number;
}

export interface Topics<T, K> {
  /** Ends when the source has. Cancelling it aborts the subscriptions. */
  readonly fiber: Fiber<void>;
  /** A channel that gets the topic's values from now on; close it to unsubscribe. Ended as the others were, once they have. */
  subscribe(topic: K, buffer?: number | Buffer, options?: ChannelOptions<T>): Channel<T>;
  statistics(): TopicsStatistics;
}

/**
 * Gives each value of the source to the subscriptions of its topic, in the innermost scope; topics are told apart as the
 * keys of a Map. When the source has ended, all are finished with its reason; an abort aborts them, and so does an error of
 * `topicOf`, which also fails the scope.
 */
export function topics<T, K>(
  source: Channel<T>,
  topicOf: (value: T) => K,
  options: TopicsOptions<T, K> = {},
): Topics<T, K> {
  checkChannel("topics() source", source);
  if (typeof topicOf !== "function") {
    throw misuse(
      "type",
      "NOT_A_TOPIC",
      `topics() takes a function that names a value's topic, got ${describe(topicOf)}`,
    );
  }
  checkOptions("topics()", options, ["buffer", "slow", "closeSource", "onUndelivered"]);
  checkFlags("topics()", options, ["closeSource"]);
  checkSlow("topics()", options.slow);
  return new Publisher(source as Joint<T>, topicOf, options);
}

class Publisher<T, K> implements Topics<T, K> {
  readonly fiber: Fiber<void>;
  readonly #source: Joint<T>;
  readonly #topicOf: (value: T) => K;
  readonly #options: TopicsOptions<T, K>;
  readonly #taps = new Map<K, Taps<T>>();
  // Where values go that have nowhere to go: it counts and reports them.
  readonly #nowhere: Chan<T>;
  #given = 0;
  // How subscriptions are ended, once they are.
  #over: ((subscription: Chan<T>) => void) | null = null;

  constructor(source: Joint<T>, topicOf: (value: T) => K, options: TopicsOptions<T, K>) {
    this.#source = source;
    this.#topicOf = topicOf;
    this.#options = options;
    const { onUndelivered, closeSource = true } = options;
    this.#nowhere = output<T>(0, { onUndelivered });
    const end = (error: unknown): boolean => {
      const heard = this.#abort(error);
      if (closeSource) source.close(error);
      return heard;
    };
    this.fiber = feed(end, () => this.#run(), { name: "topics" });
  }

  subscribe(topic: K, buffer?: number | Buffer, options: ChannelOptions<T> = {}): Channel<T> {
    checkOptions("subscribe()", options, CHANNEL_OPTIONS);
    const common = this.#options.buffer ?? 0;
    const own = buffer ?? (typeof common === "function" ? common(topic) : common);
    const subscription = output(own, options);
    if (this.#over !== null) this.#over(subscription);
    else this.#tapsOf(topic).add(subscription);
    return subscription;
  }

  statistics(): TopicsStatistics {
    let subscriptions = 0;
    for (const taps of this.#taps.values()) subscriptions += taps.size;
    const missed = this.#nowhere.statistics().dropped;
    return { topics: this.#taps.size, subscriptions, given: this.#given, missed };
  }

  #tapsOf(topic: K): Taps<T> {
    const known = this.#taps.get(topic);
    if (known !== undefined) return known;
    const taps = new Taps<T>(this.#options.slow ?? "wait", () => this.#taps.delete(topic));
    this.#taps.set(topic, taps);
    return taps;
  }

  *#run(): Generator<unknown, void, never> {
    for (;;) {
      const value = yield* this.#take();
      if (value === CLOSED) return;
      const taps = this.#taps.get(this.#topic(value));
      if (taps === undefined) this.#nowhere.drop(value);
      else {
        this.#given++;
        yield* taps.spread(value);
      }
    }
  }

  // Ends the subscriptions when the source has ended, as it has.
  *#take(): Generator<unknown, T | typeof CLOSED, never> {
    const source = this.#source;
    try {
      const value = yield* source.take();
      if (value !== CLOSED) return value;
    } catch (error) {
      this.#abort(error);
      return CLOSED;
    }
    const { reason } = source;
    this.#over = (subscription) => void subscription.close(reason);
    for (const taps of [...this.#taps.values()]) taps.finish(reason);
    return CLOSED;
  }

  #topic(value: T): K {
    try {
      return this.#topicOf(value);
    } catch (error) {
      this.#nowhere.drop(value);
      throw error;
    }
  }

  #abort(error: unknown): boolean {
    const heard = this.#over === null && this.#taps.size > 0;
    this.#over ??= (subscription) => void subscription.abort(error);
    for (const taps of [...this.#taps.values()]) taps.abort(error);
    return heard;
  }
}
