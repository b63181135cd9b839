/**
 * The channel as its users see it, and what is checked before there is one.
 */
import { CLOSED, type Closed, EMPTY, type Empty } from "./answers.js";
import { checkOptions, describe, misuse } from "./errors.js";
import type { Op, WaitOptions } from "./operation.js";

export interface ChannelOptions<T> {
  /** Names the channel in errors and reports. */
  readonly name?: string | undefined;
  /** Gets each value that was accepted or offered and will never be taken: dropped by the buffer's rule or by an abort. */
  readonly onUndelivered?: ((value: T) => void) | undefined;
  /** Gives and takes, counted apart, that may wait at once; one more fails with TOO_MANY_PARKED. No limit by default. */
  readonly maxParked?: number | undefined;
}

/** A snapshot of a channel's numbers. `size` is what is buffered; parked gives count apart. */
export interface ChannelStatistics {
  readonly capacity: number;
  readonly size: number;
  readonly peak: number;
  readonly parkedGives: number;
  readonly parkedTakes: number;
  readonly given: number;
  readonly taken: number;
  readonly dropped: number;
}

export interface Channel<T> extends AsyncIterable<T> {
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;
  readonly name: string | undefined;
  /** True from the first close, finish or abort: nothing more can be given. */
  readonly closed: boolean;
  /** What `close`, `finish` or `abort` gave as the reason. */
  readonly reason: unknown;
  /** Gives a value: true once a taker or the buffer has it, false when the channel is closed, then or while waiting. */
  give(value: T, options?: WaitOptions): Op<boolean>;
  /** Takes the next value, or waits for it. CLOSED once the channel is closed and empty; fails with the error of an abort. */
  take(options?: WaitOptions): Op<T | Closed>;
  /** Gives without waiting: "ok", "full" when a give would wait, "closed". */
  tryGive(value: T): "ok" | "full" | "closed";
  /** Takes without waiting: EMPTY when a take would wait, CLOSED once closed and empty; throws the error of an abort. */
  tryTake(): T | Empty | Closed;
  /** Refuses parked and later gives with false; what is buffered can still be taken. Closing twice is nothing. */
  close(reason?: unknown): this;
  /** Refuses later gives, lets parked and buffered values drain, then closes. Settles when empty; fails when aborted. */
  finish(reason?: unknown): Op<void>;
  /** Drops what is parked and buffered (each to `onUndelivered`), refuses gives with false and fails takes with the error. */
  abort(error: unknown): this;
  statistics(): ChannelStatistics;
}

/** Refuses what no channel can be made with. */
export function checkChannelOptions(where: string, options: ChannelOptions<never>): void {
  checkOptions(where, options, ["name", "onUndelivered", "maxParked"]);
  const { maxParked } = options;
  if (options.onUndelivered !== undefined && typeof options.onUndelivered !== "function") {
    throw misuse(
      "type",
      "BAD_OPTION",
      `channel(): onUndelivered must be a function, got ${describe(options.onUndelivered)}`,
    );
  }
  if (options.name !== undefined && typeof options.name !== "string") {
    throw misuse("type", "BAD_OPTION", `channel(): name must be a string, got ${describe(options.name)}`);
  }
  if (maxParked !== undefined && (!Number.isInteger(maxParked) || maxParked < 1)) {
    throw misuse("range", "BAD_LIMIT", `maxParked must be an integer >= 1, got ${describe(maxParked)}`);
  }
}

/** What marks a channel. */
export const brand: unique symbol = Symbol.for("@good-place/channel/channel") as never;

/** True for a channel of this package, whichever copy of it made the channel. */
export function isChannel(value: unknown): value is Channel<unknown> {
  return typeof value === "object" && value !== null && brand in value;
}

/** Refuses as a value what is an answer of channels. */
export function refuseAnswer(value: unknown): void {
  if (value !== CLOSED && value !== EMPTY) return;
  throw misuse(
    "type",
    "NOT_A_VALUE",
    `give() takes any value but ${value === CLOSED ? "CLOSED" : "EMPTY"}, which is what a channel answers; close the channel to say that it is closed`,
  );
}
