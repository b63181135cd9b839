/** Middleware: functions from handler to handler, and how to put several into one. */
import { describe, misuse } from "@good-place/channel/misuse";
import type { Handler } from "../routing/router.js";

/** Takes a handler, returns one that does more. */
export type Middleware = (handler: Handler) => Handler;

/** Puts middleware into one; the first is the outermost, and sees a request first. Throws BAD_MIDDLEWARE. */
export function through(...middleware: readonly Middleware[]): Middleware {
  for (const one of middleware) {
    if (typeof one !== "function") {
      throw misuse("type", "BAD_MIDDLEWARE", `through() takes functions from handler to handler, got ${describe(one)}`);
    }
  }
  return (handler) => middleware.reduceRight((inner, outer) => outer(inner), handler);
}
