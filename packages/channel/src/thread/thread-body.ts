/**
 * What the module of a thread exports.
 */
import type { Fiber } from "../fiber-face.js";

/** The default export of a thread's module: a generator, async or plain function of its input and its fiber. */
export type ThreadBody<I, T> = (input: I, fiber: Fiber<unknown>) => Generator<unknown, T, never> | PromiseLike<T> | T;
