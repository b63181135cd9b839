/**
 * Every failure that this package makes, each with a literal `code`. Test the code, never the text.
 * A wrong call is a TypeError or RangeError made by `misuse`; what happens at run time is a `ChidiError`, and where it
 * refuses a request it carries the `status` that the client is told. No text holds a header's value or a body.
 */

/** The codes of `ChidiError`. docs/errors.md says what each means and what to do. */
export type ChidiErrorCode =
  | "LISTEN_IN_USE"
  | "LISTEN_DENIED"
  | "LISTEN_FAILED"
  | "TLS_FAILED"
  | "TLS_TIMEOUT"
  | "TLS_CLIENT_REFUSED"
  | "MISDIRECTED"
  | "BAD_HTTP2"
  | "BAD_REQUEST"
  | "BAD_METHOD"
  | "BAD_VERSION"
  | "BAD_CODING"
  | "BAD_EXPECTATION"
  | "HEADERS_TOO_LARGE"
  | "HEADERS_TIMEOUT"
  | "BODY_TOO_LARGE"
  | "BODY_TIMEOUT"
  | "BODY_USED"
  | "BODY_ENCODED"
  | "BAD_BODY"
  | "BAD_JSON"
  | "HANDLER_TIMEOUT"
  | "WRITE_TIMEOUT"
  | "KEEP_ALIVE_TIMEOUT"
  | "BAD_FORM"
  | "FORM_TOO_LARGE"
  | "BAD_MEDIA_TYPE"
  | "CLIENT_GONE"
  | "BAD_RESPONSE"
  | "BAD_EVENT"
  | "FILE_CHANGED";

export interface ChidiErrorOptions extends ErrorOptions {
  /** What the client is told, where the error refuses a request. */
  readonly status?: number | undefined;
}

const brand = Symbol.for("@good-place/chidi/error");

/** What this package fails with at run time. */
export class ChidiError extends Error {
  override readonly name: string = "ChidiError";
  readonly code: ChidiErrorCode;
  readonly status: number | undefined;

  constructor(code: ChidiErrorCode, message: string, options: ChidiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}

Object.defineProperty(ChidiError.prototype, brand, { value: true });

/** Is it the client's fault, and not the handler's? Such a failure is a `refused` signal, because any client can cause it. */
export function isRefusal(error: unknown): error is ChidiError {
  if (!(error instanceof ChidiError) || error.status === undefined) return false;
  return error.status !== 500 && error.code !== "HANDLER_TIMEOUT";
}

/** The error for a request that is refused with `status`. */
export function refusal(status: number, code: ChidiErrorCode, message: string, cause?: unknown): ChidiError {
  return new ChidiError(code, message, { status, cause });
}

// What node's parser and its timers report, told apart by its codes.
const parserFaults: Readonly<Record<string, readonly [number, ChidiErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "HEADERS_TOO_LARGE", "the head of the request is larger than maxHeaderBytes"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "BODY_TOO_LARGE", "the chunk extensions of the body are too large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "HEADERS_TIMEOUT", "the head of the request did not come within headersTimeoutMs"],
  HPE_INVALID_VERSION: [505, "BAD_VERSION", "the request is not of HTTP/1.0 or HTTP/1.1"],
  HPE_PAUSED_H2_UPGRADE: [505, "BAD_VERSION", "the request is of HTTP/2, which this server does not speak (http2)"],
};

/** The refusal that a fault of the parser means, or undefined when the connection itself broke. */
export function parserRefusal(fault: NodeJS.ErrnoException): ChidiError | undefined {
  const code = fault.code ?? "";
  // The end of the connection in the middle of a request.
  if (code === "HPE_INVALID_EOF_STATE") return undefined;
  const known = parserFaults[code];
  if (known !== undefined) return refusal(known[0], known[1], known[2], fault);
  return code.startsWith("HPE_")
    ? refusal(400, "BAD_REQUEST", `the request is not well-formed HTTP (${code})`, fault)
    : undefined;
}

/** The error of a listen that failed, with what to do about it. */
export function listenError(where: string, fault: NodeJS.ErrnoException): ChidiError {
  const cause = fault;
  switch (fault.code) {
    case "EADDRINUSE":
      return new ChidiError(
        "LISTEN_IN_USE",
        `cannot listen on ${where}: another server has it; stop that one, or pass another port or path`,
        { cause },
      );
    case "EACCES":
    case "EPERM":
      return new ChidiError(
        "LISTEN_DENIED",
        `cannot listen on ${where}: this user may not; take a port from 1024 up, or a folder that this user can write to`,
        { cause },
      );
    default:
      return new ChidiError(
        "LISTEN_FAILED",
        `cannot listen on ${where}: ${fault.code ?? fault.message}; check that the host is an address of this machine`,
        { cause },
      );
  }
}
