/**
 * Cookies: those that came, and those to set. What is set goes with the handler's own answer only, and unless told
 * otherwise no script reads it, no other site sends it along, and nothing carries it in the clear that came encrypted.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { parseCookie, stringifySetCookie } from "cookie";
import { type HttpRequest, headerOf } from "../request/request.js";

export interface CookieOptions {
  /** How long it lasts, in seconds; by default until the browser ends its session. */
  readonly maxAgeS?: number | undefined;
  /** When it ends, instead. */
  readonly expires?: Date | undefined;
  /** The paths that get it: "/" by default. */
  readonly path?: string | undefined;
  /** Gives it to the domain's other hosts too. */
  readonly domain?: string | undefined;
  /** No script reads it; true by default. */
  readonly httpOnly?: boolean | undefined;
  /** Goes over encrypted connections only; by default true where this one is, and where the name or another option asks for it. */
  readonly secure?: boolean | undefined;
  /** Whether other sites' requests carry it: "lax" by default. "none" needs `secure`. */
  readonly sameSite?: "strict" | "lax" | "none" | undefined;
  /** One for each site that embeds this one; needs `secure`. */
  readonly partitioned?: boolean | undefined;
}

const names = ["maxAgeS", "expires", "path", "domain", "httpOnly", "secure", "sameSite", "partitioned"];

/** The cookies that came with the request, percent-decoded; of two with one name the first. */
export function cookies(request: HttpRequest): Readonly<Record<string, string | undefined>> {
  return parseCookie(headerOf(request, "cookie") ?? "");
}

/**
 * Sets a cookie with the answer to the request; the value is percent-encoded. Throws BAD_COOKIE for a name, a value or
 * options that no browser takes: `__Host-` with a domain or another path, `secure: false` where it is needed.
 */
export function setCookie(request: HttpRequest, name: string, value: string, options: CookieOptions = {}): void {
  checkOptions("setCookie()", options, names);
  const { maxAgeS, expires, path = "/", domain, httpOnly = true, sameSite = "lax", partitioned } = options;
  const needed = /^__(host|secure)-/i.test(name) || sameSite === "none" || partitioned === true;
  const { secure = needed || request.protocol === "https" } = options;
  if (needed && !secure) throw bad(name, "it needs `secure`, which is false");
  if (/^__host-/i.test(name) && (domain !== undefined || path !== "/")) {
    throw bad(name, 'a __Host- cookie has the path "/" and no domain');
  }
  if (typeof value !== "string") throw bad(name, `its value must be a string, got ${describe(value)}`);
  const attributes = { maxAge: maxAgeS, expires, path, domain, httpOnly, secure, sameSite, partitioned };
  request.outgoing.append("set-cookie", written(name, value, attributes));
}

/** Has the client forget a cookie; `path`, `domain` and `partitioned` as it was set with. */
export function clearCookie(
  request: HttpRequest,
  name: string,
  options: Omit<CookieOptions, "maxAgeS" | "expires"> = {},
): void {
  setCookie(request, name, "", { ...options, maxAgeS: 0, expires: new Date(0) });
}

function written(name: string, value: string, attributes: Parameters<typeof stringifySetCookie>[2]): string {
  try {
    return stringifySetCookie(name, value, attributes);
  } catch (cause) {
    throw bad(name, (cause as Error).message);
  }
}

function bad(name: string, why: string): TypeError {
  return misuse("type", "BAD_COOKIE", `the cookie ${JSON.stringify(describe(name))} cannot be set: ${why}`);
}
