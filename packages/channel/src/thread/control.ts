/**
 * What a thread and the one that started it say to each other, through a wire of their own.
 */

// To the thread.
export const START = 1; // { url, name, supervised }
export const INPUT = 2;
export const CANCEL = 3; // with the reason
export const GAVE = 4; // the outcome of a give to the supervisor
export const UNGIVEN = 5;
export const REFUSED = 6; // that give failed
export const SETTLE = 7; // the outcome of an emergence

// From the thread.
export const OK = 20;
export const CANCELLED = 21;
export const FAILED = 22; // { code, message, error }
export const CRASHED = 23; // an uncaught error: the thread is about to end
export const YIELD = 24;
export const SIGNAL = 25; // a life-cycle signal of another fiber of the thread
export const GIVE = 26; // a signal for the supervisor
export const EMERGE = 27; // one that wants an answer
export const UNGIVE = 28;
export const UNHANDLED = 29; // { path, error }
export const PUT = 30; // a signal for the supervisor that is given whatever becomes of the thread: { signal, emerges }

/** How a thread begins. */
export interface Start {
  readonly url: string;
  readonly name: string;
  readonly supervised: boolean;
}

/** Why a thread has failed. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly error: unknown;
}
