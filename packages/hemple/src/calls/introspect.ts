/**
 * Which methods there are, for the roles of whoever asks: a method whose name is empty, as no method of a contract can be.
 */
import { type AnyMethod, method } from "../contract.js";
import type { AnySchema } from "../schema.js";
import type { Served } from "./served.js";

/** A method, as whoever may call it sees it. */
export interface MethodDescription {
  readonly name: string;
  /** One answer, a stream of them, a stream that is fed, or both. */
  readonly kind: "unary" | "stream" | "feed" | "both";
  readonly idempotent: boolean;
  /** JSON Schemas, where the library of the server's schemas makes them. */
  readonly input?: unknown;
  readonly output?: unknown;
  readonly stream?: unknown;
  readonly feed?: unknown;
}

/** The name of the method that tells of the others. */
export const METHODS = "";

const whatever: AnySchema = { "~standard": { version: 1, vendor: "hemple", validate: (value) => ({ value }) } };

/** The method that tells of the others. */
export const methodsMethod: AnyMethod = method({ output: whatever, idempotent: true });

/** Its handler, for these methods. */
export function introspection(served: Iterable<Served>): Served {
  const described = Array.from(served, (one) => ({ allowed: one.method.allowed, description: describe(one) }));
  return {
    name: METHODS,
    method: methodsMethod,
    handler: (_input, call) => {
      const { roles } = call as { roles: readonly string[] };
      return described
        .filter(({ allowed }) => allowed === undefined || allowed.some((role) => roles.includes(role)))
        .map(({ description }) => description);
    },
  };
}

function describe({ name, method: { input, output, stream, feed, idempotent } }: Served): MethodDescription {
  const kind = stream === undefined ? (feed ? "feed" : "unary") : feed ? "both" : "stream";
  const schemas = { input: json(input, "input"), output: json(output, "output") };
  const streams = { stream: json(stream, "output"), feed: json(feed, "input") };
  const known = Object.entries({ ...schemas, ...streams }).filter(([, schema]) => schema !== undefined);
  return { name, kind, idempotent, ...Object.fromEntries(known) };
}

// An extension of Standard Schema that some libraries have. Not every schema can be put so.
function json(schema: AnySchema | undefined, side: "input" | "output"): unknown {
  const made = (schema?.["~standard"] as { jsonSchema?: Record<string, (options: object) => unknown> } | undefined)
    ?.jsonSchema;
  try {
    const text = JSON.stringify(made?.[side]?.({ target: "draft-2020-12" }));
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
