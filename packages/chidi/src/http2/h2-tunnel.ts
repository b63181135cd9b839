/**
 * A stream of extended CONNECT (RFC 8441) in the form of what a socket endpoint takes over: a connection of HTTP/1 that
 * asks for an upgrade. The head of the endpoint's 101 becomes the stream's 200; what follows goes through as it is.
 * Invariant: it reads from the stream only as it is read, and has written what the stream has taken.
 */
import { randomBytes } from "node:crypto";
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import type { StreamMessage } from "./h2-adapters.js";

/** Whether a stream asks for a WebSocket. */
export function wantsTunnel({ method, headers }: StreamMessage): boolean {
  return method === "CONNECT" && headers[":protocol"] === "websocket";
}

/** Makes the request what it would be over HTTP/1. Its key proves nothing: a stream takes no cached answer for its own. */
export function asUpgrade(message: StreamMessage): void {
  // Node lets it be set, and its types do not know.
  (message as { method: string }).method = "GET";
  Object.assign(message.headers, {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": randomBytes(16).toString("base64"),
  });
}

// What a 101 says of the connection, and HTTP/2 has no place for.
const ofConnection = new Set(["connection", "upgrade", "sec-websocket-accept"]);

export class Tunnel extends Duplex {
  /** As a net.Socket tells it. */
  bytesRead = 0;
  readonly #stream: ServerHttp2Stream;
  #open = false;

  constructor(stream: ServerHttp2Stream) {
    super();
    this.#stream = stream;
    stream.on("close", () => this.destroy());
  }

  override _read(): void {
    const stream = this.#stream;
    if (stream.listenerCount("data") > 0) {
      stream.resume();
      return;
    }
    stream.on("end", () => this.push(null));
    stream.on("data", (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      if (!this.push(chunk)) stream.pause();
    });
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#open) {
      this.#stream.write(chunk, done);
      return;
    }
    if (this.#stream.closed) return done(new Error("the stream has closed"));
    this.#open = true;
    this.#stream.respond(headersOf(chunk.toString("latin1")));
    done();
  }

  override _writev(parts: { chunk: Buffer; encoding: string }[], done: (error?: Error | null) => void): void {
    const chunks = parts.map(({ chunk }) => chunk);
    if (!this.#open)
      return this._write(chunks.shift() as Buffer, "", () => this.#stream.write(Buffer.concat(chunks), done));
    this.#stream.write(Buffer.concat(chunks), done);
  }

  override _final(done: () => void): void {
    this.#stream.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const ended = this.readableEnded && this.writableFinished;
    if (!this.#stream.closed) this.#stream.close(ended ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL);
    done(error);
  }
}

// The head of a 101, as one of HTTP/2.
function headersOf(head: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ":status": 200 };
  for (const line of head.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (colon > 0 && !ofConnection.has(name)) headers[name] = line.slice(colon + 1).trim();
  }
  return headers;
}
