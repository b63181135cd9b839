/** Tells the client what the server calls its request, so that it can be found in the journal. */
import type { Middleware } from "./through.js";

/** Sends `request.id` as `x-request-id` with every answer, also with the page of a handler that fails. */
export function requestIds(): Middleware {
  return (handler) => (request) => {
    request.outgoing.set("x-request-id", request.id);
    return handler(request);
  };
}
