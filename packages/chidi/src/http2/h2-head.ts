/**
 * What node lets through of a stream's head and a careful server refuses. The framing is HTTP/2's own, and node checks
 * the pseudo headers; what is left are the host, the target, and the limits.
 */

import { refusal } from "../errors.js";
import { checkNames, hostPattern } from "../request/head.js";
import type { StreamMessage } from "./h2-adapters.js";

export interface StreamHeadLimits {
  readonly maxHeaders: number;
  readonly maxHeaderBytes: number;
}

// What HPACK counts for a header beside its text.
const PER_HEADER = 32;

/** Checks the head of a stream's request; answers its target. Throws the refusal. */
export function checkStreamHead(message: StreamMessage, limits: StreamHeadLimits): string {
  const { rawHeaders, headers, url, method } = message;
  if (method === "CONNECT") throw refusal(501, "BAD_METHOD", "this server is no proxy");
  if (rawHeaders.length > limits.maxHeaders * 2) {
    throw refusal(431, "HEADERS_TOO_LARGE", `the request has more than ${limits.maxHeaders} headers (maxHeaders)`);
  }
  if (sizeOf(rawHeaders) + url.length > limits.maxHeaderBytes) {
    throw refusal(431, "HEADERS_TOO_LARGE", "the head of the request is larger than maxHeaderBytes");
  }
  const host = checkNames(rawHeaders);
  const authority = headers[":authority"];
  if (host === undefined || !hostPattern.test(host)) {
    throw refusal(400, "BAD_REQUEST", "the request's authority is missing or no host");
  }
  if (authority !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
    throw refusal(400, "BAD_REQUEST", "the request's authority names another host than its Host header");
  }
  if (url.startsWith("/") && !url.includes("#")) return url;
  if (url === "*" && method === "OPTIONS") return url;
  throw refusal(400, "BAD_REQUEST", "the request's target is no path");
}

function sizeOf(rawHeaders: readonly string[]): number {
  let size = (rawHeaders.length / 2) * PER_HEADER;
  for (const text of rawHeaders) size += text.length;
  return size;
}
