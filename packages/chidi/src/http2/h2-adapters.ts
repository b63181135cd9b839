/**
 * Node's HTTP/2 request and response in the shape of their HTTP/1 twins, as far as they are not: so that one answering
 * serves both. Whatever only a connection of HTTP/1 has is left out on the way.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { ReadableOptions } from "node:stream";

/** A request of a stream. Its `rawHeaders` are those of HTTP/1: without pseudo headers, and with a Host. */
export class StreamMessage extends Http2ServerRequest {
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    options: ReadableOptions,
    rawHeaders: readonly string[],
  ) {
    super(stream, headers, options, plain(headers, rawHeaders));
  }

  asHttp1(): IncomingMessage {
    return this as unknown as IncomingMessage;
  }
}

function plain(headers: IncomingHttpHeaders, rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  const authority = headers[":authority"];
  if (headers.host === undefined && authority !== undefined) kept.push("host", authority);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (!name.startsWith(":")) kept.push(name, rawHeaders[i + 1] as string);
  }
  return kept;
}

const connectionOnly = new Set(["connection", "upgrade", "proxy-connection", "keep-alive", "transfer-encoding"]);

/** The answer on a stream. What ends a connection of HTTP/1 ends nothing here. */
export class StreamResponse extends Http2ServerResponse<StreamMessage> {
  readonly shouldKeepAlive = true;
  declare req: StreamMessage;
  /** Of its body. */
  bytesWritten = 0;

  override writeHead(status: number, text?: unknown, headers: unknown = text): this {
    const kept = Object.entries(headers ?? {}).filter(([name]) => !connectionOnly.has(name));
    return super.writeHead(status, Object.fromEntries(kept));
  }

  override write(...given: unknown[]): boolean {
    const [chunk] = given as [string | Uint8Array];
    this.bytesWritten += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.length;
    return super.write(...(given as [string | Uint8Array]));
  }

  override end(...given: unknown[]): this {
    // Node takes no body for a HEAD here, where HTTP/1 throws it away.
    const body = this.req.method === "HEAD" ? [] : given;
    return super.end(...(body as []));
  }

  // Node knows trailers as pairs over HTTP/1 only.
  override addTrailers(pairs: OutgoingHttpHeaders | readonly [string, string][]): void {
    if (!Array.isArray(pairs)) return super.addTrailers(pairs as OutgoingHttpHeaders);
    const all: Record<string, string[]> = {};
    for (const [name, value] of pairs as [string, string][]) all[name] = [...(all[name] ?? []), value];
    super.addTrailers(all);
  }

  asHttp1(): ServerResponse {
    return this as unknown as ServerResponse;
  }
}
