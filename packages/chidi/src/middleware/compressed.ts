/**
 * `compressed`: answers in the content coding that the client likes best.
 * Danger: where a page shows both a secret and what a stranger made the client send, the compressed length tells the
 * stranger whether the two are alike (BREACH). Such a page says `cache-control: no-transform`, or stands outside.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { Answer } from "../answer/response.js";
import { isSized, lengthOf } from "../answer/stream.js";
import { weakened } from "../request/precondition.js";
import { type HttpRequest, headerOf } from "../request/request.js";
import type { Handler } from "../routing/router.js";
import { after, type OpenAnswer, opened, varyOn } from "./after.js";
import { type Coding, codings, encoded, preferredCoding } from "./codings.js";
import { throughAll } from "./transformed.js";

export interface CompressedOptions {
  /** The codings to offer, the best first: all that this node has by default. One that it has not is never used. */
  readonly codings?: readonly Coding[] | undefined;
  /** What is known to be shorter goes as it is; 1024 by default. */
  readonly minBytes?: number | undefined;
  /** Is it worth it for this Content-Type? By default for text, JSON, XML, scripts, fonts and images that are not packed already. */
  readonly compressible?: ((contentType: string) => boolean) | undefined;
}

const known: readonly Coding[] = ["zstd", "br", "gzip"];
const packable =
  /^(?:text\/|application\/(?:json|javascript|xml|wasm|x-ndjson|manifest\+json|vnd\.ms-fontobject)|font\/(?:ttf|otf)|image\/(?:bmp|x-icon)|[^;]*\+(?:json|xml|text)(?:;|$))/i;

/**
 * A middleware: compresses bodies by Accept-Encoding, and says that they depend on it. Left alone is what is small, of a
 * type that gains nothing, encoded already, partial (206), or marked `no-transform`. A stream of unknown length is flushed
 * with every chunk, so that server-sent events are not held up. A strong ETag becomes a weak one. Throws UNKNOWN_OPTION
 * and BAD_OPTION.
 */
export function compressed(options: CompressedOptions = {}): <P>(handler: Handler<P>) => Handler<P> {
  checkOptions("compressed()", options, ["codings", "minBytes", "compressible"]);
  const { codings: wanted = codings, minBytes = 1024, compressible = (type: string) => packable.test(type) } = options;
  if (!Array.isArray(wanted) || wanted.some((one) => !known.includes(one))) {
    throw misuse("type", "BAD_OPTION", `compressed() option codings is a list of ${known.join(", ")}`);
  }
  if (!Number.isInteger(minBytes) || minBytes < 0) {
    throw misuse(
      "range",
      "BAD_OPTION",
      `compressed() option minBytes must be an integer >= 0, got ${describe(minBytes)}`,
    );
  }
  if (typeof compressible !== "function") {
    throw misuse("type", "BAD_OPTION", "compressed() option compressible must be a function of a content type");
  }
  const available = wanted.filter((one) => codings.includes(one));

  function compress(request: Pick<HttpRequest, "headers">, answer: Answer): Answer {
    const open = opened(answer);
    const { status, headers, body } = open;
    if (!mayBeEncoded(open)) return answer;
    if (status !== 304) {
      if (body === null || !compressible(String(headers["content-type"]))) return answer;
      const length = lengthOf(body);
      if (typeof length === "number" && length < minBytes) return answer;
    }
    varyOn(headers, "accept-encoding");
    const coding = preferredCoding(headerOf(request, "accept-encoding"), available);
    if (coding === null) return open;
    if (status === 304) {
      // It speaks of what the client has, which was encoded if this client's answers are.
      if (typeof headers.etag === "string") headers.etag = weakened(headers.etag);
      return open;
    }
    headers["content-encoding"] = coding;
    // Ranges of the encoded bytes are not to be had.
    delete headers["accept-ranges"];
    const live = !isSized(body);
    return throughAll(open, [{ keepsLength: false, transform: (chunks) => encoded(chunks, coding, live) }]);
  }

  return (handler) => (request) => after(handler(request), (answer) => compress(request, answer));
}

function mayBeEncoded({ status, headers }: OpenAnswer): boolean {
  const encoding = String(headers["content-encoding"] ?? "identity");
  return (
    status !== 206 &&
    encoding.toLowerCase() === "identity" &&
    !/\bno-transform\b/i.test(String(headers["cache-control"] ?? ""))
  );
}
