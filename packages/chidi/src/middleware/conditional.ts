/**
 * `conditional`: ETags for computed answers, and 304 for a client that has the answer already.
 * Cost: a hash of each whole body that comes without an ETag.
 */
import { createHash } from "node:crypto";
import type { Answer } from "../answer/response.js";
import { discard } from "../answer/stream.js";
import { precondition } from "../request/precondition.js";
import type { HttpRequest } from "../request/request.js";
import type { Handler } from "../routing/router.js";
import { after, type OpenAnswer, opened } from "./after.js";

/**
 * A middleware: answers to GET and HEAD with 200 get a strong ETag of their bytes, unless they have one or are streams,
 * and are 304 or 412 where the request's conditions say so. The handler runs all the same: a handler that changes
 * something asks `precondition` itself, before it does.
 */
export function conditional(): <P>(handler: Handler<P>) => Handler<P> {
  return (handler) => (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") return handler(request);
    return after(handler(request), (answer) => checked(request, answer));
  };
}

function checked(request: Pick<HttpRequest, "method" | "headers">, answer: Answer): Answer {
  const open = opened(answer);
  const { status, headers, body } = open;
  if (status !== 200) return answer;
  if (headers.etag === undefined && (typeof body === "string" || body instanceof Uint8Array)) {
    headers.etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`;
  }
  const modified = new Date(String(headers["last-modified"]));
  const early = precondition(request, {
    etag: headers.etag as string | undefined,
    lastModified: Number.isNaN(modified.getTime()) ? undefined : modified,
  });
  if (early === null) return open;
  discard(body);
  return early.status === 304 ? { ...early, headers: { ...lasting(open), ...early.headers } } : early;
}

// What is said of the resource stays, what is said of the bytes goes with them.
function lasting({ headers }: OpenAnswer): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith("content-") || name === "content-location"),
  );
}
