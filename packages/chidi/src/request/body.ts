/**
 * A request's body: read once, as a whole or as a stream, never more than the limit and never waiting longer than the
 * idle time for the next bytes. Bytes are taken from the wire only as they are asked for.
 */
import type { IncomingMessage } from "node:http";
import { type ChidiError, refusal } from "../errors.js";
import { codingOf, type InflateLimits, inflating, type Pull } from "./inflate.js";
import { parseJson } from "./parse-json.js";

export interface BodyLimits extends InflateLimits {
  readonly bodyIdleMs: number;
  /** Bodies are given decoded. */
  readonly decompress: boolean;
}

const decoder = new TextDecoder();

export class Body {
  readonly #message: IncomingMessage;
  #limits: BodyLimits;
  #used = false;
  // Small bodies are there as a whole before they are asked for, and need none.
  #listening = false;
  #size = 0;
  #fault: ChidiError | null = null;
  #wake: (() => void) | null = null;
  #beforeRead: (() => void) | null = null;
  #pull: Pull = () => this.#next();

  constructor(message: IncomingMessage, limits: BodyLimits) {
    this.#message = message;
    this.#limits = limits;
  }

  /** Called once, when the first bytes are asked for: sends the 100-continue that the client waits for. */
  onRead(run: () => void): void {
    this.#beforeRead = run;
  }

  /** How large it may be. Once it has been asked for, that counts no more. */
  limit(maxBodyBytes: number): void {
    this.#limits = { ...this.#limits, maxBodyBytes };
  }

  /** Makes reading fail: the wire brought something else than the body it promised. */
  fail(error: ChidiError): void {
    this.#fault ??= error;
    this.#wake?.();
  }

  async bytes(): Promise<Uint8Array> {
    this.#open();
    const chunks: Uint8Array[] = [];
    for (;;) {
      const pulled = this.#pull();
      // What is here already is not waited for.
      const chunk = pulled instanceof Promise ? await pulled : pulled;
      if (chunk === null) break;
      chunks.push(chunk);
    }
    return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
  }

  async text(): Promise<string> {
    const coding = this.#message.headers["content-encoding"];
    if (coding !== undefined && coding.toLowerCase() !== "identity" && !this.#limits.decompress) {
      throw refusal(
        415,
        "BODY_ENCODED",
        "the body has a content-encoding, and this server decodes none (decompress): send it plain",
      );
    }
    return decoder.decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    return parseJson(await this.text());
  }

  stream(): ReadableStream<Uint8Array> {
    this.#open();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = await this.#pull();
          if (chunk === null) controller.close();
          else controller.enqueue(chunk);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Throws away what is still to come. Whoever is reading fails. */
  drop(): void {
    this.fail(refusal(400, "BODY_USED", "the request was answered before its body was read"));
    this.#message.removeAllListeners("readable").resume();
  }

  #open(): void {
    if (this.#used) throw refusal(500, "BODY_USED", "the request's body has been read already: keep what was read");
    this.#used = true;
    if (Number(this.#message.headers["content-length"] ?? 0) > this.#limits.maxBodyBytes) throw this.#exceeded();
    const coding = this.#limits.decompress ? codingOf(this.#message.headers["content-encoding"]) : null;
    if (coding !== null) {
      const decoded = (): Pull =>
        inflating(
          () => this.#next(),
          coding,
          this.#limits,
          () => this.#size,
        );
      let pull: Pull | null = null;
      this.#pull = () => {
        pull ??= decoded();
        return pull();
      };
    }
  }

  // The next bytes, or null at the end.
  #next(): Uint8Array | null | Promise<Uint8Array | null> {
    if (this.#fault === null) this.#beforeRead?.();
    this.#beforeRead = null;
    const here = this.#here();
    return here === undefined ? this.#awaited() : here;
  }

  async #awaited(): Promise<Uint8Array | null> {
    // All the bytes that were announced are here, and the parser, who is called back in the midst of them, comes to the end
    // before the host's next turn.
    if (!this.#message.complete && this.#size === Number(this.#message.headers["content-length"])) await turned();
    for (;;) {
      // The parser has been at its end already, and only the message is still to say so.
      if (this.#message.complete && this.#message.readableLength === 0) await ticked();
      else await this.#event();
      const here = this.#here();
      if (here !== undefined) return here;
    }
  }

  // The bytes that the wire has brought, null at the end, undefined when there are none yet.
  #here(): Uint8Array | null | undefined {
    const message = this.#message;
    if (this.#fault !== null) throw this.#fault;
    const chunk = message.read() as Uint8Array | null;
    if (chunk !== null) {
      this.#size += chunk.length;
      if (this.#size > this.#limits.maxBodyBytes) throw this.#exceeded();
      return chunk;
    }
    if (message.readableEnded) return null;
    if (message.destroyed) throw refusal(400, "CLIENT_GONE", "the client went away before its body was complete");
    return undefined;
  }

  #event(): Promise<void> {
    const { bodyIdleMs } = this.#limits;
    if (!this.#listening) {
      this.#listening = true;
      const wake = (): void => this.#wake?.();
      this.#message.on("readable", wake).on("end", wake).on("close", wake).on("error", wake);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.fail(refusal(408, "BODY_TIMEOUT", `nothing of the body came for ${bodyIdleMs} ms (bodyIdleMs)`));
      }, bodyIdleMs);
      this.#wake = () => {
        this.#wake = null;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #exceeded(): ChidiError {
    const { maxBodyBytes } = this.#limits;
    this.#fault = refusal(
      413,
      "BODY_TOO_LARGE",
      `the body is larger than ${maxBodyBytes} bytes (maxBodyBytes, bodyLimit)`,
    );
    return this.#fault;
  }
}

function turned(): Promise<void> {
  return new Promise(setImmediate);
}

function ticked(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
