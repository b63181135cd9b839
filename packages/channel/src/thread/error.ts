/**
 * What fails between threads: `ThreadError`, and how any error crosses from one thread to another. A structured clone
 * forgets an error's class, code and further properties, so they travel beside it.
 */
import { ChannelError, describe } from "../errors.js";

/** A failure of a thread or of what crosses between threads. `cause` is the other thread's own error, where there is one. */
export class ThreadError extends ChannelError {
  override readonly name = "ThreadError";
  /** What the thread gave as its exit code, where it ended without an outcome. */
  readonly exitCode: number | undefined;

  constructor(code: string, message: string, options: ErrorOptions & { readonly exitCode?: number | undefined } = {}) {
    super(code, message, options);
    this.exitCode = options.exitCode;
  }
}

/** An error, or what was thrown in place of one, in a form that can always be cloned. */
export interface PackedError {
  readonly isError: boolean;
  /** Of an error its own further properties, else what was thrown. */
  readonly value: unknown;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: PackedError | undefined;
}

const DEEPEST_CAUSE = 8;

/** Makes of anything that was thrown what can be sent. Never throws, whatever was thrown. */
export function packError(thrown: unknown, depth = 0): PackedError {
  try {
    if (!(thrown instanceof Error)) {
      return { isError: false, value: cloned(thrown), name: "", message: "", stack: undefined, cause: undefined };
    }
    const {
      cause,
      name: _name,
      message: _message,
      stack: _stack,
      ...properties
    } = thrown as Error & Record<string, unknown>;
    return {
      isError: true,
      value: Object.fromEntries(Object.entries(properties).filter(([, value]) => cloneable(value))),
      name: String(thrown.name),
      message: String(thrown.message),
      stack: thrown.stack === undefined ? undefined : String(thrown.stack),
      cause: cause === undefined || depth === DEEPEST_CAUSE ? undefined : packError(cause, depth + 1),
    };
  } catch {
    // A getter or a proxy that throws.
    const message = "an error whose properties cannot be read";
    return { isError: true, value: {}, name: "Error", message, stack: undefined, cause: undefined };
  }
}

const BUILT_IN: Readonly<Record<string, ErrorConstructor>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** The error again: of the built-in class where it has one, with its name, message, stack, code and own properties. */
export function unpackError(packed: PackedError): unknown {
  if (!packed.isError) return packed.value;
  const { name, message, stack } = packed;
  const Type = (Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : Error) as ErrorConstructor;
  const error =
    packed.cause === undefined ? new Type(message) : new Type(message, { cause: unpackError(packed.cause) });
  const hidden = { configurable: true, writable: true };
  if (error.name !== name) Object.defineProperty(error, "name", { ...hidden, value: name });
  Object.defineProperty(error, "stack", { ...hidden, value: stack });
  return Object.assign(error, packed.value);
}

function cloned(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return describe(value);
  }
}

function cloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
