/**
 * The operation of a promise that is told when it is abandoned: a fiber that is cancelled while it waits for an answer
 * also cancels the call.
 */
import { type Op, until } from "@good-place/channel";

/** Awaits like the promise. A fiber that stops waiting before the end runs `abandon`. */
export function pending<T>(promise: Promise<T>, abandon: () => void): Op<T> {
  return new Pending(promise, abandon);
}

class Pending<T> implements Op<T> {
  readonly #promise: Promise<T>;
  readonly #abandon: () => void;

  constructor(promise: Promise<T>, abandon: () => void) {
    this.#promise = promise;
    this.#abandon = abandon;
  }

  // biome-ignore lint/suspicious/noThenProperty: an operation is awaitable by contract
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#promise.then(onValue, onError);
  }

  *[Symbol.iterator](): Generator<Op<unknown>, T, unknown> {
    let ended = false;
    try {
      const value = yield* until(this.#promise) as Iterable<Op<unknown>, T>;
      ended = true;
      return value;
    } catch (error) {
      ended = true;
      throw error;
    } finally {
      if (!ended) this.#abandon();
    }
  }
}
