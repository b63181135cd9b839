/**
 * An answer as the caller gets it: its head is there, its body comes as it is read, once, as a whole or as a stream.
 */
import { type Op, scope, until } from "@good-place/channel";
import { ClientError } from "./client-error.js";
import { codingsOf } from "./decoding.js";
import type { Exchange, Head } from "./exchange.js";
import type { Chunks } from "./inflow.js";

/**
 * An answer of any status. Until its body is read to the end or dropped it holds its connection, until `totalTimeoutMs` at
 * the latest. A wait for the body that is cancelled drops it.
 */
export interface ClientResponse extends Head {
  /** Where it came from, after all redirects. */
  readonly url: string;
  /** The body as UTF-8. Fails with RESPONSE_ENCODED where it is compressed and nobody undid it. */
  text(): Op<string>;
  /** The body as JSON. Fails with RESPONSE_NOT_JSON where it is none. */
  json(): Op<unknown>;
  bytes(): Op<Uint8Array>;
  /** The body as a stream. Cancelling it drops the body. */
  readonly body: ReadableStream<Uint8Array>;
  /** Frees the connection: closes it, unless the body has come already. Who reads fails. Dropping twice is nothing. */
  drop(): void;
  [Symbol.dispose](): void;
}

export class Answered implements ClientResponse {
  readonly status: number;
  readonly headers: Head["headers"];
  readonly url: string;
  /** Resolves when the exchange behind it has ended. */
  readonly over: Promise<void>;
  readonly #chunks: Chunks;
  readonly #exchange: Exchange;
  #used = false;
  #stream: ReadableStream<Uint8Array> | null = null;

  constructor({ status, headers }: Head, url: string, chunks: Chunks, exchange: Exchange) {
    this.status = status;
    this.headers = headers;
    this.url = url;
    this.over = exchange.over;
    this.#chunks = chunks;
    this.#exchange = exchange;
  }

  get body(): ReadableStream<Uint8Array> {
    if (this.#stream === null) {
      this.#open();
      this.#stream = new ReadableStream<Uint8Array>(
        {
          pull: async (controller) => {
            const chunk = await this.#chunks.next();
            if (chunk === null) controller.close();
            else controller.enqueue(chunk);
          },
          cancel: () => this.drop(),
        },
        { highWaterMark: 0 },
      );
    }
    return this.#stream;
  }

  bytes(): Op<Uint8Array> {
    return this.#read((bytes) => bytes);
  }

  text(): Op<string> {
    return this.#read((bytes) => this.#decode(bytes));
  }

  json(): Op<unknown> {
    return this.#read((bytes) => {
      const text = this.#decode(bytes);
      try {
        return JSON.parse(text) as unknown;
      } catch (cause) {
        throw new ClientError("RESPONSE_NOT_JSON", "the answer's body is not JSON", { phase: "body", cause });
      }
    });
  }

  drop(): void {
    this.#exchange.fail(new ClientError("RESPONSE_USED", "the answer's body was dropped", { phase: "body" }));
  }

  [Symbol.dispose](): void {
    this.drop();
  }

  #read<T>(convert: (bytes: Uint8Array) => T): Op<T> {
    return scope(() => this.#reading(convert), { name: "body" });
  }

  *#reading<T>(convert: (bytes: Uint8Array) => T): Generator<unknown, T, never> {
    this.#open();
    let whole = false;
    try {
      const bytes = yield* until(this.#all());
      whole = true;
      return convert(bytes);
    } finally {
      if (!whole) this.drop();
    }
  }

  #open(): void {
    if (this.#used) {
      throw new ClientError("RESPONSE_USED", "the answer's body has been read already: keep what was read", {
        phase: "body",
      });
    }
    this.#used = true;
  }

  async #all(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const chunk = await this.#chunks.next();
      if (chunk === null) break;
      chunks.push(chunk);
    }
    return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
  }

  #decode(bytes: Uint8Array): string {
    const codings = codingsOf(this.headers["content-encoding"]);
    if (codings.length > 0) {
      const text = `the answer's body is compressed: pass decompress to client(), or take bytes()`;
      throw new ClientError("RESPONSE_ENCODED", text, { phase: "body" });
    }
    return new TextDecoder().decode(bytes);
  }
}
