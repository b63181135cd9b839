/**
 * Standard Schema, as far as this package needs it: types only, so any library that speaks it will do (zod, valibot,
 * arktype and others). A schema may be asynchronous; its output is what the next party gets.
 */
import type { SchemaIssue, StandardSchema } from "@good-place/channel/shapes";
import type { Issue } from "./errors.js";

export type { StandardSchema };

// biome-ignore lint/suspicious/noExplicitAny: stands for a schema of whatever types, which `InputOf` and `OutputOf` read
export type AnySchema = StandardSchema<any, any>;

/** What a schema takes. */
export type InputOf<S> = S extends StandardSchema<infer Input, unknown> ? Input : undefined;
/** What a schema gives. */
export type OutputOf<S> = S extends {
  readonly "~standard": { readonly types?: { readonly output: infer Output } | undefined };
}
  ? Output
  : undefined;

const MOST_ISSUES = 16;
const LONGEST_MESSAGE = 200;
const DEEPEST_PATH = 16;

export function isSchema(value: unknown): value is AnySchema {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  const standard = (value as Partial<AnySchema>)["~standard"];
  return (
    typeof standard === "object" &&
    standard !== null &&
    standard.version === 1 &&
    typeof standard.validate === "function"
  );
}

/** What a schema has against a value, in a shape and size that may travel. */
export function travelling(issues: readonly SchemaIssue[]): Issue[] {
  return issues.slice(0, MOST_ISSUES).map((issue) => ({
    path: (issue.path ?? []).slice(0, DEEPEST_PATH).map((step) => {
      const key = typeof step === "object" ? step.key : step;
      return typeof key === "number" ? key : String(key).slice(0, LONGEST_MESSAGE);
    }),
    message: String(issue.message).slice(0, LONGEST_MESSAGE),
  }));
}

/** `at a.0.b: message`, for the text of an error. */
export function issueText(issue: Issue | undefined): string {
  const { path, message } = issue ?? { path: [], message: "it does not fit its schema" };
  return path.length === 0 ? `: ${message}` : `at ${path.join(".")}: ${message}`;
}
