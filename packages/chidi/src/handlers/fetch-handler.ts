/** Apps that speak the web's own Request and Response, such as Hono's, as handlers. */
import { describe, misuse } from "@good-place/channel/misuse";
import type { HttpRequest } from "../request/request.js";
import type { Handler } from "../routing/router.js";

/** What web-standard apps export. */
export type Fetch = (request: Request) => Response | PromiseLike<Response>;

// The web's Request refuses to be made with these.
const impossible = new Set(["CONNECT", "TRACE", "TRACK"]);

/**
 * Makes a handler of an app's `fetch`. The app gets the whole URL as the client asked for it, headers, a body that is read
 * from the wire as the app reads it, and the signal that aborts when the client goes away. Throws BAD_MIDDLEWARE.
 */
export function fetchHandler(fetch: Fetch): Handler {
  if (typeof fetch !== "function") {
    throw misuse("type", "BAD_MIDDLEWARE", `fetchHandler() takes a function like app.fetch, got ${describe(fetch)}`);
  }
  return (request) => {
    if (impossible.has(request.method.toUpperCase())) return { status: 501, body: "Not Implemented" };
    const url = `${request.protocol}://${request.host || "localhost"}${request.url === "*" ? "/" : request.url}`;
    return URL.canParse(url) ? fetch(webRequest(url, request)) : { status: 400, body: "Bad Request" };
  };
}

function webRequest(url: string, request: HttpRequest): Request {
  const { method, headers, signal } = request;
  if (method === "GET" || method === "HEAD") return new Request(url, { method, headers, signal });
  return new Request(url, { method, headers, signal, body: request.body, duplex: "half" } as RequestInit);
}
