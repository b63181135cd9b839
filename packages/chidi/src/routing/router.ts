/**
 * `router`: a handler made of routes. HEAD is answered by the GET route, OPTIONS from the list of methods, a known path
 * with another method by 405.
 */
import { describe, misuse } from "@good-place/channel/misuse";
import type { Handled } from "../answer/handled.js";
import { type Answer, type AnswerParts, notFound } from "../answer/response.js";
import { type HttpRequest, type Params, setParams } from "../request/request.js";
import { type Match, parseRoute, segmentsOf, Tree } from "./route.js";

/** Takes a request, returns an answer, or a promise, a fiber or a generator of one. */
export type Handler<P = Params> = (request: HttpRequest<P>) => Handled<Answer>;

/** The names of a path's parameters. */
export type Names<Path extends string> = Path extends `${infer Head}/${infer Rest}`
  ? Names<Head> | Names<Rest>
  : Path extends `:${infer Name}`
    ? Name
    : Path extends "*"
      ? "*"
      : Path extends `*${infer Name}`
        ? Name
        : never;

/** The parameters of a route, from its text: `{ id: string }` for "GET /tasks/:id". */
export type RouteParams<Route extends string> = Route extends `${string} /${infer Path}`
  ? { readonly [Name in Names<Path>]: string }
  : Params;

/**
 * Makes a handler of routes: "METHOD /path" with `:name` for a segment and a last `*` or `*name` for the rest of the path
 * (also empty), "* /path" for any method, and "*" alone for what nothing else matched. Where both a route of the method
 * and one of any method match, the more special path wins, then the method. Params are percent-decoded; what decodes badly, or holds a NUL
 * or a dot segment, is 400. Throws BAD_ROUTE.
 */
export function router<R extends string>(routes: { readonly [K in R]: Handler<RouteParams<K>> }): Handler {
  if (typeof routes !== "object" || routes === null) {
    throw misuse("type", "BAD_ROUTE", `router() takes an object of routes, got ${describe(routes)}`);
  }
  const trees = new Map<string, Tree<Handler>>();
  let otherwise: Handler = () => notFound();
  for (const [route, handler] of Object.entries(routes) as [string, Handler][]) {
    if (typeof handler !== "function") {
      throw misuse("type", "BAD_ROUTE", `router() needs a handler for ${describe(route)}, got ${describe(handler)}`);
    }
    if (route === "*") {
      otherwise = handler;
      continue;
    }
    const { method, segments } = parseRoute(route);
    const tree = trees.get(method) ?? new Tree<Handler>();
    trees.set(method, tree);
    tree.add(route, segments, handler);
  }

  return function route(request): Handled<Answer> {
    const { method, path } = request;
    if (path === "*")
      return { status: 204, headers: { allow: allowed([...trees.keys()].filter((name) => name !== "*")) } };
    const segments = segmentsOf(path);
    if (segments === null) return { status: 400, body: "Bad Request" };
    const match = find(trees, method, segments);
    if (match !== null) {
      setParams(request, match.params);
      return match.value(request);
    }
    const methods = [...trees].filter(([, tree]) => tree.match(segments) !== null).map(([name]) => name);
    return methods.length === 0 ? otherwise(request) : other(method, methods);
  };
}

function find(trees: Map<string, Tree<Handler>>, method: string, segments: readonly string[]): Match<Handler> | null {
  let match = trees.get(method)?.match(segments) ?? null;
  if (match === null && method === "HEAD") match = trees.get("GET")?.match(segments) ?? null;
  const any = trees.get("*")?.match(segments) ?? null;
  return match === null || (any !== null && any.rank < match.rank) ? any : match;
}

// The path is known, the method is not among its methods.
function other(method: string, methods: readonly string[]): AnswerParts {
  const headers = { allow: allowed(methods) };
  return method === "OPTIONS" ? { status: 204, headers } : { status: 405, headers, body: "Method Not Allowed" };
}

function allowed(methods: readonly string[]): string {
  const all = new Set([...methods, "OPTIONS"]);
  if (all.has("GET")) all.add("HEAD");
  return [...all].sort().join(", ");
}
