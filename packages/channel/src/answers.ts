/**
 * What a channel answers in place of a value. Registered symbols, so that two copies of the package agree.
 */

/** What a take answers once the channel is closed and empty. */
export const CLOSED: unique symbol = Symbol.for("@good-place/channel/closed") as never;
export type Closed = typeof CLOSED;

/** What `tryTake` answers when there is nothing to take now. */
export const EMPTY: unique symbol = Symbol.for("@good-place/channel/empty") as never;
export type Empty = typeof EMPTY;
