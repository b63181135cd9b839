/**
 * Route patterns and the trees that match them: one tree a method, a segment a level. In a tree the most special route
 * wins, whatever the order they were written in: at the first segment where two differ, text beats `:name` beats `*`.
 * Cost of a match: the path's segments, times the branches where text and `:name` both fit.
 */
import { METHODS } from "node:http";
import { describe, misuse, suggestion } from "@good-place/channel/misuse";

/** A route taken apart. */
export interface Route {
  readonly method: string;
  readonly segments: readonly string[];
}

export interface Match<T> {
  /** How special the route is: a digit for each segment, text 0, `:name` 1, rest 2. The lesser text is the more special. */
  readonly rank: string;
  readonly value: T;
  readonly params: Readonly<Record<string, string>>;
}

interface Leaf<T> {
  readonly value: T;
  readonly names: readonly string[];
  readonly rank: string;
}

interface Node<T> {
  readonly texts: Map<string, Node<T>>;
  param: Node<T> | null;
  end: Leaf<T> | null;
  tail: Leaf<T> | null;
}

const methodPattern = /^(?:[A-Z][A-Z-]*|\*)$/;
const namePattern = /^[A-Za-z][A-Za-z0-9_]*$/;
const textPattern = /^[^\s:*%?#\\]*$/;

/** Takes "GET /tasks/:id" apart. Throws BAD_ROUTE. */
export function parseRoute(route: string): Route {
  const [method = "", path = "", ...rest] = route.split(" ");
  if (rest.length > 0 || !methodPattern.test(method) || !path.startsWith("/")) {
    throw bad(route, 'expected "METHOD /path", "* /path" for any method, or "*" for what nothing else matched');
  }
  if (method !== "*" && !METHODS.includes(method)) {
    throw bad(route, `${method} is no method that node knows${suggestion(method, METHODS)}`);
  }
  const segments = path.slice(1).split("/");
  const names = new Set<string>();
  segments.forEach((segment, i) => {
    if (segment.startsWith("*") && i !== segments.length - 1) {
      throw bad(route, "a * stands for the rest of the path and comes last");
    }
    if (segment === "*") return;
    if (segment.startsWith(":") || segment.startsWith("*")) {
      const name = segment.slice(1);
      if (!namePattern.test(name))
        throw bad(route, `"${segment}" is no parameter: letters, digits and _ after the colon or the star`);
      if (names.has(name)) throw bad(route, `the parameter ${name} is there twice`);
      names.add(name);
    } else if (!textPattern.test(segment) || segment === "." || segment === "..") {
      throw bad(route, `"${segment}" is no segment: write it decoded, a parameter as :name, the rest as *`);
    }
  });
  return { method, segments };
}

// Cost: most paths have neither an escape nor anything that looks like a dot segment, and are done with one look.
const odd = /[%\0]|\/\./;

/** A tree of routes. */
export class Tree<T> {
  readonly #root: Node<T> = node();

  /** Adds a route. Throws BAD_ROUTE where another one matches the same paths. */
  add(route: string, segments: readonly string[], value: T): void {
    let at = this.#root;
    const names: string[] = [];
    let rank = "";
    for (const segment of segments) {
      rank += segment.startsWith("*") ? 2 : segment.startsWith(":") ? 1 : 0;
      if (segment.startsWith("*")) {
        names.push(segment.slice(1) || "*");
        break;
      }
      if (segment.startsWith(":")) {
        names.push(segment.slice(1));
        at.param ??= node();
        at = at.param;
      } else {
        const next = at.texts.get(segment) ?? node<T>();
        at.texts.set(segment, next);
        at = next;
      }
    }
    const kind = rank.endsWith("2") ? "tail" : "end";
    if (at[kind] !== null) throw bad(route, "another route matches the same paths");
    at[kind] = { value, names, rank };
  }

  /** The most special route that matches the decoded segments. */
  match(segments: readonly string[]): Match<T> | null {
    return find(this.#root, segments, 0, []);
  }
}

function find<T>(at: Node<T>, segments: readonly string[], depth: number, values: string[]): Match<T> | null {
  if (depth === segments.length) return at.end && matched(at.end, values);
  const segment = segments[depth] as string;
  const text = at.texts.get(segment);
  const exact = text === undefined ? null : find(text, segments, depth + 1, values);
  if (exact !== null) return exact;
  if (at.param !== null && segment !== "") {
    values.push(segment);
    const hit = find(at.param, segments, depth + 1, values);
    if (hit !== null) return hit;
    values.pop();
  }
  const rest = at.tail === null ? null : tail(segments, depth);
  if (at.tail === null || rest === null) return null;
  return matched(at.tail, [...values, rest]);
}

// The rest of the path. A decoded separator inside a segment would make it another path than the one that was matched.
function tail(segments: readonly string[], depth: number): string | null {
  const rest = segments.slice(depth);
  return rest.some((segment) => segment.includes("/") || segment.includes("\\")) ? null : rest.join("/");
}

function matched<T>({ value, names, rank }: Leaf<T>, values: readonly string[]): Match<T> {
  const params = Object.create(null) as Record<string, string>;
  names.forEach((name, i) => {
    params[name] = values[i] as string;
  });
  return { value, params, rank };
}

/**
 * The decoded segments of a path. Null where it cannot be meant well: bad percent-encoding, a NUL, or a `.` or `..`
 * segment in any spelling.
 */
export function segmentsOf(path: string): string[] | null {
  const segments = path.slice(1).split("/");
  if (!odd.test(path)) return segments;
  if (path.includes("%")) {
    try {
      for (let i = 0; i < segments.length; i++) segments[i] = decodeURIComponent(segments[i] as string);
    } catch {
      return null;
    }
  }
  return segments.some((segment) => segment === "." || segment === ".." || segment.includes("\0")) ? null : segments;
}

function node<T>(): Node<T> {
  return { texts: new Map(), param: null, end: null, tail: null };
}

function bad(route: string, why: string): TypeError {
  return misuse("type", "BAD_ROUTE", `router() cannot read the route ${describe(route)}: ${why}`);
}
