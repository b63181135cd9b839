/**
 * Trailers: headers behind a body, for what is known only when the body has been made (a digest, a count).
 */
import { ChidiError } from "../errors.js";
import { handled } from "./handled.js";
import { checkHeader, type Trailers } from "./response.js";

// What decides how the message is read, by whom, or with which rights: behind the body it is too late for that.
const early = new Set(
  "authorization cache-control connection content-encoding content-length content-range content-type host set-cookie te trailer transfer-encoding".split(
    " ",
  ),
);

/** The trailers as name and value pairs. Fails with BAD_RESPONSE, or as the function does. */
export function* trailing(trailers: Trailers): Generator<unknown, [string, string][], never> {
  const pairs: [string, string][] = [];
  for (const [given, value] of Object.entries(yield* handled(trailers()))) {
    const name = given.toLowerCase();
    if (early.has(name)) throw new ChidiError("BAD_RESPONSE", `${name} cannot be a trailer: put it into the headers`);
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      checkHeader(name, String(one));
      pairs.push([name, String(one)]);
    }
  }
  return pairs;
}
