/**
 * Refuses what a browser sends from another site: forms and scripts elsewhere, which carry the user's cookies along.
 * What browsers say of themselves is enough: no token has to be in the form. A client that says nothing is no browser.
 */
import { checkOptions } from "@good-place/channel/misuse";
import { type HttpRequest, headerOf } from "../request/request.js";
import { checkOrigins } from "./cors.js";
import type { Middleware } from "./through.js";

export interface SameOriginOptions {
  /** Other origins that may send too, `https://app.example`. */
  readonly origins?: readonly string[] | undefined;
}

const harmless = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Answers 403 to a request that changes something and comes from another origin, by Sec-Fetch-Site, or by Origin where a
 * browser does not send that. GET, HEAD and OPTIONS pass: they must not change anything. Throws BAD_OPTION.
 */
export function sameOrigin(options: SameOriginOptions = {}): Middleware {
  checkOptions("sameOrigin()", options, ["origins"]);
  const { origins = [] } = options;
  checkOrigins("sameOrigin()", origins);
  return (handler) => (request) =>
    harmless.has(request.method) || isOwn(request, origins)
      ? handler(request)
      : { status: 403, body: "Forbidden: the request comes from another origin" };
}

function isOwn(request: HttpRequest, origins: readonly string[]): boolean {
  const origin = headerOf(request, "origin");
  if (origin !== null && origins.includes(origin)) return true;
  const site = headerOf(request, "sec-fetch-site");
  if (site !== null) return site === "same-origin" || site === "none";
  if (origin === null) return true;
  // The host alone: behind a proxy that ends TLS and is not trusted, the protocol is not known.
  return URL.canParse(origin) && new URL(origin).host === canonical(origin, request.host);
}

// The host as the origin writes it, which leaves out the port that its protocol has anyway.
function canonical(origin: string, host: string): string {
  const url = `${new URL(origin).protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).host : "";
}
