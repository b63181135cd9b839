/**
 * `emerge`: how code in a fiber asks the store above it for acts.
 */
import { emergence, type Op } from "@good-place/channel";
import type { Act } from "./act.js";
import { nearestCocoon } from "./internal/cocoons/nearest.js";

/**
 * Gives the acts to the running fiber's supervisor, to be confirmed by the store at its root. Settles when they are (with
 * a journal: when they are durable); fails with the refusal, or NO_SUPERVISOR. In a cocoon, and in what it starts, they follow
 * from its act. In an async body call it before the first await, or use `cx.emerge`.
 */
export function emerge(...acts: readonly Act[]): Op<void> {
  return emergence(undefined, acts, { fiber: nearestCocoon.get() });
}
