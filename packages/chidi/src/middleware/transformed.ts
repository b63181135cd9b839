/**
 * `transformed`: a chain of transforms on the bodies of answers. Each member says whether the length survives it, so an
 * answer keeps its Content-Length through a chain of those that count, hash or cipher.
 */

import { misuse } from "@good-place/channel/misuse";
import type { AnswerBody } from "../answer/response.js";
import { type Chunks, discard, drainOf, isSized, isStream, lengthOf, onDrain } from "../answer/stream.js";
import { weakened } from "../request/precondition.js";
import type { Handler } from "../routing/router.js";
import { after, type OpenAnswer, opened } from "./after.js";

/** One member of a chain. */
export interface BodyTransform {
  /** Gives the stream that takes the place of the body; an async generator will do. Called when the body is asked for. */
  transform(body: Chunks): Chunks;
  /** Says that as many bytes come out as go in. One that breaks its word fails the answer with BAD_RESPONSE. */
  readonly keepsLength: boolean;
}

/**
 * A middleware: bodies pass through the transforms, the first one first, and a strong ETag becomes a weak one. A part of a
 * file (206) passes like any other body: a transform for which it matters where the bytes stand needs `files` without ranges.
 */
export function transformed(...transforms: readonly BodyTransform[]): <P>(handler: Handler<P>) => Handler<P> {
  for (const one of transforms) {
    if (typeof one?.transform !== "function" || typeof one.keepsLength !== "boolean") {
      throw misuse("type", "BAD_OPTION", "transformed() takes transforms: { transform(body), keepsLength }");
    }
  }
  return (handler) => (request) =>
    after(handler(request), (answer) => {
      const open = opened(answer);
      return open.body === null ? answer : throughAll(open, transforms);
    });
}

/** The answer with its body passed through the transforms. Changes its headers. */
export function throughAll(open: OpenAnswer, transforms: readonly BodyTransform[]): OpenAnswer {
  const { headers, body } = open;
  if (typeof headers.etag === "string") headers.etag = weakened(headers.etag);
  return { ...open, body: chain(body, transforms) };
}

function chain(body: AnswerBody, transforms: readonly BodyTransform[]): AnswerBody {
  const source = isStream(body) ? body : once(body ?? "");
  const keeps = transforms.every(({ keepsLength }) => keepsLength);
  const end = drainOf(body);
  const chunks = {
    ...(end === undefined ? {} : { [onDrain]: end }),
    [Symbol.asyncIterator]: () => iterate(source, transforms),
  };
  // Asked for when it is needed: a file's length is looked up. Where it does not survive, that there is a file is of use.
  if (isSized(body)) {
    Object.defineProperty(chunks, "byteLength", { get: () => (keeps ? lengthOf(body) : looked(lengthOf(body))) });
  }
  return chunks;
}

function looked(length: ReturnType<typeof lengthOf>): PromiseLike<undefined> | undefined {
  return typeof length === "object" ? length.then(() => undefined) : undefined;
}

// Whoever leaves is told to the source at once. An async generator between the two that waits for the source would hear
// of it only with the next chunk, which may never come.
function iterate(source: Chunks, transforms: readonly BodyTransform[]): AsyncIterator<string | Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  let stream: Chunks = { [Symbol.asyncIterator]: () => chunks };
  for (const one of transforms) stream = one.transform(stream);
  const out = stream[Symbol.asyncIterator]();
  return {
    next: () => out.next(),
    async return() {
      discard(source, chunks);
      await Promise.allSettled([out.return?.()]);
      return { done: true, value: undefined };
    },
  };
}

async function* once(body: string | Uint8Array): AsyncGenerator<string | Uint8Array> {
  yield body;
}
