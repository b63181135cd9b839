/**
 * `limited`: how many requests a handler may be at at once. Who comes when all places are taken is told so at once:
 * a queue would only hold what clients have given up by the time that it is their turn.
 * Cost: a counter.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { isThenable } from "@good-place/channel/shapes";
import type { Handled } from "../answer/handled.js";
import type { Answer } from "../answer/response.js";
import type { HttpRequest } from "../request/request.js";
import type { Handler } from "../routing/router.js";
import { whenAnswered } from "./answered.js";

export interface LimitedOptions {
  /** Answers what there is no place for; 503 with `Retry-After: 1` by default. */
  readonly rejected?: Handler | undefined;
}

/**
 * Lets a handler be at `most` requests at once, each until it has ended and its answer is written; what comes beyond
 * goes to `rejected`. A client that goes away does not give the place of a promise back that is still at work. Every handler that the result is put around shares the places. Throws BAD_OPTION or UNKNOWN_OPTION.
 */
export function limited(most: number, options: LimitedOptions = {}): (handler: Handler) => Handler {
  checkOptions("limited()", options, ["rejected"]);
  if (!Number.isInteger(most) || most < 1) {
    throw misuse("range", "BAD_OPTION", `limited() takes an integer >= 1, got ${describe(most)}`);
  }
  const { rejected = unavailable } = options;
  if (typeof rejected !== "function") {
    throw misuse("type", "BAD_OPTION", `limited() option rejected must be a handler, got ${describe(rejected)}`);
  }
  let taken = 0;
  return (handler) =>
    (request: HttpRequest): Handled<Answer> => {
      if (taken >= most) return rejected(request);
      taken++;
      let holds = 1;
      const release = (): void => {
        if (--holds === 0) taken--;
      };
      whenAnswered(request, release);
      const result = handler(request);
      // The server waits for the end of generators, fibers and operations, but leaves a promise behind.
      if (isThenable(result) && !(Symbol.iterator in result)) {
        holds++;
        result.then(release, release);
      }
      return result;
    };
}

/** What a server without a place answers. */
export function unavailable(): Answer {
  return { status: 503, headers: { "retry-after": "1" }, body: "Service Unavailable" };
}
