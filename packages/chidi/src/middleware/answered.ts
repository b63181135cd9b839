/**
 * The end of a request, for middleware that counts or measures: its answer is written out, or its connection is gone.
 */
import { describe, misuse } from "@good-place/channel/misuse";
import type { HttpRequest, IncomingRequest } from "../request/request.js";

/**
 * Calls `run` once, when the answer has been written to its end or never will be. What `run` throws is an `error`
 * signal, and touches neither the answer nor its connection. Given a request whose answer is complete already, it is never called. Throws BAD_OPTION.
 */
export function whenAnswered(request: HttpRequest, run: () => void): void {
  if (typeof run !== "function") {
    throw misuse("type", "BAD_OPTION", `whenAnswered() takes a request and a function, got ${describe(run)}`);
  }
  (request as unknown as IncomingRequest).onEnd(run);
}
