/**
 * What comes and goes on a socket. Without a schema: text as string, binary as Uint8Array, both ways. With one: text is
 * JSON both ways, binary stays as it is, and what is read has passed the schema. Browser-safe.
 */

import { describe, misuse } from "@good-place/channel/misuse";
import type { SchemaIssue, SchemaResult, StandardSchema } from "@good-place/channel/shapes";
import type { SafeIssue } from "./errors.js";

/** A schema of any library that speaks Standard Schema; its output is what handlers get. */
// biome-ignore lint/suspicious/noExplicitAny: what it takes is what a stranger sends
export type Schema<Output = unknown> = StandardSchema<any, Output>;
export type { SchemaIssue, SchemaResult };

/** What is on the wire: a text frame or a binary one. */
export type Frame = string | Uint8Array;

/** A message that passed, or what the schema has against it. */
export type Read<T> =
  | { readonly ok: true; readonly message: T }
  | { readonly ok: false; readonly issues: readonly SafeIssue[] };

/** Refuses what is no schema. */
export function checkSchema(where: string, schema: unknown): void {
  if (schema === undefined) return;
  const standard = (schema as { "~standard"?: { validate?: unknown } } | null)?.["~standard"];
  if (typeof standard?.validate === "function") return;
  throw misuse("type", "BAD_OPTION", `${where} option schema must be a Standard Schema, got ${describe(schema)}`);
}

/** Reads a frame. A promise only where the schema makes one. */
export function readFrame<T>(frame: Frame, schema: Schema<T> | undefined): Read<T> | Promise<Read<T>> {
  if (schema === undefined) return { ok: true, message: frame as T };
  let value: unknown = frame;
  if (typeof frame === "string") {
    try {
      value = JSON.parse(frame);
    } catch {
      return { ok: false, issues: [{ path: [], message: "the message is not JSON" }] };
    }
  }
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then(readResult) : readResult(result);
}

/** Makes a frame of a message. Throws BAD_MESSAGE. */
export function toFrame(message: unknown, json: boolean): Frame {
  if (message instanceof Uint8Array) return message;
  if (!json) {
    if (typeof message === "string") return message;
    throw misuse(
      "type",
      "BAD_MESSAGE",
      `without a schema a message is a string or a Uint8Array, got ${describe(message)}: give a schema to write JSON`,
    );
  }
  const text = JSON.stringify(message);
  if (text !== undefined) return text;
  throw misuse("type", "BAD_MESSAGE", `a message must have a form in JSON, got ${describe(message)}`);
}

function readResult<T>(result: SchemaResult<T>): Read<T> {
  if (result.issues === undefined) return { ok: true, message: result.value };
  const issues = result.issues.slice(0, 10).map(({ message, path = [] }) => ({
    message,
    path: path.map((step) => plain(typeof step === "object" ? step.key : step)),
  }));
  return { ok: false, issues };
}

function plain(key: PropertyKey): string | number {
  return typeof key === "symbol" ? key.toString() : key;
}
