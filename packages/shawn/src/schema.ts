/**
 * The part of the Standard Schema interface (standardschema.dev, version 1) that the store uses. Any library that
 * speaks it will do; the store depends on none.
 */
import { isThenable, type StandardSchema } from "@good-place/channel/shapes";
import { type PayloadCode, PayloadError, ShawnError } from "./errors.js";

export type { StandardSchema };

/** A payload of a type that is known at compile time only: every value passes. */
export interface PayloadType<P> {
  readonly [typed]?: P;
}

declare const typed: unique symbol;

const ANY: PayloadType<never> = Object.freeze({});

/** Fixes the type of an act's payload without checking it at run time. */
export function payload<P = void>(): PayloadType<P> {
  return ANY;
}

/** Says what a payload is: a Standard Schema, or what `payload()` gives. */
export function isSchema(value: unknown): value is StandardSchema | PayloadType<unknown> {
  if (value === ANY) return true;
  // Some libraries' schemas are functions.
  return (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value;
}

/** The payload as its schema gives it; throws PayloadError of this code, or ASYNC_SCHEMA for one that would have to be awaited. */
export function validated(
  act: string,
  schema: StandardSchema | PayloadType<unknown> | undefined,
  value: unknown,
  code?: PayloadCode,
  seq?: number,
): unknown {
  if (schema === undefined || !("~standard" in schema)) return value;
  const result = schema["~standard"].validate(value);
  if (isThenable(result)) {
    // Its outcome is of no use any more, and must not become an unhandled rejection.
    Promise.resolve(result).catch(() => {});
    throw new ShawnError(
      "ASYNC_SCHEMA",
      `act ${act}: its schema answers with a promise; a payload must be checked at once`,
    );
  }
  if (result.issues === undefined) return result.value;
  throw new PayloadError(
    act,
    result.issues.map(({ message, path }) => ({
      message,
      path: (path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join("."),
    })),
    code,
    seq,
  );
}
