/**
 * One stream of HTTP/2 as the wire that an answer goes out on.
 * Invariant: once the stream has closed nothing of its request waits any more; a body that was broken off fails, and is
 * never taken for a whole one.
 */
import { constants, type ServerHttp2Stream } from "node:http2";
import { type Channel, channel, dropping, type Fiber, type Op, type Signal } from "@good-place/channel";
import { type Floor, gone, type Wire } from "../connection/answering.js";
import { WireLife } from "../connection/wire-life.js";
import type { IncomingRequest } from "../request/request.js";
import type { StreamResponse } from "./h2-adapters.js";
import type { Http2Conn } from "./h2-connection.js";

export class StreamWire implements Wire {
  readonly connection: Http2Conn;
  readonly floor: Floor;
  readonly fiber: Fiber<void>;
  readonly written: Channel<true> = channel(dropping(1));
  current: IncomingRequest | null = null;
  ending = false;
  readonly #stream: ServerHttp2Stream;
  readonly #response: StreamResponse;
  readonly #life: WireLife;
  // By this side: nothing that the client is to answer for.
  #broken = false;

  constructor(connection: Http2Conn, stream: ServerHttp2Stream, response: StreamResponse) {
    this.connection = connection;
    this.#response = response;
    this.floor = connection.floor;
    this.#life = new WireLife(this.floor);
    this.fiber = connection.fiber;
    this.#stream = stream;
    stream.on("error", () => {});
    // Before node's own listener, which reports a stream that was cut off as one that has ended.
    stream.prependListener("aborted", () => this.#cut());
    stream.prependListener("close", () => {
      if (!stream.writableFinished) this.#cut();
      this.#close();
    });
    if (stream.closed) this.#close();
  }

  get bytesWritten(): number {
    return this.#response.bytesWritten;
  }

  // Node says it of its own buffers, and those of the session are behind them.
  get flushed(): boolean {
    return false;
  }

  cut(): void {
    this.#broken = true;
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** Tells the client to send no more of its body, once it has the answer; what has come already is thrown away. */
  linger(request: IncomingRequest): void {
    if (this.#stream.endAfterHeaders) return;
    this.#stream.once("finish", () => {
      this.#stream.close(constants.NGHTTP2_NO_ERROR);
      request.reader.drop();
    });
  }

  readonly finished = (): void => {
    this.current = null;
    this.written.tryGive(true);
  };

  get dead(): boolean {
    return this.#life.dead;
  }

  goneSignal(): AbortSignal {
    return this.#life.gone();
  }

  stopSignal(): AbortSignal {
    return this.#life.stop();
  }

  /** The server drains: a stream of events ends. */
  drain(): void {
    this.#life.drain();
  }

  give(signal: Signal): Op<boolean> {
    return this.floor.signals.give(signal);
  }

  // The client gave the stream up, or the connection is gone.
  #cut(): void {
    if (this.dead) return;
    const { current } = this;
    this.#close();
    if (!this.#broken) this.connection.cancelled();
    const reason = gone();
    this.#life.broke(reason);
    current?.reader.fail(reason);
    current?.leave(reason);
  }

  #close(): void {
    this.#life.dead = true;
    this.written.close();
  }
}
