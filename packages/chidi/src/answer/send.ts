/**
 * Writes an answer on node's response. A small body goes out at once, any other at the pace of the client.
 * Invariants: what fails before the head is made leaves the response untouched, so that another answer can be written; a
 * stream that fails breaks the answer off, and so does a body that is not what its length says.
 */
import type { ServerResponse } from "node:http";
import { until } from "@good-place/channel";
import { describe } from "@good-place/channel/misuse";
import { isThenable } from "@good-place/channel/shapes";
import { ChidiError } from "../errors.js";
import type { OutgoingHeaders } from "../request/outgoing.js";
import { type Answer, type Ready, ready, type Trailers } from "./response.js";
import { type Chunks, discard, drainOf, isStream, lengthOf } from "./stream.js";
import { trailing } from "./trailers.js";
import { within } from "./within.js";

export interface SendOptions {
  /** Aborts when the connection is gone. Asked for only where writing has to wait. */
  gone(): AbortSignal;
  /** Aborts when the connection is gone, and with DRAINED when the server drains. Asked for only for an event stream. */
  stop(): AbortSignal;
  /** Called when the client has read nothing for `idleMs`; ends the connection. */
  stalled(): void;
  readonly idleMs: number;
  /** Says that the connection ends with this answer. */
  readonly close: boolean;
  /** Headers that go with whatever is answered. */
  readonly outgoing: OutgoingHeaders | null;
}

/** Why an event stream ends when its server drains. */
export const DRAINED: Error = new Error("the server drains");

// What is written before the client has to have read something: the smaller, the slower a client may be.
const SLICE = 64 * 1024;

/** Writes the answer to its end; true when the connection ends with it. Fails with BAD_RESPONSE, with what the body's stream fails with, or with the reason of `gone`. */
export function* send(
  response: ServerResponse,
  answer: Answer,
  options: SendOptions,
): Generator<unknown, boolean, never> {
  let begun: Begun;
  try {
    const made = ready(answer);
    const length = lengthOf(made.body);
    const size = isThenable<number | undefined>(length) ? yield* until(length, { signal: options.gone() }) : length;
    begun = begin(response, made, size, options);
  } catch (error) {
    discard(bodyOf(answer));
    throw error;
  }
  const { made, close, trailers, size } = begun;
  const { body } = made;
  if (body === null) discard(bodyOf(answer));
  if (!isStream(body) && trailers === null && (size as number) <= SLICE) {
    if (body === null) response.end();
    else response.end(body);
    return close;
  }
  if (isStream(body)) yield* stream(response, body, size, untilWhen(body, made.headers, options), options);
  else if (body !== null && response.req.method !== "HEAD") yield* put(response, body, options.gone(), options);
  if (trailers !== null) response.addTrailers(yield* trailing(trailers));
  response.end();
  return close;
}

interface Begun {
  readonly made: Ready;
  readonly close: boolean;
  readonly trailers: Trailers | null;
  readonly size: number | undefined;
}

// Writes the head.
function begin(response: ServerResponse, made: Ready, size: number | undefined, options: SendOptions): Begun {
  options.outgoing?.mergeInto(made.headers);
  const close = options.close || made.close || !response.shouldKeepAlive;
  if (close) made.headers.connection = "close";
  const { method, httpVersion } = response.req;
  const trailers = httpVersion === "1.0" || method === "HEAD" ? null : made.trailers;
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
    throw new ChidiError("BAD_RESPONSE", `the length of a body is an integer >= 0, got ${describe(size)}`);
  }
  // An answer to HEAD that leaves its body out says nothing of what GET would get.
  const told = trailers === null && !bare(made.status) && (method !== "HEAD" || made.body !== null);
  if (size !== undefined && told) made.headers["content-length"] = String(size);
  response.writeHead(made.status, made.headers);
  return { made, close, trailers, size };
}

/** What an answer would have for its body, whatever that is. */
export function bodyOf(answer: unknown): unknown {
  return typeof answer === "object" && answer !== null ? (answer as { body?: unknown }).body : null;
}

function bare(status: number): boolean {
  return status === 204 || status === 304;
}

// A stream of events has no end of its own, so it ends with the server: by itself where it can, and broken off where
// it cannot. Any other is worth waiting for.
function untilWhen(body: Chunks, headers: Ready["headers"], options: SendOptions): AbortSignal {
  const end = drainOf(body);
  if (end !== undefined) {
    const stop = options.stop();
    if (stop.aborted) end();
    else stop.addEventListener("abort", end, { once: true });
    return options.gone();
  }
  return /^text\/event-stream\b/i.test(String(headers["content-type"])) ? options.stop() : options.gone();
}

function* stream(
  response: ServerResponse,
  body: Chunks,
  size: number | undefined,
  signal: AbortSignal,
  options: SendOptions,
): Generator<unknown, void, never> {
  const chunks = body[Symbol.asyncIterator]();
  // A client may wait for the head, of a stream of events say, while there is nothing to go with it yet.
  const flush = setImmediate(() => response.flushHeaders());
  let ended = false;
  let given = 0;
  try {
    if (response.req.method === "HEAD") return;
    for (;;) {
      const step = yield* until(chunks.next(), { signal });
      clearImmediate(flush);
      ended = step.done === true;
      if (step.done === true) break;
      if (typeof step.value !== "string" && !(step.value instanceof Uint8Array)) {
        throw new ChidiError("BAD_RESPONSE", "a streamed body gives text or bytes, and gave something else");
      }
      given += lengthOf(step.value) as number;
      if (size !== undefined && given > size) break;
      yield* put(response, step.value, signal, options);
    }
    if (size !== undefined && given !== size) {
      throw new ChidiError("BAD_RESPONSE", `the body gave ${given} bytes or more, and its size is ${size}`);
    }
  } catch (error) {
    if (error !== DRAINED) throw error;
  } finally {
    clearImmediate(flush);
    // Whoever makes the chunks is told that nobody takes them.
    if (!ended) discard(body, chunks);
  }
}

// Writes the piece, slice by slice, each when the client has taken the one before.
function* put(
  response: ServerResponse,
  piece: string | Uint8Array,
  signal: AbortSignal,
  options: SendOptions,
): Generator<unknown, void, never> {
  const small = piece.length <= SLICE;
  const whole = small || typeof piece !== "string" ? piece : Buffer.from(piece);
  for (let at = 0; at < whole.length; at += SLICE) {
    const slice = small || typeof whole === "string" ? whole : whole.subarray(at, at + SLICE);
    if (response.write(slice)) continue;
    yield* within(until(drained(response), { signal }), options.idleMs, () => options.stalled());
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once("drain", resolve);
  });
}
