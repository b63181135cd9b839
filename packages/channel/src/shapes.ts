/**
 * `@good-place/channel/shapes`: what values of others look like that every package of the family takes: promises,
 * generators, and schemas of any library that speaks Standard Schema (standardschema.dev, version 1).
 */

/** A Standard Schema. Types only: any library that has them will do, and none is depended on. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema makes of a value, or has against it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Has it a `then`? An operation has one too. */
export function isThenable<T>(value: unknown): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** Is it what a generator function returns? An operation, which can be iterated too, is not. */
export function isGenerator<T>(value: unknown): value is Generator<unknown, T, never> {
  return typeof value === "object" && value !== null && Symbol.iterator in value && canReturn(value);
}

/** Is it what an async generator function returns? */
export function isAsyncGenerator<T>(value: unknown): value is AsyncGenerator<unknown, T, never> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && canReturn(value);
}

// What iterators of other kinds need not have, and operations have not.
function canReturn(value: object): boolean {
  return typeof (value as { return?: unknown }).return === "function";
}
