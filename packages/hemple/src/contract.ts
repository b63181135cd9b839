/**
 * Contracts: the names of the methods, the schemas of what goes in and out, once or as streams, and who may call. A client and a server
 * share the contract and nothing else; both are typed from it.
 * Invariant: a contract's names are own properties, and none of them means anything to JavaScript itself.
 */
import { checkOptions, misuse, quote } from "@good-place/channel/misuse";

import { checkCount } from "./options.js";
import { type AnySchema, type InputOf, isSchema, type OutputOf } from "./schema.js";

/** What a method is made from. */
export interface MethodOptions<
  Input extends AnySchema,
  Output extends AnySchema,
  Streamed extends AnySchema,
  Fed extends AnySchema,
> {
  /** What may be sent; without it, nothing may. The handler gets the schema's output. */
  readonly input?: Input | undefined;
  /** What may be answered; without it, the answer is undefined. The caller gets the schema's output. */
  readonly output?: Output | undefined;
  /** An item of the stream that is answered in place of one output: as many as the handler gives. */
  readonly stream?: Streamed | undefined;
  /** An item of the stream that the caller sends behind its input. The handler gets the schema's output, as `call.feed`. */
  readonly feed?: Fed | undefined;
  /** Where an item stands in its stream: a stream that breaks then goes on behind the last one, see `call.after`. */
  readonly position?: ((item: OutputOf<Streamed>) => string | number) | undefined;
  /** Whether calling twice does what calling once does: such a call is sent again where its line broke. False by default. */
  readonly idempotent?: boolean | undefined;
  /** The roles of which a caller needs one; without it, every known peer may call. */
  readonly allowed?: readonly string[] | undefined;
  /** Bytes of the longest input, or item of the feed, that is taken; the limit of the server by default. */
  readonly maxBytes?: number | undefined;
  /** "never" where a secret travels beside what somebody else chose: lengths then tell nothing. "auto" by default. */
  readonly compress?: "auto" | "never" | undefined;
}

/**
 * A method of a contract: its schemas, and the types of what is sent, received, returned and answered, or, of a stream,
 * of its items; of what is fed, and what the handler gets of that.
 */
export interface Method<Sent, Received, Returned, Answer, Fed = never, Heard = never, Streams extends boolean = false> {
  readonly input: AnySchema | undefined;
  readonly output: AnySchema | undefined;
  readonly stream: AnySchema | undefined;
  readonly feed: AnySchema | undefined;
  readonly position: ((item: never) => string | number) | undefined;
  readonly idempotent: boolean;
  readonly allowed: readonly string[] | undefined;
  readonly maxBytes: number;
  readonly compress: "auto" | "never";
  /** For the compiler; never there at run time. */
  readonly types?: {
    readonly sent: Sent;
    readonly received: Received;
    readonly returned: Returned;
    readonly answer: Answer;
    readonly fed: Fed;
    readonly heard: Heard;
    readonly streams: Streams;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a method of whatever types, which `Client` and `Handlers` read
export type AnyMethod = Method<any, any, any, any, any, any, any>;
export type Contract = Readonly<Record<string, AnyMethod>>;

const METHOD = Symbol.for("good-place.hemple.method");
const SCHEMAS = ["input", "output", "stream", "feed"] as const;
const OPTIONS = [...SCHEMAS, "position", "idempotent", "allowed", "maxBytes", "compress"] as const;
const LONGEST_NAME = 128;

/** Describes one method: one answer or a stream of them, to one input or to one and a stream of items behind it. */
export function method<
  Input extends AnySchema = never,
  Output extends AnySchema = never,
  Streamed extends AnySchema = never,
  Fed extends AnySchema = never,
>(options: MethodOptions<Input, Output, Streamed, Fed> = {}): Described<Input, Output, Streamed, Fed> {
  checkOptions("method()", options, OPTIONS);
  for (const side of SCHEMAS) {
    if (options[side] === undefined || isSchema(options[side])) continue;
    throw wrong(`${side} must be a Standard Schema, version 1, got ${typeof options[side]}`);
  }
  const { input, output, stream, feed, position, idempotent = false, compress = "auto" } = options;
  if (stream !== undefined && output !== undefined) {
    throw wrong("a method has output or stream, not both: let the last item of the stream be the answer");
  }
  if (position !== undefined && (typeof position !== "function" || stream === undefined || feed !== undefined)) {
    throw wrong("position must be a function from an item of stream to where it stands, for a method without feed");
  }
  if (typeof idempotent !== "boolean") throw wrong(`idempotent must be true or false, got ${typeof idempotent}`);
  if (compress !== "auto" && compress !== "never") {
    throw wrong(`compress must be "auto" or "never", got ${typeof compress}`);
  }
  const maxBytes = checkCount("method()", "maxBytes", options.maxBytes, Number.POSITIVE_INFINITY);
  const allowed = checkAllowed(options.allowed);
  const described = { input, output, stream, feed, position, idempotent, allowed, maxBytes, compress };
  return Object.freeze(Object.defineProperty(described, METHOD, { value: true }));
}

type Described<Input, Output, Streamed, Fed> = Method<
  In<Input>,
  Out<Input>,
  [Streamed] extends [never] ? In<Output> : InputOf<Streamed>,
  [Streamed] extends [never] ? Out<Output> : OutputOf<Streamed>,
  [Fed] extends [never] ? never : InputOf<Fed>,
  [Fed] extends [never] ? never : OutputOf<Fed>,
  [Streamed] extends [never] ? false : true
>;
type In<S> = [S] extends [never] ? undefined : InputOf<S>;
type Out<S> = [S] extends [never] ? undefined : OutputOf<S>;

function wrong(what: string): TypeError {
  return misuse("type", "BAD_OPTION", `method(): ${what}`);
}

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
