/**
 * The end of a request, for middleware that counts or measures: its answer is written out, or its connection is gone.
 */
import type { HttpRequest, IncomingRequest } from "./request.js";

/**
 * Calls `run` once, when the answer has been written to its end or never will be. What `run` throws is an `error`
 * signal, and touches neither the answer nor its connection. Given a request whose answer is complete already, it is never called.
 */
export function whenAnswered(request: HttpRequest, run: () => void): void {
  (request as unknown as IncomingRequest).onEnd(run);
}
