/**
 * The client of a contract: one own method for each of the contract's, and nothing else by a string name.
 */

import type { Op } from "@good-place/channel";
import { misuse } from "@good-place/channel/misuse";
import type { CallOptions, Teller } from "./calls/caller.js";
import type { Stream } from "./calls/inlet.js";
import { METHODS, type MethodDescription, methodsMethod } from "./calls/introspect.js";
import type { Source } from "./calls/outlet.js";
import type { Contract, Method } from "./contract.js";
import type { Ending } from "./wire/line.js";

/**
 * A method as its caller sees it: input, what is fed if something is, and options give the answer, or the stream of them.
 * A stream has nothing to await before its items: what is wrong with the call fails the first take.
 */
export type Tell<M> =
  M extends Method<infer Sent, infer _Received, infer _Returned, infer Answer, infer Fed, infer _Heard, infer Streams>
    ? (...args: Arguments<Sent, Fed>) => Streams extends true ? Stream<Answer> : Op<Answer>
    : never;

type Arguments<Sent, Fed> = [Fed] extends [never]
  ? undefined extends Sent
    ? [input?: Sent, options?: CallOptions]
    : [input: Sent, options?: CallOptions]
  : [input: Sent, feed: Source<Fed>, options?: CallOptions];

/** The methods of a contract, as functions. */
export type Tells<C extends Contract> = { readonly [Name in keyof C]: Tell<C[Name]> };

/** A connected client. Disposing it says goodbye; calls that still wait fail with CLOSED. */
export type Client<C extends Contract> = Tells<C> & AsyncDisposable;

/** What there is to know of a client's line. */
export interface ClientLine {
  /** The server's public key: keep it, and give it to the next `dial` as `serverKey`. */
  readonly serverKey: Uint8Array;
  /** Resolves when the line has ended for good, with how; never rejects. A client that reconnects has many, and one end. */
  readonly closed: Promise<Ending>;
  /** `connections` counts those that were made, `retried` calls and streams that were sent again. */
  statistics(): {
    readonly sent: number;
    readonly waiting: number;
    readonly connections: number;
    readonly retried: number;
  };
}

/** What a client is made of. */
export interface Speaker extends Teller {
  readonly line: ClientLine;
  leave(): Promise<void>;
}

const speakers = new WeakMap<object, Speaker>();

/** The line of a client. A function and not a property, since every property of a client is a method of its contract. */
export function lineOf(client: AsyncDisposable): ClientLine {
  return speakerOf("lineOf()", client).line;
}

/** Asks the server for the methods that the client may call, with their schemas where the server can tell them. */
export function methodsOf(client: AsyncDisposable, options: CallOptions = {}): Op<MethodDescription[]> {
  const asking = { name: METHODS, method: methodsMethod, input: undefined, source: undefined, options };
  return speakerOf("methodsOf()", client).ask(asking) as Op<MethodDescription[]>;
}

export function client<C extends Contract>(contract: C, speaker: Speaker): Client<C> {
  const methods = functions(contract, speaker);
  methods[Symbol.asyncDispose] = () => speaker.leave();
  speakers.set(methods, speaker);
  return Object.freeze(methods) as Client<C>;
}

/** The functions of a contract's methods, and no way to close the line that they use. */
export function tells<C extends Contract>(contract: C, teller: Teller): Tells<C> {
  return Object.freeze(functions(contract, teller)) as Tells<C>;
}

function functions(contract: Contract, teller: Teller): Record<PropertyKey, unknown> {
  const methods: Record<PropertyKey, unknown> = Object.create(null);
  for (const [name, method] of Object.entries(contract)) {
    methods[name] =
      method.feed === undefined
        ? (input: unknown, options: CallOptions = {}) => teller.ask({ name, method, input, source: undefined, options })
        : (input: unknown, source: Source<unknown>, options: CallOptions = {}) =>
            teller.ask({ name, method, input, source, options });
  }
  return methods;
}

function speakerOf(where: string, client: AsyncDisposable): Speaker {
  const speaker = speakers.get(client);
  if (speaker === undefined) throw misuse("type", "BAD_OPTION", `${where} takes a client that dial() made`);
  return speaker;
}
