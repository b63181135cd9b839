/**
 * Writes an answer on node's response. A known body goes out at once, a stream at the pace of the client.
 * Invariant: what fails before the first byte leaves the response untouched, so that another answer can be written.
 */
import type { ServerResponse } from "node:http";
import { until } from "@good-place/channel";
import { ChidiError } from "./errors.js";
import type { OutgoingHeaders } from "./outgoing.js";
import { type Answer, type AnswerBody, ready } from "./response.js";

export interface SendOptions {
  /** Aborts when the connection is gone. Asked for only where writing has to wait. */
  readonly gone: () => AbortSignal;
  /** Says that the connection ends with this answer. */
  readonly close: boolean;
  /** Headers that go with whatever is answered. */
  readonly outgoing: OutgoingHeaders | null;
}

/** Writes the answer to its end; true when the connection ends with it. Fails with BAD_RESPONSE, with what the body's stream fails with, or with the reason of `gone`. */
export function* send(
  response: ServerResponse,
  answer: Answer,
  options: SendOptions,
): Generator<unknown, boolean, never> {
  const made = ready(answer);
  options.outgoing?.mergeInto(made.headers);
  const close = options.close || made.close || !response.shouldKeepAlive;
  if (close) made.headers.connection = "close";
  const { body } = made;
  if (body === null || typeof body === "string" || body instanceof Uint8Array) {
    if (!bare(made.status)) made.headers["content-length"] = String(lengthOf(body));
    response.writeHead(made.status, made.headers);
    if (body === null) response.end();
    else response.end(body);
    return close;
  }
  response.writeHead(made.status, made.headers);
  yield* stream(response, body, options.gone());
  response.end();
  return close;
}

function bare(status: number): boolean {
  return status === 204 || status === 304;
}

function lengthOf(body: string | Uint8Array | null): number {
  return body === null ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
}

function* stream(
  response: ServerResponse,
  body: Exclude<AnswerBody, string | Uint8Array | null>,
  gone: AbortSignal,
): Generator<unknown, void, never> {
  const chunks = body[Symbol.asyncIterator]();
  let ended = false;
  try {
    if (response.req.method === "HEAD") return;
    for (;;) {
      const step = yield* until(chunks.next(), { signal: gone });
      ended = step.done === true;
      if (step.done) return;
      if (typeof step.value !== "string" && !(step.value instanceof Uint8Array)) {
        throw new ChidiError("BAD_RESPONSE", "a streamed body gives text or bytes, and gave something else");
      }
      if (!response.write(step.value)) yield* until(drained(response), { signal: gone });
    }
  } finally {
    // Whoever makes the chunks is told that nobody takes them; what that answers matters to nobody.
    if (!ended) chunks.return?.().then(undefined, () => {});
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once("drain", resolve);
  });
}
