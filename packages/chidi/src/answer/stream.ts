/**
 * Bodies that are streams and say more of themselves: how long they are, or that they end only when they are told to.
 * A stream costs nothing before its first chunk is asked for; whoever asks for none need not give it back.
 */
import { Readable } from "node:stream";
import { isThenable } from "@good-place/channel/shapes";
import type { AnswerBody } from "./response.js";

/** What a streamed body is made of. */
export type Chunks = AsyncIterable<string | Uint8Array>;

/** A stream of a known length. It goes with a Content-Length, and giving more or less is BAD_RESPONSE. */
export interface SizedChunks extends Chunks {
  /** A promise for one that has to look first: asked for once, before the head is written, and its failure is the handler's. */
  readonly byteLength: number | PromiseLike<number>;
}

/** The key of what a stream without an end of its own has: called when the server drains, it ends the stream. */
export const onDrain: unique symbol = Symbol.for("@good-place/chidi/onDrain");

/** A stream that ends when the server drains, and not at its deadline. */
export interface LiveChunks extends Chunks {
  [onDrain](): void;
}

/** Is it a stream, and neither text nor bytes nor nothing? */
export function isStream(body: AnswerBody): body is Chunks {
  return typeof body === "object" && body !== null && !(body instanceof Uint8Array);
}

/** The length of a body, or a promise of it; undefined for a stream that does not know it, or promised where it has to look for itself first. */
export function lengthOf(body: AnswerBody): number | PromiseLike<number | undefined> | undefined {
  if (body === null) return 0;
  if (typeof body === "string") return Buffer.byteLength(body);
  const length = (body as Partial<SizedChunks>).byteLength;
  return typeof length === "number" || isThenable<number>(length) ? length : undefined;
}

/** Will the length of a body be known before its first byte? */
export function isSized(body: AnswerBody): boolean {
  return !isStream(body) || "byteLength" in body;
}

/** What ends the body when the server drains; undefined for one that has an end of its own. */
export function drainOf(body: unknown): (() => void) | undefined {
  const live = body as Partial<LiveChunks> | null | undefined;
  return typeof live === "object" && live !== null && live[onDrain] !== undefined ? () => live[onDrain]?.() : undefined;
}

/** Lets go of a body that nobody will read, or read on. What that answers matters to nobody. */
export function discard(body: unknown, chunks?: AsyncIterator<unknown>): void {
  if (!isStream(body as AnswerBody)) return;
  // An iterator of node's that has not begun leaves its stream open, and the stream's failure to nobody.
  if (body instanceof Readable) {
    body.on("error", () => {}).destroy();
    return;
  }
  // Somebody else reads it.
  if (chunks === undefined && body instanceof ReadableStream && body.locked) return;
  const reader = chunks ?? (body as Partial<Chunks>)[Symbol.asyncIterator]?.();
  reader?.return?.().then(undefined, () => {});
}
