/** Content negotiation: which of several forms of an answer the client would rather have. */
import { describe, misuse } from "@good-place/channel/misuse";
import Negotiator from "negotiator";
import { type HttpRequest, headerOf } from "../request/request.js";
import type { Handler } from "../routing/router.js";

/** The one of the media types that the client likes best, by its Accept; the first where it does not say; undefined for none. */
export function accepts<const T extends string>(request: HttpRequest, offered: readonly T[]): T | undefined {
  const accept = headerOf(request, "accept") || undefined;
  return new Negotiator({ headers: { accept } }).mediaTypes([...offered])[0] as T | undefined;
}

/**
 * Makes a handler of handlers by media type: `{ "text/html": page, "application/json": data }`, the preferred first.
 * Answers 406 with the list where the client takes none, and says Vary: Accept. Throws BAD_MIDDLEWARE.
 */
export function negotiated(handlers: Readonly<Record<string, Handler>>): Handler {
  const types = Object.keys(handlers);
  const wrong = types.find((type) => !/^[\w.+-]+\/[\w.+-]+$/.test(type) || typeof handlers[type] !== "function");
  if (types.length === 0 || wrong !== undefined) {
    throw misuse("type", "BAD_MIDDLEWARE", `negotiated() takes handlers by media type, got ${describe(wrong)}`);
  }
  return (request) => {
    request.outgoing.append("vary", "Accept");
    const type = accepts(request, types);
    return type === undefined
      ? { status: 406, body: `Not Acceptable: there is ${types.join(", ")}` }
      : (handlers[type] as Handler)(request);
  };
}
