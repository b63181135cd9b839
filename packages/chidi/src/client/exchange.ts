/**
 * One request on one lane, from its hand-over to the last byte of its answer: the timers, the limits, and which fault is
 * which. Invariant: it ends once, by the last byte or by the first fault; then no timer of it runs, the lane's permit is
 * back, and on a fault the connection is gone.
 */
import { misuse } from "@good-place/channel/misuse";
import type { Dispatcher } from "undici";
import { ClientError, type ClientErrorCode, type ClientPhase } from "./client-error.js";
import { Inflow } from "./inflow.js";
import type { Lane, Lanes } from "./lanes.js";
import type { Upload, UploadWatch } from "./upload.js";

export interface ExchangeLimits {
  readonly sendTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly chunkTimeoutMs: number;
  readonly maxBodyBytes: number;
  readonly maxHeaders: number;
}

/** What goes out. */
export interface Sending {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly upload: Upload;
  /** Would doing it twice be the same as doing it once? */
  readonly idempotent: boolean;
}

/** The head of an answer. */
export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

type Controller = Dispatcher.DispatchController;

// What undici calls the faults that are none of the connection's.
const faults: Readonly<Record<string, readonly [ClientErrorCode, string]>> = {
  UND_ERR_HEADERS_OVERFLOW: ["RESPONSE_HEAD_TOO_LARGE", "the head of the answer is larger than maxHeaderBytes"],
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: ["SOURCE_FAILED", "the body to send is not as long as its content-length says"],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ["RESPONSE_MALFORMED", "the answer's body is not as long as it says"],
};

export class Exchange implements Dispatcher.DispatchHandler, UploadWatch {
  /** Resolves with the head of the answer. */
  readonly head: Promise<Head>;
  readonly body: Inflow;
  /** Resolves at the end, however it came. */
  readonly over: Promise<void>;
  readonly #lanes: Lanes;
  readonly #lane: Lane;
  readonly #sending: Sending;
  readonly #limits: ExchangeLimits;
  #answer: (head: Head) => void = () => {};
  #refuse: (error: unknown) => void = () => {};
  #close: () => void = () => {};
  #phase: ClientPhase = "connect";
  #controller: Controller | null = null;
  #timer: NodeJS.Timeout | undefined;
  #size = 0;
  #ended = false;

