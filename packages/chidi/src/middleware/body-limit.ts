/**
 * `bodyLimit`: how large the bodies of a route may be, where that is not what all others may.
 */
import { describe, misuse } from "@good-place/channel/misuse";
import type { IncomingRequest } from "../request/request.js";
import type { Handler } from "../routing/router.js";

/**
 * A middleware: bodies may have up to `bytes`, on the wire and decoded, be that more or less than the server's
 * `maxBodyBytes`; of several around one handler the innermost counts. What is larger, or says so, is BODY_TOO_LARGE (413)
 * for the handler that asks for it, before it is told to go on with its body. Throws BAD_OPTION.
 */
export function bodyLimit(bytes: number): <P>(handler: Handler<P>) => Handler<P> {
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw misuse("range", "BAD_OPTION", `bodyLimit() takes an integer >= 1, of bytes, got ${describe(bytes)}`);
  }
  return (handler) => (request) => {
    (request as unknown as IncomingRequest).reader.limit(bytes);
    return handler(request);
  };
}
