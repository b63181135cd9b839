/**
 * Acts are data, `{ name, payload, meta }`; what they do stands in their definition, which the store finds by the name.
 * So an act can cross a thread, a socket or a journal.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { CocoonAsyncGenerator, CocoonGenerator, CocoonSpec } from "./cocoon.js";
import type { Cx } from "./cx.js";
import type { Meta } from "./journal.js";
import { isSchema, type PayloadType, type StandardSchema } from "./schema.js";
import type { Snoop } from "./snoop.js";

/** An act as it travels. `meta` is there once it is confirmed. */
export interface Act<N extends string = string, P = unknown> {
  readonly name: N;
  readonly payload: P;
  readonly meta?: Meta | undefined;
  /** Given by whoever may ask twice: see `once`. */
  readonly id?: string | undefined;
}

/** A confirmed act. */
export type ConfirmedAct = Act & { readonly meta: Meta };

/** What may follow from an act: acts now, acts later, or a cocoon, whose body sees an E. */
export type Follow<E = never> =
  // biome-ignore lint/suspicious/noConfusingVoidType: a watch without a return statement is the usual one
  | void
  | null
  | undefined
  | Act
  | readonly Follow<E>[]
  | PromiseLike<Follow<E>>
  | CocoonGenerator
  | CocoonAsyncGenerator
  | CocoonSpec<E>;

/** What an act does. Every part is optional. */
export interface ActBody<E, P> {
  /** Of the payload, from 1, which is the default. Records of earlier versions need an `upcast`. */
  readonly version?: number;
  /** Looks at the envelope before the update, and leaves snoops behind. */
  spy?(envelope: E, payload: P, meta: Meta): Snoop<E> | readonly Snoop<E>[];
  /** Changes the envelope, written as mutation. The only place that may. What it returns is ignored; if it throws, nothing changed. */
  update?(envelope: E, payload: P, meta: Meta): void;
  /** Says what follows, seeing the envelope after the update. */
  watch?(envelope: E, payload: P, cx: Cx<E>): Follow<E>;
  /** Talks to the outside once the act is durable. Its result is ignored. */
  effect?(envelope: E, payload: P, cx: Cx<E>): unknown;
}

/** Makes acts of one name, and says what they do. */
export interface ActDefinition<in E, N extends string, I, P> {
  /** Makes an act. Its payload is checked when it is confirmed. */
  (...payload: undefined extends I ? [payload?: I] : [payload: I]): Act<N, P>;
  readonly name: N;
  readonly schema: Schema;
  /** What a journal keeps of a payload has to pass this, when it is confirmed and when it is replayed. */
  readonly kept: Schema;
  readonly body: ActBody<never, never> & { readonly [accepts]?: (envelope: E) => void };
  /** Is it an act of this name? */
  match(act: Act): act is Act<N, P>;
}

declare const accepts: unique symbol;

/** Any definition that works on the envelope E, or on a part of it. */
// biome-ignore lint/suspicious/noExplicitAny: what an act takes and gives is its own matter; the store passes it through
export type AnyActDefinition<E> = ActDefinition<E, string, any, any>;

/** An act's name and payload, waiting for what it does. */
export interface ActOutline<E, N extends string, I, P> {
  does(body: ActBody<E, P>): ActDefinition<E, N, I, P>;
}

export interface ActOptions {
  /**
   * The schema of what `schema` makes of a payload, which is what a journal keeps; `schema` itself by default. Needed where
   * that is not idempotent. Its own output is not used. `payload<T>()` leaves what is kept unchecked.
   */
  readonly kept?: StandardSchema | PayloadType<unknown> | undefined;
}

export interface ActMaker<E> {
  <const N extends string, I, O>(name: N, schema: StandardSchema<I, O>, options?: ActOptions): ActOutline<E, N, I, O>;
  <const N extends string, P>(name: N, payload: PayloadType<P>): ActOutline<E, N, P, P>;
  <const N extends string>(name: N): ActOutline<E, N, void, void>;
}

type Schema = StandardSchema | PayloadType<unknown> | undefined;

const PARTS = ["spy", "update", "watch", "effect"];

/** Fixes the envelope's type, once per app: `const act = acts<Office>()`. */
export function acts<E>(): ActMaker<E> {
  return ((name: string, schema?: Schema, options: ActOptions = {}) => {
    if (typeof name !== "string" || name === "") {
      throw misuse("type", "BAD_ACT_NAME", `act() takes a name that is not empty, got ${describe(name)}`);
    }
    checkOptions(`act ${name}`, options, ["kept"]);
    for (const [what, given] of [
      ["its payload", schema],
      ["what is kept of it", options.kept],
    ] as const) {
      if (given === undefined || isSchema(given)) continue;
      const text = `act ${name}: ${what} takes a Standard Schema or payload<T>(), got ${describe(given)}`;
      throw misuse("type", "NOT_A_SCHEMA", text);
    }
    return { does: (body: ActBody<E, unknown>) => define(name, schema, options.kept ?? schema, body) };
  }) as ActMaker<E>;
}

function define<E>(name: string, schema: Schema, kept: Schema, body: ActBody<E, unknown>): unknown {
  const bad = (text: string): Error => misuse("type", "BAD_ACT_BODY", `act ${name}: ${text}`);
  if (typeof body !== "object" || body === null) {
    throw bad(`does() takes an object with ${PARTS.join(", ")}, got ${describe(body)}`);
  }
  const { version, ...parts } = body;
  if (version !== undefined && !(Number.isSafeInteger(version) && version >= 1)) {
    throw bad(`its version must be an integer from 1 on, got ${describe(version)}`);
  }
  for (const [part, value] of Object.entries(parts)) {
    if (!PARTS.includes(part))
      throw bad(`there is no part "${part}"; an act does ${PARTS.join(", ")}, and may have a version`);
    if (value !== undefined && typeof value !== "function")
      throw bad(`its ${part} must be a function, got ${describe(value)}`);
  }
  const make = (payload?: unknown): Act => ({ name, payload });
  Object.defineProperty(make, "name", { value: name });
  return Object.assign(make, { schema, kept, body, match: (act: Act) => act.name === name });
}

/** Is it what `does()` has made? */
export function isDefinition(value: unknown): value is AnyActDefinition<never> {
  return typeof value === "function" && "body" in value && "match" in value;
}

/** Has it the shape of an act? One that came as JSON has lost a payload of undefined: see `isNamed`. */
export function isAct(value: unknown): value is Act {
  return isNamed(value) && "payload" in value;
}

/** Can it be meant as an act, where nothing else is expected? */
export function isNamed(value: unknown): value is Act {
  return typeof value === "object" && value !== null && typeof (value as Act).name === "string";
}
