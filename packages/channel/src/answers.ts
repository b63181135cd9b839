/**
 * What a channel answers in place of a value. Registered symbols, so that two copies of the package agree.
 */

/** What a take answers once the channel is closed and empty. */
export const CLOSED: unique symbol = Symbol.for("@good-place/channel/closed") as never;
export type Closed = typeof CLOSED;

/** What `tryTake` answers when there is nothing to take now. */
export const EMPTY: unique symbol = Symbol.for("@good-place/channel/empty") as never;
export type Empty = typeof EMPTY;

/** Is it this answer? To compare any value with a symbol is slow; to see first that it is no symbol is not. */
export function is<A extends symbol>(value: unknown, answer: A): value is A {
  return typeof value === "symbol" && value === answer;
}