  constructor(lanes: Lanes, lane: Lane, sending: Sending, limits: ExchangeLimits) {
    this.#lanes = lanes;
    this.#lane = lane;
    this.#sending = sending;
    this.#limits = limits;
    this.head = new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#refuse = reject;
    });
    // Given up before the head came, nobody waits for it.
    this.head.catch(() => {});
    this.over = new Promise((resolve) => {
      this.#close = resolve;
    });
    this.body = new Inflow(limits.chunkTimeoutMs, {
      pause: () => this.#controller?.pause(),
      resume: () => this.#controller?.resume(),
      late: () =>
        this.#late("CHUNK_TIMEOUT", `nothing of the body came for ${limits.chunkTimeoutMs} ms (chunkTimeoutMs)`),
    });
  }

  get phase(): ClientPhase {
    return this.#phase;
  }

  /** Hands the request to the lane. */
  start(): void {
    const { method, path, headers, upload, idempotent } = this.#sending;
    const options = {
      method,
      path,
      headers: headers as Record<string, string | string[]>,
      // undici takes any iterable; its types say less.
      body: upload.send(this) as Buffer | null,
      idempotent,
      // Only a pipelined lane may send behind a request that has no answer yet.
      blocking: !(idempotent && (method === "GET" || method === "HEAD")),
    };
    this.#lane.client.dispatch(options, this);
  }

  /** Gives the request up, if it has not ended: its connection is closed. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#lanes.discard(this.#lane, new Error("the request was given up"));
    this.#end(error);
  }

  onRequestStart(controller: Controller): void {
    // undici sends again what was on a connection that closed; only what may be done twice.
    if (this.#controller !== null && !(this.#sending.idempotent && !this.#sending.upload.streamed)) {
      this.fail(this.#lost(undefined));
      return;
    }
    this.#controller = controller;
    this.#phase = "send";
    if (!this.#sending.upload.streamed) this.sent();
  }

  sending(): void {
    const { sendTimeoutMs } = this.#limits;
    this.#arm(sendTimeoutMs, "SEND_TIMEOUT", `nothing of the body was taken for ${sendTimeoutMs} ms (sendTimeoutMs)`);
  }

  taken(): void {
    if (this.#phase === "send") clearTimeout(this.#timer);
  }

  sent(): void {
    if (this.#phase !== "send") return;
    this.#phase = "headers";
    const { firstByteTimeoutMs } = this.#limits;
    this.#arm(
      firstByteTimeoutMs,
      "FIRST_BYTE_TIMEOUT",
      `no answer came for ${firstByteTimeoutMs} ms (firstByteTimeoutMs)`,
    );
  }

  failed(error: unknown): void {
    this.fail(new ClientError("SOURCE_FAILED", "the body to send failed", { phase: "send", cause: error }));
  }

  onResponseStart(_controller: Controller, status: number, headers: Head["headers"]): void {
    if (this.#ended || status < 200) return;
    clearTimeout(this.#timer);
    this.#phase = "body";
    const { maxHeaders, maxBodyBytes } = this.#limits;
    let count = 0;
    for (const value of Object.values(headers)) count += Array.isArray(value) ? value.length : 1;
    if (count > maxHeaders) {
      this.#oversized(
        "RESPONSE_HEAD_TOO_LARGE",
        `the answer has ${count} headers, more than ${maxHeaders} (maxHeaders)`,
      );
    } else if (this.#sending.method !== "HEAD" && Number(headers["content-length"]) > maxBodyBytes) {
      this.#tooLarge();
    } else {
      this.#answer({ status, headers });
    }
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#ended) return;
    this.#size += chunk.length;
    if (this.#size > this.#limits.maxBodyBytes) this.#tooLarge();
    else this.body.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#ended) this.#end(null);
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.fail(this.#fault(error));
  }

  // undici looks for it before it takes a handler, though it calls it never.
  onRequestUpgrade(): void {}

  #end(error: unknown): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    if (error === null) this.body.end();
    else {
      this.#refuse(error);
      this.body.fail(error);
    }
    this.#lanes.leave(this.#lane);
    this.#close();
  }

  #arm(ms: number, code: ClientErrorCode, text: string): void {
    clearTimeout(this.#timer);
    if (!this.#ended && Number.isFinite(ms)) this.#timer = setTimeout(() => this.#late(code, text), ms);
  }

  #late(code: ClientErrorCode, text: string): void {
    const phase = this.#phase;
    this.fail(new ClientError(code, text, { phase, retryable: this.#sending.idempotent }));
  }

  #tooLarge(): void {
    this.#oversized(
      "RESPONSE_TOO_LARGE",
      `the answer's body is larger than ${this.#limits.maxBodyBytes} bytes (maxBodyBytes)`,
    );
  }

  #oversized(code: ClientErrorCode, text: string): void {
    this.fail(new ClientError(code, text, { phase: this.#phase }));
  }

  #lost(cause: unknown): ClientError {
    const phase = this.#phase;
    const text = `the connection to ${this.#lanes.origin} broke before the answer was complete`;
    const retryable = phase === "connect" || this.#sending.idempotent;
    return new ClientError("CONNECTION_LOST", text, { phase, retryable, cause });
  }

  #fault(cause: NodeJS.ErrnoException): unknown {
    if (cause instanceof ClientError) return cause;
    const code = cause.code ?? "";
    const phase = this.#phase;
    const known = faults[code];
    if (known !== undefined) return new ClientError(known[0], known[1], { phase, cause });
    // The parser's errors have no code, but for those that are made while a connection closes.
    if (cause.name === "HTTPParserError") {
      return new ClientError("RESPONSE_MALFORMED", "the answer is not well-formed HTTP", { phase, cause });
    }
    if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") {
      return misuse("type", "BAD_OPTION", `the request cannot be sent: ${cause.message}`);
    }
    return this.#lost(cause);
  }
}
