/**
 * The body of a request: what it can be, its length and type, whether it can be sent again, and how it is handed over.
 */
import { describe, misuse } from "@good-place/channel/misuse";

/** What a request can send. A stream or iterable can be sent once only, so its request is not repeated once it was begun. */
export type RequestBody =
  | string
  | Uint8Array
  | URLSearchParams
  | FormData
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>;

/** Told of the way of a body's chunks. */
export interface UploadWatch {
  /** A chunk is on its way; the wire has not taken it yet. */
  sending(): void;
  /** The wire has taken it. */
  taken(): void;
  /** The wire has taken all of it. */
  sent(): void;
  /** The source failed. */
  failed(error: unknown): void;
  /** Resolves when nobody wants more of the body. */
  readonly over: Promise<void>;
}

// Smaller bodies fit into what the system buffers for a socket; larger ones go in pieces, so that a stall is noticed.
const PIECE = 64 * 1024;

type Source = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

export class Upload {
  /** The content-type that the body has of itself. */
  readonly type: string | undefined;
  readonly length: number | undefined;
  readonly #bytes: Uint8Array | null = null;
  readonly #open: (() => Source) | null = null;
  readonly #once: boolean = false;
  #opened = false;

  constructor(body: RequestBody | undefined) {
    if (body === undefined) return;
    if (typeof body === "string" || body instanceof Uint8Array || body instanceof URLSearchParams) {
      const bytes = body instanceof Uint8Array ? body : Buffer.from(String(body));
      this.#bytes = bytes;
      this.length = bytes.length;
      if (typeof body === "string") this.type = "text/plain; charset=utf-8";
      if (body instanceof URLSearchParams) this.type = "application/x-www-form-urlencoded";
      if (bytes.length > PIECE) this.#open = () => pieces(bytes);
    } else if (body instanceof FormData || body instanceof Blob) {
      const made = new Response(body);
      this.type = made.headers.get("content-type") ?? undefined;
      if (body instanceof Blob) this.length = body.size;
      // A form cannot be encoded again: another boundary would not be that of the type.
      this.#once = body instanceof FormData;
      this.#open = () => (this.#once ? made : new Response(body)).body as AsyncIterable<Uint8Array>;
    } else if (isIterable(body)) {
      this.#open = () => body;
      this.#once = true;
    } else {
      const expected = "text, bytes, form data, a blob, a stream or an iterable";
      throw misuse("type", "BAD_OPTION", `a request's body must be ${expected}, got ${describe(body)}`);
    }
  }

  /** Can the request be sent, again perhaps? */
  get available(): boolean {
    return !(this.#once && this.#opened);
  }

  /** What undici sends. `watch` is told of it only where it goes in pieces. */
  send(watch: UploadWatch): Buffer | AsyncIterable<Uint8Array> | null {
    const open = this.#open;
    if (open !== null) {
      return handOver(() => {
        this.#opened = true;
        return open();
      }, watch);
    }
    return this.#bytes === null ? null : Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
  }

  /** Does it go in pieces? Then `watch.sent` says when it has gone. */
  get streamed(): boolean {
    return this.#open !== null;
  }
}

// Opened when the connection stands: until then nothing of it is used up. Every wait for the source ends when the request does, and the source is then let go, even one that never answers.
async function* handOver(open: () => Source, watch: UploadWatch): AsyncGenerator<Uint8Array, void, undefined> {
  const source = open();
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let ended = false;
  let over = false;
  let stop = (): void => {};
  void watch.over.then(() => {
    over = true;
    stop();
  });
  try {
    for (;;) {
      const step = await new Promise<IteratorResult<Uint8Array | string> | null>((resolve, reject) => {
        stop = () => resolve(null);
        if (over) stop();
        else Promise.resolve(iterator.next()).then(resolve, reject);
      });
      if (step === null) return;
      if (step.done) {
        ended = true;
        return watch.sent();
      }
      const chunk = typeof step.value === "string" ? Buffer.from(step.value) : step.value;
      if (!(chunk instanceof Uint8Array)) throw new TypeError(`a chunk must be text or bytes, got ${describe(chunk)}`);
      watch.sending();
      yield chunk;
      watch.taken();
    }
  } catch (error) {
    ended = true;
    watch.failed(error);
    throw error;
  } finally {
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += PIECE) yield bytes.subarray(start, start + PIECE);
}

function isIterable(value: unknown): value is Source {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
