/**
 * Acts are data, `{ name, payload, meta }`; what they do stands in their definition, which the store finds by the name.
 * So an act can cross a thread, a socket or a journal.
 */
import { describe, misuse } from "@good-place/channel/misuse";
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
  readonly schema: StandardSchema | PayloadType<unknown> | undefined;
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

export interface ActMaker<E> {
  <const N extends string, I, O>(name: N, schema: StandardSchema<I, O>): ActOutline<E, N, I, O>;
  <const N extends string, P>(name: N, payload: PayloadType<P>): ActOutline<E, N, P, P>;
  <const N extends string>(name: N): ActOutline<E, N, void, void>;
}

const PARTS = ["spy", "update", "watch", "effect"];

/** Fixes the envelope's type, once per app: `const act = acts<Office>()`. */
export function acts<E>(): ActMaker<E> {
  return ((name: string, schema?: StandardSchema | PayloadType<unknown>) => {
    if (typeof name !== "string" || name === "") {
      throw misuse("type", "BAD_ACT_NAME", `act() takes a name that is not empty, got ${describe(name)}`);
    }
    if (schema !== undefined && !isSchema(schema)) {
      const text = `act ${name}: its payload takes a Standard Schema or payload<T>(), got ${describe(schema)}`;
      throw misuse("type", "NOT_A_SCHEMA", text);
    }
    return { does: (body: ActBody<E, unknown>) => define(name, schema, body) };
  }) as ActMaker<E>;
}

function define<E>(
  name: string,
  schema: StandardSchema | PayloadType<unknown> | undefined,
  body: ActBody<E, unknown>,
): unknown {
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
  return Object.assign(make, { schema, body, match: (act: Act) => act.name === name });
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
