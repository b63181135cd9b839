/**
 * Fiber locals: values that belong to a fiber and are inherited by the fibers it starts, as they are at that moment.
 * Cost: a fiber shares its parent's map until it sets something.
 */
import { misuse } from "./errors.js";
import { currentFiber } from "./go.js";

export type Locals = ReadonlyMap<Local<unknown>, unknown>;

export interface Local<T> {
  /** The running fiber's value; undefined where neither it nor a fiber above has set one, or no fiber runs. */
  get(): T | undefined;
  /** Sets it for the running fiber and those it starts from now on. Throws NO_FIBER outside of a fiber's steps. */
  set(value: T): void;
}

/** Makes a fiber local. In an async body it can be read until the first await. */
export function local<T>(): Local<T> {
  const key: Local<T> = {
    get() {
      return currentFiber()?.locals?.get(key as Local<unknown>) as T | undefined;
    },
    set(value) {
      const fiber = currentFiber();
      if (fiber === null)
        throw misuse("type", "NO_FIBER", "local.set() belongs in a fiber's step, and no fiber runs here");
      fiber.locals = new Map(fiber.locals ?? []).set(key as Local<unknown>, value);
    },
  };
  return key;
}
