/**
 * What a request of the client fails with, each with a literal `code`. Test the code, never the text.
 * No text holds a header's value or a body.
 */

/** The codes of `ClientError`. docs/errors.md says what each means and what to do. */
export type ClientErrorCode =
  | "CLIENT_BUSY"
  | "CLIENT_DRAINED"
  | "RESOLVE_FAILED"
  | "CONNECT_FAILED"
  | "CONNECT_TIMEOUT"
  | "TLS_FAILED"
  | "TLS_TIMEOUT"
  | "SEND_TIMEOUT"
  | "SOURCE_FAILED"
  | "FIRST_BYTE_TIMEOUT"
  | "CHUNK_TIMEOUT"
  | "TOTAL_TIMEOUT"
  | "CONNECTION_LOST"
  | "REDIRECT_REFUSED"
  | "RESPONSE_MALFORMED"
  | "RESPONSE_HEAD_TOO_LARGE"
  | "RESPONSE_TOO_LARGE"
  | "RESPONSE_CODING"
  | "RESPONSE_ENCODED"
  | "RESPONSE_NOT_JSON"
  | "RESPONSE_USED";

/** How far the request had come. */
export type ClientPhase = "queue" | "resolve" | "connect" | "tls" | "send" | "headers" | "body";

export interface ClientErrorOptions extends ErrorOptions {
  readonly phase: ClientPhase;
  readonly retryable?: boolean | undefined;
}

const brand = Symbol.for("@good-place/chidi/client-error");

/** What a request fails with. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: ClientErrorCode;
  readonly phase: ClientPhase;
  /** May the same request be sent again without doing anything twice? Either none of it was sent, or it is idempotent. */
  readonly retryable: boolean;

  constructor(code: ClientErrorCode, message: string, { phase, retryable = false, cause }: ClientErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.phase = phase;
    this.retryable = retryable;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}

Object.defineProperty(ClientError.prototype, brand, { value: true });
