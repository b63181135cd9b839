/**
 * Handlers: what answers the methods of a contract, at a server or at a client that its server may call.
 */

import type { Op } from "@good-place/channel";
import { misuse, quote, suggestion } from "@good-place/channel/misuse";
import type { Call } from "../call.js";
import type { AnyMethod, Contract, Method } from "../contract.js";
import { introspection } from "./introspect.js";
import type { Source } from "./outlet.js";

/**
 * What answers a method: a plain, an async or a generator function, which runs in the call's fiber. Of a stream it gives
 * the items: it returns a channel, an array or anything iterable, is an async generator, or says `yield* call.give(item)`.
 */
export type Handler<M> =
  M extends Method<infer _Sent, infer Received, infer Returned, infer _Answer, infer _Fed, infer Heard, infer Streams>
    ? Streams extends true
      ? // biome-ignore lint/suspicious/noConfusingVoidType: what a function without a return is typed with
        (input: Received, call: Call<Heard, Returned>) => Outcome<Source<Returned> | undefined | void>
      : (input: Received, call: Call<Heard>) => Outcome<Returned>
    : never;

type Outcome<T> = T | PromiseLike<T> | Op<T> | Generator<unknown, T, never>;

/** A handler for each method of the contract. */
export type Handlers<C extends Contract> = { readonly [Name in keyof C]: Handler<C[Name]> };

/** A method with what answers it. */
export interface Served {
  readonly name: string;
  readonly method: AnyMethod;
  readonly handler: (input: unknown, call: unknown) => unknown;
}

/** The handlers by the names of their methods; refuses a handler that is missing, or that no method asks for. */
export function serve(where: string, contract: Contract, handlers: unknown): Map<string, Served> {
  const given = (handlers ?? {}) as Readonly<Record<string, unknown>>;
  const names = Object.keys(contract);
  const served = new Map<string, Served>();
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(contract, name)) continue;
    const text = `${where}: the contract has no method ${quote(name)}${suggestion(name, names)}`;
    throw misuse("type", "UNKNOWN_HANDLER", text);
  }
  for (const name of names) {
    const method = contract[name] as AnyMethod;
    const handler = Object.hasOwn(given, name) ? given[name] : undefined;
    if (typeof handler !== "function") {
      const text = `${where}: the handler of ${quote(name)} must be a function, got ${typeof handler}`;
      throw misuse("type", "MISSING_HANDLER", text);
    }
    if (method.stream === undefined && Object.prototype.toString.call(handler) === "[object AsyncGeneratorFunction]") {
      const text = `${where}: the handler of ${quote(name)} is an async generator, and the method is no stream; give it stream`;
      throw misuse("type", "NOT_A_STREAM", text);
    }
    served.set(name, { name, method, handler: handler as Served["handler"] });
  }
  const methods = introspection(served.values());
  return served.set(methods.name, methods);
}
