/**
 * What a handler answers, and the small makers for it. An answer is plain data until the server writes it.
 */
import { validateHeaderName, validateHeaderValue } from "node:http";
import { describe } from "@good-place/channel/misuse";
import { ChidiError } from "../errors.js";
import { type Handled, isFiber } from "./handled.js";

/** Header names to values; a list for a header that is sent several times. */
export type AnswerHeaders = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** A body: text, bytes, or a stream of them (any async iterable: a web stream, a node stream, a channel). */
export type AnswerBody = string | Uint8Array | AsyncIterable<string | Uint8Array> | null;

/** Gives the headers that go behind a body once that has been written: a digest, a count. */
export type Trailers = () => Handled<AnswerHeaders>;

/** An answer in parts; status 200 and no body by default. */
export interface AnswerParts {
  readonly status?: number | undefined;
  readonly headers?: AnswerHeaders | Headers | undefined;
  /** Text, bytes, or a stream; a stream that has a `byteLength`, as `file` makes, goes with a Content-Length. */
  readonly body?: AnswerBody | undefined;
  /** Called when the body has been written; HTTP/1.0 and HEAD have none. A failure then costs the connection. */
  readonly trailers?: Trailers | undefined;
}

/** What a handler's outcome may be: text (200, text/plain), parts, or a web `Response`. */
export type Answer = string | AnswerParts | Response;

/** 200 with the body; text/plain for text, application/octet-stream for bytes, unless the headers say otherwise. */
export function success(body: AnswerBody = null, headers: AnswerHeaders = {}): AnswerParts {
  return { status: 200, headers, body };
}

/** The value as JSON. Throws what JSON.stringify throws. */
export function json(value: unknown, status = 200): AnswerParts {
  const body = JSON.stringify(value);
  if (body === undefined) {
    throw new ChidiError(
      "BAD_RESPONSE",
      `json() takes a value that JSON has, got ${describe(value)}: pass null for nothing`,
    );
  }
  return { status, headers: { "content-type": "application/json" }, body };
}

/** The text as a page. Whoever makes it escapes what goes into it. */
export function html(body: string, status = 200): AnswerParts {
  return { status, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

/** 404. */
export function notFound(body: AnswerBody = "Not Found"): AnswerParts {
  return { status: 404, body };
}

/** Sends the client to `location`; 303 (get it there) by default. */
export function redirect(location: string, status: 301 | 302 | 303 | 307 | 308 = 303): AnswerParts {
  return { status, headers: { location } };
}

const TEXT = "text/plain; charset=utf-8";
const bodiless = new Set([204, 205, 304]);
/** The server's own business: framing, and what is true of this connection only. */
export const reserved: ReadonlySet<string> = new Set([
  "content-length",
  "transfer-encoding",
  "keep-alive",
  "connection",
  "trailer",
]);

/** An answer made ready to be written. */
export interface Ready {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: AnswerBody;
  readonly trailers: Trailers | null;
  /** True when the answer asks for the connection to be closed. */
  readonly close: boolean;
}

/** Checks an answer and brings it to one form. Throws BAD_RESPONSE. */
export function ready(answer: unknown): Ready {
  if (typeof answer === "string") {
    return { status: 200, headers: { "content-type": TEXT }, body: answer, trailers: null, close: false };
  }
  if (typeof answer !== "object" || answer === null || isFiber(answer) || Array.isArray(answer)) {
    throw bad(`a handler answers a string, { status, headers, body } or a Response, got ${describe(answer)}`);
  }
  const { status = 200, headers, body = null, trailers } = answer as AnswerParts;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw bad(`an answer's status is an integer from 200 to 599, got ${describe(status)}`);
  }
  if (answer instanceof Response && answer.bodyUsed) throw bad("the body of the Response has been read already");
  const out: Record<string, string | string[]> = {};
  const close = headers === undefined ? false : copy(headers, out);
  if (trailers !== undefined && typeof trailers !== "function") {
    throw bad(`an answer's trailers are a function that gives headers, got ${describe(trailers)}`);
  }
  if (bodiless.has(status) || body === null) return { status, headers: out, body: null, trailers: null, close };
  if (!isBody(body)) throw bad(`an answer's body is text, bytes, an async iterable or null, got ${describe(body)}`);
  out["content-type"] ??= typeof body === "string" ? TEXT : "application/octet-stream";
  return { status, headers: out, body, trailers: trailers ?? null, close };
}

// Copies all but the reserved headers; true when there is a `connection: close` among them.
function copy(headers: AnswerHeaders | Headers, out: Record<string, string | string[]>): boolean {
  let close = false;
  const entries = headers instanceof Headers ? headers.entries() : Object.entries(headers);
  for (const [given, value] of entries) {
    const name = given.toLowerCase();
    if (value === undefined) continue;
    if (name === "connection" && String(value).toLowerCase() === "close") close = true;
    if (reserved.has(name)) continue;
    if (name === "set-cookie" && headers instanceof Headers) out[name] = headers.getSetCookie();
    else out[name] = Array.isArray(value) ? value.map(String) : String(value);
    checkHeader(name, out[name]);
  }
  return close;
}

/** Throws BAD_RESPONSE: a line break in a value would begin a header, or an answer, of the client's making. */
export function checkHeader(name: string, value: string | string[]): void {
  try {
    validateHeaderName(name);
    for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one);
  } catch (cause) {
    throw new ChidiError("BAD_RESPONSE", "a header of the answer has a name or a value that no header can have", {
      cause,
    });
  }
}

function isBody(body: unknown): body is Exclude<AnswerBody, null> {
  return (
    typeof body === "string" ||
    body instanceof Uint8Array ||
    (typeof body === "object" && body !== null && Symbol.asyncIterator in body)
  );
}

function bad(message: string): ChidiError {
  return new ChidiError("BAD_RESPONSE", message);
}
