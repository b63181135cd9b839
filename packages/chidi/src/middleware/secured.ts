/**
 * Security headers. The defaults suit a page that loads everything from its own origin and is framed by nobody else.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { Middleware } from "./through.js";

const defaults = {
  "content-security-policy":
    "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'; object-src 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "x-frame-options": "SAMEORIGIN",
  "x-permitted-cross-domain-policies": "none",
  "x-xss-protection": "0",
};

const optional = ["cross-origin-embedder-policy", "content-security-policy-report-only", "permissions-policy"] as const;

type SecurityHeader = keyof typeof defaults | (typeof optional)[number];

/** Another value for a header, or false for none. */
export type SecuredOptions = { readonly [Name in SecurityHeader]?: string | false | undefined };

/**
 * Sends security headers with every answer; a header that the answer has itself wins. Strict-Transport-Security goes only
 * to clients that speak https. Throws UNKNOWN_OPTION for another header, BAD_OPTION for a value that is none.
 */
export function secured(options: SecuredOptions = {}): Middleware {
  checkOptions("secured()", options, [...Object.keys(defaults), ...optional]);
  const headers = Object.entries<string | false | undefined>({ ...defaults, ...given(options) }).filter(
    (header): header is [string, string] => header[1] !== false,
  );
  return (handler) => (request) => {
    for (const [name, value] of headers) {
      if (name !== "strict-transport-security" || request.protocol === "https") request.outgoing.set(name, value);
    }
    return handler(request);
  };
}

function given(options: SecuredOptions): Record<string, string | false> {
  const entries = Object.entries(options).filter((entry): entry is [string, string | false] => entry[1] !== undefined);
  for (const [name, value] of entries) {
    if (value !== false && (typeof value !== "string" || !/^[\x20-\x7e]+$/.test(value))) {
      throw misuse(
        "type",
        "BAD_OPTION",
        `secured() option ${name} must be a header's text or false, got ${describe(value)}`,
      );
    }
  }
  return Object.fromEntries(entries);
}
