/**
 * Waiting for what ends after whoever waits: refused with WAITS_FOR_ITSELF where it can be known. A `yield*` always can;
 * an `await` only in the steps of fibers, and so in an async body up to its first await.
 */
import { type Misuse, misuse } from "./errors.js";
import { Operation } from "./operation.js";

/** The error of a fiber that would wait for ever, for what it waits for is waiting for it. */
export function waitsForItself(what: string): Misuse {
  return misuse("type", "WAITS_FOR_ITSELF", `${what} cannot be waited for from within: it ends after whoever waits`);
}

/**
 * Lets an `await` from within fail; `within` says what it is that the running fiber is within of. An `await` reads `then` in
 * the step and calls it after that; a call in the very step waits for nothing, and asks to be told.
 */
export function refuseAwaits<O extends Operation<unknown>>(
  kind: { readonly prototype: O },
  within: (op: O) => string | null,
): void {
  const { then } = Operation.prototype;
  // biome-ignore lint/suspicious/noThenProperty: it stands for that of an operation
  Object.defineProperty(kind.prototype, "then", {
    get(this: O): Operation<unknown>["then"] {
      const what = within(this);
      if (what === null) return then;
      return (onValue, onError) => {
        if (this.done || within(this) !== null) return then.call(this, onValue as never, onError as never) as never;
        return Promise.reject(waitsForItself(what)).then(onValue as never, onError);
      };
    },
  });
}
