/**
 * `Expect: 100-continue`: whether a client that asks first may send its body.
 */
import type { ServerResponse } from "node:http";
import { type Handled, handled } from "../answer/handled.js";
import type { Answer } from "../answer/response.js";
import { refusal } from "../errors.js";
import type { Handler } from "../routing/router.js";
import type { HttpRequest, IncomingRequest } from "./request.js";

/** True lets the client send its body once the handler reads it; false is 417; an answer is what it gets instead. */
export type Continues = (request: HttpRequest) => Handled<boolean | Answer>;

/** Asks `continues` of each request that waits for a 100 before the handler sees it. */
export function continuing(continues: Continues): (handler: Handler) => Handler {
  function* ask(handler: Handler, request: HttpRequest): Generator<unknown, Answer, never> {
    const answer = yield* handled(continues(request));
    if (answer === true) return yield* handled(handler(request));
    if (answer === false) throw refusal(417, "BAD_EXPECTATION", "the server does not take the body that was announced");
    return answer;
  }
  return (handler) => (request) =>
    (request as unknown as IncomingRequest).waits ? ask(handler, request) : handler(request);
}

/** Tells the client to send its body; not behind the head of its answer, where the line would pass for a part of that. */
export function goOn(response: ServerResponse & { readonly _headerSent?: boolean }): void {
  // What node documents, `headersSent`, is true before anything is on its way, while a body that is an echo waits for its first bytes.
  if (response._headerSent !== true) response.writeContinue();
}
