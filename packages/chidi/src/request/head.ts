/**
 * What node's parser lets through and a careful server refuses: ambiguous hosts, versions, transfer codings and names.
 * Each rule closes a way in which two servers behind one another can see two different requests in the same bytes.
 * Cost: one pass over the header names.
 */
import type { IncomingMessage } from "node:http";
import { refusal } from "../errors.js";

export interface HeadLimits {
  readonly maxHeaders: number;
}

/** host [":" port], where host is a name, an IPv4 address or a bracketed IPv6 one. */
export const hostPattern: RegExp = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+,;=%-]+)(?::\d{0,5})?$/i;
const absolutePattern = /^https?:\/\/([^/?#]*)([^#]*)$/i;

// An application server behind CGI-like naming cannot tell these from their twins with a dash.
const twins = new Set(
  "content-length transfer-encoding content-type content-encoding host connection upgrade expect authorization cookie te trailer forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip".split(
    " ",
  ),
);

/** Checks the head of a request; answers its target in origin form. Throws the refusal. */
export function checkHead(message: IncomingMessage, limits: HeadLimits): string {
  const { rawHeaders, headers, httpVersion } = message;
  if (httpVersion !== "1.1" && httpVersion !== "1.0") {
    throw refusal(505, "BAD_VERSION", "the request is not of HTTP/1.0 or HTTP/1.1");
  }
  if (message.method === "CONNECT") throw refusal(501, "BAD_METHOD", "this server is no proxy");
  if (rawHeaders.length > limits.maxHeaders * 2) {
    throw refusal(431, "HEADERS_TOO_LARGE", `the request has more than ${limits.maxHeaders} headers (maxHeaders)`);
  }
  const host = checkNames(rawHeaders);
  if (host === undefined ? httpVersion === "1.1" : !hostPattern.test(host)) {
    throw refusal(400, "BAD_REQUEST", "the Host header is missing or no host");
  }
  const coding = headers["transfer-encoding"];
  if (coding !== undefined) {
    if (httpVersion === "1.0") throw refusal(400, "BAD_REQUEST", "HTTP/1.0 has no Transfer-Encoding");
    if (coding.trim().toLowerCase() !== "chunked") {
      throw refusal(501, "BAD_CODING", "the only transfer coding is chunked");
    }
  }
  return originForm(message, host);
}

/** The one Host header there is. Refuses a second one, and names with an underscore that have a twin with a dash. */
export function checkNames(rawHeaders: readonly string[]): string | undefined {
  let host: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === "host") {
      if (host !== undefined) throw refusal(400, "BAD_REQUEST", "the request has two Host headers");
      host = rawHeaders[i + 1] as string;
    } else if (name.includes("_") && twins.has(name.replaceAll("_", "-").toLowerCase())) {
      throw refusal(400, "BAD_REQUEST", "a header's name has an underscore where a well-known one has a dash");
    }
  }
  return host;
}

function originForm(message: IncomingMessage, host: string | undefined): string {
  const target = message.url ?? "";
  if (target.startsWith("/") && !target.includes("#")) return target;
  if (target === "*" && message.method === "OPTIONS") return target;
  const absolute = absolutePattern.exec(target);
  if (absolute === null) throw refusal(400, "BAD_REQUEST", "the request's target is neither a path nor an http URL");
  const [, authority = "", rest = ""] = absolute;
  if (!hostPattern.test(authority) || authority.toLowerCase() !== host?.toLowerCase()) {
    throw refusal(400, "BAD_REQUEST", "the request's target names another host than its Host header");
  }
  return rest.startsWith("/") ? rest : `/${rest}`;
}
