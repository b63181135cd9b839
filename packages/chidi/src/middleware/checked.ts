/**
 * `checked`: a handler behind schemas. Nothing reaches it that does not fit, and nothing leaves it that does not.
 */
import { until } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import {
  isGenerator,
  isThenable,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
} from "@good-place/channel/shapes";
import { type Handled, handled } from "../answer/handled.js";
import { type ProblemIssue, problem } from "../answer/problem.js";
import { type Answer, json } from "../answer/response.js";
import { ChidiError } from "../errors.js";
import { form } from "../request/form.js";
import { type HttpRequest, headerOf } from "../request/request.js";
import type { Handler } from "../routing/router.js";

// biome-ignore lint/suspicious/noExplicitAny: any schema at all; the types of a given one are read from it
type AnySchema = StandardSchema<any, any>;

/** Schemas of any library that speaks Standard Schema. */
export interface Checks {
  /** The route's parameters; what does not fit is 400. */
  readonly params?: AnySchema | undefined;
  /** The query: text, or a list where a name comes several times; 400. */
  readonly query?: AnySchema | undefined;
  /** A body of JSON; what is no JSON is 400, what does not fit 422, what is something else 415. */
  readonly body?: AnySchema | undefined;
  /** A plain form, as `query` is given; 422. */
  readonly form?: AnySchema | undefined;
  /** What the handler answers, which is then sent as JSON; what does not fit is the handler's failure, 500. */
  readonly response?: AnySchema | undefined;
}

type Input = "params" | "query" | "body" | "form";

/** What a handler gets: a value for each schema, as the schema gives it out. */
export type Checked<C extends Checks> = {
  readonly [Name in keyof C & Input]: C[Name] extends StandardSchema<infer _, infer Output> ? Output : never;
};

/** What a handler answers: what the schema `response` takes, or a web `Response`, which is not checked; without one any answer. */
export type CheckedAnswer<C extends Checks> = C extends { readonly response: StandardSchema<infer Value, infer _> }
  ? Value | Response
  : Answer;

/** A part of the request that did not fit, with why. */
interface Misfit {
  readonly in: Input;
  readonly issues: readonly SchemaIssue[];
}

const inputs: readonly Input[] = ["params", "query", "body", "form"];
const MOST_ISSUES = 20;

/**
 * Makes a handler that checks what comes, in this order: params, query, body or form. A refusal is a problem document with
 * `issues`, each with the part, the path and the reason. Throws UNKNOWN_OPTION, and BAD_SCHEMA for what is no schema.
 */
export function checked<const C extends Checks>(
  checks: C,
  handler: (input: Checked<C>, request: HttpRequest) => Handled<CheckedAnswer<C>>,
): Handler {
  checkOptions("checked()", checks, [...inputs, "response"]);
  for (const [name, schema] of Object.entries(checks)) {
    if (typeof schema?.["~standard"]?.validate === "function") continue;
    throw misuse("type", "BAD_SCHEMA", `checked(): ${name} must be a Standard Schema, got ${describe(schema)}`);
  }
  if (checks.body !== undefined && checks.form !== undefined) {
    throw misuse("type", "BAD_SCHEMA", "checked() takes a schema of the body or of the form, got both");
  }

  return function* check(request): Generator<unknown, Answer, never> {
    const input: Partial<Record<Input, unknown>> = {};
    for (const name of inputs) {
      const schema = checks[name];
      if (schema === undefined) continue;
      if (name === "body" && !isJson(request)) return problem(415, "the body must be application/json");
      let value: unknown;
      try {
        value = yield* read(request, name);
      } catch (error) {
        if (error instanceof ChidiError && error.code === "BAD_JSON") return problem(400, error.message);
        throw error;
      }
      const result = yield* validated(schema, value);
      if (result.issues !== undefined) return refused({ in: name, issues: result.issues });
      input[name] = result.value;
    }
    const result = handler(input as Checked<C>, request) as Handled<unknown>;
    const answer = isGenerator<unknown>(result) ? yield* result : yield* handled(result);
    const { response } = checks;
    if (response === undefined || answer instanceof Response) return answer as Answer;
    const fits = yield* validated(response, answer);
    if (fits.issues === undefined) return json(fits.value);
    const where = fits.issues.map((issue) => `${pathOf(issue).join(".") || "it"}: ${issue.message}`);
    throw new ChidiError(
      "BAD_RESPONSE",
      `the answer does not fit its schema: ${where.slice(0, MOST_ISSUES).join("; ")}`,
    );
  };
}

function* read(request: HttpRequest, name: Input): Generator<unknown, unknown, never> {
  if (name === "params") return request.params;
  if (name === "query") return fields(request.query);
  return name === "body" ? yield* request.json() : fields(yield* form(request));
}

function isJson(request: HttpRequest): boolean {
  return /^\s*application\/(?:json|[\w.+-]+\+json)\s*(?:;|$)/i.test(headerOf(request, "content-type") ?? "");
}

// Without a prototype: names are the client's.
function fields(search: URLSearchParams): Record<string, string | string[]> {
  const all = new Map<string, string[]>();
  for (const [name, value] of search) {
    const values = all.get(name);
    if (values === undefined) all.set(name, [value]);
    else values.push(value);
  }
  const out = Object.create(null) as Record<string, string | string[]>;
  for (const [name, values] of all) out[name] = values.length === 1 ? (values[0] as string) : values;
  return out;
}

function* validated(schema: AnySchema, value: unknown): Generator<unknown, SchemaResult<unknown>, never> {
  const result = schema["~standard"].validate(value);
  return isThenable<SchemaResult<unknown>>(result) ? yield* until(result) : result;
}

function refused(misfit: Misfit): Answer {
  const issues: ProblemIssue[] = misfit.issues
    .slice(0, MOST_ISSUES)
    .map((issue) => ({ in: misfit.in, path: pathOf(issue), message: issue.message }));
  const status = misfit.in === "body" || misfit.in === "form" ? 422 : 400;
  return problem(status, `the ${misfit.in} of the request does not fit`, { issues });
}

function pathOf(issue: SchemaIssue): (string | number)[] {
  return (issue.path ?? []).map((step) => {
    const key = typeof step === "object" ? step.key : step;
    return typeof key === "number" ? key : String(key);
  });
}
