/**
 * CORS: which other origins may read what is answered here. It allows browsers what they would not do by themselves, and
 * keeps nobody out: against requests from other sites there is `sameOrigin`.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { AnswerParts } from "../answer/response.js";
import { type HttpRequest, headerOf } from "../request/request.js";
import type { Middleware } from "./through.js";

export interface CorsOptions {
  /** "*" for all, which excludes `credentials`; else the origins one by one, `https://app.example`, and perhaps `null`. */
  readonly origins: "*" | readonly string[];
  /** Methods that a preflight allows; GET, HEAD, POST, PUT, PATCH and DELETE by default. */
  readonly methods?: readonly string[] | undefined;
  /** Request headers that a preflight allows; by default those that it asks for. */
  readonly headers?: readonly string[] | undefined;
  /** Headers of the answer that scripts may read besides the usual ones. */
  readonly expose?: readonly string[] | undefined;
  /** Cookies and the like may come along; false by default. */
  readonly credentials?: boolean | undefined;
  /** How long a browser may remember a preflight, in seconds; 600 by default. */
  readonly maxAgeS?: number | undefined;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const names = ["origins", "methods", "headers", "expose", "credentials", "maxAgeS"];

/**
 * Answers preflights (204, or 403 for another origin), and adds what lets the allowed origins read every other answer, the
 * page of a failure too. Where the origin decides, Vary says so. Throws UNKNOWN_OPTION and BAD_OPTION.
 */
export function cors(options: CorsOptions): Middleware {
  checkOptions("cors()", options, names);
  const { origins, methods = METHODS, headers, expose = [], credentials = false, maxAgeS = 600 } = options;
  if (origins !== "*") checkOrigins("cors()", origins);
  else if (credentials) throw bad("credentials", 'false where origins is "*": name the origins', true);
  for (const [name, list] of Object.entries({ methods, headers, expose })) {
    if (list !== undefined && !(Array.isArray(list) && list.every(isToken))) throw bad(name, "a list of names", list);
  }
  if (!Number.isInteger(maxAgeS) || maxAgeS < 0) throw bad("maxAgeS", "an integer >= 0", maxAgeS);

  function allow({ outgoing }: HttpRequest, origin: string): void {
    outgoing.set("access-control-allow-origin", origins === "*" ? "*" : origin);
    if (credentials) outgoing.set("access-control-allow-credentials", "true");
  }

  function preflight(request: HttpRequest): AnswerParts {
    const { outgoing } = request;
    outgoing.set("access-control-allow-methods", methods.join(", "));
    const asked = headerOf(request, "access-control-request-headers");
    const allowed = headers?.join(", ") ?? (asked?.split(",").every(isToken) ? asked : "");
    if (headers === undefined) outgoing.append("vary", "Access-Control-Request-Headers");
    if (allowed !== "") outgoing.set("access-control-allow-headers", allowed);
    outgoing.set("access-control-max-age", String(maxAgeS));
    return { status: 204 };
  }

  return (handler) => (request) => {
    if (origins !== "*") request.outgoing.append("vary", "Origin");
    const origin = headerOf(request, "origin");
    const allowed = origin !== null && (origins === "*" || origins.includes(origin));
    if (allowed) allow(request, origin);
    const asks =
      request.method === "OPTIONS" && origin !== null && headerOf(request, "access-control-request-method") !== null;
    if (asks) return allowed ? preflight(request) : { status: 403, body: "Forbidden: this origin is not allowed" };
    if (allowed && expose.length > 0) request.outgoing.set("access-control-expose-headers", expose.join(", "));
    return handler(request);
  };
}

/** Throws BAD_OPTION unless these are origins as browsers write them. */
export function checkOrigins(where: string, origins: readonly string[]): void {
  const wrong = Array.isArray(origins) ? origins.find((one) => !isOrigin(one)) : origins;
  if (Array.isArray(origins) && wrong === undefined) return;
  throw misuse(
    "type",
    "BAD_OPTION",
    `${where} option origins must be a list of origins like https://app.example, without a path, got ${describe(wrong)}`,
  );
}

function isOrigin(one: unknown): boolean {
  return one === "null" || (typeof one === "string" && URL.canParse(one) && new URL(one).origin === one);
}

function isToken(name: unknown): boolean {
  return typeof name === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(name.trim());
}

function bad(option: string, expected: string, got: unknown): TypeError {
  return misuse("type", "BAD_OPTION", `cors() option ${option} must be ${expected}, got ${describe(got)}`);
}
