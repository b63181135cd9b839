/**
 * Paths from routes, the other way round: what `router` takes apart, `path` puts together; and tables of routes moved
 * under a prefix.
 */
import { describe, misuse } from "@good-place/channel/misuse";
import { parseRoute } from "./route.js";
import type { Handler, Names, RouteParams } from "./router.js";

/** A value that goes into a URL as its text. */
export type PathValue = string | number | bigint | boolean;

/** What follows the path: a list is a name several times, undefined is left out. */
export type PathQuery = Readonly<Record<string, PathValue | readonly PathValue[] | undefined>>;

type PathOf<Route extends string> = Route extends `${string} /${infer Path}` ? Path : Route;

type Given<Route extends string> = [Names<PathOf<Route>>] extends [never]
  ? [params?: Readonly<Record<never, never>>, query?: PathQuery]
  : [params: { readonly [Name in Names<PathOf<Route>>]: PathValue }, query?: PathQuery];

/**
 * The path of a route ("GET /tasks/:id", or "/tasks/:id") with its parameters put in, percent-encoded, and a query. The
 * rest that a `*` stands for keeps its slashes. Throws BAD_ROUTE, and BAD_PARAM for a parameter that is missing, that the
 * route does not have, or that would not come back as it was: an empty segment, `.`, `..`, a NUL or half a character.
 */
export function path<const Route extends string>(route: Route, ...[params = {}, query = {}]: Given<Route>): string {
  const { segments } = parseRoute(route.startsWith("/") ? `GET ${route}` : route);
  const given = params as Readonly<Record<string, unknown>>;
  const used = new Set<string>();
  const made = segments.map((segment) => {
    const rest = segment.startsWith("*");
    if (!rest && !segment.startsWith(":")) return encodeURIComponent(segment);
    const name = segment === "*" ? "*" : segment.slice(1);
    used.add(name);
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || value === null || typeof value === "object") throw bad(route, name, value);
    return (rest ? String(value).split("/") : [String(value)])
      .map((part) => encoded(route, name, part, rest))
      .join("/");
  });
  for (const name of Object.keys(given)) {
    if (!used.has(name)) throw misuse("type", "BAD_PARAM", `path() of ${route}: the route has no parameter ${name}`);
  }
  const search = queryOf(query);
  return `/${made.join("/")}${search === "" ? "" : `?${search}`}`;
}

type Under<Prefix extends string, Route extends string> = Route extends `${infer Method} /${infer Path}`
  ? `${Method} ${Prefix}/${Path}`
  : Route;

/**
 * A table of routes under a prefix, to be spread into another: `router({ ...under("/api", tasks) })`. The prefix may have
 * parameters. Throws BAD_ROUTE for a prefix that does not begin with a slash or ends with one, and for a route "*".
 */
export function under<const Prefix extends string, const R extends string>(
  prefix: Prefix,
  routes: { readonly [K in R]: Handler<RouteParams<Under<Prefix, K>>> },
): { readonly [K in R as Under<Prefix, K>]: Handler<RouteParams<Under<Prefix, K>>> } {
  if (typeof prefix !== "string" || !/^\/.*[^/]$/.test(prefix)) {
    throw misuse("type", "BAD_ROUTE", `under() takes a prefix like "/api", got ${describe(prefix)}`);
  }
  const moved = Object.entries(routes).map(([route, handler]) => {
    const { method } = parseRoute(route);
    return [`${method} ${prefix}${route.slice(method.length + 1)}`, handler];
  });
  return Object.fromEntries(moved);
}

function encoded(route: string, name: string, part: string, rest: boolean): string {
  const lost = part === "." || part === ".." || part.includes("\0") || (part === "" && !rest);
  if (lost || (rest && part.includes("\\")) || !wellFormed(part)) throw bad(route, name, part);
  return encodeURIComponent(part);
}

function queryOf(query: PathQuery): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) search.append(name, String(one));
  }
  return search.toString();
}

function bad(route: string, name: string, value: unknown): TypeError {
  return misuse("type", "BAD_PARAM", `path() of ${route}: ${JSON.stringify(describe(value))} cannot be its ${name}`);
}

function wellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}
