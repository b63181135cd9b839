/**
 * The thread channel as its users see it, whichever thread they are in.
 */
import type { Channel } from "../channel-face.js";
import type { Op, WaitOptions } from "../operation.js";

export interface TransferOptions {
  /** What is moved rather than copied: array buffers and ports of the value. The giver has them no more. */
  readonly transfer?: readonly object[] | undefined;
}

export interface GiveOptions extends WaitOptions, TransferOptions {}

export const GIVE_OPTIONS: readonly string[] = ["signal", "transfer"];

/**
 * A channel that can be sent to other threads, in inputs and in values, and is the same channel there. What is given is
 * copied when it is given. A give of what cannot be cloned fails with UNCLONEABLE, a tryGive throws it, and a select with
 * such a clause fails; nothing was committed then.
 */
export interface ThreadChannel<T> extends Channel<T> {
  give(value: T, options?: GiveOptions): Op<boolean>;
  tryGive(value: T, options?: TransferOptions): "ok" | "full" | "closed";
}
