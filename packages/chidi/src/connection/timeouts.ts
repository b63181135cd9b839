/**
 * The times that a server does not wait longer than: the errors of those that ran out, and the signal that each becomes.
 */
import { ChidiError, type ChidiErrorCode, isRefusal, refusal } from "../errors.js";

/** What was waited for: a head, the next bytes of a body, a handler's answer, a client that reads, or a next request. */
export type Awaited = "headers" | "body" | "handler" | "write" | "keepAlive";

const awaited: Partial<Record<ChidiErrorCode, Awaited>> = {
  HEADERS_TIMEOUT: "headers",
  BODY_TIMEOUT: "body",
  HANDLER_TIMEOUT: "handler",
  WRITE_TIMEOUT: "write",
  KEEP_ALIVE_TIMEOUT: "keepAlive",
};

/** What tells a signal of this failure from others: its tag, and what was waited for. */
export function kindOf(
  error: unknown,
): { readonly tag: "error" | "refused" } | { readonly tag: "timeout"; readonly which: Awaited } {
  const which = error instanceof ChidiError ? awaited[error.code] : undefined;
  if (which !== undefined) return { tag: "timeout", which };
  return { tag: isRefusal(error) ? "refused" : "error" };
}

/** Of a connection of HTTP/2, before its first head. */
export function prefaceTimeout(ms: number): ChidiError {
  return new ChidiError("HEADERS_TIMEOUT", `the client did not begin HTTP/2 within ${ms} ms (headersTimeoutMs)`);
}

export function handlerTimeout(ms: number): ChidiError {
  return refusal(503, "HANDLER_TIMEOUT", `the handler had no answer within ${ms} ms (handlerMs)`);
}

export function writeTimeout(ms: number): ChidiError {
  return new ChidiError("WRITE_TIMEOUT", `the client read nothing of its answer for ${ms} ms (writeIdleMs)`);
}

export function keepAliveTimeout(ms: number): ChidiError {
  return new ChidiError("KEEP_ALIVE_TIMEOUT", `the connection brought no request for ${ms} ms (keepAliveMs)`);
}
