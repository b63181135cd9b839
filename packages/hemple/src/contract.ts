/**
 * Contracts: the names of the methods, the schemas of what goes in and out, and who may call. A client and a server
 * share the contract and nothing else; both are typed from it.
 * Invariant: a contract's names are own properties, and none of them means anything to JavaScript itself.
 */
import { checkOptions, misuse, quote } from "@good-place/channel/misuse";

import { type AnySchema, type InputOf, isSchema, type OutputOf } from "./schema.js";

/** What a method is made from. */
export interface MethodOptions<Input extends AnySchema, Output extends AnySchema> {
  /** What may be sent; without it, nothing may. The handler gets the schema's output. */
  readonly input?: Input | undefined;
  /** What may be answered; without it, the answer is undefined. The caller gets the schema's output. */
  readonly output?: Output | undefined;
  /** Whether calling twice does what calling once does. Recorded, for callers that retry; nothing here ever does. */
  readonly idempotent?: boolean | undefined;
  /** The roles of which a caller needs one; without it, every known peer may call. */
  readonly allowed?: readonly string[] | undefined;
  /** Not supported yet. */
  readonly stream?: undefined;
}

/** A method of a contract: its schemas, and the types of what is sent, received, returned and answered. */
export interface Method<Sent, Received, Returned, Answer> {
  readonly input: AnySchema | undefined;
  readonly output: AnySchema | undefined;
  readonly idempotent: boolean;
  readonly allowed: readonly string[] | undefined;
  /** For the compiler; never there at run time. */
  readonly types?: {
    readonly sent: Sent;
    readonly received: Received;
    readonly returned: Returned;
    readonly answer: Answer;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a method of whatever types, which `Client` and `Handlers` read
export type AnyMethod = Method<any, any, any, any>;
export type Contract = Readonly<Record<string, AnyMethod>>;

const METHOD = Symbol.for("good-place.hemple.method");
const OPTIONS = ["input", "output", "idempotent", "allowed", "stream"] as const;
const LONGEST_NAME = 128;

/** Describes one method. */
export function method<Input extends AnySchema = never, Output extends AnySchema = never>(
  options: MethodOptions<Input, Output> = {},
): Method<In<Input>, Out<Input>, In<Output>, Out<Output>> {
  checkOptions("method()", options, OPTIONS);
  if (options.stream !== undefined) {
    throw misuse("type", "NOT_SUPPORTED", "method(): stream is not supported yet; answer with output, or in pages");
  }
  for (const side of ["input", "output"] as const) {
    if (options[side] === undefined || isSchema(options[side])) continue;
    throw misuse(
      "type",
      "BAD_OPTION",
      `method(): ${side} must be a Standard Schema, version 1, got ${typeof options[side]}`,
    );
  }
  const { idempotent = false } = options;
  if (typeof idempotent !== "boolean")
    throw misuse("type", "BAD_OPTION", `method(): idempotent must be true or false, got ${typeof idempotent}`);
  const described = {
    input: options.input,
    output: options.output,
    idempotent,
    allowed: checkAllowed(options.allowed),
  };
  return Object.freeze(Object.defineProperty(described, METHOD, { value: true }));
}

type In<S> = [S] extends [never] ? undefined : InputOf<S>;
type Out<S> = [S] extends [never] ? undefined : OutputOf<S>;

/** Makes a contract of methods by name. Names that mean something to JavaScript itself are refused. */
export function contract<const C extends Contract>(methods: C): C {
  const prototype = typeof methods === "object" && methods !== null ? Object.getPrototypeOf(methods) : undefined;
  // A literal `__proto__: x` is no name but a prototype; it and inherited methods would be silently absent.
  if (prototype !== null && (prototype === undefined || Object.getPrototypeOf(prototype) !== null)) {
    throw misuse("type", "BAD_NAME", "contract() takes a plain object of methods by name: only own properties count");
  }
  const checked: Record<string, AnyMethod> = Object.create(null);
  for (const name of Reflect.ownKeys(methods)) {
    checkName(name);
    const described = methods[name] as AnyMethod | undefined;
    if (typeof described !== "object" || described === null || !(METHOD in described)) {
      throw misuse(
        "type",
        "BAD_METHOD",
        `contract(): ${quote(name)} must be made by method(), got ${typeof described}`,
      );
    }
    checked[name] = described;
  }
  return Object.freeze(checked) as C;
}

function checkName(name: string | symbol): asserts name is string {
  if (typeof name !== "string")
    throw misuse("type", "BAD_NAME", "contract(): a method's name must be a string, got a symbol");
  if (name === "" || name.length > LONGEST_NAME) {
    throw misuse(
      "type",
      "BAD_NAME",
      `contract(): a method's name has 1 to ${LONGEST_NAME} letters, got ${name.length}`,
    );
  }
  if (name === "then" || name === "prototype" || name in Object.prototype) {
    throw misuse(
      "type",
      "BAD_NAME",
      `contract(): ${quote(name)} means something to JavaScript itself; choose another name`,
    );
  }
}

function checkAllowed(allowed: readonly string[] | undefined): readonly string[] | undefined {
  if (allowed === undefined) return undefined;
  if (
    !Array.isArray(allowed) ||
    allowed.length === 0 ||
    allowed.some((role) => typeof role !== "string" || role === "")
  ) {
    throw misuse(
      "type",
      "BAD_OPTION",
      "method(): allowed must be an array of at least one role; leave it out to allow every known peer",
    );
  }
  return Object.freeze([...allowed]);
}
