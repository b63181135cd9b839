/**
 * Writes an answer on node's response. A known body goes out at once, a stream at the pace of the client.
 * Invariant: what fails before the first byte leaves the response untouched, so that another answer can be written.
 */
import type { ServerResponse } from "node:http";
import { until } from "@good-place/channel";
import { ChidiError } from "./errors.js";
import { type Answer, ready } from "./response.js";
import { byteLengthOf, type Chunks, isStream } from "./stream.js";

export interface SendOptions {
  /** Aborts when the connection is gone. Asked for only where writing has to wait. */
  readonly gone: () => AbortSignal;
  /** Says that the connection ends with this answer. */
  readonly close: boolean;
}

/** Writes the answer to its end; true when the connection ends with it. Fails with BAD_RESPONSE, with what the body's stream fails with, or with the reason of `gone`. */
export function* send(
  response: ServerResponse,
  answer: Answer,
  options: SendOptions,
): Generator<unknown, boolean, never> {
  const made = ready(answer);
  const close = options.close || made.close || !response.shouldKeepAlive;
  if (close) made.headers.connection = "close";
  const { body } = made;
  const length = byteLengthOf(body);
  if (length !== undefined && !bare(made.status)) made.headers["content-length"] = String(length);
  response.writeHead(made.status, made.headers);
  if (!isStream(body)) {
    if (body === null) response.end();
    else response.end(body);
    return close;
  }
  yield* stream(response, body, length, options.gone());
  response.end();
  return close;
}

function bare(status: number): boolean {
  return status === 204 || status === 304;
}

function* stream(
  response: ServerResponse,
  body: Chunks,
  length: number | undefined,
  gone: AbortSignal,
): Generator<unknown, void, never> {
  const chunks = body[Symbol.asyncIterator]();
  let left = length ?? Number.POSITIVE_INFINITY;
  let ended = false;
  try {
    if (response.req.method === "HEAD") return;
    for (;;) {
      const step = yield* until(chunks.next(), { signal: gone });
      ended = step.done === true;
      if (step.done) {
        if (length !== undefined && left > 0) throw mislaid(length);
        return;
      }
      if (typeof step.value !== "string" && !(step.value instanceof Uint8Array)) {
        throw new ChidiError("BAD_RESPONSE", "a streamed body gives text or bytes, and gave something else");
      }
      left -= byteLengthOf(step.value) as number;
      if (left < 0) throw mislaid(length as number);
      if (!response.write(step.value)) yield* until(drained(response), { signal: gone });
    }
  } finally {
    // Whoever makes the chunks is told that nobody takes them; what that answers matters to nobody.
    if (!ended) chunks.return?.().then(undefined, () => {});
  }
}

// The client was told the length, and would take what comes next for the rest, or the rest for what comes next.
function mislaid(length: number): ChidiError {
  return new ChidiError("BAD_RESPONSE", `a body that is to have ${length} bytes has more or fewer`);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once("drain", resolve);
  });
}
